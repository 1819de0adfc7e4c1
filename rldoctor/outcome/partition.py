"""Cutting a curve into stretches: optimal partitioning under AR(1) noise, for every autocorrelation at once.

A moving mean over 100 episodes and a random walk look like learning to any method that takes rows for
independent. So each stretch is a line (a level, when it is short) plus AR(1) noise, and the autocorrelation
is not estimated beforehand but profiled together with the cuts: "constant, with slow noise" and "stretches,
with quick noise" compete by the likelihood of what each row adds to the one before it. Whitening rows by an
AR(1) filter before cutting is Chakar, Lebarbier, Levy-Leduc, Robin 2017 ("A robust approach for estimating
change-points in the mean of an AR(1) process", Bernoulli 23:1408); the exact search for every number of
stretches is the segment neighbourhood of Auger and Lawrence 1989 (PELT prunes the same recursion, which
does not pay at 150 points).
"""

from __future__ import annotations

import numpy as np

from rldoctor.model.raw import FloatArray
from rldoctor.outcome.criteria import Criteria
from rldoctor.outcome.explanations import Model, penalty, variance, winsorised
from rldoctor.outcome.rows import Rows
from rldoctor.plain_data import dataclass


@dataclass(frozen=True, slots=True)
class Costs:
    """Residual sums of squares, shape (autocorrelations, end, start): of a stretch from start to end."""

    rhos: FloatArray
    stretch: FloatArray


def by_stretches(rows: Rows, rhos: FloatArray, criteria: Criteria) -> list[Model]:
    """Every number of stretches up to the most, with its best cuts and autocorrelation."""
    most = min(criteria.whole("stretches"), rows.size // criteria.whole("rows_per_stretch"))
    return _partitions(_costs(rows, rhos, criteria), rows, max(1, most), criteria)


def _costs(rows: Rows, rhos: FloatArray, criteria: Criteria) -> Costs:
    """Least squares of every stretch in closed form, from running sums of the whitened rows.

    The first row of a stretch has the stationary weight sqrt(1 - rho^2): with slow noise a stretch may start
    anywhere, with independent noise its first row is a row like any other.
    """
    value, one, time = (_whitened(column, rhos) for column in rows.columns())
    value = value[0], winsorised(value[1].T, rhos, criteria).T
    zz, zc, zd = (_sums(value, other) for other in (value, one, time))
    cc, cd, dd = _sums(one, one), _sums(one, time), _sums(time, time)
    level = zz - zc**2 / np.maximum(cc, 1e-12)
    determinant = np.maximum(cc * dd - cd**2, 1e-12)
    line = zz - (zc**2 * dd - 2 * zc * zd * cd + zd**2 * cc) / determinant
    length = _lengths(rows.size)
    stretch = np.where(length >= criteria.whole("line_rows"), line, level)
    stretch = np.where(length >= criteria.whole("shortest_rows"), np.maximum(stretch, 0.0), np.inf)
    return Costs(rhos, stretch)


def _whitened(column: FloatArray, rhos: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A column as first row of a stretch and as a later one, each shape (autocorrelations, rows)."""
    first = np.sqrt(1 - rhos**2)[:, None] * column
    later = np.zeros_like(first)
    later[:, 1:] = column[1:] - rhos[:, None] * column[:-1]
    return first, later


def _sums(a: tuple[FloatArray, FloatArray], b: tuple[FloatArray, FloatArray]) -> FloatArray:
    """Sum of products over every stretch, shape (autocorrelations, end, start)."""
    running = np.cumsum(a[1] * b[1], axis=1)
    return np.asarray(running[:, :, None] + (a[0] * b[0] - running)[:, None, :])


def _lengths(rows: int) -> FloatArray:
    """Rows of the stretch, shape (end, start); zero or less where the end lies before the start."""
    place = np.arange(rows)
    return np.asarray(place[:, None] - place[None, :] + 1)


def _partitions(costs: Costs, rows: Rows, most: int, criteria: Criteria) -> list[Model]:
    """The best cuts for one stretch, two, ..., ``most``, each with the autocorrelation that suits it best."""
    total = costs.stretch[:, :, 0]
    befores: list[np.ndarray] = []
    found = []
    for count in range(1, most + 1):
        if count > 1:
            joined = costs.stretch[:, :, 1:] + total[:, None, :-1]
            before = np.argmin(joined, axis=2)
            total = np.take_along_axis(joined, before[:, :, None], axis=2)[:, :, 0]
            befores.append(before + 1)
        found.append(_best(total[:, -1], costs, befores, rows, criteria))
    return found


def _best(
    total: FloatArray, costs: Costs, befores: list[np.ndarray], rows: Rows, criteria: Criteria
) -> Model:
    best = int(np.argmin(total))
    cuts, end = [], rows.size - 1
    for before in reversed(befores):
        cuts.append(int(before[best, end]))
        end = cuts[-1] - 1
    size = variance(float(total[best]), rows, 2 * len(befores) + 2)
    logs = criteria["slope_penalty"] + len(befores) * criteria["cut_penalty"]
    cost = rows.size * float(np.log(size)) + penalty(logs, rows.size, criteria)
    return Model((), (0, *reversed(cuts)), float(costs.rhos[best]), size, cost)
