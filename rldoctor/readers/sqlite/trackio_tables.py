"""The runs in a database of trackio: one row per ``log`` call, its metrics as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from rldoctor.model.raw import FloatArray, Note, RawRun, RawSeries, RawSetting
from rldoctor.readers.bounded_json import loads
from rldoctor.readers.config_files.flatten import TooManySettingsError, flatten
from rldoctor.readers.limits import SERIES
from rldoctor.readers.sqlite.opened import Database
from rldoctor.readers.sqlite.rows import Row, rows_of
from rldoctor.readers.wandb.history import numbers

_COLUMNS = ("run_id", "run_name", "step", "timestamp", "metrics")
# trackio's own entries of a configuration (``_Username``, ``_Created``, ``_Group``).
_OWN = "_"
STEP = "step"
_PLAIN = frozenset({float, int})
_Cells: TypeAlias = "dict[str, tuple[list[int], list[float]]]"


def read_trackio(database: Database, path: Path) -> list[RawRun]:
    """Every run in the order of its first row, its ``step`` a column on the row axis."""
    notes: list[Note] = []
    runs: dict[str, list[Row]] = {}
    for row in rows_of(database, "metrics", _COLUMNS, notes):
        # Versions before 0.6 tell runs apart by their names alone.
        runs.setdefault(str(row[1] or row[2]), []).append(row)
    configs = _configs(database, notes)
    found = [_run(run_id, rows, configs, path, notes) for run_id, rows in runs.items()]
    return [run for run in found if len(run.series) > 1]


def _run(run_id: str, rows: list[Row], configs: Mapping[str, Any], path: Path, notes: list[Note]) -> RawRun:
    run = RawRun("", path.parent, "trackio", notes=list(notes))
    name = str(rows[0][2])
    run.settings = _settings(configs.get(run_id, configs.get(name, {})), path.name)
    for key, value in (("id", run_id), ("name", name), ("project", path.stem)):
        run.settings.append(RawSetting(f"run.{key}", value, path.name))
    run.series = _series(rows, path.name, run.notes)
    return run


def _series(rows: list[Row], source: str, notes: list[Note]) -> list[RawSeries]:
    entries = _objects([row[5] for row in rows])
    for entry, row in zip(entries, rows, strict=True):
        if STEP not in entry and isinstance(row[3], int | float):
            entry[STEP] = row[3]
    other: set[str] = set()
    columns = _alike(entries) or _columns(entries, other)
    bad = sum(entry.keys() <= {STEP} for entry in entries)
    notes.extend(_notes(source, bad, other, columns))
    walls = np.array([_time(row[4]) for row in rows])
    return [
        RawSeries(
            tag,
            np.array(places, np.float64),
            _floats(values),
            walls[places],
            source=source,
            axis="row",
        )
        for tag, (places, values) in sorted(columns.items())
    ]


def _floats(values: list[float]) -> FloatArray:
    try:
        return np.array(values, np.float64)
    except OverflowError:  # a whole number that is no float
        return np.array([number for value in values for _, number in numbers("", value, set())])


def _alike(entries: Sequence[Mapping[str, Any]]) -> _Cells:
    """The columns of rows that hold plain numbers under the same names, as nearly all do; else nothing."""
    names = entries[0].keys()
    if len(names) > SERIES or any(entry.keys() != names for entry in entries):
        return {}
    places = list(range(len(entries)))
    columns = {name: (places, [entry[name] for entry in entries]) for name in names}
    plain = all(set(map(type, values)) <= _PLAIN for _, values in columns.values())
    return columns if plain else {}


def _columns(entries: Sequence[Mapping[str, Any]], other: set[str]) -> _Cells:
    """The columns of any rows; ``other`` takes the names of what is no number."""
    columns: _Cells = {}
    for place, entry in enumerate(entries):
        for key, value in entry.items():
            # Nearly every value is a plain number under a plain name.
            plain = type(value) in _PLAIN
            for tag, number in ((key, value),) if plain else numbers(str(key), value, other):
                # One more than are kept: whoever checks the runs then says that there are too many.
                if tag in columns or len(columns) <= SERIES:
                    places, values = columns.setdefault(tag, ([], []))
                    places.append(place)
                    values.append(number)
    return columns


def _notes(source: str, bad: int, other: set[str], columns: Mapping[str, object]) -> list[Note]:
    notes = []
    if bad:
        notes.append(
            Note("bad-lines", f"{source}: {bad} rows are no JSON object, skipped", "warning", lost=True)
        )
    if texts := sorted(other - set(columns)):
        text = f"{source}: no numbers, left out: {', '.join(texts[:6])}"
        notes.append(Note("text-column", text, tags=tuple(texts)))
    return notes


def _objects(cells: Sequence[Any]) -> list[dict[str, Any]]:
    """Each cell as ``_object`` reads it, parsed as one text where that gives as many objects."""
    try:
        texts = [cell.decode() if isinstance(cell, bytes) else str(cell) for cell in cells]
        entries = loads(f"[{','.join(texts)}]")
    except (ValueError, RecursionError):
        entries = []
    if len(entries) == len(cells) and all(type(entry) is dict for entry in entries):
        return list(entries)
    return [_object(cell) for cell in cells]


def _object(data: Any) -> dict[str, Any]:
    """A JSON object, which newer versions store as bytes; ``{}`` where it is none."""
    try:
        entry = loads(data.decode() if isinstance(data, bytes) else str(data))
    except (ValueError, RecursionError):
        return {}
    return entry if isinstance(entry, dict) else {}


def _time(text: Any) -> float:
    """Unix seconds of an ISO time; NaN where it is none."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except (TypeError, ValueError, OverflowError, OSError):
        return float("nan")


def _configs(database: Database, notes: list[Note]) -> dict[str, Any]:
    """Run (by its id, else by its name) -> configuration."""
    found: dict[str, Any] = {}
    for _, run_id, name, config in rows_of(database, "configs", ("run_id", "run_name", "config"), notes):
        found[str(run_id or name)] = _object(config)
    return found


def _settings(config: Mapping[str, Any], source: str) -> list[RawSetting]:
    own = {key: value for key, value in config.items() if not str(key).startswith(_OWN)}
    try:
        return flatten(own, lambda _: f"{source}:configs")
    except TooManySettingsError:
        return []
