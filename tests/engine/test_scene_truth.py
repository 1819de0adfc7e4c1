"""What a condition of a rule counts as true: a number that could not be had is no evidence for anything."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rldoctor.engine.evaluate import evaluate_rule
from rldoctor.engine.policy import load_derived, load_policy
from rldoctor.engine.prepared_run import prepare
from rldoctor.language.parser import parse
from rldoctor.model.config import RunConfig
from rldoctor.model.finding import Outcome, RuleResult, Severity
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.paths import builtin_rules_dir
from rldoctor.rulebook.schema import Guard, Rule

# Numbers, not comparisons, which are false for NaN by themselves.
UNKNOWN, NONE, SOME = "0 / 0", "0", "0.3"
STEPS = np.arange(1.0, 41.0) * 1000
LATE = "where(entropy > 20, entropy, {})"


def result_of(when: str, **parts: object) -> RuleResult:
    rule = Rule(
        "a.yaml", "TST-01", "a", Severity.WARNING, "policy", "It moves", "It does not", parse(when), "Here.",
        requires=("entropy",), passed_message="Fine.", **parts,
    )  # fmt: skip
    series = Series("entropy", STEPS, np.arange(1.0, 41.0), "train/entropy")
    run = Run("r", Path("r"), "test", "generic", "ppo", MetricFrame({"entropy": series}), RunConfig({}))
    policy = load_policy(builtin_rules_dir())
    return evaluate_rule(rule, prepare(run, policy, load_derived(builtin_rules_dir())), policy).result


def test_a_condition_that_cannot_be_known_does_not_fire() -> None:
    assert [result_of(when).outcome for when in (UNKNOWN, NONE, SOME)] == [
        Outcome.PASSED,
        Outcome.PASSED,
        Outcome.FIRED,
    ]


@pytest.mark.parametrize("elsewhere", [UNKNOWN, NONE])
def test_points_that_cannot_be_known_are_not_in_the_interval(elsewhere: str) -> None:
    finding = result_of(LATE.format(elsewhere)).finding
    assert finding is not None
    assert [(one.start, one.end) for one in finding.intervals] == [(21_000, 40_000)]


def test_a_guard_that_cannot_be_known_silences_nothing() -> None:
    guarded = [
        result_of(SOME, unless=(Guard("learned", parse(when), "It learned."),))
        for when in (UNKNOWN, NONE, LATE.format(UNKNOWN), SOME)
    ]
    assert [one.outcome for one in guarded] == [
        Outcome.FIRED,
        Outcome.FIRED,
        Outcome.PASSED,  # one known point is enough
        Outcome.PASSED,
    ]


def test_a_level_is_moved_by_nothing_that_cannot_be_known() -> None:
    def level(when: str, part: str, to: Severity) -> Severity:
        finding = result_of(SOME, **{part: ((to, parse(when)),)}).finding
        assert finding is not None
        return finding.severity

    raised = [level(when, "escalate", Severity.CRITICAL) for when in (UNKNOWN, NONE, SOME)]
    assert raised == [Severity.WARNING, Severity.WARNING, Severity.CRITICAL]
    lowered = [level(when, "reduce", Severity.INFO) for when in (UNKNOWN, NONE, SOME)]
    assert lowered == [Severity.WARNING, Severity.WARNING, Severity.INFO]


def test_a_rule_that_cannot_know_whether_it_is_ready_has_not_measured() -> None:
    early = [result_of(SOME, ready=parse(when), not_ready_says="Too early.") for when in (UNKNOWN, SOME)]
    assert [one.outcome for one in early] == [Outcome.NOT_MEASURED, Outcome.FIRED]
    assert early[0].reason == "Too early."
