"""Running the tests beside the rules on synthetic runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rldoctor.engine.evaluate import evaluate_rule
from rldoctor.engine.expected import expected
from rldoctor.engine.policy import DerivedSet, Policy
from rldoctor.engine.prepared_run import PreparedRun, prepare
from rldoctor.engine.reward_terms import FAMILY
from rldoctor.model.config import Knob, RunConfig
from rldoctor.model.finding import RuleResult
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.plain_data import dataclass
from rldoctor.rulebook.expectation import differences
from rldoctor.rulebook.loader import TEST_SUFFIX
from rldoctor.rulebook.schema import Rule
from rldoctor.rulebook.testcases import RuleCase, load_tests


@dataclass(frozen=True, slots=True)
class CaseReport:
    """What became of one test case; ``problems`` is empty when it holds."""

    rule: Rule
    case: RuleCase
    result: RuleResult
    problems: tuple[str, ...]


def synthetic_run(case: RuleCase) -> Run:
    """The run a test case describes, on environment steps."""
    series = {
        name: Series(name, steps, values, name, window=case.series[name].window)
        for name, (steps, values) in case.points().items()
        # A series without a point is one that was not logged, which is what a case with `_` everywhere
        # tests.
        if steps.size
    }
    told = {"default of a test case": case.defaults, "test case": case.config}
    knobs = {
        name: Knob(name, value, name, value, source)
        for source, settings in told.items()
        for name, value in settings.items()
    }
    return Run(
        id=case.name,
        path=Path(case.name),
        format="test",
        framework=case.framework,
        algorithm=case.algorithm,
        metrics=MetricFrame(series, tuple(_terms(case))),
        config=RunConfig(knobs),
    )


def _terms(case: RuleCase) -> Iterator[Series]:
    """The named terms of the reward."""
    for name, one in case.terms.items():
        steps, values = one.points(f"{case.name}/{name}")
        yield Series(FAMILY, steps, values, f"reward/{name}", attributes={"component": name})


def run_case(rule: Rule, case: RuleCase, policy: Policy, derived: DerivedSet) -> CaseReport:
    """Evaluate one case and compare it with what it expects."""
    # Through the same preparation as a real run: a rule is tested together with the facts and derived
    # quantities that it reads.
    context = prepare(synthetic_run(case), policy, derived)
    result = evaluate_rule(rule, context, policy).result
    found = [*differences(case.expect, result), *_about_check(rule, case, context)]
    return CaseReport(rule, case, result, tuple(found))


def _about_check(rule: Rule, case: RuleCase, context: PreparedRun) -> Iterator[str]:
    """How the check of the rule's ``expect`` differs from what the case says of it."""
    if case.expect.came_true is None:
        return
    answer = expected(rule, context)
    if answer.came_true is not case.expect.came_true:
        numbers = ", ".join(f"{name} {value:.6g}" for name, value in answer.values.items())
        missing = f"; unknown: {', '.join(answer.missing)}" if answer.missing else ""
        yield f"the check says {answer.came_true}, expected {case.expect.came_true} ({numbers}{missing})"


def run_tests(rules: Sequence[Rule], policy: Policy, derived: DerivedSet) -> list[CaseReport]:
    """Every case of the test files beside the rules. RuleError when a test file is invalid."""
    return [
        run_case(rule, case, policy, derived)
        for rule in rules
        for case in load_tests(Path(rule.path).with_suffix("").with_suffix(TEST_SUFFIX)).cases
    ]
