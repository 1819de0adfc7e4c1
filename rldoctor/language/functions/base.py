"""What every function of the language is made of: values, their coercions, a function's description."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from rldoctor.model.raw import BoolArray, FloatArray
from rldoctor.plain_data import dataclass

Value: TypeAlias = "float | bool | FloatArray | BoolArray"


@dataclass(frozen=True, slots=True)
class CallContext:
    """Where a function is evaluated: the grid, and how far apart points of its argument are independent.

    ``steps`` has shape (n,), ascending; ``spacing`` is in steps, 0.0 when every point is independent.
    """

    steps: FloatArray
    spacing: float = 0.0


@dataclass(frozen=True, slots=True)
class Function:
    """A function: ``call(context, *arguments)``, with ``where=`` (a mask or None) if it takes one.

    ``parameters`` are the required arguments, in order, each also usable by keyword; a ``variadic`` function
    takes any further number of arguments like the last one. ``widens`` names the parameter that is the width,
    in points, of an average: its result is independent only that much further apart. ``shared``: slow enough
    that rules share its results. ``spaced``: it asks how far apart independent points are.
    """

    name: str
    call: Callable[..., Any]
    parameters: tuple[str, ...]
    variadic: bool = False
    where: bool = False
    widens: str = ""
    shared: bool = False
    spaced: bool = False


def number(value: Value) -> FloatArray:
    """The value as a float array of its own shape, () for a scalar; truth values become 1.0 and 0.0."""
    return np.asarray(value, dtype=np.float64)


def truth(value: Value) -> BoolArray:
    """The value as truth values of its own shape: non-zero is true, NaN is false."""
    array = np.asarray(value)
    # Numbers are conditions too (a fact is 1, 0 or NaN), and Python takes NaN for true.
    if array.dtype == np.bool_:
        return array
    return np.asarray((array != 0) & ~np.isnan(array), dtype=np.bool_)


def on_grid(value: Value, context: CallContext) -> FloatArray:
    """The value as a float array of shape (n,): a scalar is repeated over the grid."""
    return np.broadcast_to(number(value), context.steps.shape)


def chosen(value: Value, where: Value | None) -> FloatArray:
    """The values that a reduction sees: those under the mask that are not NaN, shape (k,).

    A scalar without a mask is one value.
    """
    array = number(value)
    # Both sides may be single values: a scalar under a mask counts once for every point of it, so that
    # `count(1, where=late)` is the number of points.
    if where is not None:
        mask = truth(where)
        if array.shape != mask.shape:
            array, mask = np.broadcast_arrays(array, mask)
        array = np.atleast_1d(array)[np.atleast_1d(mask)]
    array = np.atleast_1d(array)
    return array[~np.isnan(array)]


def scalar(value: Value) -> float:
    """A single number from an argument that should be one (a width, a share); NaN for an array of many."""
    array = number(value)
    # An array where a number belongs is a mistake in a rule; NaN makes the condition false instead of using
    # some element of it.
    return float(array.reshape(-1)[0]) if array.size == 1 else float("nan")
