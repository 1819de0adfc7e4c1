"""StoredPoints that MLflow stored, as series: what both of its stores have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from rldoctor.model.raw import Note, RawRun, RawSeries, RawSetting
from rldoctor.readers.config_files.literals import literal

META, METRICS = "meta.yaml", "metrics"
_MILLISECONDS = 1000.0
_OWN = "mlflow."
_ENDS = {"FAILED": "failed", "KILLED": "was killed"}
_OPEN = ("RUNNING", "SCHEDULED")
# What the file store writes for them: numbers of an enumeration.
STATES = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}


class StoredPoints(NamedTuple):
    """The points of one metric as written: Unix times in milliseconds, values, steps."""

    times: list[float]
    values: list[float]
    steps: list[float]


def series_of(tag: str, points: StoredPoints, source: str) -> RawSeries:
    """One metric on MLflow's steps; on row numbers where no step was ever given (all of several are 0)."""
    steps = np.array(points.steps, dtype=np.float64)
    values = np.array(points.values, dtype=np.float64)
    wall = np.array(points.times, dtype=np.float64) / _MILLISECONDS
    if steps.size > 1 and not steps.any():
        rows = np.arange(steps.size, dtype=np.float64)
        # Metrics that were logged equally often were logged together, so that they share their rows.
        return RawSeries(tag, rows, values, wall, source=f"{source} ({steps.size} rows)", axis="row")
    return RawSeries(tag, steps, values, wall, source=source)


def note_rows(run: RawRun) -> None:
    """Say it where no metric has steps."""
    tags = tuple(part.tag for part in run.series if part.axis == "row")
    if tags:
        text = "logged to MLflow without a step: the points are numbered instead"
        run.notes.append(Note("rows-numbered", text, "warning", tags))


def settings_of(params: Iterable[tuple[str, str]], source: str) -> list[RawSetting]:
    """Parameters, which MLflow stores as text, with the Python values they stand for."""
    return [RawSetting(key, literal(value), f"{source}/{key}") for key, value in params]


def named(tags: Mapping[str, str], name: str, run_id: str, experiment: str, source: str) -> list[RawSetting]:
    """``run.name`` and its kin, and the tags the user set; MLflow's own tags are left out."""
    known = {
        "id": run_id,
        "name": tags.get(f"{_OWN}runName") or name,
        "experiment": "" if experiment == "Default" else experiment,
        "description": tags.get(f"{_OWN}note.content", ""),
        "parent": tags.get(f"{_OWN}parentRunId", ""),
    }
    found = [RawSetting(f"run.{key}", value, source) for key, value in known.items() if value]
    own = {key: value for key, value in tags.items() if not key.startswith(_OWN)}
    return found + [RawSetting(key, literal(value), f"{source}:tags/{key}") for key, value in own.items()]


def state_notes(state: str) -> list[Note]:
    """What MLflow says about the end of a run, where it is not the usual one."""
    if state in _ENDS:
        return [Note("mlflow-ended", f"MLflow: the run {_ENDS[state]}", "warning")]
    if state in _OPEN:
        text = "MLflow: the run was never finished: it was killed, or was still being written"
        return [Note("mlflow-not-finished", text)]
    return []
