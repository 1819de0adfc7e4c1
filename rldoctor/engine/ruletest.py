"""Running the tests beside the rules on synthetic runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rldoctor.engine.context import prepare
from rldoctor.engine.evaluate import evaluate_rule
from rldoctor.engine.policy import DerivedSet, Policy
from rldoctor.model.config import Knob, RunConfig
from rldoctor.model.finding import RuleResult
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.rulebook.expectation import differences
from rldoctor.rulebook.loader import TEST_SUFFIX
from rldoctor.rulebook.schema import Rule
from rldoctor.rulebook.testcases import Case, load_tests


@dataclass(frozen=True, slots=True)
class CaseReport:
    """What became of one test case; ``problems`` is empty when it holds."""

    rule: Rule
    case: Case
    result: RuleResult
    problems: tuple[str, ...]


def synthetic_run(case: Case) -> Run:
    """The run a test case describes, on environment steps."""
    series = {
        name: Series(name, steps, values, name, window=case.series[name].window)
        for name, (steps, values) in case.points().items()
        if steps.size
    }
    knobs = {name: Knob(name, value, name, value, "test case") for name, value in case.config.items()}
    return Run(
        id=case.name,
        path=Path(case.name),
        format="test",
        framework=case.framework,
        algorithm=case.algorithm,
        metrics=MetricFrame(series),
        config=RunConfig(knobs),
    )


def run_case(rule: Rule, case: Case, policy: Policy, derived: DerivedSet) -> CaseReport:
    """Evaluate one case and compare it with what it expects."""
    result = evaluate_rule(rule, prepare(synthetic_run(case), policy, derived), policy).result
    return CaseReport(rule, case, result, tuple(differences(case.expect, result)))


def run_tests(rules: Sequence[Rule], policy: Policy, derived: DerivedSet) -> list[CaseReport]:
    """Every case of the test files beside the rules. RuleError when a test file is invalid."""
    return [
        run_case(rule, case, policy, derived)
        for rule in rules
        for case in load_tests(Path(rule.path).with_suffix("").with_suffix(TEST_SUFFIX)).cases
    ]
