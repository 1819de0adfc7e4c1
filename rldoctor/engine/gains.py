"""How much a gain can carry: a verdict, an excuse, a doubt."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from rldoctor.model.outcome import CurveOutcome, OutcomeKind, RunOutcome, Source
from rldoctor.model.series import Series
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


def below_reference(outcome: RunOutcome, metrics: Mapping[str, Series], criteria: Criteria) -> float | None:
    """The lowest return of the reference runs by the run's end, where the run is surely below it; else None.

    Asked where no score of the task is known, or where the run has a small part of it: there a rise is held
    against its own noise alone, which a third of what good runs have passes too.
    """
    deciding = outcome.deciding
    low, seeds = (metrics.get(f"reference_{name}") for name in ("return_min", "seeds"))
    if deciding.measure.name != "own" or deciding.metric != "episode_return" or deciding.end is None:
        return None
    if low is None or seeds is None or seeds.values[-1] < criteria["beside_runs"]:
        return None
    known = np.isfinite(low.values) & (low.steps <= (1 - criteria["beside_late"]) * deciding.end.step)
    level = float(low.values[known][-1]) if known.any() else -math.inf
    sure = deciding.end.value + criteria["bound"] * deciding.end.error < level
    return level if sure else None


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
