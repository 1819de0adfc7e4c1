"""Functions along the series: each point sees the points before it, never those after it."""

from __future__ import annotations

import numpy as np

from rldoctor.language.functions.base import CallContext, Function, Value, on_grid, scalar
from rldoctor.language.functions.rolling import rolling_mean, rolling_median
from rldoctor.model.raw import FloatArray


# Functions of this file look back only. A rule may be asked after every logged point (watch), and a verdict
# on a point must not change because of what came later.
def _points(value: Value, most: int) -> int | None:
    """A number of points as a whole number in [0, most]; None when it is NaN or negative."""
    # A width may be computed (points / 20), so it may be NaN, negative or larger than the log; a width that
    # is not known gives a level that is not known, never one of a made-up width.
    points = scalar(value)
    return int(min(round(min(points, most)), most)) if points >= 0 else None


def smooth(context: CallContext, x: Value, span: Value) -> FloatArray:
    """Mean of the last ``span`` points that are not NaN; all NaN when the span is unknown."""
    values, width = on_grid(x, context), _points(span, context.steps.size)
    return np.full(values.shape, np.nan) if width is None else rolling_mean(values, max(width, 1))


def median_of_last(context: CallContext, x: Value, span: Value) -> FloatArray:
    """Median of the last ``span`` points that are not NaN; all NaN when the span is unknown."""
    values, width = on_grid(x, context), _points(span, context.steps.size)
    return np.full(values.shape, np.nan) if width is None else rolling_median(values, max(width, 1))


def running_max(context: CallContext, x: Value) -> FloatArray:
    """Largest value so far; NaN before the first."""
    # fmax and not maximum: one NaN in the log would otherwise be the largest value from there on.
    return np.fmax.accumulate(on_grid(x, context))


def running_min(context: CallContext, x: Value) -> FloatArray:
    """Smallest value so far; NaN before the first."""
    return np.fmin.accumulate(on_grid(x, context))


def lag(context: CallContext, x: Value, n: Value) -> FloatArray:
    """The value ``n`` points earlier; NaN for the first ``n`` points."""
    values, shift = on_grid(x, context), _points(n, context.steps.size)
    if shift is None:
        return np.full(values.shape, np.nan)
    return np.concatenate([np.full(shift, np.nan), values[: values.size - shift]])


def diff(context: CallContext, x: Value) -> FloatArray:
    """Change since the previous point; the first is NaN."""
    values = on_grid(x, context)
    return np.diff(values, prepend=np.nan)


def rate(context: CallContext, x: Value) -> FloatArray:
    """Change since the previous point per step; the first is NaN."""
    return diff(context, x) / np.diff(context.steps, prepend=np.nan)


def cumsum(context: CallContext, x: Value) -> FloatArray:
    """Sum so far, NaN counting as nothing."""
    # A missing reward adds nothing; a NaN would make every later sum unknown.
    return np.nancumsum(on_grid(x, context))


def points_so_far(context: CallContext, x: Value) -> FloatArray:
    """How many finite points there were up to each point, itself included: the age of a metric in points."""
    return np.cumsum(np.isfinite(on_grid(x, context)), dtype=np.float64)


ALONG = (
    Function("smooth", smooth, ("x", "span"), widens="span", shared=True),
    Function("rolling_median", median_of_last, ("x", "span"), widens="span", shared=True),
    Function("running_max", running_max, ("x",)),
    Function("running_min", running_min, ("x",)),
    Function("diff", diff, ("x",)),
    Function("rate", rate, ("x",)),
    Function("lag", lag, ("x", "n")),
    Function("cumsum", cumsum, ("x",)),
    Function("points_so_far", points_so_far, ("x",)),
)
