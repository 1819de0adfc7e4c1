"""Functions of one grid point at a time. NaN in, NaN out, unless the function is about NaN."""

from __future__ import annotations

from functools import reduce

import numpy as np

from rldoctor.language.functions.base import CallContext, Function, Value, number, scalar, truth
from rldoctor.model.raw import BoolArray, FloatArray

_STEPS_1_2_5 = np.array([1.0, 2.0, 5.0, 10.0])


def _per_point(name: str, ufunc: np.ufunc) -> Function:
    """A function of one argument from a numpy ufunc."""

    def call(_: CallContext, x: Value) -> Value:
        return np.asarray(ufunc(number(x)), dtype=np.float64)

    return Function(name, call, ("x",))


def _pairwise(name: str, ufunc: np.ufunc) -> Function:
    """A function of two or more arguments from a two-argument ufunc."""

    def call(_: CallContext, *values: Value) -> Value:
        return np.asarray(reduce(ufunc, map(number, values)), dtype=np.float64)

    return Function(name, call, ("a", "b"), variadic=True)


def clip(_: CallContext, x: Value, lo: Value, hi: Value) -> FloatArray:
    """``x`` limited to [lo, hi]."""
    # Both pass NaN on: with a bound that is not known the result is not known either.
    return np.minimum(np.maximum(number(x), number(lo)), number(hi))


def choose(_: CallContext, c: Value, a: Value, b: Value) -> Value:
    """``a`` where ``c`` is true, else ``b``; a condition when both are conditions."""
    return np.where(truth(c), np.asarray(a), np.asarray(b))


def true_if_unknown(_: CallContext, x: Value, c: Value) -> Value:
    """``c`` where ``x`` has a finite value anywhere, else true: what is not seen is not held against it."""
    return _given(x, c, otherwise=True)


def false_if_unknown(_: CallContext, x: Value, c: Value) -> Value:
    """``c`` where ``x`` has a finite value anywhere, else false.

    A comparison with NaN is false by itself, but ``not`` makes it true; this keeps it false.
    """
    return _given(x, c, otherwise=False)


def _given(x: Value, c: Value, *, otherwise: bool) -> BoolArray:
    """``c``, or the constant in its shape, so that a condition per point stays one."""
    seen = bool(np.isfinite(number(x)).any())
    return truth(c) if seen else np.full_like(truth(c), otherwise)


def how_many(_: CallContext, *conditions: Value) -> FloatArray:
    """How many of the conditions are true, point by point; NaN is false."""
    return reduce(np.add, (number(truth(one)) for one in conditions))


def is_nan(_: CallContext, x: Value) -> BoolArray:
    """Whether the point is missing or was logged as NaN."""
    return np.isnan(number(x))


def is_finite(_: CallContext, x: Value) -> BoolArray:
    """Whether the point is neither NaN nor infinite."""
    return np.isfinite(number(x))


def fill(_: CallContext, x: Value, v: Value) -> FloatArray:
    """``x`` with ``v`` in place of NaN."""
    values = number(x)
    return np.where(np.isnan(values), number(v), values)


def coalesce(context: CallContext, *values: Value) -> FloatArray:
    """The first of the values that is not NaN, point by point."""
    return reduce(lambda left, right: fill(context, left, right), values[1:], number(values[0]))


def sig(_: CallContext, x: Value, digits: Value) -> FloatArray:
    """``x`` rounded to 1..15 significant digits; NaN and infinity stay."""
    values, places = number(x), scalar(digits)
    if np.isnan(places):
        return np.full_like(values, np.nan)
    places = min(max(round(places), 1), 15) if np.isfinite(places) else 15
    # Through text: scaling by a power of ten and back leaves 0.30000000000000004 in the report.
    flat = [float(f"{value:.{places - 1}e}") for value in values.ravel().tolist()]
    return np.array(flat, dtype=np.float64).reshape(values.shape)


def round_up(_: CallContext, x: Value) -> FloatArray:
    """The next number of the row 1, 2, 5, 10, 20, 50, ... in magnitude; 0, NaN and infinity stay."""
    values = number(x)
    plain = np.isfinite(values) & (values != 0)
    size = np.where(plain, np.abs(values), 1.0)
    power = np.floor(np.log10(size))
    # The small tolerance keeps 0.2 = 2.0000000000000004e-1 from becoming 0.5.
    digit = _STEPS_1_2_5[np.searchsorted(_STEPS_1_2_5, size / 10.0**power * (1 - 1e-12))]
    rounded = [float(f"{d:g}e{int(p)}") for d, p in zip(np.ravel(digit), np.ravel(power), strict=True)]
    return np.where(plain, np.sign(values) * np.reshape(rounded, values.shape), values)


ELEMENTWISE = (
    _per_point("abs", np.abs),
    _per_point("log", np.log),
    _per_point("log2", np.log2),
    _per_point("log10", np.log10),
    _per_point("exp", np.exp),
    _per_point("sqrt", np.sqrt),
    _per_point("square", np.square),
    _per_point("sign", np.sign),
    _per_point("floor", np.floor),
    _per_point("ceil", np.ceil),
    _pairwise("minimum", np.minimum),
    _pairwise("maximum", np.maximum),
    Function("clip", clip, ("x", "lo", "hi")),
    Function("where", choose, ("c", "a", "b")),
    Function("true_if_unknown", true_if_unknown, ("x", "c")),
    Function("false_if_unknown", false_if_unknown, ("x", "c")),
    Function("how_many", how_many, ("a", "b"), variadic=True),
    Function("is_nan", is_nan, ("x",)),
    Function("is_finite", is_finite, ("x",)),
    Function("coalesce", coalesce, ("a", "b"), variadic=True),
    Function("fill", fill, ("x", "v")),
    Function("sig", sig, ("x", "digits")),
    Function("round_up", round_up, ("x",)),
)
