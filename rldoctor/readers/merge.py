"""The sources found in one directory made into runs, and which of several runs a table belongs to.

Event files are the runs; a table beside them is joined to the one it describes (``belongs_to``) or, where
that cannot be told, stays a run of its own with a warning: a table joined to the wrong run would give it
another run's outcome, which is worse than showing it twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import field

import numpy as np

from rldoctor.model.raw import Note, RawRun, RawSeries
from rldoctor.plain_data import dataclass
from rldoctor.readers.axes import is_axis, last_step, wall_range

# Both sources write one point per dump; one with this many times the points covers more of the training.
_LONGER = 1.2
_RLLIB = ("result.json", "progress.csv")


@dataclass(slots=True)
class Sources:
    """What the readers found in one directory.

    ``logs``: runs on native steps (event files). ``own``: tables that are the directory's run (id ``""``).
    ``free``: other tables, a run each. ``stores``: runs of repositories, which may mirror any run of the tree
    (``twins``) and are not merged here.
    """

    logs: list[RawRun] = field(default_factory=list)
    own: list[RawRun] = field(default_factory=list)
    free: list[RawRun] = field(default_factory=list)
    stores: list[RawRun] = field(default_factory=list)

    def merged(self) -> list[RawRun]:
        """The directory's own runs: one where the sources are one run, several where they are not."""
        runs = list(self.logs)
        for table in self.own:
            runs = _placed(table, runs)
        # Counted once, not per table: a folder of 5,000 tables would compare 25 million pairs of headers.
        shapes = Counter(map(_shape, self.free))
        for table in self.free:
            lone = shapes[_shape(table)] == 1 and bool(self.logs or self.own)
            runs = _placed_free(table, runs, self.free, lone)
        return runs


def _placed(table: RawRun, runs: list[RawRun]) -> list[RawRun]:
    """A well-known table joined to the log beside it, or to the one of several it fits."""
    if len(runs) == 1:
        return [join(runs[0], table, "lies in the same directory")]
    fit = belongs_to(table, runs)
    if fit is not None:
        run, why = fit
        return [join(part, table, why) if part is run else part for part in runs]
    if runs:
        text = f"{_files(table)}: cannot tell which of {len(runs)} runs in this directory it belongs to"
        table.notes.append(Note("not-attached", text, "warning"))
    return [*runs, table]


def _placed_free(table: RawRun, runs: list[RawRun], free: Sequence[RawRun], lone: bool) -> list[RawRun]:
    """Tables of one shape are seeds, a run each; a ``lone`` one beside a run is part of it."""
    if lone and table.format != "monitor":
        hosts = [run for run in runs if run not in free]
        if any(_another(table, host) for host in hosts):
            return [*runs, table]
        if len(hosts) == 1 or belongs_to(table, hosts) is not None:
            return _placed(table, hosts) + [run for run in runs if run in free]
    runs.append(table)
    return runs


def _another(table: RawRun, host: RawRun) -> bool:
    """Whether a table holds mostly metrics of a run with other numbers: the same training a second time."""
    logged = {plain_tag(part.tag): part for part in host.series}
    # Counters are the same in every run of one program, and prove nothing.
    pairs = [(part, logged.get(part.tag)) for part in table.series if not is_axis(part.tag)]
    both = [_share(part, other) for part, other in pairs if other is not None and part.values.size]
    return 2 * len(both) >= len(pairs) > 0 and sum(both) < _SAME_VALUES * len(both)


def _shape(run: RawRun) -> tuple[str, ...]:
    return tuple(part.tag for part in run.series)


def join(run: RawRun, table: RawRun, why: str) -> RawRun:
    """``run`` with what only ``table`` has; RLlib's tables are the fuller source and keep their columns."""
    if _ray(run) and any(name in _RLLIB for name in table.files):
        return _joined(table, run, run.id, why)
    return _joined(run, table, run.id, why)


def _joined(first: RawRun, second: RawRun, name: str, why: str) -> RawRun:
    have = {plain_tag(part.tag): part for part in first.series}
    _note_longer(first, second, have)
    fresh = [part for part in second.series if plain_tag(part.tag) not in have]
    kept = _with_axes(fresh, second.series)
    first.series.extend(kept)
    first.settings.extend(second.settings)
    first.notes.extend(second.notes)
    first.files.extend(second.files)
    doubles = len(second.series) - len(kept)
    text = f"{_files(second)} {why}: {len(fresh)} more metrics, {doubles} the same as in {first.format}"
    first.notes.append(Note("merged-sources", text))
    first.id, first.format = name, f"{first.format} + {second.format}"
    return first


