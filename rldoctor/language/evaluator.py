"""Evaluation of checked expressions. Never raises for what a log contains; NaN says what cannot be known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import field
from functools import lru_cache, reduce
from typing import TypeAlias, cast

import numpy as np

from rldoctor.errors import ExpressionError
from rldoctor.language.functions import FUNCTIONS, CallContext, Value
from rldoctor.language.functions.base import number, scalar, truth
from rldoctor.language.memo import Memo
from rldoctor.language.parser import Expression
from rldoctor.language.plan import AND, CALL, CONDITION, CONSTANTS, MINUS, NOT, OR, count
from rldoctor.model.arrays import median
from rldoctor.model.raw import FloatArray
from rldoctor.plain_data import dataclass

__all__ = ["Scope", "Value", "calm", "evaluate", "spacing_of"]


@dataclass(slots=True)
class Scope:
    """What an expression can see.

    ``steps``: the grid, shape (n,), ascending. ``names``: metrics, thresholds and lets; arrays have shape
    (n,). ``config`` and ``run``: knobs and run facts; an absent one is NaN. ``spacing``: for a series name,
    how many steps apart its points must be to be independent (absent or 0: every point). ``planned``:
    planned length in steps, NaN when unknown. ``memo``: results shared with other scopes, None for none.
    """

    steps: FloatArray
    names: Mapping[str, Value] = field(default_factory=dict)
    config: Mapping[str, float] = field(default_factory=dict)
    run: Mapping[str, float] = field(default_factory=dict)
    spacing: Mapping[str, float] = field(default_factory=dict)
    planned: float = float("nan")
    memo: Memo | None = None

    def progress(self) -> FloatArray:
        """Step / planned length, or / last step when no plan is known; shape (n,)."""
        last = float(self.steps[-1]) if self.steps.size else float("nan")
        return self.steps / (self.planned if self.planned > 0 else last)


# An expression is compiled to closures once and called for every run: walking the syntax tree would repeat
# the same decisions for every rule of every run.
Evaluation: TypeAlias = Callable[[Scope], Value]
Distance: TypeAlias = Callable[[Scope], float]


@dataclass(slots=True)
class _Node:
    """A compiled part: its value, and how many steps apart its points are independent. Not to be changed."""

    value: Evaluation
    spacing: Distance


def evaluate(expression: Expression, scope: Scope) -> Value:
    """The value: a Python float or bool, or an array of shape (n,), float64 or bool.

    Raises:
        ExpressionError: a name that the scope does not have, or an array that does not fit the grid (both
            mistakes of the caller, not of a log).
    """
    node = _compiled(expression.plan)
    if _calm.get():
        return _plain(node.value(scope))
    with np.errstate(all="ignore"):
        return _plain(node.value(scope))


def spacing_of(expression: Expression, scope: Scope) -> float:
    """How many steps apart the points of the expression are independent: the widest of its series.

    For a ``let``: put the result into ``Scope.spacing`` under the let's name.
    """
    spacing = _compiled(expression.plan).spacing
    if spacing is _nowhere:
        return 0.0
    if _calm.get():
        return spacing(scope)
    with np.errstate(all="ignore"):
        return spacing(scope)


_calm: ContextVar[bool] = ContextVar("calm", default=False)


@contextmanager
def calm() -> Iterator[None]:
    """Within it numpy's warnings are silent once for all; else each :func:`evaluate` sees to it."""
    before = _calm.set(True)
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        _calm.reset(before)


def _plain(value: Value) -> Value:
    """Python numbers for single values, arrays as they are."""
    if type(value) is float or type(value) is bool:
        return value
    # numpy keeps single results as arrays without a dimension; Python numbers compare and print as
    # expected.
    if isinstance(value, np.ndarray) and value.ndim:
        return value
    return bool(value) if np.asarray(value).dtype == np.bool_ else float(value)


@lru_cache(maxsize=4096)
def _compiled(plan: str) -> _Node:
    """A closure for each word of the plan, which takes as many of the values before it as it has parts."""
    values: list[_Node] = []
    for word in plan.split():
        taken = count(word)
        if taken > len(values):
            raise ExpressionError(f"the plan '{plan}' lacks a value before {word}")
        parts = values[len(values) - taken :]
        values[len(values) - taken :] = [_combined(word, parts) if taken else _leaf(word)]
    if len(values) != 1:
        raise ExpressionError(f"the plan '{plan}' is not one value")
    return values[0]


def _combined(word: str, parts: list[_Node]) -> _Node:
    if CALL in word:
        return _call(word, parts)
    if word in _ARITHMETIC:
        return _binary(_ARITHMETIC[word], *parts)
    if word[0] in (AND, OR):
        return _boolean(np.logical_and if word[0] == AND else np.logical_or, parts)
    return (
        _unary(word, *parts)
        if len(parts) == 1
        else _compare([_COMPARISONS[op] for op in word.split(",")], parts)
    )


@lru_cache(maxsize=4096)
def _leaf(word: str) -> _Node:
    """The same few hundred names and numbers are in all expressions."""
    if word in CONSTANTS:
        return _constant(CONSTANTS[word])
    if not word[0].isalpha():
        return _constant(float(word))
    space, _, name = word.partition(".")
    return _fact(space, name) if name else _name(word)


_ARITHMETIC: Mapping[str, np.ufunc] = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}
_COMPARISONS: Mapping[str, np.ufunc] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def _nowhere(_: Scope) -> float:
    """The spacing of what has no series in it."""
    return 0.0


