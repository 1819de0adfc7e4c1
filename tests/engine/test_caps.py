"""A task that a name only hints at may warn, and no more."""

from __future__ import annotations

import numpy as np
import pytest

from rldoctor.api import rules
from rldoctor.engine.achieved import NOTHING, Achieved
from rldoctor.engine.caps import at_most_warnings
from rldoctor.engine.evaluate import Evaluated
from rldoctor.model.finding import Finding, Outcome, RuleResult, Severity
from rldoctor.model.outcome import OutcomeKind
from rldoctor.model.series import Series
from rldoctor.model.task import Task, TaskMatch
from rldoctor.plain_data import replace
from rldoctor.tasks.find import find_task

RULES = {rule.code: rule for rule in rules()}
# The first reads what doing nothing earns on the task, the second a gradient, the third the outcome.
ON_TASK, ELSEWHERE, JUDGED = "OUT-13", "NUM-03", "OUT-04"
TASK = find_task("Pendulum-v1")
KEPT = replace(NOTHING.outcome.deciding, kind=OutcomeKind.KEPT)


def looked(code: str, severity: Severity | None) -> Evaluated:
    rule = RULES[code]
    finding = None if severity is None else Finding(code, rule.slug, rule.title, severity, "Sick.")
    outcome = Outcome.PASSED if finding is None else Outcome.FIRED
    return Evaluated(rule, RuleResult(code, rule.slug, rule.title, outcome, finding=finding))


def judged(*, assumed: bool, alone: OutcomeKind | None = None, task: Task | None = TASK) -> Achieved:
    return replace(NOTHING, task=TaskMatch(task, assumed=assumed), alone=alone)


def capped(one: Evaluated, *, assumed: bool, alone: OutcomeKind | None = None) -> tuple[Severity | None, str]:
    (found,) = at_most_warnings([one], judged(assumed=assumed, alone=alone))
    finding = found.result.finding
    assert finding is None or finding.message == "Sick." or "only assumed" in finding.message
    return (None, "") if finding is None else (finding.severity, finding.capped)


@pytest.mark.parametrize("severity", [Severity.CRITICAL, Severity.ERROR])
def test_what_rests_on_an_assumed_task_is_a_warning(severity: Severity) -> None:
    why = f"{severity.label}, lowered to warning: Pendulum-v1 is only assumed to be its task"
    assert capped(looked(ON_TASK, severity), assumed=True) == (Severity.WARNING, why)


@pytest.mark.parametrize("severity", [Severity.WARNING, Severity.INFO, None])
def test_what_is_no_worse_stays_as_it_is(severity: Severity | None) -> None:
    assert capped(looked(ON_TASK, severity), assumed=True) == (severity, "")


def test_what_does_not_rest_on_the_task_keeps_its_level() -> None:
    assert capped(looked(ELSEWHERE, Severity.CRITICAL), assumed=True) == (Severity.CRITICAL, "")


def test_a_task_that_is_known_lowers_nothing() -> None:
    assert capped(looked(ON_TASK, Severity.CRITICAL), assumed=False) == (Severity.CRITICAL, "")
    (same,) = at_most_warnings([looked(ON_TASK, Severity.ERROR)], judged(assumed=True, task=None))
    assert same.result.finding is not None
    assert same.result.finding.severity is Severity.ERROR


def test_a_judgement_that_the_run_alone_gives_too_does_not_rest_on_the_task() -> None:
    kind = NOTHING.outcome.kind
    assert capped(looked(JUDGED, Severity.ERROR), assumed=True, alone=kind) == (Severity.ERROR, "")
    severity, why = capped(looked(JUDGED, Severity.ERROR), assumed=True, alone=OutcomeKind.KEPT)
    assert severity is Severity.WARNING
    assert "only assumed" in why
    assert capped(looked(ON_TASK, Severity.ERROR), assumed=True, alone=kind)[0] is Severity.WARNING


@pytest.mark.parametrize("told", ["assumed", ""])
def test_a_reference_of_a_task_that_is_only_assumed_warns_at_most(told: str) -> None:
    attributes = {"provenance": "reference", **({"task": told} if told else {})}
    ones = np.ones(3)
    lent = {"reference_return_min": Series("reference_return_min", ones, ones, "x", attributes=attributes)}
    (found,) = at_most_warnings([looked("OUT-01", Severity.ERROR)], NOTHING, lent)
    assert found.result.finding is not None
    assert found.result.finding.severity is (Severity.WARNING if told else Severity.ERROR)
    (other,) = at_most_warnings([looked(ELSEWHERE, Severity.ERROR)], NOTHING, lent)
    assert other.result.finding is not None
    assert other.result.finding.severity is Severity.ERROR


def test_a_run_that_did_well_by_itself_is_not_behind_runs_of_a_guessed_task() -> None:
    ones, attributes = np.ones(3), {"task": "assumed"}
    lent = {"reference_return_min": Series("reference_return_min", ones, ones, "x", attributes=attributes)}
    well = replace(NOTHING, outcome=replace(NOTHING.outcome, deciding=KEPT))
    (found,) = at_most_warnings([looked("OUT-01", Severity.ERROR)], well, lent)
    assert found.result.finding is not None
    assert found.result.finding.severity is Severity.INFO
    assert "only assumed" in found.result.finding.message