def _note_longer(first: RawRun, second: RawRun, have: dict[str, RawSeries]) -> None:
    """Warn when the source that is not used for a metric holds clearly more of it."""
    longer = [
        part.tag
        for part in second.series
        if (kept := have.get(plain_tag(part.tag))) is not None
        and part.values.size > _LONGER * kept.values.size
    ]
    if longer:
        text = (
            f"{_files(second)} has clearly more rows of {', '.join(longer[:3])} than {first.format}, not used"
        )
        first.notes.append(Note("longer-table", text, "warning", tuple(longer)))


def _with_axes(fresh: list[RawSeries], series: Sequence[RawSeries]) -> list[RawSeries]:
    """The fresh columns of each table with its axis columns, without which their rows mean nothing."""
    tables = {part.source for part in fresh if part.axis == "row" and not is_axis(part.tag)}
    chosen = {id(part) for part in fresh if part.axis == "step" or part.source in tables}
    axes = {id(part) for part in series if part.axis == "row" and part.source in tables and is_axis(part.tag)}
    return [part for part in series if id(part) in chosen | axes]


def _ray(run: RawRun) -> bool:
    return any(plain_tag(part.tag) != part.tag for part in run.series)


def _files(run: RawRun) -> str:
    names = sorted(run.files)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more files" if len(names) > 3 else "")


_RAY = "ray/tune/"
# Share of a table's numbers that a log must hold to be its twin; identical counters alone stay below.
_SAME_VALUES = 0.5
_SAME_LENGTH = 0.02


def plain_tag(tag: str) -> str:
    """The tag without the prefix Ray puts before what it also writes into its tables."""
    return tag.removeprefix(_RAY)


def belongs_to(table: RawRun, runs: Sequence[RawRun]) -> tuple[RawRun, str] | None:
    """The run a table belongs to and why, or None when that cannot be told.

    Tried in order: the same numbers under the same tags, overlapping times, the same last step. A tie decides
    nothing.
    """
    # Surest first. Times overlap for runs that were started side by side, ends agree for runs of one length.
    return (
        _best(runs, [_shared_values(table, run) for run in runs], _SAME_VALUES, "has the same values")
        or _best(runs, [overlap(table, run) for run in runs], 0.0, "covers the same time")
        or _best(runs, [_same_end(table, run) for run in runs], 0.0, "ends at the same step")
    )


def _best(
    runs: Sequence[RawRun], scores: Sequence[float], least: float, why: str
) -> tuple[RawRun, str] | None:
    ranked = sorted(range(len(runs)), key=lambda i: -scores[i])
    if not ranked or scores[ranked[0]] <= least:
        return None
    if len(ranked) > 1 and scores[ranked[1]] >= scores[ranked[0]]:
        return None  # a tie: two seeds of one script, and nothing to tell them apart
    return runs[ranked[0]], why


def _shared_values(table: RawRun, run: RawRun) -> float:
    """Mean over the common tags of the share of the table's values that the run has too (float32)."""
    logged = {plain_tag(part.tag): part for part in run.series}
    shares = [
        _share(part, logged[part.tag]) for part in table.series if part.tag in logged and part.values.size
    ]
    return float(np.mean(shares)) if shares else 0.0


def _share(one: RawSeries, other: RawSeries) -> float:
    # Event files mostly hold 32 bits of a number, tables all of its digits.
    return float(np.isin(one.values.astype(np.float32), other.values.astype(np.float32)).mean())


def overlap(table: RawRun, run: RawRun) -> float:
    """Seconds during which both were written."""
    first, second = wall_range(table), wall_range(run)
    if first is None or second is None:
        return 0.0
    return min(first[1], second[1]) - max(first[0], second[0])


def _same_end(table: RawRun, run: RawRun) -> float:
    """1 for the same last step, falling to 0 at 2 % difference."""
    first, second = last_step(table), last_step(run)
    if not first or not second:
        return 0.0
    return 1.0 - abs(first - second) / max(first, second) / _SAME_LENGTH
