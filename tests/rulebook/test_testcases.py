"""Test files of rules: reading them, every defect, and the comparison of results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from every import every

from rldoctor.errors import RuleError
from rldoctor.model.finding import (
    Cause,
    Finding,
    Interval,
    Measure,
    Outcome,
    Prescription,
    RuleResult,
    Severity,
)
from rldoctor.rulebook.expectation import Expectation, Tolerance, differences
from rldoctor.rulebook.testcases import TestFile, load_tests

FULL = """\
rule: some-rule
every: 100
algorithm: ppo
framework: stable_baselines3
cases:
  - name: everything
    series:
      approx_kl: "1 _ 3"
      entropy: {values: "1x2 ~0.1", every: 50, window: 100}
      return: {values: "1 2", start: 7}
      single: 5
    config: {gamma: 0.9, name: x, flag: true}
    expect:
      outcome: fired
      onset: 100 +/- 5
      until: end
      severity: error
      measure: {a: 1 +/- 10%, b: 2.5, c: nan}
      fixes: {lower: 3e-4 +/- 1e-5, look: null}
      likely: [cause]
  - name: other
    algorithm: sac
    framework: cleanrl
    every: 10
    series: {x: "1 2"}
    expect: {outcome: not_measured, missing: [x], guard: g, until: 500}
  - {name: late, start: 1000, series: {x: "1 2"}, expect: {outcome: passed}}
