"""Evaluation of checked expressions. Never raises for what a log contains; NaN says what cannot be known."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import field
from functools import lru_cache, partial, reduce
from typing import Any, TypeAlias, cast

import numpy as np

from rldoctor.errors import ExpressionError
from rldoctor.language.functions import FUNCTIONS, CallContext, Value
from rldoctor.language.functions.base import Function, number, scalar, truth
from rldoctor.language.memo import Memo
from rldoctor.language.parser import Expression
from rldoctor.language.plan import AND, CALL, CONDITION, CONSTANTS, MINUS, NOT, OR, count
from rldoctor.model.arrays import median
from rldoctor.model.raw import BoolArray, FloatArray
from rldoctor.plain_data import dataclass

__all__ = ["Scope", "Value", "calm", "evaluate", "holding", "spacing_of"]


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
    """A compiled expression and what it is made of. Not to be changed.

    ``spacing``: how many steps apart its points are independent, where that is not the widest of its parts.
    ``conjunction``: it is the ``and`` of its parts.
    """

    value: Evaluation
    parts: Sequence[_Node] = ()
    spacing: Distance | None = None
    conjunction: bool = False


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


def holding(expression: Expression, scope: Scope) -> Value:
    """As :func:`evaluate`, for a condition of which is only asked where it is true.

    A part of an ``and`` that is false as a single truth settles it: the parts behind it are not computed, and
    the result is then False and no array of it.
    """
    node = _compiled(expression.plan)
    if not node.conjunction:
        return evaluate(expression, scope)
    with nullcontext() if _calm.get() else np.errstate(all="ignore"):
        found: list[BoolArray] = []
        for part in node.parts:
            one = truth(part.value(scope))
            if not one.ndim and not one:
                return False
            found.append(one)
        return _plain(np.asarray(reduce(np.logical_and, found), dtype=np.bool_))


def spacing_of(expression: Expression, scope: Scope) -> float:
    """How many steps apart the points of the expression are independent: the widest of its series.

    For a ``let``: put the result into ``Scope.spacing`` under the let's name.
    """
    node = _compiled(expression.plan)
    if _calm.get():
        return _apart(node, scope)
    with np.errstate(all="ignore"):
        return _apart(node, scope)


def _apart(node: _Node, scope: Scope) -> float:
    """How many steps apart the points are independent: the widest of the parts, 0 of numbers and settings.

    A sum of a 100-episode mean and a raw series has independent points only as far apart as the mean has.
    """
    if node.spacing is not None:
        return node.spacing(scope)
    return max([_apart(part, scope) for part in node.parts], default=0.0)


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
        # Most words are names and numbers, of which a few hundred are in all plans.
        if (leaf := _leaf(word)) is not None:
            values.append(leaf)
            continue
        taken, make = _maker(word)
        if taken > len(values):
            raise ExpressionError(f"the plan '{plan}' lacks a value before {word}")
        parts = values[-taken:]
        values[-taken:] = [make(parts)]
    if len(values) != 1:
        raise ExpressionError(f"the plan '{plan}' is not one value")
    return values[0]


@lru_cache(maxsize=4096)
def _maker(word: str) -> tuple[int, Callable[[list[_Node]], _Node]]:
    """How many values a word takes, and what makes one of them."""
    taken = count(word)
    if CALL in word:
        return taken, partial(_call, FUNCTIONS[word.partition(CALL)[0]], word.endswith(CONDITION))
    if word in _ARITHMETIC:
        return taken, partial(_binary, _ARITHMETIC[word])
    if word[0] in (AND, OR):
        return taken, partial(_boolean, word[0])
    if taken == 1:
        return 1, partial(_unary, word)
    return taken, partial(_compare, [_COMPARISONS[op] for op in word.split(",")])


@lru_cache(maxsize=4096)
def _leaf(word: str) -> _Node | None:
    """The value of a word that takes none; None for any other word."""
    if count(word):
        return None
    if word in CONSTANTS:
        return _constant(CONSTANTS[word])
    if not word[0].isalpha():
        return _constant(float(word))
    space, _, name = word.partition(".")
    return _fact(space, name) if name else _name(word)


def _differ(one: float, other: float) -> bool:
    return one != other and not (math.isnan(one) or math.isnan(other))


# For arrays, and for two single numbers. Most operands are single (limits, settings, medians), and for them a
# call of numpy costs ten times what Python needs for the same float64.
Operation: TypeAlias = "tuple[np.ufunc, Callable[[float, float], Any]]"
_ARITHMETIC: Mapping[str, Operation] = {
    "+": (np.add, operator.add),
    "-": (np.subtract, operator.sub),
    "*": (np.multiply, operator.mul),
    "/": (np.divide, operator.truediv),
}
_COMPARISONS: Mapping[str, Operation] = {
    "<": (np.less, operator.lt),
    "<=": (np.less_equal, operator.le),
    ">": (np.greater, operator.gt),
    ">=": (np.greater_equal, operator.ge),
    "==": (np.equal, operator.eq),
    "!=": (np.not_equal, _differ),
}


def _constant(value: Value) -> _Node:
    return _Node(lambda _: value)


def _name(name: str) -> _Node:
    if name == "step":
        return _Node(lambda scope: scope.steps)
    if name == "progress":
        return _Node(lambda scope: scope.progress())

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

    return _Node(value, spacing=spacing)


def _fact(space: str, name: str) -> _Node:
    def value(scope: Scope) -> Value:
        # An absent setting is NaN and no error: rules are written for every framework, and none of them
        # logs everything. `known(config.x)` asks.
        facts = scope.config if space == "config" else scope.run
        return float(facts.get(name, float("nan")))

    return _Node(value)


def _unary(sign: str, parts: list[_Node]) -> _Node:
    (operand,) = parts
    if sign == NOT:
        return _Node(lambda scope: _negated(operand.value(scope)), parts)
    # A sign makes a number of a condition, as the other arithmetic does.
    factor = -1.0 if sign == MINUS else 1.0
    return _Node(lambda scope: factor * number(operand.value(scope)), parts)


def _negated(value: Value) -> Value:
    return not value if type(value) is bool else np.logical_not(truth(value))


def _binary(operation: Operation, parts: list[_Node]) -> _Node:
    (left, right), (ufunc, quick) = parts, operation
    divides = ufunc is np.divide

    def value(scope: Scope) -> Value:
        one, other = left.value(scope), right.value(scope)
        # numpy makes NaN or infinity of a division by zero, which Python refuses.
        if type(one) is float and type(other) is float and not (divides and other == 0):
            return cast(float, quick(one, other))
        return np.asarray(ufunc(number(one), number(other)), dtype=np.float64)

    return _Node(value, parts)


def _boolean(sign: str, parts: list[_Node]) -> _Node:
    ufunc, quick = (np.logical_and, all) if sign == AND else (np.logical_or, any)

    # All parts are evaluated, unlike Python's own `and`: they work per point, and nothing in the language
    # has an effect that could be skipped.
    def value(scope: Scope) -> Value:
        values = [part.value(scope) for part in parts]
        if set(map(type, values)) == {bool}:
            return quick(values)
        return np.asarray(reduce(ufunc, [truth(one) for one in values]), dtype=np.bool_)

    return _Node(value, parts, conjunction=sign == AND)


def _compare(operations: list[Operation], parts: list[_Node]) -> _Node:
    def value(scope: Scope) -> Value:
        # Each part once, although the middle of `a < b < c` is compared twice.
        values = [part.value(scope) for part in parts]
        pairs: Iterable[tuple[Operation, Any, Any]] = zip(operations, values, values[1:], strict=False)
        if set(map(type, values)) == {float}:
            return all(quick(left, right) for (_, quick), left, right in pairs)
        links = [_ordered(ufunc, number(left), number(right)) for (ufunc, _), left, right in pairs]
        return np.asarray(reduce(np.logical_and, links), dtype=np.bool_)

    return _Node(value, parts)


def _ordered(ufunc: np.ufunc, left: FloatArray, right: FloatArray) -> Value:
    """A comparison that is false where either side is NaN, ``!=`` included."""
    # IEEE makes NaN != 1 true. Here an unknown value takes no part in any comparison, or `config.x != 1`
    # would fire on every log that does not name the setting.
    held = ufunc(left, right)
    return np.asarray(
        held & ~np.isnan(left) & ~np.isnan(right) if ufunc is np.not_equal else held, dtype=np.bool_
    )


def _call(function: Function, conditional: bool, parts: list[_Node]) -> _Node:
    where = parts.pop() if conditional else None
    # The tests for trends need to know how far apart the points of what they look at are independent: the
    # first argument, which is the series in every function that asks.
    spaced = function.spaced

    def value(scope: Scope) -> Value:
        context = CallContext(scope.steps, _apart(parts[0], scope) if spaced else 0.0)
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
    return _Node(value, parts, None if width is None else _widened(parts[0], width))


def _widened(series: _Node, width: _Node) -> Distance:
    """An average over ``width`` points of a series is independent only that much further apart."""

    def spacing(scope: Scope) -> float:
        # The width in points becomes steps by the typical gap of the grid, and cannot exceed what was
        # logged.
        gaps = scope.steps.size - 1
        points = scalar(width.value(scope))
        extra = median(np.diff(scope.steps)) * min(points, gaps) if gaps > 0 and points > 1 else 0.0
        return _apart(series, scope) + extra

    return spacing
