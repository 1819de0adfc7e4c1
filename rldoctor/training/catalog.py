"""The tasks of the reference runner: hyperparameters that are known to work, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping

from rldoctor.errors import UsageError
from rldoctor.training.plan import ON_POLICY
from rldoctor.training.recipe import SMALL_NETS, ZOO, Recipe
from rldoctor.training.recipes_classic import CLASSIC
from rldoctor.training.recipes_gymnasium import GYMNASIUM
from rldoctor.training.rewards import Reward

_PENDULUM_OFF_POLICY: Mapping[str, object] = {
    "learning_rate": 1e-3,
    "batch_size": 128,
    "buffer_size": 50_000,
    "policy_kwargs": SMALL_NETS,
}
_PENDULUM_PPO: Mapping[str, object] = {
    "learning_rate": 1e-3,
    "n_steps": 256,
    "batch_size": 64,
    "gamma": 0.9,
    "gae_lambda": 0.95,
    "n_epochs": 10,
}

_FETCH_OFF_POLICY: Mapping[str, object] = {
    "policy": "MultiInputPolicy",
    "learning_rate": 1e-3,
    "gamma": 0.95,
    "batch_size": 256,
    "buffer_size": 100_000,
    "learning_starts": 1_000,
    "policy_kwargs": SMALL_NETS,
}

TASKS: tuple[Recipe, ...] = (
    Recipe(
        algo="ppo",
        env_id="Hopper-v5",
        steps=30_720,
        normalize=True,
        hyper={"n_steps": 512},
        source=f"SB3 defaults with VecNormalize ({ZOO}/ppo.yml: mujoco-defaults), n_steps 512 for more rows",
    ),
    Recipe(
        algo="ppo",
        env_id="Pendulum-v1",
        steps=40_960,
        n_envs=4,
        hyper=_PENDULUM_PPO,
        source=f"{ZOO}/ppo.yml Pendulum-v1, without gSDE, n_steps 1024 -> 256 for more rows",
    ),
    Recipe(
        algo="ppo",
        env_id="Pendulum-v1",
        variant="exp",
        steps=40_960,
        n_envs=4,
        reward=Reward(sharpness=0.2),
        hyper=_PENDULUM_PPO,
        source="as ppo Pendulum-v1; k = 1.204 / 6: a random policy's mean cost of 6 gives a reward near 0.3",
    ),
    Recipe(
        algo="ppo",
        env_id="Reacher-v5",
        variant="exp",
        steps=30_720,
        env_kwargs={"reward_control_weight": 0.0},
        reward=Reward(sharpness=6.0),
        normalize=True,
        hyper={"n_steps": 512, "gamma": 0.9},
        source=f"SB3 defaults, VecNormalize and gamma 0.9 ({ZOO}/ppo.yml Reacher); k = 1.204 / 0.2 m",
    ),
    Recipe(
        algo="a2c",
        env_id="CartPole-v1",
        steps=60_000,
        n_envs=8,
        log_interval=20,
        source=f"{ZOO}/a2c.yml CartPole-v1 (shorter)",
    ),
    Recipe(
        algo="sac",
        env_id="Pendulum-v1",
        steps=10_000,
        hyper=_PENDULUM_OFF_POLICY,
        source=f"{ZOO}/sac.yml Pendulum-v1 (lr 1e-3), smaller nets and batches for speed",
    ),
    Recipe(
        algo="sac",
        env_id="FetchReachDense-v4",
        steps=32_000,
        n_envs=8,
        log_interval=8,
        hyper={**_FETCH_OFF_POLICY, "gradient_steps": 4, "policy_kwargs": {"net_arch": [256, 256]}},
        source=(
            f"{ZOO}/sac.yml FetchReach (lr 1e-3, gamma 0.95), dense reward so no HER, 8 envs; own trials: "
            "SB3's 256x256 nets, as four of five seeds with 64x64 ended below 75 % success"
        ),
    ),
    Recipe(
        algo="sac",
        env_id="FetchReach-v4",
        steps=20_000,
        n_envs=4,
        log_interval=8,
        hyper={**_FETCH_OFF_POLICY, "gradient_steps": 4, "her": True},
        source=f"{ZOO}/sac.yml FetchReach (HER with 4 future goals, lr 1e-3, gamma 0.95, 64x64), 4 envs",
    ),
    Recipe(
        algo="ppo",
        env_id="FetchReachDense-v4",
        steps=65_536,
        n_envs=8,
        hyper={"n_steps": 256, "learning_rate": 1e-3, "gamma": 0.95},
        source="SB3 defaults with lr 1e-3, gamma 0.95 (episodes of 50 steps), 8 envs x 256 steps; own trial",
    ),
    Recipe(
        algo="ppo",
        env_id="FetchPushDense-v4",
        steps=106_496,
        n_envs=8,
        hyper={"n_steps": 256, "learning_rate": 1e-3, "gamma": 0.95},
        source="as ppo FetchReachDense-v4; too few steps to learn to push",
    ),
    Recipe(
        algo="trpo",
        env_id="FetchReachDense-v4",
        steps=65_536,
        n_envs=8,
        hyper={"n_steps": 256, "gamma": 0.95},
        source="sb3-contrib defaults with gamma 0.95, 8 envs x 256 steps; own trial",
    ),
    Recipe(
        algo="trpo",
        env_id="Pendulum-v1",
        steps=65_536,
        n_envs=2,
        hyper={"n_steps": 1024, "gamma": 0.9, "gae_lambda": 0.95},
        source=f"{ZOO}/trpo.yml Pendulum-v1, without gSDE",
    ),
    Recipe(
        algo="trpo",
        env_id="Hopper-v5",
        steps=40_960,
        n_envs=2,
        normalize=True,
        hyper={"n_steps": 512, "learning_rate": 1e-3, "cg_max_steps": 25, "n_critic_updates": 20},
        source=f"{ZOO}/trpo.yml mujoco-defaults, n_steps 1024 -> 512 for more rows",
    ),
    Recipe(
        algo="td3",
        env_id="FetchReachDense-v4",
        steps=60_000,
        n_envs=8,
        log_interval=8,
        hyper={**_FETCH_OFF_POLICY, "gradient_steps": 2, "noise_std": 0.1},
        source=f"as sac FetchReachDense-v4, with Gaussian noise 0.1 ({ZOO}/td3.yml)",
    ),
    Recipe(
        algo="sac",
        env_id="Hopper-v5",
        steps=15_000,
        hyper={"batch_size": 128, "policy_kwargs": SMALL_NETS, "learning_starts": 1_000},
        log_interval=4,
        source=f"{ZOO}/sac.yml mujoco-defaults, smaller nets and batches for speed, shorter warm-up",
    ),
    Recipe(
        algo="td3",
        env_id="Pendulum-v1",
        steps=10_000,
        hyper={**_PENDULUM_OFF_POLICY, "noise_std": 0.1, "learning_starts": 1_000},
        source=f"{ZOO}/td3.yml Pendulum (noise 0.1, warm-up 1000), smaller nets and batches for speed",
    ),
    Recipe(
        algo="ddpg",
        env_id="HalfCheetah-v5",
        steps=12_000,
        hyper={**_PENDULUM_OFF_POLICY, "noise_std": 0.1, "learning_starts": 1_000},
        source=f"{ZOO}/td3.yml HalfCheetah (noise 0.1), smaller nets and batches for speed",
    ),
    Recipe(
        algo="dqn",
        env_id="CartPole-v1",
        steps=40_000,
        log_interval=10,
        hyper={
            "learning_rate": 2.3e-3,
            "batch_size": 64,
            "buffer_size": 100_000,
            "learning_starts": 1_000,
            "target_update_interval": 10,
            "train_freq": 256,
            "gradient_steps": 128,
            "exploration_fraction": 0.16,
            "exploration_final_eps": 0.04,
            "policy_kwargs": {"net_arch": [256, 256]},
        },
        source=f"{ZOO}/dqn.yml CartPole-v1",
    ),
    Recipe(
        algo="ppo",
        env_id="InvertedPendulum-v5",
        steps=40_960,
        n_envs=4,
        hyper={"n_steps": 128, "learning_rate": 1e-3},
        source="SB3 defaults with lr 1e-3 and 4 envs x 128 steps for more rows; own trial",
    ),
    Recipe(
        algo="ppo",
        env_id="Reacher-v5",
        steps=61_440,
        n_envs=2,
        normalize=True,
        hyper={"n_steps": 512, "gamma": 0.9},
        source=f"SB3 defaults, VecNormalize and gamma 0.9 ({ZOO}/ppo.yml Reacher), 2 envs",
    ),
    Recipe(
        algo="ppo",
        env_id="HalfCheetah-v5",
        steps=98_304,
        n_envs=4,
        normalize=True,
        hyper={"n_steps": 512, "gamma": 0.98},
        source=(
            f"SB3 defaults, VecNormalize and gamma 0.98 ({ZOO}/ppo.yml HalfCheetah), 4 envs; own trial: lr "
            "1e-3 ended no higher (-110 to -41 against -122 to 38), at a KL of 0.09, half of it clipped"
        ),
    ),
    Recipe(
        algo="ppo",
        env_id="Walker2d-v5",
        steps=81_920,
        n_envs=4,
        normalize=True,
        hyper={"n_steps": 512, "learning_rate": 5e-4},
        source=f"SB3 defaults with VecNormalize ({ZOO}/ppo.yml: mujoco-defaults), lr 5e-4, 4 envs",
    ),
    Recipe(
        algo="sac",
        env_id="Reacher-v5",
        steps=10_000,
        log_interval=4,
        hyper={**_PENDULUM_OFF_POLICY, "gamma": 0.9, "learning_starts": 1_000},
        source=f"as sac Pendulum-v1 with gamma 0.9 ({ZOO}/ppo.yml Reacher); own trial",
    ),
    Recipe(
        algo="sac",
        env_id="HalfCheetah-v5",
        steps=15_000,
        n_envs=4,
        hyper={**_PENDULUM_OFF_POLICY, "learning_starts": 2_000, "gradient_steps": -1},
        source=f"{ZOO}/sac.yml mujoco-defaults, lr 1e-3, smaller nets and batches, short warm-up, 4 envs",
    ),
    Recipe(
        algo="sac",
        env_id="FetchPush-v4",
        steps=30_000,
        n_envs=4,
        log_interval=8,
        hyper={**_FETCH_OFF_POLICY, "gradient_steps": 2, "her": True},
        source=f"as sac FetchReach-v4 ({ZOO}/sac.yml Fetch tasks need 1e6 steps: too few here to learn)",
    ),
    *(
        Recipe(
            algo="sac",
            env_id=env_id,
            steps=204_800,
            n_envs=8,
            log_interval=40,
            hyper={**_FETCH_OFF_POLICY, "gradient_steps": 1, "her": True},
            source="as sac FetchReach-v4 with 8 envs and one update per step of all; too few steps to learn",
        )
        for env_id in ("FetchSlide-v4", "HandReach-v3")
    ),
    *CLASSIC,
    *GYMNASIUM,
)


def find_task(algo: str, env_id: str, variant: str = "") -> Recipe:
    """The catalogue's task; raises UsageError with the known ones when there is none."""
    for task in TASKS:
        if (task.algo, task.env_id, task.variant) == (algo, env_id, variant):
            return task
    named = f"{algo} on {env_id}" + (f", variant '{variant}'" if variant else "")
    known = ", ".join(
        f"{t.algo} {t.env_id}" + (f" --variant {t.variant}" if t.variant else "") for t in TASKS
    )
    raise UsageError(f"the reference runner has no hyperparameters for {named}", hint=f"known tasks: {known}")


def task_for(algo: str, env_id: str, variant: str = "") -> Recipe:
    """The catalogue's task, or library defaults for any other environment (without a variant)."""
    known = any((t.algo, t.env_id, t.variant) == (algo, env_id, variant) for t in TASKS)
    return find_task(algo, env_id, variant) if known or variant else _untuned(algo, env_id)


def _untuned(algo: str, env_id: str) -> Recipe:
    """SB3's defaults, with rl-zoo's normalisation on-policy; not tuned to the task."""
    source = f"SB3 defaults, VecNormalize on-policy ({ZOO}: mujoco-defaults); not tuned to this task"
    if algo in ON_POLICY:
        return Recipe(algo, env_id, 1_000_000, source, n_envs=4, normalize=True, hyper={"n_steps": 512})
    hyper = {"learning_starts": 10_000}
    if algo in ("td3", "ddpg"):
        return Recipe(algo, env_id, 1_000_000, source, hyper={**hyper, "noise_std": 0.1}, log_interval=4)
    return Recipe(algo, env_id, 1_000_000, source, hyper=hyper, log_interval=4)
