"""What the curve could have been: a block bootstrap of the levels of one explanation.

The residuals are whitened by the autocorrelation of the explanation, drawn in blocks (what autocorrelation is
left stays in them; Kuensch 1989), coloured again, and added to the fitted curve; then every stretch is fitted
again (the sieve bootstrap of Buehlmann 1997 with the blocks of the older method). All of that is linear, so
that a draw costs one column of a matrix product.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from rldoctor.model.raw import FloatArray
from rldoctor.outcome.criteria import Criteria
from rldoctor.outcome.explanations import Model
from rldoctor.outcome.lots import Lots
from rldoctor.outcome.rows import Rows
from rldoctor.plain_data import dataclass

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Path:
    """The fitted curve of a model at its nodes, the two ends of each stretch.

    ``places`` (nodes,): row numbers. ``levels`` (nodes,) and ``drawn`` (nodes, draws). ``fitted`` (rows,).
    ``noise``: standard deviation of a row around it. ``held`` (times, nodes): mean
    levels of overlapping parts of the curve.
    """

    places: FloatArray
    levels: FloatArray
    drawn: FloatArray
    fitted: FloatArray
    noise: float
    held: FloatArray


def draw(rows: Rows, model: Model, criteria: Criteria) -> Path:
    """The levels of a model and what else they could have been."""
    places, hat, nodes = _operators(rows, model, criteria)
    fitted = hat @ rows.values
    residual = (rows.values - fitted) / rows.spread
    colour = colouring(rows.size, model.rho)
    steps = _resampled(_whitened(residual, model), rows, model, criteria)
    moved = ((nodes * rows.spread) @ colour) @ steps
    levels = nodes @ rows.values
    noise = _noise(residual, model, rows)
    return Path(places, levels, levels[:, None] + moved, fitted, noise, _held(places, rows.size, criteria))


def _held(places: FloatArray, rows: int, criteria: Criteria) -> FloatArray:
    """The matrix from nodes to levels that were held for a while, shape (times, nodes).

    Each is the mean of the fitted curve over a part of the rows: a level that lasted shorter is none. The
    parts overlap by half.
    """
    width = max(1.0, criteria["held"] * rows)
    starts = np.arange(0, max(rows - width, 0) + 1e-9, width / 2)
    inside = starts[:, None] + np.linspace(0, width - 1, 5)[None, :]
    after = np.clip(np.searchsorted(places, inside, side="right"), 1, len(places) - 1)
    gap = places[after] - places[after - 1]
    share = np.clip((inside - places[after - 1]) / np.where(gap > 0, gap, 1.0), 0.0, 1.0)
    held = np.zeros((len(starts), len(places)))
    lines = np.broadcast_to(np.arange(len(starts))[:, None], inside.shape)
    np.add.at(held, (lines, after), share / inside.shape[1])
    np.add.at(held, (lines, after - 1), (1 - share) / inside.shape[1])
    return held


def unmoved(rows: Rows) -> Path:
    """The path of a curve without an explanation (constant, or too short): first and last value, no noise."""
    ends = rows.values[[0, -1]] if rows.size else np.zeros(0)
    places = np.array([0.0, max(rows.size - 1.0, 0.0)])
    return Path(places, ends, ends[:, None], rows.values, 0.0, np.eye(2))


def _operators(rows: Rows, model: Model, criteria: Criteria) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Row numbers of the nodes; weighted least squares as matrices: rows by rows, nodes by rows.

    Not generalised least squares, although the noise is autocorrelated: under slow noise that fits the
    moves and leaves the levels anywhere, and a report must show levels that lie on the curve.
    """
    n = rows.size
    design = model.design(np.arange(n, dtype=float), n, criteria)
    places = model.nodes(n, criteria)
    solve = np.linalg.pinv(design / rows.spread[:, None]) / rows.spread
    return places, design @ solve, model.design(places, n, criteria) @ solve


def _whitened(residual: FloatArray, model: Model) -> FloatArray:
    """What each row adds to the one before it; a stretch starts anew, with a stationary start's weight."""
    added = residual.copy()
    added[1:] -= model.rho * residual[:-1]
    first = np.array(model.cuts or (0,))
    added[first] = residual[first] * np.sqrt(1 - model.rho**2)
    return added


def _resampled(added: FloatArray, rows: Rows, model: Model, criteria: Criteria) -> FloatArray:
    """Blocks of what rows add, shape (rows, draws), with the variance of the model."""
    places, signs = _lots(rows.size, criteria.whole("draws"), min(criteria.whole("block"), rows.size))
    centred = added - added.mean()
    scale = max(1.0, float(np.sqrt(model.variance / max(float(np.mean(centred**2)), 1e-300))))
    return np.asarray((centred * scale)[places] * signs)


@lru_cache(maxsize=32)
def _lots(rows: int, draws: int, block: int) -> tuple[NDArray[np.intp], FloatArray]:
    """Row numbers in blocks, shape (rows, draws), and a sign for each draw; the same for equal lengths."""
    lots, blocks = Lots(), -(-rows // block)
    starts = np.array(lots.integers(rows, blocks * draws)).reshape(blocks, 1, draws)
    places = (starts + np.arange(block)[None, :, None]).reshape(-1, draws)[:rows] % rows
    signs = 2.0 * np.array([lots.integers(2, draws)]) - 1.0
    return np.asarray(places, dtype=np.intp), signs


@lru_cache(maxsize=32)
def colouring(rows: int, rho: float) -> FloatArray:
    """The matrix that turns what rows add into AR(1) noise, shape (rows, rows); the first is stationary."""
    place = np.arange(rows)
    gap = place[:, None] - place[None, :]
    colour = np.tril((rho ** place.astype(float))[np.abs(gap)])
    colour[:, 0] /= np.sqrt(1 - rho**2)
    return np.asarray(colour)


def _noise(residual: FloatArray, model: Model, rows: Rows) -> float:
    """Standard deviation of a row: of the residuals, or what slow noise comes to in the long run.

    A short piece of slow noise has not shown how far it goes.
    """
    return float(np.sqrt(max(float(np.mean(residual**2)), model.variance / (1 - model.rho**2))))
