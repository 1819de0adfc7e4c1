"""A logged curve as the rows that are judged: finite, ordered, thinned of repeats, not too many."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from rldoctor.model.arrays import distinct, median
from rldoctor.model.outcome import Curve
from rldoctor.model.raw import FloatArray
from rldoctor.outcome.criteria import Criteria
from rldoctor.plain_data import dataclass

# Standard deviation over median absolute deviation, of normal values.
_MAD = 1.4826
# Values closer than this share of the range are one value: means of the same numbers differ in their last
# digits.
_SAME = 1e-9
# Single precision ends at 3.4e38; larger numbers are as good as infinite, and their squares would be.
_LARGEST = 1e60
# A range whose square is no number is none.
NOTHING = 1e-100
# Noise that was rounded moves more often than this.
_MOVES = 5
# Root mean square of normal values without the largest tenth of their squares.
_TRIMMED = 0.789
# Step to which values are rounded over the standard deviation that it gives them.
_ROUNDED = 12**0.5
_QUARTERS = 4


@dataclass(frozen=True, slots=True)
class Rows:
    """``steps``, ``values`` and relative noise ``spread`` (mean square 1) of each row, shape (n,).

    ``points`` finite points were logged, ``dropped`` were not finite. ``range``: largest minus smallest
    value. ``rounding``: the step between values that repeat, as far as the mean of a bin keeps it (0.0:
    they do not); of episodes that mostly stand at a floor the step that would make as much noise as they
    do. ``episode_noise``: standard deviation of one episode behind a moving mean (0.0: not known).
    """

    steps: FloatArray
    values: FloatArray
    spread: FloatArray
    points: int
    dropped: int
    range: float = 0.0
    rounding: float = 0.0
    episode_noise: float = 0.0

    @property
    def size(self) -> int:
        """How many rows are judged."""
        return int(self.values.size)

    def columns(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Values around their median, ones, and time from -1/2 to 1/2, each divided by the row's spread."""
        centred = self.values - median(self.values)
        return centred / self.spread, 1 / self.spread, self.time() / self.spread

    def time(self) -> FloatArray:
        """Row number from -1/2 to 1/2: noise correlates from row to row, not with the steps between."""
        return np.linspace(-0.5, 0.5, self.size)


def prepare(curve: Curve, criteria: Criteria, *, averaged: bool = False) -> Rows:
    """The rows of a curve: defined for any input, also for none.

    ``averaged``: episodes that seldom leave a floor are averaged in eights or more (where that gives rows
    enough) before anything is called a spike.
    """
    steps, values = _ordered(curve)
    if not values.size:
        return Rows(steps, values, values, 0, int(np.size(curve.values)))
    points, dropped = int(values.size), int(np.size(curve.values) - np.count_nonzero(_finite(curve)))
    steps, values = _unheld(steps, values, criteria)
    rounding, noise = _rounding(values), _episode_noise(steps, values, curve)
    most = criteria.whole("rows")
    by_floor = values.size // criteria.whole("floor_episodes")
    if averaged and by_floor >= criteria["floor_rows"]:
        most = min(most, by_floor)
        rounding = _chance(values) * _ROUNDED
    else:
        values = _without_spikes(values, criteria)
    before = values.size
    steps, values = _binned(steps, values, most)
    # The mean of k rounded values is rounded to a k-th of the step, by an error that is sqrt(k) smaller.
    rounding *= float(np.sqrt(values.size / before))
    if points >= 3 * values.size:  # a bin of several rows, some of which failed, is no level either
        values = _without_spikes(values, criteria)
    spread = _spread(values, criteria) * _filling(steps, curve.spacing)
    spread = spread / np.sqrt(np.mean(spread**2))
    return Rows(steps, values, spread, points, dropped, float(np.ptp(values)), rounding, noise)


def _rounding(values: FloatArray) -> float:
    """The step to which values are rounded, where they repeat; 0.0 where most differ, or hardly one moves.

    Two levels with one step between them are a change, and not noise that was rounded.
    """
    if np.count_nonzero(np.abs(np.diff(values)) > _SAME * np.ptp(values)) < _MOVES:
        return 0.0
    gaps = np.diff(np.sort(values))
    gaps = gaps[gaps > _SAME * np.ptp(values)]
    return float(np.min(gaps)) if 0 < gaps.size < values.size / 2 else 0.0


