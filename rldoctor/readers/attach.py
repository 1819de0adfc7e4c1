"""Which of several runs a table belongs to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rldoctor.model.raw import RawRun, RawSeries
from rldoctor.readers.axes import last_step, wall_range

_RAY = "ray/tune/"
# Share of a table's numbers that a log must hold to be its twin; identical counters alone stay below.
_SAME_VALUES = 0.5
_SAME_LENGTH = 0.02


def plain_tag(tag: str) -> str:
    """The tag without the prefix Ray puts before what it also writes into its tables."""
    return tag.removeprefix(_RAY)


def belongs_to(table: RawRun, runs: Sequence[RawRun]) -> tuple[RawRun, str] | None:
    """The run a table belongs to and why, or None when that cannot be told.

    Tried in order: the same numbers under the same tags, overlapping times, the same last step. A tie decides
    nothing.
    """
    return (
        _best(runs, [_shared_values(table, run) for run in runs], _SAME_VALUES, "has the same values")
        or _best(runs, [overlap(table, run) for run in runs], 0.0, "covers the same time")
        or _best(runs, [_same_end(table, run) for run in runs], 0.0, "ends at the same step")
    )


def _best(
    runs: Sequence[RawRun], scores: Sequence[float], least: float, why: str
) -> tuple[RawRun, str] | None:
    ranked = sorted(range(len(runs)), key=lambda i: -scores[i])
    if not ranked or scores[ranked[0]] <= least:
        return None
    if len(ranked) > 1 and scores[ranked[1]] >= scores[ranked[0]]:
        return None
    return runs[ranked[0]], why


def _shared_values(table: RawRun, run: RawRun) -> float:
    """Mean over the common tags of the share of the table's values that the run has too (float32)."""
    logged = {plain_tag(part.tag): part for part in run.series}
    shares = [
        _share(part, logged[part.tag]) for part in table.series if part.tag in logged and part.values.size
    ]
    return float(np.mean(shares)) if shares else 0.0


def _share(one: RawSeries, other: RawSeries) -> float:
    return float(np.isin(one.values.astype(np.float32), other.values.astype(np.float32)).mean())


def overlap(table: RawRun, run: RawRun) -> float:
    """Seconds during which both were written."""
    first, second = wall_range(table), wall_range(run)
    if first is None or second is None:
        return 0.0
    return min(first[1], second[1]) - max(first[0], second[0])


def _same_end(table: RawRun, run: RawRun) -> float:
    """1 for the same last step, falling to 0 at 2 % difference."""
    first, second = last_step(table), last_step(run)
    if not first or not second:
        return 0.0
    return 1.0 - abs(first - second) / max(first, second) / _SAME_LENGTH
