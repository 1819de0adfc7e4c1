"""Every case of every test file beside the built-in rules holds."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from every import every

from rldoctor.engine.policy import load_derived, load_policy
from rldoctor.engine.ruletest import run_case
from rldoctor.paths import builtin_rules_dir
from rldoctor.rulebook.loader import TEST_SUFFIX, load_pack
from rldoctor.rulebook.schema import Rule
from rldoctor.rulebook.testcases import RuleCase, load_tests

RULES = builtin_rules_dir()


@cache
def pack() -> list[Rule]:
    return load_pack([RULES])


@cache
def cases() -> list[tuple[Rule, RuleCase]]:
    return [
        (rule, case)
        for rule in pack()
        for case in load_tests(Path(rule.path).with_suffix("").with_suffix(TEST_SUFFIX)).cases
    ]


@every(("rule", "case"), cases, ids=lambda part: part.slug if isinstance(part, Rule) else part.name)
def test_case_of_a_rule(rule: Rule, case: RuleCase) -> None:
    report = run_case(rule, case, load_policy(RULES), load_derived(RULES))
    assert not report.problems, f"{report.result}"


def test_there_are_cases_for_every_rule() -> None:
    assert {rule.code for rule, _ in cases()} == {rule.code for rule in pack()}
