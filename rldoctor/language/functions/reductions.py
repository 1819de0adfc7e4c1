"""Functions that make one number of a series. NaN is skipped; over nothing the result is NaN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rldoctor.language.functions.base import CallContext, Function, Value, chosen, number, scalar, truth
from rldoctor.model.arrays import distinct, median
from rldoctor.model.raw import BoolArray, FloatArray


def _reduction(name: str, reduce: Callable[[FloatArray], Any]) -> Function:
    """A reduction of the chosen values, NaN when there are none."""

    def call(_: CallContext, x: Value, *, where: Value | None = None) -> float:
        values = chosen(x, where)
        return float(reduce(values)) if values.size else float("nan")

    return Function(name, call, ("x",), where=True, shared=True)


def count(_: CallContext, x: Value, *, where: Value | None = None) -> float:
    """How many points are not NaN; of a condition: how many are true."""
    values = np.asarray(x)
    # A condition is logged at every point, so counting its points would only count the grid.
    if values.dtype == np.bool_:
        values = np.where(values, 1.0, np.nan)
    return float(chosen(values, where).size)


def quantile(_: CallContext, x: Value, q: Value, *, where: Value | None = None) -> float:
    """The value below which the share ``q``, limited to [0, 1], of the points lies (interpolated)."""
    # Own interpolation, because numpy's gives NaN between two infinite values, and a diverged loss has
    # many.
    values, share = np.sort(chosen(x, where)), scalar(q)
    if not values.size or np.isnan(share):
        return float("nan")
    place = min(max(share, 0.0), 1.0) * (values.size - 1)
    low, high = values[int(np.floor(place))], values[int(np.ceil(place))]
    # Not a*(1-t) + b*t: that is NaN as soon as one of the two is infinite.
    return float(low if low == high else low + (high - low) * (place - np.floor(place)))


def interquantile(context: CallContext, x: Value, q: Value, *, where: Value | None = None) -> float:
    """The range that is left without the lowest and the highest share ``q`` of the points."""
    high = quantile(context, x, 1.0 - scalar(q), where=where)
    return high - quantile(context, x, q, where=where)


def known(_: CallContext, x: Value) -> bool:
    """Whether there is any finite value: the metric was logged, the knob is known."""
    # Infinity alone is no value that a rule could reason with: a loss that was infinite from its first
    # point was never known.
    return bool(np.isfinite(number(x)).any())


def any_true(_: CallContext, c: Value, *, where: Value | None = None) -> bool:
    """Whether any point is true; false over nothing."""
    return bool(_under(c, where).any())


def all_true(_: CallContext, c: Value, *, where: Value | None = None) -> bool:
    """Whether every point is true; false over nothing, since nothing was seen."""
    conditions = _under(c, where)
    # Python's all() of nothing is true. A guard over an empty window would then excuse every run that is
    # too short to look at.
    return bool(conditions.size and conditions.all())


def fraction(_: CallContext, c: Value, *, where: Value | None = None) -> float:
    """Share of the points at which ``c`` is true; NaN over no points."""
    conditions = _under(c, where)
    return float(conditions.mean()) if conditions.size else float("nan")


def share(context: CallContext, c: Value, *, where: Value | None = None) -> float:
    """Share of the steps over which ``c`` is true: each point stands for half the way to its neighbours."""
    shape = context.steps.shape
    # Loggers do not write at even steps: a log that is dense at the start would count the start many times
    # if points were counted instead of steps.
    weights = _reach(context.steps) * np.broadcast_to(truth(True if where is None else where), shape)
    total = float(weights.sum())
    return float((weights * np.broadcast_to(truth(c), shape)).sum()) / total if total > 0 else float("nan")


def _under(condition: Value, where: Value | None) -> BoolArray:
    """Truth values under the mask, shape (k,)."""
    if where is None:
        return np.atleast_1d(truth(condition))
    truths, mask = np.broadcast_arrays(np.atleast_1d(truth(condition)), truth(where))
    return np.asarray(truths[mask], dtype=np.bool_)


def _reach(steps: FloatArray) -> FloatArray:
    """How many steps each point stands for; 1 for a single point."""
    if steps.size < 2:
        return np.ones(steps.shape)
    gaps = np.diff(steps) / 2
    return np.concatenate([gaps[:1], gaps[:-1] + gaps[1:], gaps[-1:]])


REDUCTIONS = (
    Function("known", known, ("x",)),
    Function("any", any_true, ("c",), where=True),
    Function("all", all_true, ("c",), where=True),
    Function("count", count, ("x",), where=True),
    _reduction("median", median),
    _reduction("mean", np.mean),
    _reduction("sum", np.sum),
    _reduction("min", np.min),
    _reduction("max", np.max),
    _reduction("std", np.std),
    _reduction("first", lambda values: values[0]),
    _reduction("last", lambda values: values[-1]),
    _reduction("distinct", lambda values: distinct(values).size),
    Function("quantile", quantile, ("x", "q"), where=True, shared=True),
    Function("interquantile", interquantile, ("x", "q"), where=True, shared=True),
    Function("fraction", fraction, ("c",), where=True),
    Function("share", share, ("c",), where=True),
)
