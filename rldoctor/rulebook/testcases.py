"""The tests beside a rule: their typed form, their checks, and the comparison with what a rule said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

import numpy as np

from rldoctor.datafiles.read import SCHEMA, check
from rldoctor.datafiles.scalars import Name, Number, PlainValue, Scalar, TextValue, Whole
from rldoctor.datafiles.shapes import ByShape, ListOf, MapOf, Record
from rldoctor.datafiles.sheet import INVALID, Names, Sheet, must_be
from rldoctor.errors import ExpressionError, Problem, RuleError
from rldoctor.model.finding import Outcome
from rldoctor.model.raw import FloatArray
from rldoctor.plain_data import dataclass
from rldoctor.rulebook.checks import unwritten
from rldoctor.rulebook.expectation import EXPECTATION, Expectation
from rldoctor.rulebook.expectation import build as build_expectation
from rldoctor.rulebook.schema import Rule
from rldoctor.rulebook.series_notation import series
from rldoctor.yamlio import TreePath, load_tree

SettingValue = float | int | bool | str


@dataclass(frozen=True, slots=True)
class TestSeries:
    """One metric: the notation, steps between points, first step, episodes averaged over (or None)."""

    __test__ = False

    text: str
    every: float
    start: float
    window: int | None = None

    def points(self, seed: str) -> tuple[FloatArray, FloatArray]:
        """Steps and values of the points that exist, both of shape (n,); a logged NaN is a NaN value."""
        values, exists = series(self.text, seed)
        steps = self.start + self.every * np.arange(values.size, dtype=np.float64)
        return steps[exists], values[exists]


@dataclass(frozen=True, slots=True)
class RuleCase:
    """One test: a synthetic run and what the rule must say about it.

    ``defaults``: settings of the library that neither the log nor a file beside it states.
    """

    name: str
    series: Mapping[str, TestSeries]
    expect: Expectation
    config: Mapping[str, SettingValue] = field(default_factory=dict)
    defaults: Mapping[str, SettingValue] = field(default_factory=dict)
    algorithm: str = ""
    framework: str = "generic"
    terms: Mapping[str, TestSeries] = field(default_factory=dict)

    def points(self) -> dict[str, tuple[FloatArray, FloatArray]]:
        """Steps and values of every metric; noise depends on the case's and the metric's name only."""
        return {name: one.points(f"{self.name}/{name}") for name, one in self.series.items()}


@dataclass(frozen=True, slots=True)
class TestFile:
    """The tests of one rule."""

    __test__ = False

    path: str
    rule: str
    cases: tuple[RuleCase, ...]


@dataclass(frozen=True, slots=True)
class Notation(Scalar):
    """A series in the short notation; a number is a series of one point."""

    says = "a series"

    @property
    def harmless(self) -> str:
        """One point."""
        return "0"

    def fits(self, value: Any) -> bool:
        """Text or a number."""
        return isinstance(value, str | int | float) and not isinstance(value, bool)

    def check(self, value: Any, sheet: Sheet, place: TreePath) -> Any:
        """The text; a problem at the part that is not in the notation."""
        if not self.fits(value):
            sheet.expected(self.says, value, place)
            return INVALID
        try:
            series(str(value))
        except ExpressionError as error:
            sheet.wrong(str(error), *place, offset=error.offset)
        return str(value)


class _Positive(Number):
    """A number greater than 0."""

    def check(self, value: Any, sheet: Sheet, place: TreePath) -> Any:
        """Steps that stand still or run back are no steps."""
        found = Number.check(self, value, sheet, place)
        if found is INVALID or found > 0:
            return found
        sheet.wrong(f"{must_be(place)} greater than 0", *place)
        return INVALID


_STEPS = {"every": _Positive(), "start": Number()}
_OF_WHAT = {"algorithm": TextValue(), "framework": Name("framework")}
_SERIES = ByShape(((dict, Record({"values": Notation()}, {**_STEPS, "window": Whole(0)})),), Notation())


def _named_once(plain: dict[str, Any], sheet: Sheet, place: TreePath) -> None:
    names = [case["name"] for case in plain["cases"]]
    for index, name in enumerate(names):
        if name and name in names[:index]:
            sheet.wrong(f"the case '{name}' stands here twice", "cases", index, "name")


CASE = Record(
    {"name": TextValue(), "expect": EXPECTATION},
    {
        "series": MapOf(_SERIES),
        "terms": MapOf(_SERIES),
        "config": MapOf(PlainValue()),
        "defaults": MapOf(PlainValue()),
        **_STEPS,
        **_OF_WHAT,
    },
)
TESTS = Record(
    {"rule": TextValue(), "cases": ListOf(CASE)},
    {"schema": SCHEMA, **_STEPS, **_OF_WHAT},
    also=_named_once,
)


def load_tests(path: Path, names: Names | None = None) -> TestFile:
    """The typed test file. Raises RuleError with every problem in it."""
    problems: list[Problem] = []
    found = _read(path, problems, names or {})
    if problems:
        raise RuleError(problems)
    return found


def check_tests(rule: Rule, path: Path, names: Names) -> list[Problem]:
    """What is wrong with the tests of a rule: the file itself, or a kind of case that is missing from it."""
    if not path.is_file():
        return [
            Problem(str(path), 0, 0, f"the tests of {rule.code} are missing: {path.name} beside the rule")
        ]
    problems: list[Problem] = []
    try:
        found = _read(path, problems, names)
    except RuleError as error:
        return list(error.problems)
    if found.rule and found.rule != rule.slug:
        problems.append(
            Problem(str(path), 1, 1, f"these tests are for '{found.rule}', the rule is '{rule.slug}'")
        )
    return problems or [Problem(str(path), 1, 1, text) for text in _missing_kinds(rule, found)]


def _missing_kinds(rule: Rule, tests: TestFile) -> list[str]:
    outcomes = {case.expect.outcome for case in tests.cases}
    wanted = {Outcome.FIRED: "in which the rule fires", Outcome.PASSED: "a near-miss in which it stays quiet"}
    # A rule that needs nothing can always be measured.
    if rule.requires or rule.requires_one_of or rule.requires_config or rule.ready is not None:
        wanted[Outcome.NOT_MEASURED] = "in which something it needs is missing"
    missing = [f"no case with outcome {one}: {why}" for one, why in wanted.items() if one not in outcomes]
    return [*missing, *_missing_answers(rule, tests)]


def _missing_answers(rule: Rule, tests: TestFile) -> list[str]:
    """A check is tested on a run where it came true and on one where it did not."""
    answers = {case.expect.came_true for case in tests.cases}
    if rule.expect_check is None:
        return ["'came_true', but the rule's 'expect' has no check"] if answers - {None} else []
    wanted = {"true": True, "false": False}
    return [f"no case with came_true: {text}" for text, answer in wanted.items() if answer not in answers]


def _read(path: Path, problems: list[Problem], names: Names) -> TestFile:
    tree = load_tree(path)
    sheet = Sheet(tree, names)
    plain = check(sheet, TESTS)
    problems += [*sheet.problems, *unwritten(tree)]
    return build(plain, path)


def build(plain: Mapping[str, Any], path: Path) -> TestFile:
    """The tests from checked plain values; what stands at the top of the file holds for every case."""
    return TestFile(str(path), plain["rule"], tuple(_case(one, plain) for one in plain["cases"]))


def _case(plain: Mapping[str, Any], above: Mapping[str, Any]) -> RuleCase:
    every, start = _steps(plain, *_steps(above, 1.0, None))
    named = plain.get("series", {})
    return RuleCase(
        name=plain["name"],
        series={name: _series(one, every, start) for name, one in named.items()},
        expect=build_expectation(plain["expect"]),
        config=plain.get("config", {}),
        defaults=plain.get("defaults", {}),
        algorithm=plain.get("algorithm", above.get("algorithm", "")),
        framework=plain.get("framework", above.get("framework", "generic")),
        terms={name: _series(one, every, start) for name, one in plain.get("terms", {}).items()},
    )


def _steps(plain: Mapping[str, Any], every: float, start: float | None) -> tuple[float, float]:
    """Steps between points and the first step; a distance of its own begins at that distance."""
    own = float(plain.get("every", every))
    first = start if start is not None and own == every else own
    return own, float(plain.get("start", first))


def _series(plain: Any, every: float, start: float) -> TestSeries:
    """A metric as the notation alone, or as a mapping with its own steps and averaging window."""
    if isinstance(plain, str):
        return TestSeries(plain, every, start)
    return TestSeries(plain["values"], *_steps(plain, every, start), plain.get("window") or None)
