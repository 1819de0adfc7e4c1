"""How the steps of one tag in a later file relate to those in an earlier one.

The constants are heuristics of this reader, about how logs are written, not about how training goes.
"""

from __future__ import annotations

from enum import Enum

import numpy as np

from rldoctor.model.arrays import median
from rldoctor.plain_data import dataclass
from rldoctor.readers.tensorboard.eventfile import ScalarColumns

RESTART_NEAR_START = 0.1
"""A file that goes back to within this share of the earlier file's step range starts over."""

FRESH_START_GAPS = 1.5
"""A file whose first step is at most this many of its own logging intervals counts from zero."""

MAX_JUMP_GAPS = 20
"""A continuation may leave out this many logging intervals, or as much as was logged before, not more."""


class Relation(Enum):
    """A later stretch of a tag seen from the earlier one."""

    CONTINUES = "continues"
    RESTARTS = "starts over"
    UNRELATED = "jumps too far ahead"
    UNKNOWN = "has no steps"


@dataclass(frozen=True, slots=True)
class Extent:
    """Steps of one tag: the first, lowest and highest, and the median distance between them (0: unknown)."""

    first: float
    low: float
    high: float
    gap: float


def extent_of(columns: ScalarColumns) -> Extent:
    """The extent of a non-empty series."""
    steps = columns.steps
    distances = np.diff(steps)
    forward = distances[distances > 0]
    # The median: one long pause between two points says nothing of how often the tag is logged.
    gap = median(forward) if forward.size else 0.0
    return Extent(float(steps[0]), float(steps.min()), float(steps.max()), gap)


def relate(before: Extent, after: Extent) -> Relation:
    """Decide for one tag; a tag that is always at step 0 (``global_step=None``) says nothing."""
    if before.low == before.high == after.low == after.high:
        return Relation.UNKNOWN if after.high == 0 else Relation.RESTARTS
    gap = after.gap or before.gap
    if after.first <= FRESH_START_GAPS * gap or after.first <= before.low:
        return Relation.RESTARTS
    span = before.high - before.low
    if after.first <= before.high:
        # ``span`` is not zero: an earlier file with a single step was settled by the comparison above.
        kept = (after.first - before.low) / span
        return Relation.RESTARTS if kept <= RESTART_NEAR_START else Relation.CONTINUES
    allowed = max(before.high, MAX_JUMP_GAPS * max(before.gap, after.gap))
    return Relation.CONTINUES if after.first - before.high <= allowed else Relation.UNRELATED