def _episode_noise(steps: FloatArray, values: FloatArray, curve: Curve) -> float:
    """Standard deviation of one episode behind a moving mean over n: from how much the mean moves.

    k new episodes of n replace k old ones, so a move has the variance 2 k var / n^2 however slowly the
    policy changes. Where the length of the window in steps is not known, rows are taken to share no
    episode. 0.0 without a window.
    """
    if not curve.window or curve.window < 2 or values.size < 3:
        return 0.0
    if curve.spacing <= 0:
        return _trimmed(np.diff(values, 2) / np.sqrt(6)) * float(np.sqrt(curve.window))
    gap = np.diff(steps)
    full = np.clip(steps[1:] / curve.spacing, 1e-3, 1.0)
    new = np.minimum(curve.window * gap / curve.spacing, curve.window * full)
    # While the window fills, nothing leaves it.
    replaced = np.where(full < 1, 1.0, 2.0) * new
    moves = np.diff(values) * curve.window * full / np.sqrt(replaced)
    return _trimmed(np.diff(moves) / np.sqrt(2))  # differences of moves do not see a steady climb


def _trimmed(values: FloatArray) -> float:
    """Root mean square without the largest tenth: the bends of a climb and rare outliers."""
    ordered = np.sort(values**2)
    return float(np.sqrt(np.mean(ordered[: max(1, int(0.9 * ordered.size))]))) / _TRIMMED


def _finite(curve: Curve) -> np.ndarray:
    small = np.abs(curve.values) < _LARGEST  # False for NaN and infinity
    return np.asarray(small & np.isfinite(curve.steps))


def _ordered(curve: Curve) -> tuple[FloatArray, FloatArray]:
    """Finite points in the order of their steps; points of one step become their mean."""
    keep = _finite(curve)
    steps, values = np.asarray(curve.steps, float)[keep], np.asarray(curve.values, float)[keep]
    if steps.size < 2 or bool(np.all(np.diff(steps) > 0)):
        return steps, values
    unique, place, count = np.unique(steps, return_inverse=True, return_counts=True)
    return unique, np.bincount(place.ravel(), weights=values) / count


def _unheld(steps: FloatArray, values: FloatArray, criteria: Criteria) -> tuple[FloatArray, FloatArray]:
    """One row per logged result: many loggers repeat the last evaluation until the next.

    Repeated rows have no noise, so every new evaluation would be a change beyond doubt. A plateau (500 of
    500) repeats too, so a long repeat keeps as many rows as it has usual holding times. Values of a few
    levels (0 and 1) repeat by chance, and so does a floor that single episodes leave now and then: a logger
    that repeats its results repeats nearly all of them.
    """
    if values.size < 4:
        return steps, values
    starts = np.flatnonzero(np.append(True, np.abs(np.diff(values)) > _SAME * np.ptp(values)))
    lengths = np.diff(np.append(starts, values.size))
    held = median(lengths)
    once = float(np.mean(lengths == 1))
    if held < 2 or once > criteria["held_once"] or distinct(values).size < criteria["held_levels"]:
        return steps, values
    within = np.arange(values.size) - np.repeat(starts, lengths)
    keep = within % int(held) == 0
    return steps[keep], values[keep]


def mostly_at_floor(curve: Curve, criteria: Criteria) -> bool:
    """Whether single episodes mostly return the least there is: a goal that is reached now and then.

    One that is reached stands out from both its neighbours until every second one is, and the median of
    neighbours is the floor: such rows are averaged before anything is called a spike.
    """
    if curve.window is not None and curve.window >= 2:
        return False
    values = _ordered(curve)[1]
    off = _off_floor(values) if values.size else np.zeros(0, dtype=bool)
    if not off.any() or float(np.mean(off)) > 1 - criteria["floor_share"]:
        return False
    # A level that is reached and kept is one stretch.
    stretches = int(off[0]) + np.count_nonzero(off[1:] & ~off[:-1])
    return bool(stretches >= criteria["floor_alone"] * np.count_nonzero(off))


def thirds_fall(curve: Curve, criteria: Criteria) -> bool:
    """Whether the last third of the values has a lower mean than a third before, by more than chance."""
    *before, last = np.array_split(_ordered(curve)[1], 3)
    error = [float(np.var(part)) / max(1, part.size) for part in (*before, last)]
    drops = [
        float(part.mean() - last.mean()) > criteria["floor_errors"] * np.sqrt(one + error[-1])
        for part, one in zip(before, error, strict=False)
    ]
    return any(drops)


