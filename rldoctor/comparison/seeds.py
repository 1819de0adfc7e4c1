"""How much the seeds of one arm differ (catalogue OUT-11)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rldoctor.comparison.criteria import CompareCriteria
from rldoctor.model.comparison import RunLevel, SeedSpread
from rldoctor.model.raw import FloatArray


def seed_spread(arm: str, levels: Sequence[RunLevel], criteria: CompareCriteria) -> SeedSpread | None:
    """The spread of the levels of one arm; None for too few runs."""
    values = np.sort([level.value for level in levels])
    if values.size < criteria["variance_runs"]:
        return None
    median, reach = float(np.median(values)), float(values[-1] - values[0])
    # Against the median, as one failed seed moves the mean by as much as it fails.
    relative = reach / abs(median) if median else float("inf") if reach else 0.0
    # Two groups (some seeds learn, some never do) are another finding than a wide spread, and no mean
    # describes them.
    bimodal = relative > criteria["bimodal_range"] and _two_groups(values, criteria)
    return SeedSpread(
        arm=arm,
        runs=int(values.size),
        low=float(values[0]),
        median=median,
        high=float(values[-1]),
        relative_range=relative,
        bimodal=bimodal,
        high_variance=bimodal or relative > criteria["variance_range"],
    )


def _two_groups(values: FloatArray, criteria: CompareCriteria) -> bool:
    """Whether sorted values fall into two groups of two runs or more, far apart against their own spread."""
    if values.size < criteria["bimodal_runs"]:
        return False
    # At the widest gap. Of few values no clustering does better, and each group must have two, or an
    # outlier would be a group.
    cut = int(np.argmax(np.diff(values))) + 1
    low, high = values[:cut], values[cut:]
    if min(low.size, high.size) < 2:
        return False
    # Two means were fitted.
    free = values.size - 2
    within = np.sqrt((((low - low.mean()) ** 2).sum() + ((high - high.mean()) ** 2).sum()) / free)
    return bool(high[0] - low[-1] > criteria["bimodal_gap"] * within)
