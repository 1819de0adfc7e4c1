"""The tests beside a rule: their typed form, their checks, and the comparison with what a rule said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from rldoctor.errors import ExpressionError, Problem, RuleError
from rldoctor.model.finding import Outcome
from rldoctor.model.raw import FloatArray
from rldoctor.rulebook.checks import unwritten
from rldoctor.rulebook.expectation import Expectation, expectation
from rldoctor.rulebook.fields import Fields, kind
from rldoctor.rulebook.schema import Rule
from rldoctor.rulebook.series_notation import series
from rldoctor.yamlio import load_tree

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
    """One test: a synthetic run and what the rule must say about it."""

    name: str
    series: Mapping[str, TestSeries]
    expect: Expectation
    config: Mapping[str, SettingValue] = field(default_factory=dict)
    algorithm: str = ""
    framework: str = "generic"

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
class _Defaults:
    every: float
    start: float
    algorithm: str
    framework: str


def load_tests(path: Path) -> TestFile:
    """The typed test file. Raises RuleError with every problem in it."""
    problems: list[Problem] = []
    found = _read(path, problems)
    if problems:
        raise RuleError(problems)
    return found


def check_tests(rule: Rule, path: Path) -> list[Problem]:
    """What is wrong with the tests of a rule: the file itself, or a kind of case that is missing from it."""
    if not path.is_file():
        return [
            Problem(str(path), 0, 0, f"the tests of {rule.code} are missing: {path.name} beside the rule")
        ]
    problems: list[Problem] = []
    try:
        found = _read(path, problems)
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


def _read(path: Path, problems: list[Problem]) -> TestFile:
    tree = load_tree(path)
    fields = Fields.of(tree, (), tree.value, problems)
    every = _positive(fields, "every", 1.0)
    defaults = _Defaults(
        every,
        fields.number("start", default=every),
        fields.text("algorithm"),
        fields.text("framework", default="generic"),
    )
    rule = fields.text("rule", required=True)
    cases = [
        _case(fields.inside(entry, "cases", n), defaults) for n, entry in fields.items("cases", required=True)
    ]
    fields.finish()
    problems += unwritten(tree)
    names = [case.name for case in cases]
    for index, name in enumerate(names):
        if name and name in names[:index]:
            fields.wrong(f"the case '{name}' stands here twice", "cases", index, "name")
    return TestFile(str(path), rule, tuple(cases))


def _positive(fields: Fields, key: str, default: float) -> float:
    value = fields.number(key, default=default)
    if value > 0:
        return value
    fields.wrong(f"'{key}' must be greater than 0", key)
    return default


def _case(fields: Fields, defaults: _Defaults) -> RuleCase:
    every = _positive(fields, "every", defaults.every)
    start = fields.number("start", default=defaults.start if every == defaults.every else every)
    own = _Defaults(every, start, "", "")
    expect = fields.inside(fields.values.get("expect"), "expect") if fields.has("expect") else None
    if expect is None:
        fields.wrong("'expect' is missing")
    found = RuleCase(
        name=fields.text("name", required=True),
        series={name: _series(fields, name, entry, own) for name, entry in fields.entries("series")},
        expect=Expectation(Outcome.PASSED) if expect is None else expectation(expect),
        config=_config(fields),
        algorithm=fields.text("algorithm", default=defaults.algorithm),
        framework=fields.text("framework", default=defaults.framework),
    )
    fields.finish()
    return found


def _config(fields: Fields) -> dict[str, SettingValue]:
    found: dict[str, SettingValue] = {}
    for name, value in fields.entries("config"):
        if isinstance(value, (str, int, float)):
            found[name] = value
        else:
            fields.wrong(f"a knob is a number, text, true or false, not {kind(value)}", "config", name)
    return found


def _series(fields: Fields, name: str, entry: object, defaults: _Defaults) -> TestSeries:
    """A metric as the notation alone, or as a mapping with its own steps and averaging window."""
    if isinstance(entry, dict):
        part = fields.inside(entry, "series", name)
        every = _positive(part, "every", defaults.every)
        start = part.number("start", default=defaults.start if every == defaults.every else every)
        window = part.whole("window", default=0, low=0, high=1_000_000) or None
        found = TestSeries(part.text("values", required=True, default="0"), every, start, window)
        part.finish()
        _check_notation(part, found.text, "values")
        return found
    # A YAML number is a series of one point.
    text = str(entry) if isinstance(entry, (int, float)) and not isinstance(entry, bool) else entry
    if not isinstance(text, str):
        fields.wrong(f"expected a series, found {kind(entry)}", "series", name)
        return TestSeries("0", defaults.every, defaults.start)
    _check_notation(fields, text, "series", name)
    return TestSeries(text, defaults.every, defaults.start)


def _check_notation(fields: Fields, text: str, *keys: str) -> None:
    try:
        series(text)
    except ExpressionError as error:
        fields.wrong(str(error), *keys, offset=error.offset)
