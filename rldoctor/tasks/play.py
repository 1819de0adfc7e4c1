"""Plays whole episodes of a fixed policy in an environment that the user named."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import field
from time import process_time
from typing import Any

import numpy as np

from rldoctor.errors import UsageError
from rldoctor.model.task import Played
from rldoctor.plain_data import dataclass

SUCCESS_KEYS = ("is_success", "success")
# A time budget never leaves fewer episodes than these: a standard deviation of two or three says nothing.
MIN_EPISODES = 5


@dataclass(slots=True)
class Episodes:
    """What was met, one entry per episode; ``low`` and ``high`` are over the rewards of all steps.

    ``capped``: stopped by us and not by the environment. ``success`` is empty where ``info`` never said it.
    """

    returns: list[float] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    success: list[bool] = field(default_factory=list)
    terminated: int = 0
    truncated: int = 0
    capped: int = 0
    low: float = math.inf
    high: float = -math.inf

    def summary(self, source: str) -> Played:
        """Means and sample standard deviations of at least one episode."""
        return Played(
            mean=float(np.mean(self.returns)),
            std=_std(self.returns),
            episodes=len(self.returns),
            length=float(np.mean(self.lengths)),
            length_std=_std(self.lengths),
            success=float(np.mean(self.success)) if self.success else None,
            source=source,
        )


def _std(values: list[float] | list[int]) -> float | None:
    # Divisor n - 1: the episodes are a sample, and runs are compared with it by its standard error.
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def play(
    env: Any, choose: Callable[[], Any], seeds: Iterable[int], max_steps: int, seconds: float = math.inf
) -> Episodes:
    """One episode per seed; after ``seconds`` of processor time none is begun once five were played.

    Action space and environment are seeded for each episode, so that any of them can be played again alone
    and a longer measurement contains the shorter one.

    Raises:
        UsageError: the environment's own code raised, or returned something that is no reward.
    """
    met, began = Episodes(), process_time()
    for seed in seeds:
        try:
            env.action_space.seed(seed)
            env.reset(seed=seed)
            _episode(env, choose, max_steps, met)
        except Exception as error:
            raise _crash(error, len(met.returns) + 1, seed) from error
        if process_time() - began > seconds and len(met.returns) >= MIN_EPISODES:
            break
    return met


def _crash(error: Exception, episode: int, seed: int) -> UsageError:
    what = f"{type(error).__name__}: {error}".rstrip(": ")
    return UsageError(
        f"the environment failed in episode {episode} (seed {seed}): {what}",
        hint="run again with RLDOCTOR_DEBUG=1 for its traceback",
    )


def _episode(env: Any, choose: Callable[[], Any], max_steps: int, met: Episodes) -> None:
    total, steps, ended, cut = 0.0, 0, False, False
    info: dict[str, Any] = {}
    while not (ended or cut) and steps < max_steps:
        _, reward, ended, cut, info = env.step(choose())
        value = float(reward)
        if math.isnan(value):
            raise ValueError(f"the reward of step {steps + 1} is NaN")
        total += value
        steps += 1
        met.low, met.high = min(met.low, value), max(met.high, value)
    met.returns.append(total)
    met.lengths.append(steps)
    met.terminated += bool(ended)
    # An environment may say both in its last step; then the task ended, and the limit was met by chance.
    met.truncated += bool(cut and not ended)
    met.capped += not (ended or cut)
    said = next((info[key] for key in SUCCESS_KEYS if key in info), None)
    if said is not None:
        met.success.append(bool(said))
