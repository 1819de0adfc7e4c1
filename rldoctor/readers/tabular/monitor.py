"""Monitor files: one row per finished episode, one file per environment, merged by absolute time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from pathlib import Path

import numpy as np

from rldoctor.errors import ReadError
from rldoctor.model.raw import BoolArray, FloatArray, Note, RawSeries, RawSetting
from rldoctor.plain_data import dataclass
from rldoctor.readers.bounded_json import loads
from rldoctor.readers.tabular.cells import Column
from rldoctor.readers.tabular.contents import Contents, contents
from rldoctor.readers.tabular.decode import read_text
from rldoctor.readers.tabular.table import parse_table

_Index = np.ndarray[tuple[int], np.dtype[np.intp]]

# A clock that falls below this share of the latest time was started anew; a smaller step back is two
# processes writing into one file.
_RESTART_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class _Dense:
    """One value per episode; ``there`` is False where a cell is missing or broken (not for a written NaN)."""

    values: FloatArray
    there: BoolArray


@dataclass(slots=True)
class _Part:
    """One monitor file: ``clock`` (seconds, never decreasing) and every column, per episode."""

    source: str
    start: float | None
    clock: FloatArray
    columns: dict[str, _Dense]
    notes: list[Note] = field(default_factory=list)
    settings: list[RawSetting] = field(default_factory=list)


def read_monitors(directory: Path, names: Sequence[str]) -> Contents:
    """All monitor files of a directory as one run.

    Episodes of all files are ordered by ``t_start + t`` (by ``t`` when a header has no start); the native
    step of an episode is the sum of all lengths up to and including it. Series are called ``monitor.csv:r``,
    ``:l``, ``:t`` and ``:<extra>``; a cell that is no number is left out and counted.
    """
    found = Contents(files=list(names))
    parts: list[_Part] = []
    for name in names:
        try:
            parts.append(_read_part(directory / name))
        except ReadError as error:
            found.notes.append(Note("unreadable-file", str(error), "warning", lost=True))
    if not parts:
        raise ReadError(found.notes[0].text if found.notes else f"{directory}: no monitor file")
    for part in parts:
        found.notes.extend(part.notes)
    found.settings = _agreed([setting for part in parts for setting in part.settings])
    found.series = _merged(parts, found.notes)
    return found


def _read_part(path: Path) -> _Part:
    text, notes = read_text(path)
    header, body, sections = _split(text)
    # numpy may only read the file itself where nothing was cut out of the middle of it.
    table = parse_table(body, path.name, path if sections <= 1 else None, sections)
    notes.extend(contents(table).notes)
    columns = {part.name: _dense(part, table.rows) for part in table.columns}
    for wanted in ("r", "l"):
        if wanted not in columns:
            raise ReadError(f"{path}: not a monitor file: no column '{wanted}'", hint="Expected r,l,t.")
    clock = _clock(columns["t"] if "t" in columns else _nothing(table.rows), path.name, notes)
    if sections > 1:
        notes.append(Note("monitor-restarted", f"{path.name}: {sections} headers, one per (re)start"))
    start = header.get("t_start")
    begin = _seconds(start)
    settings = [
        RawSetting(key, value, f"{path.name}:1")
        for key, value in header.items()
        # Baselines writes ``"env_id": null`` where the environment has no id.
        if key != "t_start" and value
    ]
    return _Part(path.name, begin, clock, columns, notes, settings)


def _seconds(start: object) -> float | None:
    """The time of the header as a number, where it is one."""
    try:
        return float(start) if isinstance(start, int | float) else None
    except OverflowError:
        return None


def _split(text: str) -> tuple[dict[str, object], str, int]:
    """The first JSON header, the table without any header line, and how many JSON headers there are."""
    if not text.startswith("#"):
        return {}, text, 0
    first, _, body = text.partition("\n")
    try:
        header = loads(first.lstrip("# "))
    except (ValueError, RecursionError):
        header = {}
    sections = 1
    if "\n#" in body:
        lines = body.split("\n")
        sections += sum(line.startswith("#") for line in lines)
        body = "\n".join(line for line in lines if not line.startswith("#"))
    return (header if isinstance(header, dict) else {}), body, sections


def _dense(part: Column, size: int) -> _Dense:
    full = _nothing(size)
    rows = part.rows.astype(np.intp)
    full.values[rows] = part.values
    full.there[rows] = True
    return full


def _nothing(size: int) -> _Dense:
    return _Dense(np.full(size, np.nan), np.zeros(size, dtype=np.bool_))


def _clock(column: _Dense, source: str, notes: list[Note]) -> FloatArray:
    """Times made non-decreasing in file order; a clock that starts anew continues after the old one."""
    clock = _filled_forward(column)
    peak = np.maximum.accumulate(clock) if clock.size else clock
    backwards = np.flatnonzero(clock[1:] < clock[:-1])
    if backwards.size == 0:
        return clock
    if bool((clock[backwards + 1] < _RESTART_SHARE * peak[backwards]).all()):
        notes.append(Note("monitor-restarted", f"{source}: the clock starts anew {backwards.size} times"))
        return _chained(clock, backwards + 1)
    text = (
        f"{source}: time goes backwards {backwards.size} times (two processes in one file?); file order kept"
    )
    notes.append(Note("monitor-clock", text, "warning", ("monitor.csv:t",)))
    # The running maximum, so that the order of the file outlives the merging of all files by time.
    return peak


def _filled_forward(column: _Dense) -> FloatArray:
    """The values with the last one before each gap put into it (0.0 at the start)."""
    # An episode with a broken time keeps its place: it ended after the one before it.
    good = column.there & np.isfinite(column.values)
    last = (
        np.maximum.accumulate(np.where(good, np.arange(good.size), -1)) if good.size else np.zeros(0, np.intp)
    )
    return np.where(last >= 0, column.values[last], 0.0)


def _chained(clock: FloatArray, starts: _Index) -> FloatArray:
    chained = clock.copy()
    for start in starts:
        chained[start:] += chained[start - 1]
    return chained


def _agreed(settings: list[RawSetting]) -> list[RawSetting]:
    """One setting per key and value, the first file's."""
    # Every environment of a training writes the same header; ``repr``, as a value may be a list.
    unique: dict[tuple[str, str], RawSetting] = {}
    for setting in settings:
        unique.setdefault((setting.key, repr(setting.value)), setting)
    return list(unique.values())


