"""The class of each drawn curve, by the levels of its stretches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rldoctor.model.outcome import Kind, Measure
from rldoctor.model.raw import FloatArray
from rldoctor.outcome.criteria import Criteria
from rldoctor.outcome.draws import Path

KINDS = (Kind.RISING, Kind.KEPT, Kind.LOST, Kind.FELL, Kind.FLAT, Kind.SWINGING, Kind.SOLVED)


@dataclass(frozen=True, slots=True)
class Changes:
    """What decides, each shape (draws,): levels and how much was gained, lost, gained late."""

    start: FloatArray
    end: FloatArray
    best: FloatArray
    gain: FloatArray
    loss: FloatArray
    late: FloatArray


def changes(path: Path, levels: FloatArray, measure: Measure, criteria: Criteria) -> Changes:
    """Start, end, best and their differences for drawn ``levels``, shape (nodes, draws).

    On the task's scale a gain counts from the better of the random and the do-nothing policy on: a policy that
    learned to stand still has gained nothing, and one that was learned before the first row has.
    """
    start, end = levels[0], levels[-1]
    best = np.maximum((path.held @ levels).max(axis=0), end)
    gain = best - (start if np.isnan(measure.random) else measure.random)
    gain = np.where(best > measure.nothing, gain, 0.0) if measure.nothing == measure.nothing else gain
    n = path.fitted.size
    late_place = (1 - criteria["late"]) * (n - 1)
    before = _at(path, levels, late_place)
    return Changes(start, end, best, gain, best - end, end - before)


def _at(path: Path, levels: FloatArray, place: float) -> FloatArray:
    """Levels at a row number, between the two nodes around it."""
    after = int(np.clip(np.searchsorted(path.places, place), 1, len(path.places) - 1))
    a, b = path.places[after - 1], path.places[after]
    share = 0.0 if b == a else float(np.clip((place - a) / (b - a), 0, 1))
    return np.asarray((1 - share) * levels[after - 1] + share * levels[after])


def classify(path: Path, levels: FloatArray, measure: Measure, criteria: Criteria) -> np.ndarray:
    """Index into KINDS of each draw, shape (draws,)."""
    seen = changes(path, levels, measure, criteria)
    material = measure.material
    gained = seen.gain >= material
    lost = gained & (seen.loss >= np.maximum(material, criteria["lost_share"] * seen.gain))
    rising = gained & ~lost & (seen.late >= np.maximum(0.5 * material, criteria["late_share"] * seen.gain))
    drop = seen.start - seen.end
    fell = (drop >= material) & (~gained | (seen.best - seen.start < criteria["lost_share"] * drop))
    picked = [rising, gained & ~lost, lost]
    kinds = np.select(picked, [0, 1, 2], default=4)
    kinds = np.where(fell, 3, kinds)
    kinds = np.where(_swinging(levels, measure, criteria), 5, kinds)
    return np.where(_solved(path, levels, measure, criteria) & ~lost & ~fell, 6, kinds)


def _swinging(levels: FloatArray, measure: Measure, criteria: Criteria) -> np.ndarray:
    """Three material reversals or more and no trend.

    A reversal is a turn by more than the limit from the last extreme (the zigzag of a chart): small steps of a
    long climb never are.
    """
    if len(levels) < 2 * criteria["reversals"]:
        return np.zeros(levels.shape[1], bool)
    span = np.ptp(levels, axis=0)
    limit = np.maximum(measure.material, criteria["swing_share"] * span)
    top, bottom = levels[0].copy(), levels[0].copy()
    direction, turns = np.zeros(levels.shape[1]), np.zeros(levels.shape[1])
    for level in levels[1:]:
        top, bottom = np.maximum(top, level), np.minimum(bottom, level)
        down = (direction >= 0) & (top - level >= limit)
        up = (direction <= 0) & (level - bottom >= limit) & ~down
        turns += (down & (direction > 0)) | (up & (direction < 0))
        direction = np.where(down, -1, np.where(up, 1, direction))
        bottom, top = np.where(down | (direction > 0) & up, level, bottom), np.where(up | down, level, top)
    third = max(1, len(levels) // 3)
    net = np.abs(levels[-third:].mean(axis=0) - levels[:third].mean(axis=0))
    return (turns >= criteria["reversals"]) & (net < criteria["trend_share"] * span)


def _solved(path: Path, levels: FloatArray, measure: Measure, criteria: Criteria) -> np.ndarray:
    """At the solved level from early on."""
    if np.isnan(measure.solved):
        return np.zeros(levels.shape[1], bool)
    from_here = path.places >= criteria["solved_from"] * (path.fitted.size - 1)
    from_here[-1] = True
    return np.asarray(np.all(levels[from_here] >= measure.solved, axis=0))