def _constant(value: Value) -> _Node:
    return _Node(lambda _: value, _nowhere)


def _name(name: str) -> _Node:
    if name == "step":
        return _Node(lambda scope: scope.steps, _nowhere)
    if name == "progress":
        return _Node(lambda scope: scope.progress(), _nowhere)

    def value(scope: Scope) -> Value:
        # Looked up when evaluated and not when compiled: one compiled expression serves every rule and run,
        # and `names` grows while the lets of a rule are made.
        try:
            found = scope.names[name]
        except KeyError:
            raise ExpressionError(f"'{name}' is not known here") from None
        if isinstance(found, np.ndarray) and found.ndim and found.shape != scope.steps.shape:
            raise ExpressionError(f"'{name}' has shape {found.shape}, the grid {scope.steps.shape}")
        return found

    def spacing(scope: Scope) -> float:
        distance = float(scope.spacing.get(name, 0.0))
        return distance if distance > 0 else 0.0

    return _Node(value, spacing)


def _fact(space: str, name: str) -> _Node:
    def value(scope: Scope) -> Value:
        # An absent setting is NaN and no error: rules are written for every framework, and none of them
        # logs everything. `known(config.x)` asks.
        facts = scope.config if space == "config" else scope.run
        return float(facts.get(name, float("nan")))

    return _Node(value, _nowhere)


def _widest(parts: list[_Node]) -> Distance:
    # The widest of the parts: a sum of a 100-episode mean and a raw series has independent points only as
    # far apart as the mean has.
    # Numbers and settings have none, and most parts are some of these.
    spacings = [part.spacing for part in parts if part.spacing is not _nowhere]
    if len(spacings) < 2:
        return spacings[0] if spacings else _nowhere
    return lambda scope: max([spacing(scope) for spacing in spacings])


def _unary(sign: str, operand: _Node) -> _Node:
    if sign == NOT:
        return _Node(lambda scope: np.logical_not(truth(operand.value(scope))), operand.spacing)
    # A sign makes a number of a condition, as the other arithmetic does.
    factor = -1.0 if sign == MINUS else 1.0
    return _Node(lambda scope: factor * number(operand.value(scope)), operand.spacing)


def _binary(ufunc: np.ufunc, left: _Node, right: _Node) -> _Node:
    def value(scope: Scope) -> Value:
        return np.asarray(ufunc(number(left.value(scope)), number(right.value(scope))), dtype=np.float64)

    return _Node(value, _widest([left, right]))


def _boolean(ufunc: np.ufunc, parts: list[_Node]) -> _Node:
    # All parts are evaluated, unlike Python's own `and`: they work per point, and nothing in the language
    # has an effect that could be skipped.
    def value(scope: Scope) -> Value:
        return np.asarray(reduce(ufunc, [truth(part.value(scope)) for part in parts]), dtype=np.bool_)

    return _Node(value, _widest(parts))


def _compare(ufuncs: list[np.ufunc], parts: list[_Node]) -> _Node:
    def value(scope: Scope) -> Value:
        # Each part once, although the middle of `a < b < c` is compared twice.
        values = [number(part.value(scope)) for part in parts]
        links = [
            _ordered(ufunc, left, right)
            for ufunc, left, right in zip(ufuncs, values, values[1:], strict=False)
        ]
        return np.asarray(reduce(np.logical_and, links), dtype=np.bool_)

    return _Node(value, _widest(parts))


def _ordered(ufunc: np.ufunc, left: FloatArray, right: FloatArray) -> Value:
    """A comparison that is false where either side is NaN, ``!=`` included."""
    # IEEE makes NaN != 1 true. Here an unknown value takes no part in any comparison, or `config.x != 1`
    # would fire on every log that does not name the setting.
    held = ufunc(left, right)
    return np.asarray(
        held & ~np.isnan(left) & ~np.isnan(right) if ufunc is np.not_equal else held, dtype=np.bool_
    )


def _call(word: str, parts: list[_Node]) -> _Node:
    function = FUNCTIONS[word.partition(CALL)[0]]
    where = parts.pop() if word.endswith(CONDITION) else None
    # The tests for trends need to know how far apart the points of what they look at are independent: the
    # first argument, which is the series in every function that asks.
    spacing = parts[0].spacing if function.spaced else _nowhere

    def value(scope: Scope) -> Value:
        context = CallContext(scope.steps, spacing(scope))
        values = [part.value(scope) for part in parts]
        mask = None if where is None else where.value(scope)

        def make() -> Value:
            called = function.call(context, *values, **({"where": mask} if function.where else {}))
            return cast(Value, called)

        # Finding a result means a look at every argument, which pays for slow functions only.
        if scope.memo is None or not function.shared:
            return make()
        return scope.memo.shared(function.name, context, (*values, mask), make)

    # A smoothed series is as dependent as its averaging makes it; without this a trend test on `smooth(x,
    # span=50)` would take each of its points for new evidence.
    width = parts[function.parameters.index(function.widens)] if function.widens else None
    return _Node(value, _widest(parts) if width is None else _widened(parts[0], width))


def _widened(series: _Node, width: _Node) -> Distance:
    """An average over ``width`` points of a series is independent only that much further apart."""

    def spacing(scope: Scope) -> float:
        # The width in points becomes steps by the typical gap of the grid, and cannot exceed what was
        # logged.
        gaps = scope.steps.size - 1
        points = scalar(width.value(scope))
        extra = median(np.diff(scope.steps)) * min(points, gaps) if gaps > 0 and points > 1 else 0.0
        return series.spacing(scope) + extra

    return spacing
