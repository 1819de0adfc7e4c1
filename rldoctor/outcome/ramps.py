"""Explanations by few ramps: a level, a straight move, the next level.

A learner's curve is a ramp between two levels, a collapse a second one. That needs a third of the
parameters of three free stretches, and so finds changes in slow noise that the general search must leave
open. Ramps are chosen one after the other, each with the best that is left (orthogonal matching pursuit,
Pati et al. 1993), for every autocorrelation.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from rldoctor.model.arrays import distinct
from rldoctor.model.raw import FloatArray
from rldoctor.outcome.criteria import Criteria
from rldoctor.outcome.explanations import Model, penalty, ramp, variance, winsorised
from rldoctor.outcome.rows import Rows


def by_ramps(rows: Rows, rhos: FloatArray, criteria: Criteria) -> list[Model]:
    """The constant and the best one, two, ... ramps, each with the autocorrelation that suits it best."""
    pairs, basis = _candidates(rows.size, criteria.whole("ramp_places"))
    value, one, _ = rows.columns()
    scaled = basis / rows.spread
    left = winsorised(_whitened(value, rhos), rhos, criteria)
    level = _whitened(one, rhos)
    level = level / np.maximum(np.linalg.norm(level, axis=0), 1e-12)
    left = left - level * np.sum(level * left, axis=0)
    norms = _norms(scaled, rhos)
    room = norms - _against(scaled, level, rhos) ** 2
    chosen: list[list[int]] = [[] for _ in rhos]
    taken = [level]
    found = [_best(left, chosen, pairs, rows, rhos, criteria)]
    for _ in range(min(criteria.whole("ramps"), rows.size // criteria.whole("rows_per_stretch"))):
        score = np.where(
            room > 1e-6 * norms, _against(scaled, left, rhos) ** 2 / np.maximum(room, 1e-12), -1.0
        )
        picks = np.argmax(score, axis=0)
        column = _whitened_each(scaled[picks], rhos)
        for other in (*taken, *taken):  # twice: once leaves rounding errors where ramps are much alike
            column = column - other * np.sum(other * column, axis=0)
        column = column / np.maximum(np.linalg.norm(column, axis=0), 1e-12)
        taken.append(column)
        left = left - column * np.sum(column * left, axis=0)
        room = room - _against(scaled, column, rhos) ** 2
        chosen = [[*old, int(pick)] for old, pick in zip(chosen, picks, strict=True)]
        found.append(_best(left, chosen, pairs, rows, rhos, criteria))
    return found


@lru_cache(maxsize=64)
def _candidates(rows: int, places: int) -> tuple[list[tuple[int, int]], FloatArray]:
    """Every jump from one row to the next, and every ramp between two of some evenly spaced rows."""
    grid = distinct(np.linspace(0, rows - 1, min(places, rows)).round()).astype(int).tolist()
    jumps = {(place, place + 1) for place in range(rows - 2)}
    pairs = sorted(jumps | {(a, b) for i, a in enumerate(grid) for b in grid[i + 1 :] if b - a > 1})
    every = np.arange(rows, dtype=float)
    return pairs, np.stack([ramp(every, a, b) for a, b in pairs])


def _whitened(column: FloatArray, rhos: FloatArray) -> FloatArray:
    """What each row adds under AR(1) noise, shape (rows, autocorrelations)."""
    return _whitened_each(np.broadcast_to(column, (rhos.size, column.size)), rhos)


def _whitened_each(columns: FloatArray, rhos: FloatArray) -> FloatArray:
    added = np.array(columns.T, dtype=float)
    added[1:] -= rhos * columns.T[:-1]
    added[0] *= np.sqrt(1 - rhos**2)
    return added


def _against(basis: FloatArray, white: FloatArray, rhos: FloatArray) -> FloatArray:
    """Inner products of every whitened candidate with whitened columns, shape (candidates, autocorrelations).

    The whitening is applied to the few columns instead (its transpose), not to every candidate.
    """
    back = white.copy()
    back[0] *= np.sqrt(1 - rhos**2)
    back[:-1] -= rhos * white[1:]
    return np.asarray(basis @ back)


def _norms(basis: FloatArray, rhos: FloatArray) -> FloatArray:
    """Squared length of every whitened candidate, shape (candidates, autocorrelations)."""
    square = basis**2
    later, before = square[:, 1:].sum(axis=1), square[:, :-1].sum(axis=1)
    across = (basis[:, 1:] * basis[:, :-1]).sum(axis=1)
    first = square[:, 0]
    return np.asarray(
        (later[:, None] + first[:, None] * (1 - rhos**2))
        + rhos**2 * before[:, None]
        - 2 * rhos * across[:, None]
    )


def _best(
    left: FloatArray,
    chosen: list[list[int]],
    pairs: list[tuple[int, int]],
    rows: Rows,
    rhos: FloatArray,
    criteria: Criteria,
) -> Model:
    squares = np.sum(left**2, axis=0)
    best = int(np.argmin(squares))
    count = len(chosen[best])
    size = variance(float(squares[best]), rows, 1 + 2 * count)
    logs = criteria["change_penalty"] * (count > 0) + criteria["ramp_penalty"] * count
    cost = rows.size * float(np.log(size)) + penalty(logs, rows.size, criteria)
    ramps = tuple(sorted(pairs[place] for place in chosen[best]))
    return Model(ramps, (), float(rhos[best]), size, cost)
