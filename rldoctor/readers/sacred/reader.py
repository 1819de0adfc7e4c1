"""The reader of a run folder of Sacred's FileStorageObserver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from rldoctor.errors import ReadError
from rldoctor.files import read_bytes
from rldoctor.model.raw import FloatArray, Note, RawRun, RawSeries, RawSetting
from rldoctor.readers.bounded_json import loads
from rldoctor.readers.limits import DOCUMENT_BYTES

RUN, METRICS = "run.json", "metrics.json"
_ENDS = ("FAILED", "INTERRUPTED", "DIED", "TIMEOUT")


class SacredReader:
    """Reads ``metrics.json`` and ``run.json``; ``config.json`` is read as any configuration is."""

    name = "sacred"
    # The folder is the run's own: ``info.json``, tables and event files in it belong to the run.
    repository = False

    def claims(self, directory: Path, names: Sequence[str]) -> list[str]:
        """``metrics.json`` where ``run.json`` is beside it and is Sacred's.

        Not ``run.json`` itself: the reader of tables knows by it that ``info.json`` is Sacred's too.
        """
        if METRICS not in names or RUN not in names:
            return []
        about = _object(directory / RUN)
        damaged = about is None
        return [METRICS] if damaged or {"experiment", "status"} <= set(about or ()) else []

    def read(self, directory: Path, names: Sequence[str]) -> list[RawRun]:
        """The run (id ``""``), each metric with the steps given to ``log_scalar``. ReadError without one."""
        run = RawRun("", directory, "sacred", files=[*names, RUN])
        data = _object(directory / METRICS)
        if data is None:
            raise ReadError(
                f"{directory / METRICS}: no JSON object: Sacred rewrites it as a whole every ten seconds, "
                "and a process that was killed meanwhile leaves a part of it",
                hint="cout.txt beside it may hold what the training printed.",
            )
        run.series = list(_series(data, run.notes))
        if not run.series:
            raise ReadError(f"{directory / METRICS}: no metric with steps and values in it")
        _describe(run, _object(directory / RUN))
        return [run]


def _object(path: Path) -> dict[str, Any] | None:
    try:
        data = loads(read_bytes(path, DOCUMENT_BYTES).decode("utf-8", "replace"))
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _series(data: Mapping[str, Any], notes: list[Note]) -> Iterator[RawSeries]:
    for tag, part in sorted(data.items()):
        if not isinstance(part, Mapping) or not isinstance(part.get("values"), list):
            continue
        values = part["values"]
        steps = part.get("steps")
        steps = steps if isinstance(steps, list) else []
        size = min(len(values), len(steps))
        if size < max(len(values), len(steps)):
            text = (
                f"{METRICS}: {tag}: {len(values)} values and {len(steps)} steps, what is beyond is left out"
            )
            notes.append(Note("list-length", text, "warning", (tag,), lost=True))
        numbers, at = _floats(values[:size]), _floats(steps[:size])
        wall = _times(part.get("timestamps"), size)
        yield RawSeries(tag, at, numbers, wall, source=METRICS)


def _floats(cells: Sequence[Any]) -> FloatArray:
    """Numbers; NaN for what is none (jsonpickle wraps those of numpy in ``{"value": ...}``)."""
    plain = [cell.get("value") if isinstance(cell, Mapping) else cell for cell in cells]
    return np.array([_float(cell) for cell in plain], dtype=np.float64)


def _float(cell: Any) -> float:
    try:
        return float(cell)
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def _times(texts: Any, size: int) -> FloatArray | None:
    if not isinstance(texts, list) or len(texts) < size:
        return None
    try:
        # Sacred writes UTC without saying so.
        return np.array([datetime.fromisoformat(one).replace(tzinfo=UTC).timestamp() for one in texts[:size]])
    except (TypeError, ValueError, OverflowError):
        return None


def _describe(run: RawRun, about: Mapping[str, Any] | None) -> None:
    """Name of the experiment, and how it ended where that is not the usual way."""
    if about is None:
        run.notes.append(Note("broken-config", f"{RUN}: no JSON object, not read", "warning"))
        return
    experiment = about.get("experiment")
    name = experiment.get("name") if isinstance(experiment, Mapping) else None
    if name:
        run.settings.append(RawSetting("run.experiment", name, RUN))
    status = str(about.get("status", ""))
    if status in _ENDS:
        run.notes.append(Note("sacred-ended", f"Sacred: the run ended as {status}", "warning"))
    elif status == "RUNNING":
        text = "Sacred: the run was never finished: it was killed, or was still being written"
        run.notes.append(Note("sacred-not-finished", text))
