"""Trend and noise of a series, over points that are independent of each other.

A 100-episode moving mean makes plain rank tests call noise a trend most of the time. Two defences: a series
is thinned to points further apart than its own averaging window (the vocabulary knows it,
``Context.spacing``), and what autocorrelation is left in the thinned points lowers the number of points
that the test believes in.
"""

from __future__ import annotations

import numpy as np

from rldoctor.language.functions.base import CallContext, Function, Value, on_grid, truth
from rldoctor.language.functions.rolling import rolling_median
from rldoctor.language.functions.statistics import (
    correlation_p,
    effective_size,
    exact_p,
    rank_correlation,
    spread,
    theil_sen,
)
from rldoctor.model.arrays import median
from rldoctor.model.raw import FloatArray

MAX_BINS = 300
_LOCAL_SPAN = 11
# The level of the start is that of the first tenth: on average, of this share of the steps.
_OPENING = 0.05
# Standard deviation of white noise / of its residuals from a running median of 11 points; simulated.
_LOCAL_CORRECTION = 1.125


def finite_points(context: CallContext, x: Value, where: Value | None) -> tuple[FloatArray, FloatArray]:
    """Steps and values of the finite points under the mask."""
    values = on_grid(x, context)
    keep = np.isfinite(values) & np.broadcast_to(truth(True if where is None else where), values.shape)
    return context.steps[keep], values[keep]


def independent_points(context: CallContext, x: Value, where: Value | None) -> tuple[FloatArray, FloatArray]:
    """At most 300 points of a series, so far apart that they do not share what was averaged into them.

    A wide averaging window has already used every observation: then one point per window is taken. Otherwise
    many points are averaged into 300 bins.
    """
    steps, values = finite_points(context, x, where)
    length = float(steps[-1] - steps[0]) if steps.size else 0.0
    # Two ways to thin, and the choice matters: where the logger has averaged over windows, means of such
    # points would keep the dependence and only hide it, so points are dropped. Where it has not, dropping
    # would throw evidence away, so they are averaged.
    if context.spacing > 0 and context.spacing * MAX_BINS >= length:
        # Every point that is kept saw episodes of its own: Mann-Kendall and Spearman assume that, and
        # moving means of noise have a trend at p < 0.05 most of the time without it.
        keep = _every(steps, context.spacing)
        return steps[keep], values[keep]
    return _binned(steps, values) if steps.size > MAX_BINS else (steps, values)


def _every(steps: FloatArray, spacing: float) -> list[int]:
    """Indices of points at least ``spacing`` apart, counted from the end: the first window is seldom full."""
    # For every point at once the last one that is far enough before it, because few points are taken of many.
    before = (np.searchsorted(steps, steps - spacing * (1 - 1e-9), side="right") - 1).tolist()
    kept: list[int] = []
    index = steps.size - 1
    while index >= 0:
        kept.append(index)
        index = min(before[index], index - 1)
    return kept[::-1]


