"""How much a gain can carry: a verdict, an excuse, a doubt."""

from __future__ import annotations

import math

from rldoctor.model.outcome import CurveOutcome, OutcomeKind, RunOutcome, Source
from rldoctor.outcome.criteria import Criteria


def likely_gain(found: CurveOutcome, criteria: Criteria) -> bool:
    """Whether a gain is likely enough to call a run healthy: more, where it is shorter than its windows."""
    young = found.windows < criteria["windows"]
    return gained_share(found) >= criteria["certain" if young else "likely"]


def unseen_gain(outcome: RunOutcome, criteria: Criteria) -> CurveOutcome | None:
    """The evaluations in which a gain of the training return does not show; None where nothing is odd.

    A return that rises by itself, a little, while many evaluations do not, may be less exploration noise.
    """
    deciding = outcome.deciding
    if not deciding.kind.gained or deciding.source is not Source.TRAINING or deciding.measure.name != "own":
        return None
    for one in outcome.curves:
        told = one.source is Source.EVALUATION and one.points >= criteria["eval_points"]
        begins = one.start.step if one.start is not None else math.inf
        whole = one.end is not None and begins <= criteria["eval_opening"] * one.end.step
        if told and whole and gained_share(one) < criteria["possible"]:
            return one
    return None


def gained_share(found: CurveOutcome) -> float:
    """Probability that the curve gained, in whichever way."""
    return sum(found.probabilities.get(kind, 0.0) for kind in OutcomeKind if kind.gained)


def trusted_gain(found: CurveOutcome, criteria: Criteria) -> bool:
    """Whether a gain may lower findings about the inside: on a known scale, or as good as certain."""
    if not found.kind.gained:
        return False
    unsure = found.measure.name == "own" or found.measure.assumed
    doubtful = unsure or found.windows < criteria["windows"]
    return gained_share(found) >= criteria["certain" if doubtful else "likely"]
