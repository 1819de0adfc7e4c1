"""How far the values of a Q-network reach, held against what its own episodes pay.

Where every step pays the same positive reward ``r`` until the episode ends, the policy that acts is worth
``r (1 - gamma^k) / (1 - gamma)`` in a state with ``k`` steps left, and the best action at least as much. A
replay buffer holds the steps of an episode alike, so mean Q is at least the mean of that over ``k = 1..L``.
A Q far below it, once the target network was replaced often enough to carry values that far, is that of a
smaller discount, of a target that stands still, or of a target that takes another value than the largest.
A Q that is several times as large all through the second half is never earned: the policy that acts is
not the one that these values belong to, or their targets are not the rewards and states that follow.

Where every step costs the same a better policy may be worth far more than the episodes, so there only a Q
that has come to rest near 0, against the shortest episode there was, is that of a few rewards.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rldoctor.audit.episodes import rewards_at
from rldoctor.audit.sight import NAN, Sight, mechanism
from rldoctor.model.arrays import median, quantile
from rldoctor.model.audit import AuditRow
from rldoctor.model.raw import FloatArray

# Of a run, at which the length of its episodes is looked at.
_PLACES = 50


def reach(sight: Sight) -> Iterator[AuditRow]:
    """Whether the logged Q of a value-based learner is as large as its episodes make it."""
    steps, q = sight.together("q_mean")
    discount = sight.setting("gamma")
    if not discount < 1 or q.size < sight.criteria["few_rows"] or not _pays_alike(sight):
        return
    reward, _ = rewards_at(sight, steps)
    room = _of_costs if reward[0] < 0 else _of_rewards
    yield from room(sight, steps, q / reward, discount)


def _of_rewards(sight: Sight, steps: FloatArray, held: FloatArray, discount: float) -> Iterator[AuditRow]:
    """Q in rewards of a step (``held``) against what is left of the episodes, from below and from above."""
    length = _typical_length(sight, steps)
    worth = _mean_value(length, discount)
    late = (steps >= (steps[0] + steps[-1]) / 2) & (worth >= sight.criteria["worth_least"])
    # Values of the wrong sign are another finding (q_possible).
    if late.sum() < sight.criteria["few_rows"] or not median(held[late]) > 0:
        return
    text = (
        f"Q is {median(held[late]):.3g} rewards in the second half, where episodes last "
        f"{median(length[late]):.0f} steps: at gamma = {discount:g} what is left of them is worth "
        f"{median(worth[late]):.3g} on average"
    )
    carried = np.minimum(worth, _copies(sight, steps) * sight.criteria["copy_share"])[late]
    if (carried >= sight.criteria["worth_least"]).all():
        most = quantile(held[late] / carried, 0.75)
        said = f"{text}; three quarters of the rows have less than {most:.2g} of what values can be by then"
        yield mechanism(sight, "values_reach", most > sight.criteria["reach_least"], said, steps[late])
    # A discount that nobody wrote down may be a longer one than the library's default.
    longest = discount if sight.written("gamma") else max(discount, sight.criteria["longest_discount"])
    least = quantile(held[late] / _mean_value(length[late], longest), 0.25)
    said = f"{text}; three quarters of the rows have more than {least:.2g} times what it can be worth"
    yield mechanism(sight, "values_earned", least < sight.criteria["earned_most"], said, steps[late])


def _of_costs(sight: Sight, steps: FloatArray, held: FloatArray, discount: float) -> Iterator[AuditRow]:
    """Q in costs of a step (``held``) that rests near 0, against the shortest episode of the run."""
    late = steps >= (steps[0] + steps[-1]) / 2
    size = median(held[late])
    rests = quantile(held[late], 0.95) - quantile(held[late], 0.05) < sight.criteria["settled"] * abs(size)
    shortest = float(sight.metrics["episode_length"].finite().values.min())
    worth = float(_mean_value(np.array([shortest]), discount)[0])
    copied = float(_copies(sight, steps)[-1]) * sight.criteria["copy_share"]
    if not rests or size < 0 or min(worth, copied) < sight.criteria["worth_least"]:
        return
    text = (
        f"Q rests at {size:.3g} costs of a step in the second half, where the shortest episode of all lasted "
        f"{shortest:.0f} steps: at gamma = {discount:g} what is left of it costs {worth:.3g} on average"
    )
    yield mechanism(sight, "values_reach", size > sight.criteria["reach_of_costs"] * worth, text, steps[late])


def _pays_alike(sight: Sight) -> bool:
    """Whether every step pays, or costs, one and the same."""
    _, returns, lengths = sight.together("episode_return", "episode_length")
    if returns.size < sight.criteria["few_rows"] or not (lengths > 0).all():
        return False
    per_step = returns / lengths
    middle = median(per_step)
    return middle != 0 and float(np.ptp(per_step)) < sight.criteria["unit_reward"] * abs(middle)


def _typical_length(sight: Sight, steps: FloatArray) -> FloatArray:
    """Median length of the episodes that the buffer may hold at each step; a low guess of what it holds."""
    lengths = sight.metrics["episode_length"].finite()
    held = sight.setting("buffer_capacity")
    # At some places only: a median at each of many rows would cost the square of the log.
    at = np.linspace(steps[0], steps[-1], _PLACES)
    begins = np.searchsorted(lengths.steps, at - held if held > 0 else np.full(at.shape, -np.inf))
    ends = np.maximum(np.searchsorted(lengths.steps, at, side="right"), 1)
    starts = np.minimum(begins, ends - 1)
    found = [median(lengths.values[a:b]) for a, b in zip(starts, ends, strict=True)]
    return np.interp(steps, at, found)


def _mean_value(length: FloatArray, discount: float) -> FloatArray:
    """Mean over ``k = 1..L`` of ``(1 - gamma^k) / (1 - gamma)``, in rewards; shape as ``length``."""
    left = discount * (1 - discount**length) / (1 - discount)
    value: FloatArray = (1 - left / np.maximum(length, 1)) / (1 - discount)
    return value


def _copies(sight: Sight, steps: FloatArray) -> FloatArray:
    """How often the target network was replaced by each step; endless where nobody wrote the schedule down.

    Without a schedule a Q that has come to rest has had the time it needs; one that still moves says nothing.
    """
    starts, tau = sight.setting("learning_starts"), sight.setting("tau")
    # Of most libraries nobody read whether the interval counts steps or updates.
    per = 1.0 if sight.holds("target_interval_in_steps") else sight.setting("utd")
    interval = sight.setting("target_update_interval")
    rate = per * (1.0 if np.isnan(tau) else tau) / interval if interval > 0 else NAN
    if np.isfinite(rate):
        return np.maximum(steps - (starts if starts > 0 else 0.0), 0) * rate
    _, q = sight.together("q_mean")
    late = q[q.size // 2 :]
    rests = float(np.ptp(late)) < sight.criteria["settled"] * abs(median(late))
    return np.full(steps.shape, np.inf if rests else 0.0)
