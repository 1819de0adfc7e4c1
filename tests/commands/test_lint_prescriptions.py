"""The linter of prescriptions finds nothing in the built-in rules, and something in broken ones."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from rldoctor.commands.lint_prescriptions import Checked, check_prescriptions
from rldoctor.engine.policy import load_derived, load_policy
from rldoctor.language.parser import parse
from rldoctor.paths import builtin_rules_dir
from rldoctor.rulebook.builtin import builtin_pack
from rldoctor.rulebook.schema import FixSpec, Rule


@cache
def rules() -> dict[str, Rule]:
    return {rule.code: rule for rule in builtin_pack().rules}


def checked(*tested: Rule) -> Checked:
    directory = builtin_rules_dir()
    return check_prescriptions(tested, load_policy(directory), load_derived(directory))


def kinds(code: str, spec: FixSpec) -> set[str]:
    rule = rules()[code]
    fixes = {**rule.fixes, spec.id: spec}
    return {one.kind for one in checked(replace(rule, fixes=fixes)).violations if one.fix == spec.id}


def test_no_prescription_of_the_built_in_rules_is_wrong_anywhere() -> None:
    found = checked(*rules().values())
    assert found.violations == ()
    assert found.tried > 50_000


def test_what_a_framework_does_not_have_is_found() -> None:
    assert kinds("POL-03", FixSpec("x", text="Stop the epochs at a KL of 0.02.")) == {"foreign", "already"}
    assert kinds("VAL-03", FixSpec("x", text="Use separate networks.")) == {"already"}


def test_advice_for_another_algorithm_is_found() -> None:
    assert "foreign" in kinds("ENT-08", FixSpec("x", text="SAC: a lower target entropy."))


def test_a_number_made_of_its_own_setting_says_its_direction() -> None:
    spec = FixSpec("x", "learning_rate", parse("config.learning_rate / 3"), otherwise="Slower.")
    assert kinds("POL-03", spec) == {"no direction"}


def test_a_mechanism_that_does_not_exist_is_found() -> None:
    assert kinds("POL-03", FixSpec("x", text="Do it.", mechanism=("nothing",))) == {"unknown"}
