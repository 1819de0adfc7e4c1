"""Masks over the grid, by steps: 60 % of the points can be the first 4 % of the training."""

from __future__ import annotations

from rldoctor.language.functions.base import CallContext, Function, Value, scalar
from rldoctor.model.raw import BoolArray


def between(context: CallContext, lo: Value, hi: Value) -> BoolArray:
    """Points between the shares ``lo`` and ``hi`` of the logged range, both inclusive."""
    # Of the logged range and not from 0: a log that continues another run begins at a million, and its
    # first tenth is still the start of what can be seen.
    steps = context.steps
    start = steps[0] if steps.size else 0.0
    length = steps[-1] - start if steps.size else 0.0
    return (steps >= start + scalar(lo) * length) & (steps <= start + scalar(hi) * length)


def head(context: CallContext, share: Value) -> BoolArray:
    """The first ``share`` of the logged range."""
    return between(context, 0.0, share)


def tail(context: CallContext, share: Value) -> BoolArray:
    """The last ``share`` of the logged range."""
    return between(context, 1.0 - scalar(share), 1.0)


def after(context: CallContext, step: Value) -> BoolArray:
    """Points at or after ``step``."""
    return context.steps >= scalar(step)


def before(context: CallContext, step: Value) -> BoolArray:
    """Points before ``step``."""
    return context.steps < scalar(step)


WINDOWS = (
    Function("head", head, ("share",), shared=True),
    Function("tail", tail, ("share",), shared=True),
    Function("between", between, ("lo", "hi"), shared=True),
    Function("after", after, ("step",)),
    Function("before", before, ("step",)),
)