"""


def read(tmp_path: Path, text: str) -> TestFile:
    path = tmp_path / "a.test.yaml"
    path.write_text(text)
    return load_tests(path)


def test_every_field_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, FULL)
    first, second, third = found.cases
    assert (found.rule, first.name, first.algorithm, first.framework) == (
        "some-rule",
        "everything",
        "ppo",
        "stable_baselines3",
    )
    assert first.config == {"gamma": 0.9, "name": "x", "flag": True}
    points = first.points()
    assert points["approx_kl"][0].tolist() == [100, 300], "a missing point is no point"
    assert points["approx_kl"][1].tolist() == [1, 3]
    assert points["entropy"][0].tolist() == [50, 100, 150]
    assert points["return"][0].tolist() == [7, 107]
    assert points["single"][1].tolist() == [5]
    assert first.series["entropy"].window == 100
    assert first.series["approx_kl"].window is None
    assert first.expect == Expectation(
        Outcome.FIRED,
        Tolerance(100, 5),
        "end",
        Severity.ERROR,
        {"a": Tolerance(1, 0.1), "b": Tolerance(2.5, 1e-6 * 2.5), "c": first.expect.measure["c"]},
        {"lower": Tolerance(3e-4, 1e-5), "look": None},
        None,
        "",
        ("cause",),
    )
    assert (second.algorithm, second.framework) == ("sac", "cleanrl")
    assert second.points()["x"][0].tolist() == [10, 20]
    assert second.expect.until == Tolerance(500, 5e-4)
    assert (second.expect.missing, second.expect.guard) == (("x",), "g")
    assert third.points()["x"][0].tolist() == [1000, 1100]


def test_noise_depends_on_the_names_only(tmp_path: Path) -> None:
    one = read(tmp_path, FULL).cases[0].points()["entropy"][1]
    again = read(tmp_path, FULL.replace("approx_kl", "kl")).cases[0].points()["entropy"][1]
    other = read(tmp_path, FULL.replace("everything", "all")).cases[0].points()["entropy"][1]
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


@every(
    ("old", "new", "problem"),
    [
        ("rule: some-rule\n", "", "1:1: 'rule' is missing"),
        ("every: 100", "every: 0", "2:8: 'every' must be greater than 0"),
        ("every: 100", "evry: 100", "2:1: unknown key 'evry' (did you mean 'every'?)"),
        ("name: everything", "name: other", "the case 'other' stands here twice"),
        ("name: everything", "nam: everything", "6:5: 'name' is missing"),
        ('"1 _ 3"', '"1 two"', "8:21: 'two' is not part of a series"),
        ('"1x2 ~0.1"', '"1x2 two"', "9:30: 'two' is not part"),
        ("window: 100", "window: -1", "9:56: 'window' must be a whole number"),
        ('values: "1 2", start', 'valus: "1 2", start', "10:15: 'values' is missing"),
        ("single: 5", "single: true", "11:15: 'single' must be a series, found true or false"),
        ("single: 5", "single: [1]", "11:15: 'single' must be a series, found a list"),
        ("flag: true", "flag: [1]", "12:41: 'flag' must be a number, text, true or false, found a list"),
        ("outcome: fired", "outcome: fird", "14:16: 'fird' is no outcome (did you mean 'fired'?)"),
        ("      outcome: fired\n", "", "'outcome' is missing"),
        ("100 +/- 5", "100 +/- x", "15:14: expected a number, or one with its tolerance"),
        ("100 +/- 5", "true", "15:14: expected a number"),
        ("100 +/- 5", "1-e+", "15:14: expected a number"),
        ("until: end", "until: never", "16:14: expected a number"),
        ("severity: error", "severity: grave", "17:17: unknown severity 'grave'"),
        ("likely: [cause]", "likly: [cause]", "20:7: unknown key 'likly'"),
        (", expect: {outcome: passed}", "", "'expect' is missing"),
        ("expect: {outcome: passed}", "expect: passed", "'expect' must be a mapping, found text"),
        ("cases:\n", "cases: 3\nx:\n", "5:8: 'cases' must be a list"),
    ],
)
def test_defects(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in FULL
    with pytest.raises(RuleError) as caught:
        read(tmp_path, FULL.replace(old, new, 1))
    assert problem in str(caught.value)


def finding(**parts: Any) -> Finding:
    basis: dict[str, Any] = {
        "onset": 100.0,
        "intervals": (Interval(0, 50), Interval(100, 500, open=True)),
        "measures": (Measure("kl", 0.05),),
        "causes": (Cause("rate", "", True), Cause("wiring", "", False), Cause("other", "")),
        "prescriptions": (Prescription("lower", "", to_number=3e-4), Prescription("look", "")),
    }
    return Finding("T", "t", "", Severity.ERROR, "It fired.", **{**basis, **parts})


def result(outcome: Outcome = Outcome.FIRED, **parts: Any) -> RuleResult:
    if outcome is Outcome.FIRED and "finding" not in parts:
        parts["finding"] = finding()
    return RuleResult("T", "t", "", outcome, **parts)


@pytest.mark.parametrize(
    "expected",
    [
        Expectation(Outcome.FIRED),
        Expectation(Outcome.FIRED, onset=Tolerance(98, 2), until="end", severity=Severity.ERROR),
        Expectation(Outcome.FIRED, until=Tolerance(500, 0)),
        Expectation(Outcome.FIRED, measure={"kl": Tolerance(0.05, 0)}),
        Expectation(Outcome.FIRED, fixes={"lower": Tolerance(3e-4, 1e-9), "look": None}),
        Expectation(Outcome.FIRED, likely=("rate",), missing=()),
    ],
)
def test_what_was_expected_has_no_differences(expected: Expectation) -> None:
    assert differences(expected, result()) == []


@every(
    ("expected", "found", "difference"),
    [
        (Expectation(Outcome.PASSED), result(), "outcome fired, expected passed (It fired.)"),
        (Expectation(Outcome.FIRED), result(Outcome.PASSED), "outcome passed, expected fired"),
        (Expectation(Outcome.FIRED), result(Outcome.NOT_MEASURED, reason="no data"), "(no data)"),
        (
            Expectation(Outcome.FIRED),
            result(Outcome.ERROR, error="crash"),
            "outcome error, expected fired (crash)",
        ),
        (Expectation(Outcome.FIRED, onset=Tolerance(200, 5)), result(), "onset 100, expected 200 +/- 5"),
        (
            Expectation(Outcome.FIRED, onset=Tolerance(200, 5)),
            result(finding=finding(onset=None)),
            "onset not there",
        ),
        (
            Expectation(Outcome.FIRED, until="end"),
            result(finding=finding(intervals=(Interval(0, 9),))),
            "until 9, expected the end",
        ),
        (
            Expectation(Outcome.FIRED, until="end"),
            result(finding=finding(intervals=())),
            "until not there, expected the end",
        ),
        (Expectation(Outcome.FIRED, until=Tolerance(400, 1)), result(), "until 500, expected 400 +/- 1"),
        (
            Expectation(Outcome.FIRED, until=Tolerance(4, 1)),
            result(finding=finding(intervals=())),
            "until not there",
        ),
        (Expectation(Outcome.FIRED, severity=Severity.INFO), result(), "severity error, expected info"),
        (
            Expectation(Outcome.FIRED, measure={"kl": Tolerance(1, 0.1)}),
            result(),
            "measure kl 0.05, expected 1 +/- 0.1",
        ),
        (Expectation(Outcome.FIRED, measure={"x": Tolerance(1, 0.1)}), result(), "measure x not there"),
        (
            Expectation(Outcome.FIRED, fixes={"x": None}),
            result(),
            "fix x is not prescribed (prescribed: lower, look)",
        ),
        (
            Expectation(Outcome.FIRED, fixes={"lower": None}),
            result(),
            "fix lower has the number 0.0003, expected none",
        ),
        (
            Expectation(Outcome.FIRED, fixes={"look": Tolerance(1, 0)}),
            result(),
            "fix look not there, expected 1 +/- 0",
        ),
        (Expectation(Outcome.FIRED, likely=("wiring",)), result(), "likely causes rate, expected wiring"),
        (
            Expectation(Outcome.PASSED, guard="g"),
            result(Outcome.PASSED, reason="other"),
            "guard 'g' expected, the reason is 'other'",
        ),
        (
            Expectation(Outcome.NOT_MEASURED, missing=("a",)),
            result(Outcome.NOT_MEASURED),
            "missing nothing, expected a",
        ),
        (
            Expectation(Outcome.PASSED, severity=Severity.INFO),
            result(Outcome.PASSED),
            "no finding to compare",
        ),
    ],
)
def test_differences_are_said(expected: Expectation, found: RuleResult, difference: str) -> None:
    assert any(difference in one for one in differences(expected, found)), differences(expected, found)


def test_measures_of_a_quiet_rule_are_compared() -> None:
    quiet = result(Outcome.PASSED, measures=(Measure("kl", 0.01),), reason="learned: it learned")
    assert (
        differences(Expectation(Outcome.PASSED, measure={"kl": Tolerance(0.01, 0)}, guard="learned"), quiet)
        == []
    )


def test_tolerances() -> None:
    nan, inf = float("nan"), float("inf")
    assert Tolerance(nan, 0).holds(nan)
    assert not Tolerance(nan, 0).holds(1)
    assert not Tolerance(1, 0).holds(nan)
    assert not Tolerance(1, 0).holds(None)
    assert Tolerance(inf, nan).holds(inf)
    assert not Tolerance(5, 1).holds(inf)
