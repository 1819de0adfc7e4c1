"""How much a gain can carry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rldoctor.engine.gains import below_reference, unseen_gain
from rldoctor.engine.policy import load_policy
from rldoctor.model.outcome import CurveLevel, CurveOutcome, OutcomeKind, OutcomeMeasure, RunOutcome, Source
from rldoctor.model.series import Series
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
    metric="episode_return",
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


STEPS = np.linspace(0, 10_000, 101)


def reference(low: float, seeds: int = 3) -> dict[str, Series]:
    """The overlay of a reference whose slowest run rises to ``low`` by step 9,000 and twice as high later."""
    levels = np.where(STEPS <= 9_000, low * STEPS / 9_000, 2 * low)
    values = {"reference_return_min": levels, "reference_seeds": np.full(STEPS.shape, float(seeds))}
    return {name: Series(name, STEPS, column, name) for name, column in values.items()}


def below(metrics: dict[str, Series], deciding: CurveOutcome = TRAINING) -> float | None:
    return below_reference(RunOutcome(deciding, (deciding,)), metrics, CRITERIA)


def test_a_rise_is_held_against_the_slowest_reference_a_little_earlier() -> None:
    assert below(reference(6.0)) == 6.0
    assert below(reference(5.1)) is None  # within the error of the run's own level


def test_what_a_reference_cannot_tell() -> None:
    known = replace(TRAINING, measure=replace(OWN, name="task"))
    nothing = replace(TRAINING, end=None)
    assert below(reference(6.0, seeds=2)) is None
    assert below({}) is None
    assert below(reference(6.0), replace(TRAINING, metric="eval_return")) is None
    assert below(reference(6.0), known) is None
    assert below(reference(6.0), nothing) is None
    assert (
        below({name: replace(one, values=np.full(101, np.nan)) for name, one in reference(6.0).items()})
        is None
    )
