"""From points as logged to a series with strictly increasing steps.

First the zeros that were never measured: placeholders some loggers write where there is nothing to say
(``real_points``). Taken for values they would be a collapse of the policy at every other step. Then the order
(``clean``): rules look at slopes and windows over steps, which mean nothing where steps repeat or go back.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from rldoctor.model.algorithms import matches
from rldoctor.model.raw import BoolArray, FloatArray, Note, RawSeries
from rldoctor.plain_data import dataclass
from rldoctor.vocabulary.naming import Mapped

if TYPE_CHECKING:
    from numpy.typing import NDArray


def real_points(one: Mapped, series: Sequence[RawSeries], notes: Sequence[Note], algorithm: str) -> BoolArray:
    """Mask of the points of ``one`` that were measured.

    Exact zeros are dropped where the table says the framework writes them as placeholders, where the reader
    recognised such a writer, or where a companion counter says that nothing happened. A series of zeros only
    is left alone: it may be real.
    """
    values = one.raw.values
    keep = np.ones(values.size, dtype=np.bool_)
    filled = any(note.code == "filled-zeros" and one.raw.tag in note.tags for note in notes)
    if filled or (one.rule.drop_zeros and matches(algorithm, one.rule.drop_zeros)):
        keep = values != 0.0
    elif one.rule.drop_zeros_if_empty:
        keep = _counted(one, series)
    elif one.rule.nan_if_empty:
        keep = ~_gaps(values)
    # Zeros only: a KL of exactly zero throughout is a finding, not a placeholder.
    return keep if keep.any() else np.ones(values.size, dtype=np.bool_)


def _gaps(values: FloatArray) -> BoolArray:
    """NaN that ends again: rows without an episode. One that stays for longer is a broken number."""
    nan: BoolArray = np.isnan(values)
    known = np.flatnonzero(~nan)
    if not known.size:
        return nan
    longest = int(np.max(np.diff(known), initial=1)) - 1
    last = int(known[-1])
    if values.size - 1 - last > longest + 1:
        nan[last + 1 :] = False
    return nan


def _counted(one: Mapped, series: Sequence[RawSeries]) -> BoolArray:
    """Points whose companion counter is not zero at the same step."""
    companion = next((other for other in series if other.tag == one.rule.drop_zeros_if_empty), None)
    if companion is None:
        return np.ones(one.raw.values.size, dtype=np.bool_)
    # At the same step, not in the same row: the counter may be written by another part of the program.
    empty = companion.steps[companion.values == 0]
    keep: BoolArray = ~(np.isin(one.raw.steps, empty) & (one.raw.values == 0.0))
    return keep


# One step may hold several episodes of these: equal steps are averaged; elsewhere the last point wins.
PER_EPISODE = frozenset(
    {"episode_return", "episode_length", "success_rate", "eval_return", "eval_success_rate"}
)

# A stretch that goes back and would displace this many times its own points is a stray write, not a restart.
_STRAY = 20
# Above this share of backward steps the points are simply not in order (parallel writers).
_UNORDERED = 0.05
_FEW = 3


@dataclass(frozen=True, slots=True)
class Points:
    """``steps``, ``values`` and ``wall`` (or None) of equal length."""

    steps: FloatArray
    values: FloatArray
    wall: FloatArray | None = None

    def in_order(self) -> bool:
        """Whether all steps are finite and rise strictly: then there is nothing to mend.

        NaN compares as false, and an infinity among rising steps can only stand at an end.
        """
        steps = self.steps
        if not steps.size:
            return True
        ends = math.isfinite(steps[0]) and math.isfinite(steps[-1])
        return ends and bool((steps[1:] > steps[:-1]).all())

    def take(self, where: BoolArray | NDArray[np.intp]) -> Points:
        """The points selected by a mask or by positions."""
        wall = None if self.wall is None else self.wall[where]
        return Points(self.steps[where], self.values[where], wall)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Clean points and what it took: ``superseded`` and ``stray`` points dropped, ``merged`` equal steps,
    ``unplaced`` points without a step, ``sorted_`` when the log was not in order."""

    points: Points
    superseded: int = 0
    stray: int = 0
    merged: int = 0
    unplaced: int = 0
    sorted_: bool = False


def clean(points: Points, *, average: bool) -> Cleaned:
    """Strictly increasing steps; NaN values stay.

    A stretch whose steps go back replaces what was logged from there on (a resumed run, as TensorBoard shows
    it), unless it is so short beside what it would displace that it can only be a stray write. When steps go
    back all the time the points are sorted instead. ``average``: equal steps are averaged (NaN skipped),
    otherwise the last point at a step is kept.
    """
    if points.in_order():
        return Cleaned(points)  # nearly every series of nearly every log: one comparison, no copy
    placed = points.take(np.isfinite(points.steps))
    unplaced = points.steps.size - placed.steps.size
    back = np.flatnonzero(np.diff(placed.steps) < 0) + 1
    if not back.size:
        merged = _merge(placed, average)
        return Cleaned(merged, 0, 0, placed.steps.size - merged.steps.size, unplaced)
    if back.size > max(_FEW, _UNORDERED * placed.steps.size):
        merged = _merge(placed.take(np.argsort(placed.steps, kind="stable")), average)
        return Cleaned(merged, 0, 0, placed.steps.size - merged.steps.size, unplaced, sorted_=True)
    keep, stray = _latest(placed.steps, back)
    kept = placed.take(keep)
    merged = _merge(kept, average)
    superseded = int((~keep).sum()) - stray
    return Cleaned(merged, superseded, stray, kept.steps.size - merged.steps.size, unplaced)


def _latest(steps: FloatArray, back: NDArray[np.intp]) -> tuple[BoolArray, int]:
    """Which points the later stretches leave standing, and how many stray points were dropped."""
    keep = np.zeros(steps.size, dtype=np.bool_)
    edges = [0, *(int(place) for place in back), steps.size]
    stray = 0
    # In the order of writing, as TensorBoard does it: a stretch wins over what stands at or behind its start.
    for start, end in pairwise(edges):
        standing = np.flatnonzero(keep)
        displaced = standing[steps[standing] > steps[start]]
        if displaced.size > _STRAY * (end - start):
            stray += end - start
            continue
        keep[displaced] = False
        keep[start:end] = True
    return keep, stray


def _merge(points: Points, average: bool) -> Points:
    """One point per step: the mean or the last."""
    if points.steps.size < 2:
        return points
    first = np.concatenate([[True], np.diff(points.steps) > 0])
    if bool(first.all()):
        return points
    starts = np.flatnonzero(first)
    ends = np.append(starts[1:], points.steps.size) - 1
    last = points.take(ends)
    if not average:
        return last
    return Points(last.steps, _means(points.values, starts, ends), last.wall)


def _means(values: FloatArray, starts: NDArray[np.intp], ends: NDArray[np.intp]) -> FloatArray:
    """Mean of each run of equal steps; NaN only where every value of the run is NaN."""
    # ``reduceat`` sums each run in one pass over the column.
    good = ~np.isnan(values)
    counts = np.add.reduceat(good.astype(np.float64), starts)
    sums = np.add.reduceat(np.where(good, values, 0.0), starts)
    single = starts == ends
    with np.errstate(invalid="ignore", divide="ignore"):
        means: FloatArray = np.where(single, values[starts], sums / counts)
    return means
