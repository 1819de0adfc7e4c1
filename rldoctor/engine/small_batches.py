"""Rewards of a language model whose batches are small: eight answers differ by more than most trainings gain.

A level is then known to a tenth or two only, and a curve that rises by as much is not told from a flat one by
its levels. Its order over all rows tells it: what rises by the ranks is not called flat, but too early to
judge.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rldoctor.language.functions.statistics import correlation_p, effective_size, rank_correlation
from rldoctor.model.outcome import Curve, CurveOutcome, OutcomeKind
from rldoctor.outcome.criteria import Criteria


def unless_it_rises(
    found: CurveOutcome, curve: Curve, criteria: Criteria, least: float = 0.0
) -> CurveOutcome:
    """``found``, or too early to judge where it was flat and the rows rise by their ranks.

    ``least``: what the last third of the rows has to have over the first; 0 where no scale tells.
    """
    if found.kind is not OutcomeKind.FLAT:
        return found
    finite = np.isfinite(curve.values) & np.isfinite(curve.steps)
    values = curve.values[finite][np.argsort(curve.steps[finite], kind="stable")]
    correlation = rank_correlation(values)
    chance = correlation_p(correlation, effective_size(values))
    third = max(1, values.size // 3)
    # A window of many episodes leaves few independent rows; thirds that do not touch need none.
    apart = least > 0 and third >= criteria["third_rows"] and values[-third:].min() > values[:third].max()
    rise = float(values[-third:].mean() - values[:third].mean()) if values.size else 0.0
    ordered = correlation > 0 and chance < criteria["trend_sure"]
    if not (ordered or apart) or rise < least:
        return found
    reason = f"over all rows it rises (by chance: {chance:.1%}), by less than single rows differ"
    if not ordered:
        reason = "every row of its last third lies above all of the first, which is too little to call it yet"
    return replace(found, kind=OutcomeKind.EARLY, texts=(*found.texts, reason))
