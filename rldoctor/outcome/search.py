"""The search for what could explain a curve."""

from __future__ import annotations

import numpy as np

from rldoctor.model.arrays import distinct
from rldoctor.model.outcome import Curve, Source
from rldoctor.model.raw import FloatArray
from rldoctor.outcome.criteria import Criteria
from rldoctor.outcome.explanations import Model
from rldoctor.outcome.partition import by_stretches
from rldoctor.outcome.ramps import by_ramps
from rldoctor.outcome.rows import Rows


def explain(rows: Rows, curve: Curve, criteria: Criteria) -> list[Model]:
    """Every explanation with the autocorrelation that suits it best, best first.

    The general search is made for two autocorrelations only, the one that suits the ramps and the lowest:
    it costs the square of the rows, and where the ramps fail it is because there are more breaks, not other
    noise.
    """
    rhos = _autocorrelations(rows, curve, criteria)
    models = by_ramps(rows, rhos, criteria)
    best = min(models, key=lambda one: one.cost)
    models += by_stretches(rows, distinct(np.array([rhos[0], best.rho])), criteria)
    return sorted(models, key=lambda one: one.cost)


def _autocorrelations(rows: Rows, curve: Curve, criteria: Criteria) -> FloatArray:
    """What to try: as slow as the noise of single rows may be, and as the logger's window makes it at least.

    Noise that would need a thousand rows to turn is no noise of episodes: without an upper limit, a long
    curve of any shape is "explained" by a slow walk. Rows that are known to have episodes of their own, as
    those of an evaluation, can only be alike because the policy is.
    """
    known = np.array(criteria.grid("autocorrelations"))
    per_row = rows.points / max(rows.size, 1)
    highest = max(float(np.exp(-per_row / criteria["slowest_rows"])), 0.0)
    lowest, gap = 0.0, float(rows.steps[-1] - rows.steps[0]) / max(rows.size - 1, 1)
    if curve.spacing > 0:
        lowest = criteria["shared_rows"] * max(0.0, 1 - gap / curve.spacing)
        # A mean over a known number of episodes forgets with them.
        highest = min(highest, float(np.exp(-gap / (criteria["slowest_windows"] * curve.spacing))))
    elif curve.widest > 0:
        # Hardly a logger averages over more: what forgets later than that is no noise of episodes.
        highest = min(highest, float(np.exp(-gap / (criteria["slowest_windows"] * curve.widest))))
    if curve.source is Source.EVALUATION or curve.window == 1 or gap >= curve.spacing > 0:
        highest = criteria["own_episodes"]
    # The first one above the highest is still tried: it lies nearest to it.
    above = int(np.searchsorted(known, max(highest, lowest)))
    kept = known[: above + 1]
    return np.asarray(kept[kept >= min(lowest, float(kept[-1]))])


def weigh(models: list[Model], criteria: Criteria) -> list[tuple[Model, float]]:
    """The explanations that count, with weights that add up to 1: exp(-cost / 2), as in Bayesian averaging.

    The penalties stand for the prior (Schwarz 1978: log(rows) for each parameter; here more, by simulation).
    """
    costs = np.array([one.cost for one in models])
    weights = np.exp(-(costs - costs[0]) / criteria["temperature"])
    kept = weights / weights.sum() >= criteria["least_weight"]
    weights = weights / weights[kept].sum()
    return [(one, float(weight)) for one, weight, keep in zip(models, weights, kept, strict=True) if keep]
