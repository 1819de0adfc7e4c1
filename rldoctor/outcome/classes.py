"""The class of each drawn curve, by the levels of its stretches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rldoctor.model.outcome import OutcomeKind, OutcomeMeasure
from rldoctor.model.raw import BoolArray, FloatArray
from rldoctor.outcome.criteria import Criteria
from rldoctor.outcome.draws import Path
from rldoctor.plain_data import dataclass

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS = (
    OutcomeKind.RISING,
    OutcomeKind.KEPT,
    OutcomeKind.LOST,
    OutcomeKind.FELL,
    OutcomeKind.FLAT,
    OutcomeKind.SWINGING,
    OutcomeKind.SOLVED,
    OutcomeKind.EARLY,
)


@dataclass(frozen=True, slots=True)
class Changes:
    """What decides, each shape (draws,): levels, and what was gained, lost, and gained in the last part.

    ``base``: what the gain counts from.
    """

    start: FloatArray
    end: FloatArray
    best: FloatArray
    base: FloatArray
    gain: FloatArray
    loss: FloatArray
    late: FloatArray


def changes(path: Path, levels: FloatArray, measure: OutcomeMeasure, criteria: Criteria) -> Changes:
    """Start, end, best and their differences for drawn ``levels``, shape (nodes, draws).

    On the task's scale a gain counts from the random policy's score on: a broken start that became random
    has gained nothing, and a curve that starts far above it was learned before its first row. What does not
    exceed the do-nothing policy is no gain: it learned to stand still.
    """
    start, end = levels[0], levels[-1]
    best = np.maximum((path.held @ levels).max(axis=0), end)
    base = start
    if np.isfinite(measure.random):
        ahead = start - measure.random >= criteria["head_start"] * measure.unit
        base = np.where(ahead, measure.random, np.maximum(start, measure.random))
    gain = best - base
    if np.isfinite(measure.nothing):
        gain = np.where(best > measure.nothing, gain, 0.0)
    before = _at(path, levels, (1 - criteria["late"]) * (path.fitted.size - 1))
    return Changes(start, end, best, base, gain, best - end, end - before)


def _at(path: Path, levels: FloatArray, place: float) -> FloatArray:
    """Levels at a row number, on the line between the two nodes around it."""
    after = int(np.clip(np.searchsorted(path.places, place), 1, len(path.places) - 1))
    a, b = path.places[after - 1], path.places[after]
    share = 0.0 if b == a else float(np.clip((place - a) / (b - a), 0, 1))
    return np.asarray((1 - share) * levels[after - 1] + share * levels[after])


def classify(
    path: Path, levels: FloatArray, measure: OutcomeMeasure, criteria: Criteria, *, unfinished: bool = False
) -> NDArray[np.intp]:
    """Index into KINDS of each draw, shape (draws,).

    ``unfinished``: the run has not had the steps that were planned for it.
    """
    seen = changes(path, levels, measure, criteria)
    material, worse = measure.material, measure.worse
    # Nothing is material in a curve without noise unless it is a change at all.
    gained = (seen.gain >= material) & (seen.gain > 0)
    large = seen.loss >= np.maximum(worse, criteria["lost_share"] * seen.gain)
    # A gain that was enough to count is as much when it is gone.
    gone = seen.loss >= criteria["gone_share"] * seen.gain
    lost = gained & (large | gone) & (seen.loss > 0)
    rising = gained & (seen.late >= criteria["late_share"] * seen.gain)
    drop = seen.start - seen.end
    # A small gain before a large fall is no learning that was lost.
    small = seen.best - seen.start < criteria["lost_share"] * drop
    # Where a rise by as little of its level would be no learning, a fall is no loss of a task, either.
    fell = (drop >= max(worse, material)) & (drop > 0) & (~gained | small)
    found = {
        OutcomeKind.SWINGING: _swinging(path, levels, measure, criteria),
        OutcomeKind.FELL: fell,
        OutcomeKind.LOST: lost,
        OutcomeKind.SOLVED: _solved(path, levels, measure, criteria),
        OutcomeKind.RISING: rising,
        OutcomeKind.KEPT: gained,
        OutcomeKind.EARLY: _climbing(seen, measure, criteria, unfinished=unfinished)
        | _came_back(path, levels, measure),
    }
    order = [KINDS.index(kind) for kind in found]
    return np.select(list(found.values()), order, default=KINDS.index(OutcomeKind.FLAT))


def _climbing(seen: Changes, measure: OutcomeMeasure, criteria: Criteria, *, unfinished: bool) -> BoolArray:
    """Still rising, and not yet a gain: below the random or the do-nothing policy, or too small so far.

    A small rise is only excused while the run has steps left: of a whole run it is what was achieved.
    """
    rise = seen.best - seen.start
    enough = measure.material
    if unfinished:
        enough = min(enough, criteria["own_noise"] * measure.noise)
    return np.asarray((rise >= enough) & (rise > 0) & (seen.late >= criteria["late_share"] * rise))


def _came_back(path: Path, levels: FloatArray, measure: OutcomeMeasure) -> BoolArray:
    """Fell materially below the start and climbed back: not flat, and no gain over what it started with.

    What a random policy gets is not known here, so that the first rows, which hold a few episodes, may be
    far from it. On a known task the gain counts from its score on, and a return to it is nothing.
    """
    if np.isfinite(measure.random):
        return np.zeros(levels.shape[1], bool)
    lowest = (path.held @ levels).min(axis=0)
    depth = np.minimum(levels[0], levels[-1]) - lowest
    return np.asarray((depth >= measure.worse) & (depth > 0))


def _swinging(path: Path, levels: FloatArray, measure: OutcomeMeasure, criteria: Criteria) -> BoolArray:
    """Three material reversals or more and no trend.

    A reversal is a turn by more than the limit from the last extreme (a zigzag filter): the small steps of
    a long climb never are.
    """
    if len(levels) < criteria.whole("reversals") + 2:
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
        turned = down | up
        top, bottom = np.where(turned, level, top), np.where(turned, level, bottom)
    third = max(1, len(levels) // 3)
    net = np.abs(levels[-third:].mean(axis=0) - levels[:third].mean(axis=0))
    late = levels[_late(path, len(levels), criteria) :]
    # A curve that has come to rest does not swing: what it ended as is what is to be told.
    restless = np.ptp(late, axis=0) >= criteria["swing_share"] * span
    swings = (turns >= criteria["reversals"]) & (net < criteria["trend_share"] * span)
    return np.asarray(swings & restless & (span > 0))


def _late(path: Path, size: int, criteria: Criteria) -> int:
    """The last node before the late part of the curve; at least the last two are in it."""
    place = (1 - criteria["late"]) * (path.fitted.size - 1)
    before = int(np.searchsorted(path.places, place, side="right")) - 1
    return int(np.clip(before, 0, size - 2))


def _solved(path: Path, levels: FloatArray, measure: OutcomeMeasure, criteria: Criteria) -> BoolArray:
    """At the solved level from early on."""
    if np.isnan(measure.solved):
        return np.zeros(levels.shape[1], bool)
    late = path.places >= criteria["solved_from"] * (path.fitted.size - 1)
    late[-1] = True
    return np.asarray(np.all(levels[late] >= measure.solved, axis=0))
