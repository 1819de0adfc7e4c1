"""The effective series of a run that was resumed: the one place that says which points count.

A run continued from a checkpoint logs some steps twice: once before the interruption, once after. The earlier
ones belong to a branch that training left; TensorBoard hides them, and so do we. For the files of one
resumed run, in chronological order, a point is an orphan, and dropped, when

* a ``SessionLog.START`` written later (same file or a later one) declares a step at or below the point's
  (torch and tensorboardX write it with ``purge_step=``; as in TensorBoard it holds for every tag); or
* in a later file the same tag goes on from a step at or below the point's.

The second holds tag by tag, because tags may count different things (steps, iterations, seconds). A tag
that starts again near its beginning while the run as a whole goes on (a stop-watch that restarts with the
process) loses nothing: it is kept as logged, with a note. Within one file without START nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

import numpy as np

from rldoctor.model.raw import Note, RawSeries
from rldoctor.plain_data import dataclass
from rldoctor.readers.tensorboard.eventfile import EventFile, ScalarColumns
from rldoctor.readers.tensorboard.extent import Relation, extent_of, relate

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(slots=True)
class Effective:
    """Series of a run; ``orphans``: dropped points by tag, ``restarted``: tags with a clock of their own."""

    series: list[RawSeries] = field(default_factory=list)
    orphans: dict[str, int] = field(default_factory=dict)
    restarted: list[str] = field(default_factory=list)

    def notes(self) -> Iterator[Note]:
        """What was dropped and what was kept in spite of going back."""
        if self.orphans:
            total, tags = sum(self.orphans.values()), tuple(sorted(self.orphans))
            text = (
                f"{total} points of {len(tags)} series lie at or after the step of a later restart; dropped"
            )
            yield Note("orphaned-points", text, tags=tags)
        if self.restarted:
            text = f"{len(self.restarted)} series start again in a later file while the run goes on; all kept"
            yield Note("series-restart", text, tags=tuple(sorted(self.restarted)))


def effective_series(files: Sequence[EventFile]) -> Effective:
    """Join the files of one run, given in chronological order; they give up their scalars (memory)."""
    out = Effective()
    tags = dict.fromkeys(tag for file in files for tag in file.scalars)
    for tag in tags:
        columns = [file.scalars.pop(tag, None) for file in files]
        limits = _limits(out, tag, columns, files)
        kept = [
            _survivors(part, file, limit)
            for part, file, limit in zip(columns, files, limits, strict=True)
            if part is not None
        ]
        dropped = sum(map(len, (part for part in columns if part is not None))) - sum(map(len, kept))
        if dropped:
            out.orphans[tag] = dropped
        source = ", ".join(
            file.path.name for file, part in zip(files, columns, strict=True) if part is not None
        )
        out.series.append(_series(tag, kept, source))
    return out


def _limits(
    out: Effective, tag: str, columns: Sequence[ScalarColumns | None], files: Sequence[EventFile]
) -> list[float]:
    """Per file, the lowest step at which a later file takes over; infinity where none does."""
    limits: list[float] = []
    lowest = np.inf
    later: ScalarColumns | None = None
    restarted = False
    # Backwards: what counts for a file is the lowest step at which any later one goes on.
    for part, file in zip(reversed(columns), reversed(files), strict=True):
        if part is not None and later is not None:
            relation = relate(extent_of(part), extent_of(later))
            restarted |= relation is Relation.RESTARTS
            if relation is Relation.CONTINUES:
                lowest = min(lowest, float(later.steps[0]))
        limits.append(lowest)
        later = later if part is None else part
        # After the file's own limit: what its session starts void within the file is for ``_alive`` to tell.
        lowest = min([lowest, *(float(start.step) for start in file.starts)])
    if restarted:
        out.restarted.append(tag)
    return limits[::-1]


def _survivors(part: ScalarColumns, file: EventFile, limit: float) -> ScalarColumns:
    """The points that count; ``part`` itself, not a copy, where no restart touches it."""
    if limit == np.inf and not file.starts:
        return part
    alive = _alive(part, file, limit)
    return part if bool(alive.all()) else part.select(alive)


def _alive(part: ScalarColumns, file: EventFile, limit: float) -> NDArray[np.bool_]:
    """Which points of a file survive later files' ``limit`` and its own session starts."""
    alive: NDArray[np.bool_] = part.steps < limit
    for start in file.starts:
        alive &= (part.records > start.record) | (part.steps < start.step)
    return alive


def _series(tag: str, parts: Sequence[ScalarColumns], source: str) -> RawSeries:
    """One series of the parts that are left."""
    if len(parts) == 1:
        part = parts[0]
        return RawSeries(tag, part.steps.astype(np.float64), part.values, part.wall, source=source)
    steps = np.concatenate([part.steps for part in parts]).astype(np.float64)
    values = np.concatenate([part.values for part in parts])
    wall = np.concatenate([part.wall for part in parts])
    return RawSeries(tag, steps, values, wall, source=source)
