"""More of Gymnasium's tasks that people train on first: Box2D's lander, a mountain car, MuJoCo's walkers.

Their references answer "is this as fast as it should be" for rl-baselines3-zoo settings; what was made
shorter or smaller the source says. The lander needs the ``box2d`` package, which nothing else here does.
"""

from __future__ import annotations

from rldoctor.training.recipe import SMALL_OFF_POLICY, ZOO, Recipe

_SMALLER = "lr 1e-3, smaller nets and batches for speed, shorter"

GYMNASIUM: tuple[Recipe, ...] = (
    *(
        Recipe(
            algo="ppo",
            env_id=f"{task}-v3",
            steps=196_608,
            n_envs=16,
            hyper={
                "n_steps": 512,
                "batch_size": 64,
                "gae_lambda": 0.98,
                "gamma": 0.999,
                "n_epochs": 4,
                "ent_coef": 0.01,
            },
            source=f"{ZOO}/ppo.yml {task} (rollouts of 512 instead of 1,024, shorter)",
        )
        for task in ("LunarLander", "LunarLanderContinuous")
    ),
    Recipe(
        algo="a2c",
        env_id="LunarLander-v3",
        steps=200_000,
        log_interval=100,
        n_envs=8,
        hyper={"gamma": 0.995, "n_steps": 5, "learning_rate": 8.3e-4, "ent_coef": 1e-5},
        source=f"{ZOO}/a2c.yml LunarLander (constant learning rate)",
    ),
    Recipe(
        algo="dqn",
        env_id="LunarLander-v3",
        steps=80_000,
        log_interval=8,
        hyper={
            "learning_rate": 6.3e-4,
            "batch_size": 128,
            "buffer_size": 50_000,
            "learning_starts": 1_000,
            "gamma": 0.99,
            "target_update_interval": 250,
            "train_freq": 4,
            "gradient_steps": -1,
            "exploration_fraction": 0.12,
            "exploration_final_eps": 0.1,
            "policy_kwargs": {"net_arch": [128, 128]},
        },
        source=f"{ZOO}/dqn.yml LunarLander (smaller nets, shorter, updates from step 1,000)",
    ),
    Recipe(
        algo="dqn",
        env_id="MountainCar-v0",
        steps=120_000,
        log_interval=10,
        hyper={
            "learning_rate": 4e-3,
            "batch_size": 128,
            "buffer_size": 10_000,
            "learning_starts": 1_000,
            "gamma": 0.98,
            "target_update_interval": 600,
            "train_freq": 16,
            "gradient_steps": 8,
            "exploration_fraction": 0.2,
            "exploration_final_eps": 0.07,
            "policy_kwargs": {"net_arch": [256, 256]},
        },
        source=f"{ZOO}/dqn.yml MountainCar",
    ),
    Recipe(
        algo="ppo",
        env_id="Swimmer-v5",
        steps=122_880,
        n_envs=4,
        normalize=True,
        hyper={"n_steps": 1024, "gamma": 0.9999, "batch_size": 128},
        source=f"{ZOO}/ppo.yml Swimmer (shorter)",
    ),
    *(
        Recipe(
            algo=algo,
            env_id=env_id,
            steps=20_000,
            log_interval=1,
            hyper={**SMALL_OFF_POLICY, **more},
            source=f"{ZOO}/{algo}.yml mujoco-defaults, {_SMALLER}",
        )
        for algo, env_id, more in (
            ("sac", "Walker2d-v5", {}),
            ("td3", "Walker2d-v5", {"noise_std": 0.1}),
            ("td3", "Hopper-v5", {"noise_std": 0.1}),
            ("td3", "HalfCheetah-v5", {"noise_std": 0.1}),
        )
    ),
)
