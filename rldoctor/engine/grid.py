"""Putting the metrics of one rule on a common step grid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field

import numpy as np

from rldoctor.language.evaluator import Value
from rldoctor.language.memo import Memo
from rldoctor.model.arrays import median
from rldoctor.model.raw import FloatArray
from rldoctor.model.series import Series
from rldoctor.plain_data import dataclass

# A value is reused for at most this many of its own median gaps; then it is absent (NaN). Part of the
# semantics of the rule language (docs/writing-rules.md), not a diagnostic threshold.
STALE_AFTER_GAPS = 3.0


def carry_forward(series: Series, grid: FloatArray) -> FloatArray:
    """Values of ``series`` at the steps of ``grid``, shape (len(grid),).

    The latest value at or before each grid step, NaN before the first point and once the value is older
    than ``STALE_AFTER_GAPS`` median gaps of the series or of the grid, whichever is wider.
    """
    if not len(series):
        return np.full(grid.shape, np.nan)
    # Carried forward and not interpolated: an interpolated value would let a rule see the future, and would
    # invent levels between two evaluations.
    index = np.searchsorted(series.steps, grid, side="right") - 1
    values = np.where(index >= 0, series.values[np.maximum(index, 0)], np.nan)
    # Stale after a while: an evaluation every 100,000 steps stands for its neighbourhood, and a metric
    # whose logging stopped must not speak until the end.
    age = grid - series.steps[np.maximum(index, 0)]
    # The wider of the two gaps: a sparse series on a dense grid is as old as its own rhythm, a dense one on
    # a sparse grid as old as the grid's.
    limit = STALE_AFTER_GAPS * max(median_gap(series.steps), median_gap(grid))
    return np.where(age <= limit, values, np.nan) if limit > 0 else values


def median_gap(steps: FloatArray) -> float:
    """Median distance between neighbouring steps; 0.0 with fewer than two."""
    return median(np.diff(steps)) if steps.size > 1 else 0.0


def on_grid(
    metrics: Mapping[str, Series], names: Iterable[str], grid: FloatArray
) -> dict[str, FloatArray | float]:
    """Each named metric on ``grid``; a metric that was not logged is the scalar NaN."""
    placed: dict[str, FloatArray | float] = {}
    for name in names:
        series = metrics.get(name)
        placed[name] = float("nan") if series is None else place_on(series, grid)
    return placed


def place_on(series: Series, grid: FloatArray) -> FloatArray:
    """The values of a series on ``grid``: its own where the steps are equal, else carried forward."""
    if series.steps is grid or np.array_equal(series.steps, grid):
        return series.values
    return carry_forward(series, grid)


@dataclass(slots=True)
class Shared:
    """Grids, their later parts, and placed metrics; all of them are read only."""

    memo: Memo = field(default_factory=Memo)
    grids: list[FloatArray] = field(default_factory=list)
    parts: dict[tuple[int, int], FloatArray] = field(default_factory=dict)
    series: dict[tuple[str, int, int], FloatArray] = field(default_factory=dict)

    def grid(self, steps: FloatArray) -> FloatArray:
        """One and the same array for equal steps."""
        # Found by content, since each metric has a step array of its own even where a logger wrote them all
        # in one row. A run has a handful of grids, so a search is cheaper than hashing arrays.
        for known in self.grids:
            if known is steps or np.array_equal(known, steps):
                return known
        self.grids.append(steps)
        return steps

    def after(self, grid: FloatArray, first: int) -> FloatArray:
        """The points of a grid from the index ``first`` on."""
        key = (id(grid), first)
        # The memo knows arrays by identity: a fresh slice for each rule would make every result a new one.
        if key not in self.parts:
            self.parts[key] = grid[first:]
            self.memo.keep(self.parts[key])
        return self.parts[key]

    def placed(self, name: str, series: Series | None, grid: FloatArray, first: int) -> Value:
        """A metric on the points of a grid from ``first`` on; the number NaN when it was not logged."""
        if series is None:
            return float("nan")
        key = (name, id(grid), first)
        if key not in self.series:
            # Placed on the whole grid and then cut: carried forward over the cut, the first point after the
            # warm-up has a value.
            whole = place_on(series, grid) if first == 0 else self.placed(name, series, grid, 0)
            self.series[key] = np.asarray(whole)[first:]
            self.memo.keep(self.series[key])
        return self.series[key]