def _off_floor(values: FloatArray) -> np.ndarray:
    return np.asarray(values > float(np.min(values)) + _SAME * float(np.ptp(values)))


def _chance(values: FloatArray) -> float:
    """Standard deviation of an episode that leaves the floor as seldom as in the quietest quarter.

    Where hardly one does most rows are equal, and their noise is that of chance all the same. What never
    happened in n episodes is taken to happen in one of n + 2 (Laplace).
    """
    squares = (values - np.min(values)) ** 2
    one = squares.sum() / max(1, np.count_nonzero(_off_floor(values)))
    quarters = np.array_split(squares, _QUARTERS)
    return float(np.sqrt(min((part.sum() + one) / (part.size + 2) for part in quarters)))


def _without_spikes(values: FloatArray, criteria: Criteria) -> FloatArray:
    """Rows that stand out from both neighbours are drawn to the nearer one: one row is not a level.

    So one lucky first evaluation is no start, one failed last episode no collapse, and noise with heavy tails
    counts like other noise. Two rows that agree are kept.
    """
    if values.size < criteria["least_rows"]:
        return values
    moves = np.abs(np.diff(values))
    scale = median(moves) * _MAD / np.sqrt(2)
    if scale == 0:  # mostly repeats; what remains are rare jumps, and common ones are the noise
        ordered = np.sort(moves)
        scale = float(np.mean(ordered[: max(1, int(0.95 * ordered.size))]))
    limit = criteria["spike"] * scale
    before = np.append(values[1], values[:-1])
    after = np.append(values[1:], values[-2])
    low, high = np.minimum(before, after) - limit, np.maximum(before, after) + limit
    return np.clip(values, low, high)


def _binned(steps: FloatArray, values: FloatArray, most: int) -> tuple[FloatArray, FloatArray]:
    """Means over bins of equal length on the step axis, empty ones left out."""
    if values.size <= most:
        return steps, values
    place = (steps - steps[0]) / max(float(steps[-1] - steps[0]), 1e-300) * most
    bins = np.minimum(place.astype(np.intp), most - 1)
    count = np.bincount(bins, minlength=most)
    used = count > 0
    return (
        np.bincount(bins, weights=steps, minlength=most)[used] / count[used],
        np.bincount(bins, weights=values, minlength=most)[used] / count[used],
    )


def _spread(values: FloatArray, criteria: Criteria) -> FloatArray:
    """How noisy each part of the curve is: a learner's return gets noisier (or quieter) as it grows.

    With one spread for all, the noise of a loud end would be judged by the quiet start: a healthy run
    "collapses" with every second breath. From second differences, which see neither levels nor steady
    climbs; drawn towards the whole curve's, because a part has few of them.
    """
    parts = min(criteria.whole("spread_parts"), values.size // criteria.whole("spread_rows"))
    if parts < 2 or np.ptp(values) <= NOTHING:
        return np.ones(values.size)
    bends = np.zeros(values.size)
    bends[1:-1] = np.diff(values, 2) ** 2
    bends[0], bends[-1] = bends[1], bends[-2]
    edges = np.linspace(0, values.size, parts + 1).astype(int)
    local = np.array([_typical(bends[a:b]) for a, b in pairwise(edges.tolist())])
    overall = max(float(np.mean(local)), 1e-12 * float(np.ptp(values)) ** 2)
    smooth = np.interp(np.arange(values.size), (edges[:-1] + edges[1:] - 1) / 2, local)
    weight = criteria["spread_shrink"]
    return np.asarray(np.sqrt((1 - weight) * smooth + weight * overall))


def _typical(squares: FloatArray) -> float:
    """Mean of squares, none of which counts for more than nine times their median (three deviations)."""
    middle = median(squares)
    return float(np.mean(np.minimum(squares, 9 * middle))) if middle > 0 else float(np.mean(squares))


def _filling(steps: FloatArray, spacing: float) -> FloatArray:
    """Extra spread of the first rows of a moving mean, which average fewer episodes than its window holds."""
    if spacing <= 0:
        return np.ones(steps.size)
    return np.sqrt(np.clip(spacing / np.maximum(steps, spacing / 100), 1.0, 100.0))
