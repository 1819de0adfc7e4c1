"""The episodes of each row, out of a mean over the last hundred: what a short log hides and still tells.

Until ``window`` episodes have ended such a mean is that of all of them, so two rows give the mean of the
episodes between them; from there on each row also drops the episodes of a row before. In a log of one
environment the lengths prove it: what they give for each row must be the steps between the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from rldoctor.model.outcome import Curve, CurveOutcome, OutcomeKind
from rldoctor.model.raw import FloatArray
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.outcome.criteria import Criteria
from rldoctor.plain_data import replace

if TYPE_CHECKING:
    from numpy.typing import NDArray

IntArray: TypeAlias = "NDArray[np.int64]"
RETURNS = ("episode_return", "eval_return")


def single_episodes(run: Run, metrics: Mapping[str, Series], criteria: Criteria) -> dict[str, Series]:
    """The episodes themselves, where they lie beside a mean over many of them (a monitor file).

    A mean over 100 episodes of a run of 120 is nearly one number; the episodes are 120, each for itself.
    """
    found = {}
    for one in run.metrics.alternates:
        mean = metrics.get(one.name)
        single = one.window == 1 and one.name in RETURNS and one.axis == run.axis
        if single and mean is not None and (mean.window or 1) > 1 and _covers(one, mean, criteria):
            found[one.name] = one
    return found


def _covers(one: Series, other: Series, criteria: Criteria) -> bool:
    """Whether a series has points over nearly all steps of another one, and no fewer of them."""
    if len(one) < len(other) or not len(other):
        return False
    span = float(other.steps[-1] - other.steps[0])
    return float(one.steps[-1] - other.steps[0]) >= criteria["episodes_cover"] * span


def looked_closer(
    found: CurveOutcome,
    metrics: Mapping[str, Series],
    judged: Callable[[Curve], CurveOutcome],
    criteria: Criteria,
) -> CurveOutcome:
    """A mean over a hundred episodes that is too early to judge, by the episodes that it is made of.

    Only what is surely flat or fell changes the judgement: a handful of episodes a row is noisy, and a gain
    that the mean does not show yet is no reason to excuse anything. ``judged`` judges a curve of this run.
    """
    early = found.kind is OutcomeKind.EARLY and found.metric == "episode_return"
    if not early or "episode_length" not in metrics:
        return found
    own = own_episodes(metrics["episode_return"], metrics["episode_length"], criteria)
    if own is None:
        return found
    closer = judged(Curve(own.steps, own.values, 1, 0.0, found.metric, "environment steps", found.source))
    sure = closer.probability >= criteria["unaverage_sure"]
    return closer if closer.kind in (OutcomeKind.FLAT, OutcomeKind.FELL) and sure else found


def own_episodes(returns: Series, lengths: Series, criteria: Criteria) -> Series | None:
    """The mean return of the episodes that ended in each row, shape (m,), at the rows where that is proved.

    None where a row is one episode already, where the log is long enough without (``unaverage_below``
    windows), or where the lengths do not add up to the steps (several environments, another averaging).
    """
    window = returns.window or 1
    if window <= 1 or returns.axis != "env_steps" or len(returns) < criteria["unaverage_rows"]:
        return None
    steps, here, there = np.intersect1d(returns.steps, lengths.steps, return_indices=True)
    means, sizes = returns.values[here], lengths.values[there]
    if len(steps) < criteria["unaverage_rows"] or not np.isfinite([means, sizes]).all() or (sizes <= 0).any():
        return None
    counts = _episodes(steps, sizes, window, criteria)
    if counts is None or counts[-1] > criteria["unaverage_below"] * window:
        return None
    proved = _proved(steps, sizes, counts, window, criteria)
    if proved < criteria["unaverage_rows"] or proved < criteria["unaverage_share"] * len(steps):
        return None
    own = _each(means, counts, window)[:proved]
    return replace(returns, steps=steps[:proved], values=own, window=1)


def _episodes(steps: FloatArray, sizes: FloatArray, window: int, criteria: Criteria) -> IntArray | None:
    """Episodes so far at each row: steps over mean length, while that is whole; then as many a row."""
    exact = steps / sizes
    whole = np.rint(exact)
    early = whole <= window
    fits = np.abs(exact - whole) <= criteria["unaverage_whole"]
    if not early.any() or not fits[early].all() or (np.diff(whole[early], prepend=0.0) < 1).any():
        return None
    counts = whole.astype(np.int64)
    if early.all():
        return counts
    # Beyond the window the count cannot be told from a mean: the logger goes on as it did.
    last = int(np.count_nonzero(early))
    per_row = set(np.diff(counts[:last], prepend=0).tolist())
    if len(per_row) != 1 or window % next(iter(per_row)):
        return None
    counts[last:] = counts[last - 1] + next(iter(per_row)) * np.arange(1, len(counts) - last + 1)
    return counts


def _each(means: FloatArray, counts: IntArray, window: int) -> FloatArray:
    """The mean of the episodes of each row; shape (n,)."""
    sums = means * np.minimum(counts, window)
    new = np.diff(counts, prepend=0)
    own = np.empty(len(means))
    total, first = 0.0, 0
    kept = 0
    for row, amount in enumerate(new):
        kept += int(amount)
        while kept > window:
            kept -= int(new[first])
            total -= own[first] * new[first]
            first += 1
        own[row] = (sums[row] - total) / amount
        total += own[row] * amount
    return own


def _proved(steps: FloatArray, sizes: FloatArray, counts: IntArray, window: int, criteria: Criteria) -> int:
    """Rows up to the first at which the lengths of its episodes are not the steps since the row before."""
    between = np.diff(steps, prepend=0.0)
    added = _each(sizes, counts, window) * np.diff(counts, prepend=0)
    wrong = np.abs(added - between) > criteria["unaverage_error"] * between
    return int(np.argmax(wrong)) if wrong.any() else len(steps)
