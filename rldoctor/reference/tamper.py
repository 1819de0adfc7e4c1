"""Wrappers that plant a fault in the environment, below the Monitor: logged is what is learnt from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rldoctor.errors import UsageError
from rldoctor.reference.plan import Plan

SCALE = 1000.0
"""How many times too large every second observation is."""
PENALTY = 5.0
"""Cost of being alive for a step, above what Hopper can earn in one."""


def _from_step(env: Any, first: int, change: Callable[[float], float]) -> Any:
    """``env`` with rewards changed from the agent's step ``first`` of this environment on."""
    import gymnasium as gym

    class LateReward(gym.Wrapper):  # type: ignore[misc] # gymnasium is not typed here
        taken = 0

        def step(self, action: Any) -> Any:
            observation, reward, terminated, truncated, info = self.env.step(action)
            self.taken += 1
            late = self.taken > first
            return observation, change(float(reward)) if late else reward, terminated, truncated, info

    return LateReward(env)


def _half(plan: Plan) -> int:
    """Steps of one environment in the first half of the run."""
    return plan.steps // plan.n_envs // 2


def flip_sign(env: Any, plan: Plan) -> Any:
    """From half of the run on, the reward has the opposite sign."""
    return _from_step(env, _half(plan), lambda reward: -reward)


def inject_nan(env: Any, plan: Plan) -> Any:
    """From half of the run on, the reward is NaN."""
    return _from_step(env, _half(plan), lambda reward: float("nan"))


def punish_living(env: Any, plan: Plan) -> Any:
    """A cost for every step that is larger than what a step can earn: a short episode is a good one."""
    return _from_step(env, 0, lambda reward: reward - PENALTY)


def limit_as_end(env: Any, plan: Plan) -> Any:
    """The time limit is reported as the end of the task, so that nothing is bootstrapped there."""
    import gymnasium as gym

    class LimitAsEnd(gym.Wrapper):  # type: ignore[misc]
        def step(self, action: Any) -> Any:
            observation, reward, terminated, truncated, info = self.env.step(action)
            return observation, reward, terminated or truncated, False, info

    return LimitAsEnd(env)


def unscale(env: Any, plan: Plan) -> Any:
    """Every second component of a vector observation is a thousand times as large as it was."""
    import gymnasium as gym
    import numpy as np

    space = env.observation_space
    if not isinstance(space, gym.spaces.Box) or len(space.shape) != 1:
        raise UsageError(f"{plan.env_id} has no vector of observations to scale", hint="try Hopper-v5")
    factors = np.where(np.arange(space.shape[0]) % 2, 1.0, SCALE).astype(space.dtype)
    scaled = gym.spaces.Box(space.low * factors, space.high * factors, dtype=space.dtype)
    return gym.wrappers.TransformObservation(env, lambda observation: observation * factors, scaled)


TAMPERINGS: Mapping[str, Callable[[Any, Plan], Any]] = {
    "flip-sign": flip_sign,
    "inject-nan": inject_nan,
    "punish-living": punish_living,
    "limit-as-end": limit_as_end,
    "unscale": unscale,
}
