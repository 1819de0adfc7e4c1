"""The episodes of the first rollout, one by one, where a log has them: its targets can then be counted.

A mean over many episodes leaves the spread of their lengths unknown, and with it the size of the returns by
a factor of several. With the lengths themselves the mean square of the first targets is known to some ten
percent.
"""

from __future__ import annotations

import numpy as np

from rldoctor.audit.sight import Sight
from rldoctor.model.raw import FloatArray
from rldoctor.model.series import Series
from rldoctor.plain_data import dataclass


@dataclass(frozen=True, slots=True)
class Opening:
    """Lengths of the episodes that ended in the first rollout, shape (n,), and of what was unfinished.

    ``tails``: steps since the last end in each environment, shape (environments,), all alike as only their
    sum is known. ``width``: steps of one environment in the rollout.
    """

    lengths: FloatArray
    tails: FloatArray
    width: int

    def told(self) -> str:
        """What it is, in words."""
        return (
            f"the {self.lengths.size} episodes of the first rollout ({np.mean(self.lengths):.0f} steps each)"
        )

    def square(self, decay: float, reward: float) -> float:
        """Mean square of the lambda-returns over the steps of the rollout, for values near 0."""
        return _mean_square([*self.lengths, *self.tails], decay, reward)

    def running_deviation(self, gamma: float, reward: float) -> float:
        """Deviation of the discounted sums so far, over the steps of the rollout; begun anew at every end."""
        sums = np.concatenate([_sums(int(one), gamma) for one in [*self.lengths, *self.tails]])
        return float(np.std(reward * sums))

    def endless(self, decay: float, reward: float) -> float:
        """The same if no end of an episode stopped the sum."""
        return _mean_square([self.width], decay, reward)


def opening(sight: Sight) -> Opening | None:
    """The episodes of the first rollout; None where the log has none, or they pay differently per step."""
    rollout, first = _rollout(sight)
    if not np.isfinite(rollout) or first > sight.criteria["first_within"] * rollout:
        return None
    for returns, lengths in _per_episode(sight):
        ended = lengths.steps[lengths.steps <= rollout]
        sizes = lengths.values[: ended.size]
        rest = rollout - float(sizes.sum())
        # Lengths that do not add up are means, or those of one environment among several.
        if ended.size < sight.criteria["few_rows"] or not (
            0 <= rest < sight.criteria["unfinished"] * rollout and (sizes > 0).all()
        ):
            continue
        each = returns.values[: ended.size] / sizes
        if float(np.ptp(each)) > sight.criteria["unit_reward"] * abs(float(each[0])):
            continue
        environments = float(np.fmax(sight.setting("n_envs"), 1.0))
        tails = np.full(int(environments), rest / environments)
        return Opening(sizes, tails, int(rollout / environments))
    return None


def _rollout(sight: Sight) -> tuple[float, float]:
    """Transitions of a rollout, as the rows of the value loss are apart, and the step of the first row."""
    steps, _ = sight.together("value_loss")
    if steps.size < sight.criteria["least_rows"]:
        return np.nan, np.nan
    return float(np.min(np.diff(steps))), float(steps[0])


def _per_episode(sight: Sight) -> list[tuple[Series, Series]]:
    """Pairs of return and length that may be of one episode each, at the same steps."""
    others = sight.run.metrics.alternates
    returns = [sight.metrics.get("episode_return"), *(one for one in others if one.name == "episode_return")]
    lengths = [sight.metrics.get("episode_length"), *(one for one in others if one.name == "episode_length")]
    return [
        (one, other)
        for one in returns
        for other in lengths
        if one is not None and other is not None and np.array_equal(one.steps, other.steps)
    ]


def _mean_square(lengths: list[float], decay: float, reward: float) -> float:
    """Mean square of ``reward (1 - decay^k) / (1 - decay)`` over k = 1 .. length of every episode."""
    sums = np.concatenate([_sums(int(one), decay) for one in lengths])
    return float(np.mean(np.square(reward * sums)))


def _sums(length: int, decay: float) -> FloatArray:
    """Discounted sums of 1, 2, ... ``length`` ones, shape (length,)."""
    count = np.arange(1.0, length + 1)
    return count if decay >= 1 else (1 - decay**count) / (1 - decay)
