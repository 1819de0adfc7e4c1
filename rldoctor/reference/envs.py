"""Plan -> vectorised environment, with the reward transform inside the Monitor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rldoctor.errors import UsageError
from rldoctor.reference.checkpoint import load_normaliser
from rldoctor.reference.plan import Plan
from rldoctor.reference.tamper import TAMPERINGS


def make_env(plan: Plan) -> Any:
    """One gymnasium environment: reward transform, then Monitor, so that the log shows what is learnt.

    Raises UsageError for an unknown environment id.
    """
    import gymnasium as gym
    from stable_baselines3.common.monitor import Monitor

    _register_robotics(plan.env_id)
    try:
        env = gym.make(plan.env_id, **plan.env_kwargs)
    except gym.error.Error as error:
        raise UsageError(f"cannot make environment '{plan.env_id}': {error}") from error
    if not plan.reward.plain:
        env = gym.wrappers.TransformReward(env, plan.reward)
    for name in plan.tampering:
        env = TAMPERINGS[name](env, plan)
    return Monitor(env)


def make_vec_env(plan: Plan, saved: Path | None = None) -> Any:
    """``plan.n_envs`` environments in one process, normalised when the plan says so.

    ``saved``: a checkpoint whose running statistics the normaliser goes on with.
    """
    from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

    venv = DummyVecEnv([lambda: make_env(plan)] * plan.n_envs)
    if not plan.normalize:
        return venv
    if saved is not None:
        return load_normaliser(saved, venv)
    # The discount of the normaliser has to be the learner's: it scales by the std of discounted returns.
    return VecNormalize(venv, gamma=float(str(plan.hyper.get("gamma", 0.99))))


def _register_robotics(env_id: str) -> None:
    """Add the gymnasium-robotics environments when the id is not one of gymnasium's own."""
    import gymnasium as gym

    if env_id in gym.registry:
        return
    try:
        import gymnasium_robotics
    except ImportError:
        return
    gym.register_envs(gymnasium_robotics)
