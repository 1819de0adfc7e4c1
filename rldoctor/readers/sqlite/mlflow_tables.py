"""The runs in MLflow's database."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rldoctor.model.raw import Note, RawRun
from rldoctor.readers.mlflow.points import StoredPoints, named, note_rows, series_of, settings_of, state_notes
from rldoctor.readers.sqlite.opened import Database
from rldoctor.readers.sqlite.rows import Row, rows_of

# SQL has no infinity in MLflow's schema: it stores the largest double for it (SqlAlchemyStore.log_metric).
_LARGEST = 1.7976931348623157e308
_Texts = dict[str, dict[str, str]]


def read_mlflow(database: Database, path: Path) -> list[RawRun]:
    """Every run that is not deleted and has a metric, in the order of their start."""
    notes: list[Note] = []
    metrics = _metrics(database, path.name, notes)
    params, tags = (_texts(database, table, notes) for table in ("params", "tags"))
    experiments = dict(
        _pairs(row[1:] for row in rows_of(database, "experiments", ("experiment_id", "name"), notes))
    )
    columns = ("run_uuid", "name", "status", "lifecycle_stage", "start_time", "experiment_id")
    listed = {str(row[1]): row[2:] for row in rows_of(database, "runs", columns, notes)}
    deleted = [run_id for run_id, row in listed.items() if row[2] == "deleted" and run_id in metrics]
    runs = [
        _run(run_id, listed.get(run_id, ()), metrics[run_id], params, tags, experiments, path)
        for run_id in sorted(metrics, key=lambda one: (_start(listed.get(one, ())), one))
        if run_id not in deleted
    ]
    if deleted:
        notes.append(Note("mlflow-deleted", f"{len(deleted)} runs that were deleted in MLflow are left out"))
    for run in runs:
        run.notes.extend(notes)
    return runs


def _start(row: Row) -> float:
    return float(row[3]) if len(row) > 3 and isinstance(row[3], int | float) else float("inf")


def _run(
    run_id: str,
    row: Row,
    metrics: dict[str, StoredPoints],
    params: _Texts,
    tags: _Texts,
    experiments: dict[str, str],
    path: Path,
) -> RawRun:
    run = RawRun("", path.parent, "mlflow")
    name, state, experiment = (row[0], row[1], row[4]) if row else ("", "", "")
    run.series = [series_of(tag, metrics[tag], path.name) for tag in sorted(metrics)]
    run.settings = settings_of(sorted(params.get(run_id, {}).items()), f"{path.name}:params")
    shown = experiments.get(str(experiment), "")
    run.settings += named(tags.get(run_id, {}), str(name or ""), run_id, shown, path.name)
    run.notes = state_notes(str(state))
    if not row:
        run.notes.append(Note("mlflow-run-unlisted", f"{run_id}: not in the table of runs", "warning"))
    note_rows(run)
    return run


def _metrics(database: Database, source: str, notes: list[Note]) -> dict[str, dict[str, StoredPoints]]:
    """Run -> metric -> points in the order written."""
    found: dict[str, dict[str, StoredPoints]] = {}
    bad = 0
    columns = ("run_uuid", "key", "value", "timestamp", "step", "is_nan")
    for _, run_id, key, value, time, step, is_nan in rows_of(database, "metrics", columns, notes):
        try:
            seconds, number, at = float(time or 0), _value(value, is_nan), float(step or 0)
        except (TypeError, ValueError):
            bad += 1
            continue
        run = found.get(run_id)
        points = run.get(key) if run is not None else None
        if points is None:
            points = found.setdefault(str(run_id), {}).setdefault(str(key), StoredPoints([], [], []))
        times, values, steps = points
        times.append(seconds)
        values.append(number)
        steps.append(at)
    if bad:
        notes.append(
            Note("bad-cells", f"{source}: {bad} points hold no number, skipped", "warning", lost=True)
        )
    return found


def _value(value: Any, is_nan: Any) -> float:
    if is_nan:
        return float("nan")
    number = float(value)
    return number if abs(number) < _LARGEST else float("inf") if number > 0 else -float("inf")


def _texts(database: Database, table: str, notes: list[Note]) -> _Texts:
    """Run -> key -> text, of a table of parameters or tags."""
    found: _Texts = {}
    for _, run_id, key, value in rows_of(database, table, ("run_uuid", "key", "value"), notes):
        found.setdefault(str(run_id), {})[str(key)] = str(value)
    return found


def _pairs(rows: Iterable[Row]) -> list[tuple[str, str]]:
    return [(str(key), str(value)) for key, value in rows]
