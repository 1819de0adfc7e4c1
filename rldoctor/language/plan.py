"""What an expression computes, as words in the order of computing.

``a > 2 * median(b, where=c)`` is ``a 2.0 b c median(1w * >``: a number, ``name``, ``config.name`` or
``run.name`` is a value; ``+ - * /`` take two values, ``~`` (not), ``~-`` and ``~+`` (signs) one; ``&3`` and
``|2`` (and, or) so many; ``<,<=`` is a chain of comparisons; ``median(1w`` calls a function with so many
arguments and a condition.

A plan is made of a checked tree and kept beside the text in a compiled pack, so that a start need not parse
what was parsed before. It can say nothing that the language cannot: every word is a number, a name, one of
these signs or a function of the table.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import cast

from rldoctor.language.calls import bind
from rldoctor.language.functions import FUNCTIONS
from rldoctor.plain_data import dataclass

# ``unknown`` is NaN under a name: what cannot be known is written so instead of computed (0 / 0).
UNKNOWN = "unknown"
CONSTANTS: Mapping[str, bool | float] = {"true": True, "false": False, UNKNOWN: math.nan}
SPACES = ("config", "run")

CALL, CONDITION, AND, OR, NOT, MINUS, PLUS = "(", "w", "&", "|", "~", "~-", "~+"
COMPARISONS: Mapping[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
ARITHMETIC: Mapping[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


@dataclass(frozen=True, slots=True)
class PlanWords:
    """The names in a plan, and the ``x`` of its ``config.x`` and ``run.x``."""

    names: frozenset[str]
    config: frozenset[str]
    run: frozenset[str]


def planned(tree: ast.expr) -> str:
    """The plan of a checked tree."""
    return " ".join(_words(tree))


def _words(node: ast.expr) -> Iterator[str]:
    """The kinds are those that the parser lets through."""
    if isinstance(node, ast.Constant):
        value = cast(float, node.value)
        yield str(value).lower() if isinstance(value, bool) else repr(float(value))
    elif isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield f"{cast(ast.Name, node.value).id}.{node.attr}"
    else:
        parts, sign = _taken_apart(node)
        for part in parts:
            yield from _words(part)
        yield sign


def _taken_apart(node: ast.expr) -> tuple[list[ast.expr], str]:
    """The parts that are computed first, and what is then made of them."""
    if isinstance(node, ast.Call):
        return _call(node)
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators], ",".join(COMPARISONS[type(op)] for op in node.ops)
    if isinstance(node, ast.BoolOp):
        return node.values, f"{AND if isinstance(node.op, ast.And) else OR}{len(node.values)}"
    if isinstance(node, ast.UnaryOp):
        signs = {ast.Not: NOT, ast.USub: MINUS, ast.UAdd: PLUS}
        return [node.operand], signs[type(node.op)]
    # Nothing else can stand here: the parser refuses every kind that this function does not know, and a
    # kind added there without a case here must fail loudly in the first test that uses it.
    assert isinstance(node, ast.BinOp)
    return [node.left, node.right], ARITHMETIC[type(node.op)]


def _call(node: ast.Call) -> tuple[list[ast.expr], str]:
    name = cast(ast.Name, node.func).id
    arguments = bind(node, FUNCTIONS[name])
    sign = f"{name}{CALL}{len(arguments.values)}"
    if arguments.where is None:
        return list(arguments.values), sign
    return [*arguments.values, arguments.where], sign + CONDITION


@lru_cache(maxsize=4096)
def words_of(plan: str) -> PlanWords:
    """The names that stand in a plan."""
    values = [word for word in plan.split() if word[0].isalpha() and CALL not in word]
    spaced = {space: frozenset(_behind(values, f"{space}.")) for space in SPACES}
    return PlanWords(frozenset(one for one in values if "." not in one and one not in CONSTANTS), **spaced)


def _behind(values: list[str], start: str) -> Iterator[str]:
    return (one.removeprefix(start) for one in values if one.startswith(start))


def conditions_of(plan: str) -> Iterator[str]:
    """The plan of each condition behind a ``where``."""
    words = plan.split()
    # Where the plan of each value begins that nothing has taken yet.
    begins: list[int] = []
    for at, word in enumerate(words):
        taken = count(word)
        if word.endswith(CONDITION) and CALL in word:
            yield " ".join(words[begins[-1] : at])
        begins[len(begins) - taken :] = [begins[-taken] if taken else at]


@lru_cache(maxsize=4096)
def count(word: str) -> int:
    """How many values a word of a plan takes; ValueError for a call or chain that is not written as here."""
    if word in _COUNTS:
        return _COUNTS[word]
    if CALL in word:
        number = word.partition(CALL)[2]
        return int(number.removesuffix(CONDITION)) + number.endswith(CONDITION)
    if word[0] in (AND, OR):
        return int(word[1:])
    return 2 + word.count(",") if word[0] in _COMPARING else 0


_COUNTS = {NOT: 1, MINUS: 1, PLUS: 1, **dict.fromkeys(ARITHMETIC.values(), 2)}
_COMPARING = "<>=!"
