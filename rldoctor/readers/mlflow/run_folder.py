"""One run of MLflow's file store: a text file per metric, parameter and tag."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rldoctor.errors import ReadError
from rldoctor.files import read_bytes, read_start
from rldoctor.model.raw import Note, RawRun, RawSeries
from rldoctor.readers.limits import CONFIG_BYTES, LOG_BYTES, SERIES, SETTINGS
from rldoctor.readers.mlflow.points import (
    META,
    METRICS,
    STATES,
    StoredPoints,
    named,
    note_rows,
    series_of,
    settings_of,
    state_notes,
)

_LARGEST_TEXT = 65_536


def read_run_folder(directory: Path) -> RawRun:
    """See :meth:`rldoctor.readers.mlflow.reader.MlflowReader.read`."""
    run = RawRun("", directory, "mlflow", files=[META])
    meta = _mapping(directory / META, run.notes)
    tags = dict(_texts(directory / "tags", run.notes))
    run.series = list(_metrics(directory / METRICS, run.notes))
    if not run.series:
        raise ReadError(
            f"{directory}: a run of MLflow without a metric", hint="Was log_metric called in this run?"
        )
    run.settings = settings_of(_texts(directory / "params", run.notes), "params")
    experiment = str(_mapping(directory.absolute().parent / META, []).get("name", ""))
    run_id = str(meta.get("run_id") or meta.get("run_uuid") or directory.absolute().name)
    run.settings += named(tags, str(meta.get("run_name", "")), run_id, experiment, META)
    run.notes += state_notes(_state(meta.get("status")))
    run.id = _name(run, run_id)
    note_rows(run)
    return run


def _state(status: object) -> str:
    """What a number stands for; a file that somebody changed may hold anything else."""
    return STATES.get(status, "") if isinstance(status, int) else ""


def _name(run: RawRun, run_id: str) -> str:
    name = next((str(one.value) for one in run.settings if one.key == "run.name"), "")
    return name.replace("/", "_") or run_id[:8]


def _mapping(path: Path, notes: list[Note]) -> Mapping[str, Any]:
    from rldoctor.readers.config_files.yaml_plain import NoYamlError, load_plain

    try:
        data = load_plain(read_bytes(path, CONFIG_BYTES).decode("utf-8", "replace"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        notes.append(_unreadable(path.name, error))
        return {}
    except (NoYamlError, ValueError, TypeError, RecursionError) as error:
        text = f"{path.name}: not readable: {error}"
        notes.append(Note("broken-config", text, "warning", lost=True))
        return {}
    return data if isinstance(data, Mapping) else {}


def _texts(folder: Path, notes: list[Note]) -> Iterator[tuple[str, str]]:
    """Key and content of every file below a folder, sorted; a key with ``/`` is a path."""
    for path in _files(folder, notes)[:SETTINGS]:
        try:
            text = read_start(path, _LARGEST_TEXT).decode("utf-8", "replace")
        except OSError as error:
            notes.append(_unreadable(f"{folder.name}/{path.relative_to(folder).as_posix()}", error))
            continue
        yield path.relative_to(folder).as_posix(), text


def _files(folder: Path, notes: list[Note]) -> list[Path]:
    """Every file below a folder. One that may not be looked into is noted, one that is not there is not."""

    def closed(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            notes.append(_unreadable(Path(error.filename or folder).name, error))

    walked = os.walk(folder, onerror=closed)
    return sorted(Path(where, name) for where, _, names in walked for name in names)


def _unreadable(name: str, error: OSError, tag: str = "") -> Note:
    tags = (tag,) if tag else ()
    return Note("unreadable-file", f"{name}: {error.strerror or error}", "warning", tags, lost=True)


def _metrics(folder: Path, notes: list[Note]) -> Iterator[RawSeries]:
    # One more than are kept: whoever checks the runs then says that there are too many.
    for path in _files(folder, notes)[: SERIES + 1]:
        tag = path.relative_to(folder).as_posix()
        try:
            points, bad, cut = points_of(read_bytes(path, LOG_BYTES))
        except OSError as error:
            notes.append(_unreadable(f"{METRICS}/{tag}", error, tag))
            continue
        notes.extend(_damage(tag, bad, cut, len(points.values)))
        if points.values:
            yield series_of(tag, points, METRICS)


def _damage(tag: str, bad: int, cut: bool, kept: int) -> Iterator[Note]:
    if cut:
        text = f"{METRICS}/{tag}: the last line is cut off, skipped"
        yield Note("truncated-file", text, "warning", (tag,), lost=True)
    if bad:
        text = f"{METRICS}/{tag}: {bad} lines are no 'time value step', skipped"
        yield Note("bad-lines", text, "warning", (tag,), lost=True)
    if not kept:
        yield Note("no-rows", f"{METRICS}/{tag}: no point is readable", "warning", (tag,), lost=True)


def points_of(data: bytes) -> tuple[StoredPoints, int, bool]:
    """The points of a metric file, how many lines are none, and whether the last line is cut off.

    A line is ``time value step``, then what is known of a data set; old versions wrote no step.
    """
    found, bad = StoredPoints([], [], []), 0
    lines = data.split(b"\n")
    # A last line without its newline may have lost digits of its step: it is not whole.
    cut = bool(lines.pop().strip())
    for line in lines:
        cells = line.split()
        try:
            time, value = float(cells[0]), float(cells[1])
            step = float(cells[2]) if len(cells) > 2 else 0.0
        except (ValueError, IndexError):
            bad += bool(line.strip())
            continue
        found.times.append(time)
        found.values.append(value)
        found.steps.append(step)
    return found, bad, cut
