"""From a condition per grid point to intervals: Prometheus' ``for`` and ``keep_firing_for`` over steps."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from rldoctor.model.arrays import median
from rldoctor.model.finding import Interval
from rldoctor.model.raw import BoolArray, FloatArray
from rldoctor.rulebook.schema import Span


def span_steps(span: Span | None, grid: FloatArray, length: float) -> float:
    """A span as a number of steps: a share of ``length`` (the planned or logged run), steps, or points."""
    if span is None:
        return 0.0
    # A share refers to what was trained, so `for: 8%` is as hard to meet for a short run as for a long one;
    # a number of points would depend on the logger's rhythm.
    if span.kind == "share":
        return span.amount * length
    if span.kind == "steps":
        return span.amount
    # n points span n - 1 gaps: a condition that must hold for 10 points is met by ten true ones, not
    # eleven.
    gap = median(np.diff(grid)) if grid.size > 1 else 0.0
    return max(span.amount - 1.0, 0.0) * gap


def runs_of_true(mask: BoolArray) -> list[tuple[int, int]]:
    """Index pairs (first, last), inclusive, of each stretch of True."""
    # False on both sides, so that stretches which touch an end of the log have two edges too.
    edges = np.diff(np.concatenate(([False], mask, [False])).astype(np.int8))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def bridged(mask: BoolArray, grid: FloatArray, gap: float) -> BoolArray:
    """``mask`` with False stretches filled where the True points around them are within ``gap`` steps."""
    stretches = runs_of_true(mask)
    filled = mask.copy()
    for (_, end), (start, _) in pairwise(stretches):
        # Between the true points and not the length of the false stretch: on an uneven grid a single
        # missing point may span most of the run.
        if grid[start] - grid[end] <= gap:
            filled[end : start + 1] = True
    return filled


def intervals(mask: BoolArray, grid: FloatArray, *, hold: float = 0.0, bridge: float = 0.0) -> list[Interval]:
    """Intervals over which ``mask`` holds for at least ``hold`` steps; gaps up to ``bridge`` are ignored."""
    if not grid.size:
        return []
    # Bridged before the length is asked for: noise that cuts one long stretch into ten must not save it
    # from `for`.
    joined = bridged(mask, grid, bridge) if bridge > 0 else mask
    last = grid.size - 1
    return [
        # `open` tells what goes on from what ended by itself, which watch and the report word differently.
        Interval(float(grid[first]), float(grid[end]), open=end == last)
        for first, end in runs_of_true(joined)
        if grid[end] - grid[first] >= hold
    ]


def active_mask(found: list[Interval], grid: FloatArray) -> BoolArray:
    """Grid points inside any of the intervals, shape (len(grid),)."""
    mask = np.zeros(grid.shape, dtype=bool)
    for interval in found:
        mask |= (grid >= interval.start) & (grid <= interval.end)
    return mask
