"""Kinds of values that only rule files hold: expressions, severities, lengths of training."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import Any

from rldoctor.datafiles.scalars import Scalar, TextValue
from rldoctor.datafiles.sheet import INVALID, Names, Sheet, kind_of
from rldoctor.errors import ExpressionError, did_you_mean
from rldoctor.language.parser import Expression, parse
from rldoctor.model.finding import Severity
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass
from rldoctor.yamlio import TreePath

PLACEHOLDER = "true"
_SPAN = pattern(r"([0-9][0-9_]*(?:\.[0-9]+)?(?:[eE]\+?[0-9]+)?)\s*(%|steps?|points?)")
_SPAN_KINDS = {"%": "share", "step": "steps", "point": "points"}
IDENTIFIER = pattern(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# The id of a cause, guard or fix, and a slug.
IDENTIFIED = TextValue(IDENTIFIER, "must be lower-case words joined by hyphens")


@dataclass(frozen=True, slots=True)
class Formula(Scalar):
    """An expression of the rule language; a number or truth value is one too. Kept as it is written."""

    says = "an expression"

    @property
    def harmless(self) -> str:
        """An expression that reads nothing."""
        return PLACEHOLDER

    def fits(self, value: Any) -> bool:
        """Text, a number, a truth value."""
        return isinstance(value, str | int | float)

    def check(self, value: Any, sheet: Sheet, place: TreePath) -> Any:
        """The text; a problem at the character that is not part of the language."""
        if not self.fits(value):
            sheet.wrong(f"expected an expression, found {kind_of(value)}", *place)
            return INVALID
        try:
            parse(value)
        except ExpressionError as error:
            sheet.wrong(str(error), *place, offset=error.offset)
            return INVALID
        return value


@dataclass(frozen=True, slots=True)
class Level(Scalar):
    """A severity by its name."""

    says = "a severity"

    @property
    def harmless(self) -> str:
        """The usual one."""
        return Severity.WARNING.label

    def fits(self, value: Any) -> bool:
        """Text; a severity is a number inside the program only."""
        return isinstance(value, str)

    def objection(self, value: str, names: Names) -> str:
        """A word that is no severity."""
        try:
            Severity.parse(value)
        except ValueError as error:
            return str(error)
        return ""

    def check(self, value: Any, sheet: Sheet, place: TreePath) -> Any:
        """A word that is no severity is of no use for further checks."""
        before = len(sheet.problems)
        found = Scalar.check(self, value, sheet, place)
        return found if len(sheet.problems) == before else INVALID


@dataclass(frozen=True, slots=True)
class Length(Scalar):
    """A length of training: ``8%``, ``20000 steps`` or ``10 points``; kept as text."""

    says = "text"

    def fits(self, value: Any) -> bool:
        """Text."""
        return isinstance(value, str)

    def objection(self, value: str, names: Names) -> str:
        """Not a length, or more than the run."""
        match = _SPAN.fullmatch(value.strip())
        if match is None:
            return f"'{value}' is no length of training: write 8%, 20000 steps or 10 points"
        return "more than 100% of the run" if match[2] == "%" and float(match[1]) > 100 else ""

    def check(self, value: Any, sheet: Sheet, place: TreePath) -> Any:
        """Only a length is of use for further checks."""
        found = Scalar.check(self, value, sheet, place)
        return found if isinstance(found, str) and _SPAN.fullmatch(found.strip()) else INVALID


def length(text: str) -> tuple[str, float]:
    """Kind (``share``, ``steps``, ``points``) and amount of a checked length."""
    match = _SPAN.fullmatch(text.strip())
    assert match is not None
    kind, amount = _SPAN_KINDS[match[2].rstrip("s")], float(match[1])
    return kind, amount / 100 if kind == "share" else amount


def foreign(
    said: Expression, allowed: Collection[str], knobs: Collection[str], facts: Collection[str]
) -> Iterator[tuple[str, int]]:
    """What an expression reads and may not: the complaint, and the offset of the name in its text."""
    if said.names <= set(allowed) and said.config <= set(knobs) and said.run <= set(facts):
        return
    spaces = {"config": knobs, "run": facts}
    for node in ast.walk(said.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            known = spaces[node.value.id]
            if node.attr not in known:
                guess = did_you_mean(node.attr, sorted(known))
                yield f"unknown {node.value.id}.{node.attr}{guess}", node.col_offset
        elif isinstance(node, ast.Name) and node.id in said.names and node.id not in allowed:
            yield f"unknown name '{node.id}'{did_you_mean(node.id, sorted(allowed))}", node.col_offset
