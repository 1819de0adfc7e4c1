"""Wrappers that plant a fault in the environment, below the Monitor: logged is what is learnt from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rldoctor.errors import UsageError
from rldoctor.training.plan import Plan

SCALE = 1000.0
"""How many times too large every second observation is."""
PENALTY = 5.0
"""Cost of being alive for a step, above what Hopper can earn in one."""
SPIKE_CHANCE = 1 / 2000
"""Chance that a step's reward is a spike."""
SPIKE = 20_000.0
"""Typical size of such a reward."""
SLOWEST = 0.004
"""Seconds that the last step of a run waits, where every step waits longer than the one before."""
WIDENED = 50.0
"""How many times too wide the bounds of the actions are."""


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


def pay_for_distance(env: Any, plan: Plan) -> Any:
    """The reward has the wrong sign all along: being far from the goal is what is paid for."""
    return _from_step(env, 0, lambda reward: -reward)


def rare_spikes(env: Any, plan: Plan) -> Any:
    """One step in 2000 earns hundreds to thousands of times the usual, with either sign."""
    import numpy as np

    random = np.random.default_rng(plan.seed)

    def spiked(reward: float) -> float:
        if random.random() >= SPIKE_CHANCE:
            return reward
        return float(SPIKE * random.lognormal() * random.choice([-1.0, 1.0]))

    return _from_step(env, 0, spiked)


def slow_down(env: Any, plan: Plan) -> Any:
    """Every step takes longer than the one before, as with a leak or a log that is read again and again."""
    import time

    import gymnasium as gym

    class SlowsDown(gym.Wrapper):  # type: ignore[misc]
        taken = 0

        def step(self, action: Any) -> Any:
            self.taken += 1
            time.sleep(SLOWEST * self.taken * plan.n_envs / plan.steps)
            return self.env.step(action)

    return SlowsDown(env)


def never_end(env: Any, plan: Plan) -> Any:
    """No episode ever ends: neither the time limit nor the task's own end is passed on."""
    import gymnasium as gym

    class NeverEnds(gym.Wrapper):  # type: ignore[misc]
        def step(self, action: Any) -> Any:
            observation, reward, _, _, info = self.env.step(action)
            return observation, reward, False, False, info

    return NeverEnds(env)


def widen_actions(env: Any, plan: Plan) -> Any:
    """The declared bounds of the actions are fifty times those that make a difference."""
    import gymnasium as gym
    import numpy as np

    inner = env.action_space
    wide = gym.spaces.Box(inner.low * WIDENED, inner.high * WIDENED, dtype=inner.dtype)
    return gym.wrappers.TransformAction(env, lambda action: np.clip(action, inner.low, inner.high), wide)


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
    "pay-for-distance": pay_for_distance,
    "rare-spikes": rare_spikes,
    "slow-down": slow_down,
    "never-end": never_end,
    "widen-actions": widen_actions,
}
