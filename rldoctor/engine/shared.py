"""What the rules need again and again of one run: grids, metrics placed on them, results of functions.

Rules with the same leading metric look at the same grid. Each metric is placed on it once, and because the
arrays are then the very same objects, so is each median or trend of it computed once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rldoctor.engine.grid import place_on
from rldoctor.language.evaluator import Value
from rldoctor.language.memo import Memo
from rldoctor.model.raw import FloatArray
from rldoctor.model.series import Series


@dataclass(slots=True)
class Shared:
    """Grids, their later parts, and placed metrics; all of them are read only."""

    memo: Memo = field(default_factory=Memo)
    grids: list[FloatArray] = field(default_factory=list)
    parts: dict[tuple[int, int], FloatArray] = field(default_factory=dict)
    series: dict[tuple[str, int, int], FloatArray] = field(default_factory=dict)

    def grid(self, steps: FloatArray) -> FloatArray:
        """One and the same array for equal steps."""
        for known in self.grids:
            if known is steps or np.array_equal(known, steps):
                return known
        self.grids.append(steps)
        return steps

    def after(self, grid: FloatArray, first: int) -> FloatArray:
        """The points of a grid from the index ``first`` on."""
        key = (id(grid), first)
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
            whole = place_on(series, grid) if first == 0 else self.placed(name, series, grid, 0)
            self.series[key] = np.asarray(whole)[first:]
            self.memo.keep(self.series[key])
        return self.series[key]
