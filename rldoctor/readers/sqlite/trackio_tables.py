"""The runs in a database of trackio: one row per ``log`` call, its metrics as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from rldoctor.model.raw import FloatArray, Note, RawRun, RawSeries, RawSetting
from rldoctor.readers.bounded_json import objects
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
# Metric -> the rows that have it, and its values.
_Columns: TypeAlias = "dict[str, tuple[np.ndarray[tuple[int], np.dtype[np.intp]], FloatArray]]"


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
    entries = objects([row[5] for row in rows])
    for entry, row in zip(entries, rows, strict=True):
        if STEP not in entry and type(row[3]) in _PLAIN:
            entry[STEP] = row[3]
    if not (columns := _alike(entries)):
        other: set[str] = set()
        columns = _columns(entries, other)
        bad = sum(entry.keys() <= {STEP} for entry in entries)
        notes.extend(_notes(source, bad, other, columns))
    walls = np.array(_times([row[4] for row in rows]))
    return [
        RawSeries(tag, places.astype(np.float64), values, walls[places], source=source, axis="row")
        for tag, (places, values) in sorted(columns.items())
    ]


def _floats(values: list[float]) -> FloatArray:
    try:
        return np.array(values, np.float64)
    except OverflowError:  # a whole number that is no float
        return np.array([number for value in values for _, number in numbers("", value, set())])


def _alike(entries: Sequence[Mapping[str, Any]]) -> _Columns:
    """The columns of rows that hold plain numbers under the same names, as nearly all do; else nothing."""
    names = sorted(entries[0])
    if not 1 < len(names) <= SERIES or any(len(entry) != len(names) for entry in entries):
        return {}
    try:
        cells = list(chain.from_iterable(map(itemgetter(*names), entries)))
        if not set(map(type, cells)) <= _PLAIN:
            return {}
        table = np.fromiter(cells, np.float64, len(cells)).reshape(-1, len(names)).T.copy()
    except (KeyError, OverflowError):
        return {}
    places = np.arange(len(entries))
    return {name: (places, values) for name, values in zip(names, table, strict=True)}


def _columns(entries: Sequence[Mapping[str, Any]], other: set[str]) -> _Columns:
    """The columns of any rows; ``other`` takes the names of what is no number."""
    columns: dict[str, tuple[list[int], list[float]]] = {}
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
    return {tag: (np.array(places), _floats(values)) for tag, (places, values) in columns.items()}


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


def _times(texts: list[Any]) -> list[float]:
    try:
        return [datetime.fromisoformat(text).timestamp() for text in texts]
    except (TypeError, ValueError, OverflowError, OSError):
        return [_time(text) for text in texts]


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
        found[str(run_id or name)] = objects([config])[0]
    return found


def _settings(config: Mapping[str, Any], source: str) -> list[RawSetting]:
    own = {key: value for key, value in config.items() if not str(key).startswith(_OWN)}
    try:
        return flatten(own, lambda _: f"{source}:configs")
    except TooManySettingsError:
        return []
