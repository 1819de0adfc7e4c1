"""How much a gain can carry."""

from __future__ import annotations

from dataclasses import replace

from rldoctor.engine.gains import unseen_gain
from rldoctor.engine.policy import load_policy
from rldoctor.model.outcome import CurveLevel, CurveOutcome, OutcomeKind, OutcomeMeasure, RunOutcome, Source
from rldoctor.paths import builtin_rules_dir

CRITERIA = load_policy(builtin_rules_dir()).judging
OWN = OutcomeMeasure("own", "against its own noise", 1.0, 1.0, "reward")
TRAINING = CurveOutcome(
    OutcomeKind.RISING,
    0.99,
    {OutcomeKind.RISING: 0.99, OutcomeKind.FLAT: 0.01},
    OWN,
    start=CurveLevel(0.0, 0.1, 100.0),
    end=CurveLevel(5.0, 0.1, 10_000.0),
    points=100,
)
FLAT = replace(
    TRAINING,
    kind=OutcomeKind.FLAT,
    probabilities={OutcomeKind.FLAT: 0.97, OutcomeKind.RISING: 0.03},
    source=Source.EVALUATION,
    points=40,
)


def unseen(*others: CurveOutcome, deciding: CurveOutcome = TRAINING) -> CurveOutcome | None:
    return unseen_gain(RunOutcome(deciding, (deciding, *others)), CRITERIA)


def test_a_gain_that_many_evaluations_do_not_show_is_told() -> None:
    assert unseen(FLAT) is FLAT


def test_what_says_nothing_against_a_gain_is_not_told() -> None:
    late = CurveLevel(0.0, 0.1, 5_000.0)
    others = {
        "another training curve": replace(FLAT, source=Source.TRAINING),
        "few evaluations": replace(FLAT, points=5),
        "evaluations that may have missed it": replace(FLAT, start=late),
        "evaluations without a first level": replace(FLAT, start=None),
        "evaluations that may have gained": replace(FLAT, probabilities={OutcomeKind.RISING: 0.5}),
    }
    assert {name for name, one in others.items() if unseen(one) is not None} == set()


def test_a_gain_on_a_known_scale_needs_no_evaluations() -> None:
    known = replace(TRAINING, measure=replace(OWN, name="task"))
    assert unseen(FLAT, deciding=known) is None
