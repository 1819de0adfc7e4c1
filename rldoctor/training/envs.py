"""Plan -> vectorised environment, with the reward transform inside the Monitor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rldoctor.errors import UsageError
from rldoctor.training.checkpoint import load_normaliser
from rldoctor.training.plan import Plan
from rldoctor.training.rewards import RunningCentre
from rldoctor.training.tamper import TAMPERINGS

PICTURE = {"width": 320, "height": 320}


def make_env(plan: Plan, *, pictures: bool = False) -> Any:
    """One gymnasium environment: reward transform, then Monitor, so that the log shows what is learnt.

    With ``pictures`` its ``render()`` gives RGB arrays, small ones where the environment lets one choose.
    Raises UsageError for an unknown environment id.
    """
    import gymnasium as gym
    from stable_baselines3.common.monitor import Monitor

    _register_robotics(plan.env_id)
    try:
        env = _with_pictures(plan) if pictures else gym.make(plan.env_id, **plan.env_kwargs)
    except gym.error.Error as error:
        raise UsageError(f"cannot make environment '{plan.env_id}': {error}") from error
    if not plan.reward.plain:
        env = gym.wrappers.TransformReward(env, plan.reward)
    if plan.reward.centred:
        env = gym.wrappers.TransformReward(env, RunningCentre())
    for name in plan.tampering:
        env = TAMPERINGS[name](env, plan)
    return Monitor(env)


def _with_pictures(plan: Plan) -> Any:
    """MuJoCo's environments take a size of the picture, others have their own."""
    import gymnasium as gym

    try:
        return gym.make(plan.env_id, render_mode="rgb_array", **PICTURE, **plan.env_kwargs)
    except TypeError:
        return gym.make(plan.env_id, render_mode="rgb_array", **plan.env_kwargs)


def make_vec_env(plan: Plan, saved: Path | None = None, vec: str = "dummy") -> Any:
    """``plan.n_envs`` environments, normalised when the plan says so.

    ``saved``: a checkpoint whose running statistics the normaliser goes on with. ``vec``: all in this process
    (dummy) or a process each (subproc).
    """
    from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv, VecNormalize

    makers = [lambda: make_env(plan)] * plan.n_envs
    venv = SubprocVecEnv(makers) if vec == "subproc" else DummyVecEnv(makers)
    if plan.normalize and saved is not None:
        venv = load_normaliser(saved, venv)
    elif plan.normalize:
        # The discount of the normaliser has to be the learner's: it scales by the std of discounted returns.
        gamma = float(str(plan.hyper.get("gamma", 0.99)))
        venv = VecNormalize(venv, norm_reward=plan.scale_rewards, gamma=gamma)
    return venv if plan.reward.learner_factor == 1.0 else _scaled(venv, plan.reward.learner_factor)


def _scaled(venv: Any, factor: float) -> Any:
    """``venv`` with the learner's rewards multiplied, after logging and normalisation."""
    from stable_baselines3.common.vec_env import VecEnvWrapper

    class ScaledReward(VecEnvWrapper):  # type: ignore[misc] # SB3's base is not typed here
        def reset(self) -> Any:
            return self.venv.reset()

        def step_wait(self) -> Any:
            observations, rewards, dones, infos = self.venv.step_wait()
            return observations, rewards * factor, dones, infos

    return ScaledReward(venv)


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
