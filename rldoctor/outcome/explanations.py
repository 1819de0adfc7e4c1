"""What could explain a curve: noise alone, a few ramps, or stretches; each weighed by its likelihood."""

from __future__ import annotations

import numpy as np

from rldoctor.model.arrays import medians
from rldoctor.model.raw import FloatArray
from rldoctor.outcome.criteria import Criteria
from rldoctor.outcome.rows import Rows
from rldoctor.plain_data import dataclass

# Below this share of the range of a curve nothing counts as noise: a curve without any would weigh
# infinitely.
_QUIET = 1e-3
# So many rows before and after one are what it is held against.
_NEAR = 8


@dataclass(frozen=True, slots=True)
class Model:
    """One explanation of a curve.

    ``ramps``: pairs of row numbers between which the level moves in a straight line from one constant to
    the next. ``cuts``: first rows of stretches, each a line of its own (a level, when it is shorter than
    ``line_rows``). A constant has neither. ``rho``: autocorrelation of the noise from row to row,
    ``variance`` that of what a row adds to it. ``cost``: penalised -2 log likelihood, lower is better.
    """

    ramps: tuple[tuple[int, int], ...]
    cuts: tuple[int, ...]
    rho: float
    variance: float
    cost: float

    @property
    def constant(self) -> bool:
        """Whether this is the explanation without any change."""
        return not self.ramps and not self.cuts

    def lines(self, rows: int, criteria: Criteria) -> list[tuple[int, int, bool]]:
        """First row, row after the last, and whether it has a slope, of each stretch."""
        ends = [*self.cuts[1:], rows]
        return [(a, b, b - a >= criteria.whole("line_rows")) for a, b in zip(self.cuts, ends, strict=True)]

    def design(self, places: FloatArray, rows: int, criteria: Criteria) -> FloatArray:
        """The columns of the regression at row numbers, shape (places, columns)."""
        if not self.cuts:
            return np.stack([np.ones(len(places)), *(ramp(places, a, b) for a, b in self.ramps)], axis=1)
        columns = []
        for start, end, sloped in self.lines(rows, criteria):
            inside = ((places >= start - 0.5) & (places < end - 0.5)).astype(float)
            columns.append(inside)
            if sloped:
                columns.append(inside * (places - (start + end - 1) / 2) / (end - start))
        return np.stack(columns, axis=1)

    def nodes(self, rows: int, criteria: Criteria) -> FloatArray:
        """Row numbers at which the fitted curve turns, and its ends.

        The ends of a stretch are read a little inside it: a line is surest in its middle, and what its last
        row says is half that row's noise.
        """
        inset = 0.5 * criteria["ends"] * rows
        if not self.cuts:
            turns = {0, rows - 1, *(place for pair in self.ramps for place in pair)}
            return np.array(sorted(turns), dtype=float)
        places = []
        for start, end, _ in self.lines(rows, criteria):
            inside = min(inset, 0.25 * (end - 1 - start))
            places += [start + inside, end - 1 - inside]
        return np.array(places)


def ramp(places: FloatArray, start: float, end: float) -> FloatArray:
    """0 up to ``start``, 1 from ``end`` on, a straight line between."""
    return np.clip((places - start) / (end - start), 0.0, 1.0)


def penalty(logs: float, rows: int, criteria: Criteria) -> float:
    """What -2 log likelihood must improve by, from a number of log(rows).

    More for few rows, whose best cuts fit noise (as AICc does it, only by simulation).
    """
    return logs * (1 + criteria["few_rows"] / rows) * float(np.log(max(rows, 8)))


def variance(residual: float, rows: Rows, fitted: int) -> float:
    """Variance of what a row adds; the parameters that were fitted are paid for, which matters for few rows.

    Rounded values (0 and 1, whole returns) have the noise of rounding at least (step^2 / 12), or a few
    equal rows in a row would weigh infinitely.
    """
    floor = (_QUIET * rows.range) ** 2 + rows.rounding**2 / 12
    return max(residual, 0.0) / max(rows.size - fitted, 1) + floor


def winsorised(added: FloatArray, rhos: FloatArray, criteria: Criteria) -> FloatArray:
    """What rows add, shape (rows, autocorrelations), without outliers where the noise is slow.

    One outlying episode moves a moving mean up, and down again when it leaves the window: two steps beyond
    any normal noise. Under slow noise a row that stands out alone therefore counts for a few standard
    deviations of the rows around it at most; a change that takes several rows, or a part that is noisy,
    keeps all of it. Under quick noise outliers were dealt with as rows, and a step is a step.
    """
    square = added**2
    near = _NEAR if added.shape[0] > 3 * _NEAR else max(2, added.shape[0] // 4)
    running = np.vstack([np.zeros((1, square.shape[1])), np.cumsum(square, axis=0)])
    place = np.arange(added.shape[0])
    first, last = np.maximum(place - near, 0), np.minimum(place + near + 1, added.shape[0])
    around = (running[last] - running[first] - square) / (last - first - 1)[:, None]
    usual = 1.4826 * medians(np.abs(added))
    limit = criteria["spike"] * np.maximum(usual, np.sqrt(np.maximum(around, 0.0)))
    limit = np.where((rhos >= criteria["slow_noise"]) & (limit > 0), limit, np.inf)
    return np.clip(added, -limit, limit)