def _merged(parts: list[_Part], notes: list[Note]) -> list[RawSeries]:
    known = [part.start for part in parts if part.start is not None]
    # One file without a start would begin in 1970: then all are taken to have started together.
    absolute = len(known) == len(parts)
    origins = [part.start if absolute and part.start is not None else 0.0 for part in parts]
    clock = np.concatenate([part.clock + origin for part, origin in zip(parts, origins, strict=True)])
    # Stable: episodes that ended in the same instant stay in the order of their file.
    order = np.argsort(clock, kind="stable")
    lengths = _joined("l", parts, order)
    _note_lost(lengths, notes)
    # A length that cannot be read adds nothing; a NaN would make every later step one.
    steps = np.cumsum(np.where(lengths.there, lengths.values, 0.0))
    wall = clock[order] if absolute else None
    source = parts[0].source if len(parts) == 1 else f"{len(parts)} monitor files"
    names = dict.fromkeys(name for part in parts for name in part.columns)
    joined = {name: _joined(name, parts, order) for name in names}
    return [_series(name, cells, steps, wall, source) for name, cells in joined.items() if cells.there.any()]


def _joined(name: str, parts: list[_Part], order: _Index) -> _Dense:
    """One column of all files, in the order of time."""
    cells = [part.columns[name] if name in part.columns else _nothing(part.clock.size) for part in parts]
    values = np.concatenate([cell.values for cell in cells])[order]
    return _Dense(values, np.concatenate([cell.there for cell in cells])[order])


def _series(name: str, cells: _Dense, steps: FloatArray, wall: FloatArray | None, source: str) -> RawSeries:
    keep = cells.there
    times = None if wall is None else wall[keep]
    return RawSeries(f"monitor.csv:{name}", steps[keep], cells.values[keep], times, source=source)


def _note_lost(lengths: _Dense, notes: list[Note]) -> None:
    lost = int((~lengths.there).sum())
    if lost:
        text = f"monitor files: {lost} episodes have no readable length; the step axis is short by them"
        notes.append(Note("monitor-length", text, "warning", ("monitor.csv:l",), lost=True))


def looks_like_monitor(head: str) -> bool:
    """Whether the first lines are a monitor's: a JSON header or the columns r,l,t."""
    first = head.partition("\n")[0].strip()
    return (first.startswith("#") and "t_start" in first) or first.split(",")[:3] == ["r", "l", "t"]
