"""Every case of every test file beside the built-in rules holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from rldoctor.engine.policy import load_derived, load_policy
from rldoctor.engine.ruletest import run_case
from rldoctor.paths import builtin_rules_dir
from rldoctor.rulebook.loader import TEST_SUFFIX, load_pack
from rldoctor.rulebook.schema import Rule
from rldoctor.rulebook.testcases import RuleCase, load_tests

RULES = builtin_rules_dir()
CASES = [
    (rule, case)
    for rule in load_pack([RULES])
    for case in load_tests(Path(rule.path).with_suffix("").with_suffix(TEST_SUFFIX)).cases
]


@pytest.mark.parametrize(("rule", "case"), CASES, ids=[f"{rule.slug}: {case.name}" for rule, case in CASES])
def test_case_of_a_rule(rule: Rule, case: RuleCase) -> None:
    report = run_case(rule, case, load_policy(RULES), load_derived(RULES))
    assert not report.problems, f"{report.result}"


def test_there_are_cases_for_every_rule() -> None:
    assert {rule.code for rule, _ in CASES} == {rule.code for rule in load_pack([RULES])}
