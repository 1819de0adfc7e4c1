"""Tasks that the logs of beginners show most: classic control and MuJoCo's two inverted pendulums.

Their references answer "is this as fast as it should be" for library defaults or rl-baselines3-zoo settings;
where these were made shorter or smaller the source says so.
"""

from __future__ import annotations

from rldoctor.training.recipe import SMALL_OFF_POLICY, ZOO, Recipe

_SMALLER = "lr 1e-3, smaller nets and batches for speed, shorter warm-up"

CLASSIC: tuple[Recipe, ...] = (
    Recipe(
        algo="ppo",
        env_id="CartPole-v1",
        steps=49_152,
        n_envs=4,
        hyper={"n_steps": 256},
        source="SB3 defaults with 4 envs x 256 steps for more rows",
    ),
    Recipe(
        algo="ppo",
        env_id="Acrobot-v1",
        steps=102_400,
        n_envs=8,
        hyper={"n_steps": 256, "gae_lambda": 0.94, "n_epochs": 4},
        source=f"{ZOO}/ppo.yml Acrobot-v1, 8 envs, without normalisation",
    ),
    Recipe(
        algo="ppo",
        env_id="InvertedDoublePendulum-v5",
        steps=81_920,
        n_envs=4,
        normalize=True,
        hyper={"n_steps": 512},
        source=f"SB3 defaults with VecNormalize ({ZOO}/ppo.yml: mujoco-defaults), 4 envs x 512 steps",
    ),
    Recipe(
        algo="a2c",
        env_id="Acrobot-v1",
        steps=150_000,
        n_envs=16,
        normalize=True,
        log_interval=20,
        source=f"{ZOO}/a2c.yml Acrobot-v1 (shorter)",
    ),
    Recipe(
        algo="dqn",
        env_id="Acrobot-v1",
        steps=60_000,
        log_interval=4,
        hyper={
            "learning_rate": 6.3e-4,
            "batch_size": 128,
            "buffer_size": 50_000,
            "learning_starts": 1_000,
            "target_update_interval": 250,
            "train_freq": 4,
            "exploration_fraction": 0.2,
            "exploration_final_eps": 0.1,
            "policy_kwargs": {"net_arch": [256, 256]},
        },
        source=f"{ZOO}/dqn.yml Acrobot-v1 (shorter, updates from step 1,000)",
    ),
    *(
        Recipe(
            algo="sac",
            env_id=env_id,
            steps=12_000,
            log_interval=4,
            hyper=SMALL_OFF_POLICY,
            source=f"{ZOO}/sac.yml mujoco-defaults, {_SMALLER}",
        )
        for env_id in ("InvertedPendulum-v5", "InvertedDoublePendulum-v5")
    ),
    *(
        Recipe(
            algo="td3",
            env_id=env_id,
            steps=15_000,
            log_interval=4,
            hyper={**SMALL_OFF_POLICY, "noise_std": 0.1, **more},
            source=f"{ZOO}/td3.yml mujoco-defaults (noise 0.1), {_SMALLER}",
        )
        for env_id, more in (
            ("InvertedPendulum-v5", {}),
            ("InvertedDoublePendulum-v5", {}),
            ("Reacher-v5", {"gamma": 0.9}),
        )
    ),
)
