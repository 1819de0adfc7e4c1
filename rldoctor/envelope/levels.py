"""Levels and milestones of one curve: where it began, where it ended, and when it got how far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rldoctor.envelope.criteria import EnvelopeCriteria
from rldoctor.model.arrays import median
from rldoctor.model.envelope import Reached
from rldoctor.model.raw import BoolArray, FloatArray
from rldoctor.model.series import Series


def start_level(series: Series, criteria: EnvelopeCriteria) -> float:
    """Median of the first finite points; NaN without any."""
    # Points and not a share of the steps: on easy tasks the first tenth of the run is learned already.
    values = series.finite().values[: criteria.whole("start_points")]
    return median(values) if values.size else float("nan")


def end_level(series: Series, criteria: EnvelopeCriteria) -> float:
    """Median of the finite points over the last part of the steps; NaN without any."""
    series = series.finite()
    if not len(series):
        return float("nan")
    # Of the logged range, so that a log which begins late has an end of the same length.
    last, first = float(series.steps[-1]), float(series.steps[0])
    return median(series.values[series.steps >= last - criteria["end_share"] * (last - first)])


def smoothed(series: Series, criteria: EnvelopeCriteria) -> Series:
    """The finite points, as trailing means over a few of them where the log does not average already."""
    series = series.finite()
    # Averaged by the logger; averaging again would delay every milestone by a window.
    if series.window and series.window > 1:
        return series
    span = max(criteria.whole("smooth_points"), int(criteria["smooth_share"] * len(series)))
    return Series(series.name, series.steps, trailing_mean(series.values, span), series.tag, series.unit)


def trailing_mean(values: FloatArray, span: int) -> FloatArray:
    """Mean of each value and the ``span - 1`` before it, of fewer at the start. Shape (n,)."""
    # A running total is exact enough here: returns are finite and of one scale (the functions of rules,
    # which see diverged losses, sum by blocks).
    total = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, values.size + 1)
    starts = np.maximum(ends - span, 0)
    means: FloatArray = (total[ends] - total[starts]) / (ends - starts)
    return means


def reached(series: Series, levels: Sequence[float], criteria: EnvelopeCriteria) -> Reached:
    """The first step from which the smoothed curve is at or above each level for a while, None for never.

    For a while: a part of the run that ``held_share`` names, or to the end of the log.
    """
    curve = smoothed(series, criteria)
    if not len(curve):
        return (None,) * len(levels)
    # A single lucky average is not having got there; to the end of the log counts as held, as nothing
    # contradicts it.
    while_ = criteria["held_share"] * float(curve.steps[-1])
    return tuple(_first_held(curve, curve.values >= level, while_) for level in levels)


def _first_held(curve: Series, above: BoolArray, while_: float) -> float | None:
    # False on both sides gives every stretch a beginning and an end, those at the borders of the log too.
    edges = np.diff(np.concatenate([[False], above, [False]]).astype(np.int8))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    for start, end in zip(starts, ends, strict=True):
        if end == len(curve) or curve.steps[end] - curve.steps[start] >= while_:
            return float(curve.steps[start])
    return None
