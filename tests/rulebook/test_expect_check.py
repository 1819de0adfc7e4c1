"""``expect`` with a check: read, checked like every expression, tested for both answers, shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from rulebook_samples import KNOWN, RULE, TESTS, Write, replaced

from rldoctor.engine.policy import load_derived, load_policy
from rldoctor.engine.ruletest import run_tests
from rldoctor.errors import RuleError
from rldoctor.paths import builtin_rules_dir
from rldoctor.rulebook.loader import load_rule
from rldoctor.rulebook.pages import rule_page

TEXT = "expect: approx_kl rises.\n"
CHECK = "expect: {says: approx_kl rises., check: level > limit and known(low)}\n"
BOTH = replaced(
    TESTS,
    ("expect: {outcome: fired}", "expect: {outcome: fired, came_true: false}"),
    ("expect: {outcome: passed}", "expect: {outcome: passed, came_true: true}"),
)


def test_a_check_stands_beside_the_text(write: Write) -> None:
    rule = load_rule(write((TEXT, CHECK), tests=BOTH), KNOWN)
    assert rule.expect == "approx_kl rises."
    assert rule.expect_check is not None
    assert rule.expect_check.text == "level > limit and known(low)"
    assert "Checked on the next run: `level > limit and known(low)`" in rule_page(rule)
    plain = load_rule(write(), KNOWN)
    assert (plain.expect, plain.expect_check) == ("approx_kl rises.", None)
    assert "Checked on" not in rule_page(plain)


@pytest.mark.parametrize(
    ("expect", "problem"),
    [
        ("expect: {says: It rises.}\n", "'check' is missing"),
        ("expect: {check: level > 0}\n", "'says' is missing"),
        ("expect: {says: It rises., check: levl > 0}\n", "unknown name 'levl' (did you mean 'level'?)"),
        ("expect: {says: It rises., check: level >}\n", ""),
        ("expect: {says: It rises., check: level > 0, unless: never}\n", "unknown key 'unless'"),
        ("expect: [It rises.]\n", "'expect' must be text, found a list"),
    ],
)
def test_a_defect_is_reported(problems_of: Callable[..., list[str]], expect: str, problem: str) -> None:
    found = problems_of((TEXT, expect), tests=BOTH)
    assert found
    assert any(problem in one for one in found), found


def test_a_threshold_of_the_check_alone_is_used(write: Write) -> None:
    more = ("thresholds:\n", "thresholds:\n  wanted: {value: 1, unit: nats, range: [0, 2], note: why}\n")
    rule = load_rule(write(more, (TEXT, "expect: {says: Up., check: level > wanted}\n"), tests=BOTH), KNOWN)
    assert rule.thresholds["wanted"].value == 1


@pytest.mark.parametrize(
    ("expect", "tests", "problem"),
    [
        (CHECK, TESTS, "no case with came_true: true"),
        (CHECK, BOTH.replace(", came_true: false", ""), "no case with came_true: false"),
        (TEXT, BOTH, "'came_true', but the rule's 'expect' has no check"),
        (CHECK, BOTH.replace("came_true: true", "came_true: perhaps"), "'came_true' must be true or false"),
    ],
)
def test_both_answers_are_tested(
    problems_of: Callable[..., list[str]], expect: str, tests: str, problem: str
) -> None:
    assert any(problem in one for one in problems_of((TEXT, expect), tests=tests))


def test_a_wrong_answer_of_the_check_is_a_failed_case(tmp_path: Path) -> None:
    """A rule of the pack as it is, with the answers of its test file turned round."""
    builtin = builtin_rules_dir()
    source = builtin / "off-policy" / "replay-buffer-too-small.yaml"
    home = tmp_path / "off-policy"
    home.mkdir()
    (home / source.name).write_text(source.read_text())
    tests = source.with_suffix("").with_suffix(".test.yaml").read_text()
    turned = tests.replace("came_true: true", "came_true: -").replace("came_true: false", "came_true: true")
    (home / "replay-buffer-too-small.test.yaml").write_text(
        turned.replace("came_true: -", "came_true: false")
    )
    rule = load_rule(home / source.name)
    reports = run_tests([rule], load_policy(builtin), load_derived(builtin))
    failed = {report.case.name: report.problems for report in reports if report.problems}
    assert len(failed) == 2
    assert all("the check says" in problems[0] for problems in failed.values())
    assert any("held 500, one_episode 800, wanted 10" in problems[0] for problems in failed.values())


def test_the_sample_has_the_text_this_file_replaces() -> None:
    assert TEXT in RULE
    with pytest.raises(RuleError):
        load_rule(builtin_rules_dir() / "nowhere.yaml")