def _binned(steps: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Means over 300 bins of equal length, empty ones left out."""
    # Bins of equal length in steps and not in points: what is judged is the training, and a logger that
    # wrote faster at the start must not weigh it more.
    place = (steps - steps[0]) / max(steps[-1] - steps[0], 1e-300) * MAX_BINS
    bins = np.minimum(place.astype(np.intp), MAX_BINS - 1)
    count = np.bincount(bins, minlength=MAX_BINS)
    used = count > 0
    means = [
        np.bincount(bins, weights=column, minlength=MAX_BINS)[used] / count[used]
        for column in (steps, values)
    ]
    finite = np.isfinite(means[1])
    return means[0][finite], means[1][finite]


def trend(context: CallContext, x: Value, *, where: Value | None = None) -> float:
    """Spearman correlation with the step; NaN for fewer than three independent points."""
    return rank_correlation(independent_points(context, x, where)[1])


def independent(context: CallContext, x: Value, *, where: Value | None = None) -> float:
    """How many independent points the series is worth, given what autocorrelation is left in it."""
    return effective_size(independent_points(context, x, where)[1])


def trend_p(context: CallContext, x: Value, *, where: Value | None = None) -> float:
    """p-value of the trend (two-sided); NaN when the series is worth fewer than four independent points."""
    # Thinned first, and what autocorrelation is left then lowers the number of points: exploration and slow
    # critics correlate points that no averaging window explains.
    values = independent_points(context, x, where)[1]
    correlation = rank_correlation(values)
    # The larger of the two: for few points Student's t is too sure of itself, for many the exact one is not
    # computed.
    return max(correlation_p(correlation, effective_size(values)), exact_p(correlation, values.size))


def slope(context: CallContext, x: Value, *, where: Value | None = None) -> float:
    """Theil-Sen slope per step; NaN for fewer than two independent points."""
    return theil_sen(*independent_points(context, x, where))


def change(context: CallContext, x: Value, *, where: Value | None = None) -> float:
    """Median over the last quarter of the steps minus the median over the first; NaN over nothing."""
    # Medians over a quarter each: two single points would be the noise of two points.
    start, end = _ends(context, x, where, 0.25)
    return median(end) - median(start) if start.size else float("nan")


def doublings(context: CallContext, x: Value, *, where: Value | None = None) -> float:
    """log2 of the level of abs(x) over the last tenth against the first tenth; NaN over nothing."""
    start, end = _ends(context, x, where, 0.1)
    if not start.size:
        return float("nan")
    # A metric may start at exactly 0 (an untrained critic); the smallest number above 0 keeps its growth
    # finite and still larger than any limit.
    levels = [max(median(np.abs(part)), float(np.finfo(np.float64).tiny)) for part in (start, end)]
    return float(np.log2(levels[1]) - np.log2(levels[0]))


def _ends(context: CallContext, x: Value, where: Value | None, part: float) -> tuple[FloatArray, FloatArray]:
    """Values over the first and over the last ``part`` of the steps that were logged."""
    steps, values = finite_points(context, x, where)
    if not steps.size:
        return values, values
    length = (steps[-1] - steps[0]) * part
    return values[steps <= steps[0] + length], values[steps >= steps[-1] - length]


def noise(context: CallContext, x: Value, *, where: Value | None = None) -> float:
    """Standard deviation around the local level, outliers not counting; NaN for fewer than three points.

    The points are thinned by the averaging window, but never averaged: that would lower the noise. Where that
    leaves too few, the noise follows from how fast the moving mean changes.
    """
    steps, values = finite_points(context, x, where)
    if context.spacing > 0:
        # Here the points are never averaged: the mean of 300 noisy points has hardly any noise, and the
        # limits of the rules are in units of the noise of what was logged.
        thinned = values[_every(steps, context.spacing)]
        if thinned.size < min(2 * _LOCAL_SPAN, values.size):
            return _moving_mean_noise(steps, values, context.spacing)
        values = thinned
    if values.size < 3:
        return float("nan")
    # Too few points for a local level: differences of neighbours hold the noise twice (variance 2 s^2), and
    # of a trend only what it moves in one point.
    if values.size < 2 * _LOCAL_SPAN:
        return spread(np.diff(values)) / float(np.sqrt(2))
    # A trailing median, read half a window later, is a centred one.
    half = _LOCAL_SPAN // 2
    level = rolling_median(values, _LOCAL_SPAN)[_LOCAL_SPAN - 1 :]
    return _LOCAL_CORRECTION * spread(values[half:-half] - level)


def _moving_mean_noise(steps: FloatArray, values: FloatArray, window: float) -> float:
    """Standard deviation of a mean over ``window`` steps, from its changes over shorter gaps.

    A mean over n independent values, n' of which were replaced since the last point, changes with variance
    2 n' var / n^2, so its own variance var / n is that of the changes x window / (2 gap).
    """
    if values.size < 3:
        return float("nan")
    if steps[-1] < window:
        return _growing_mean_noise(steps, values)
    # Once a whole window passes between two points they are independent and their differences have twice
    # the variance: the factor falls no further than 1 / 2.
    gap = max(float(steps[-1] - steps[0]) / (steps.size - 1), 1e-300)
    # std and not the robust spread: where rows are written faster than episodes end, more than half of the
    # changes of a moving mean are exactly 0.
    return float(np.std(np.diff(values))) * float(np.sqrt(max(window / (2 * gap), 0.5)))


def _growing_mean_noise(steps: FloatArray, values: FloatArray) -> float:
    """The same of a mean over all episodes so far, of a run that ends before its window is full.

    Such a mean gives back the values it is made of, and their differences hardly see a trend. The answer is
    the deviation of the mean as far as it is filled within the first tenth of the steps, whose level is what
    later ones are compared with.
    """
    moves = np.append(True, np.diff(values) != 0)  # where no episode has ended, the mean stands still
    if np.count_nonzero(moves) < 3:
        return 0.0
    steps, values = steps[moves], values[moves]
    gap = float(steps[-1] - steps[0]) / (steps.size - 1)
    single = values[:-1] + np.diff(values) * steps[1:] / gap
    opening = (float(steps[0]) + _OPENING * float(steps[-1] - steps[0])) / gap
    return float(np.sqrt(np.mean(np.diff(single) ** 2) / 2 / max(opening, 1.0)))


TRENDS = tuple(
    Function(function.__name__, function, ("x",), where=True, shared=True, spaced=True)
    for function in (trend, trend_p, independent, slope, change, noise, doublings)
)
