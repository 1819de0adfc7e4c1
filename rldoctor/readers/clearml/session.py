"""One offline session of ClearML: scalars as JSON, a list of them per line, and what is said of the task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rldoctor.errors import ReadError
from rldoctor.model.raw import Note, RawRun, RawSeries, RawSetting
from rldoctor.readers.bounded_json import loads
from rldoctor.readers.config_files.literals import literal

TASK, METRICS = "task.json", "metrics.jsonl"
_SCALAR = "training_stats_scalar"
_MILLISECONDS = 1000.0
# ``report_single_value`` has no iteration: ClearML gives it the smallest one there is.
_NO_STEP = -(2**31)
_Point = tuple[float, float, float]


def read_session(directory: Path, files: Sequence[str], texts: Mapping[str, str]) -> RawRun:
    """The run in the two texts. Lines that are damaged are noted; ReadError when no scalar is left."""
    run = RawRun("", directory, "clearml", files=list(files))
    points: dict[str, list[_Point]] = {}
    for event in _events(texts[METRICS], run.notes):
        if event.get("type") == _SCALAR and (point := _point(event)) is not None:
            points.setdefault(_tag(event), []).append(point)
    if not points:
        raise ReadError(f"{directory}: an offline session of ClearML in which no scalar was reported")
    last = max((step for part in points.values() for step, _, _ in part if step != _NO_STEP), default=0.0)
    run.series = [_series(tag, part, last) for tag, part in sorted(points.items())]
    _note_zeros(run)
    _describe(run, texts[TASK])
    return run


def _events(text: str, notes: list[Note]) -> Iterator[Mapping[str, Any]]:
    lines, bad = text.split("\n"), 0
    for number, line in enumerate(lines):
        try:
            found = loads(line) if line.strip() else []
        except (ValueError, RecursionError):
            if number == len(lines) - 1:
                notes.append(
                    Note(
                        "truncated-file",
                        f"{METRICS}: the last line is cut off, skipped",
                        "warning",
                        lost=True,
                    )
                )
            else:
                bad += 1
            continue
        entries = found if isinstance(found, list) else [found]
        yield from (entry for entry in entries if isinstance(entry, Mapping))
    if bad:
        notes.append(Note("bad-lines", f"{METRICS}: {bad} lines are no JSON, skipped", "warning", lost=True))


def _tag(event: Mapping[str, Any]) -> str:
    """``train/loss`` of the metric ``train`` and its variant ``loss``; a name given twice is said once."""
    metric, variant = str(event.get("metric", "")), str(event.get("variant", ""))
    return metric if metric == variant or not variant else f"{metric}/{variant}"


def _point(event: Mapping[str, Any]) -> _Point | None:
    try:
        return float(event["iter"]), float(event["value"]), float(event.get("timestamp", 0))
    except (KeyError, TypeError, ValueError):
        return None


def _series(tag: str, points: Sequence[_Point], last: float) -> RawSeries:
    steps, values, times = np.array(points, dtype=np.float64).reshape(-1, 3).T
    return RawSeries(
        tag, np.where(steps == _NO_STEP, last, steps), values, times / _MILLISECONDS, source=METRICS
    )


def _note_zeros(run: RawRun) -> None:
    """ClearML reports 0.0 for a NaN or an infinity (``Logger.set_reporting_nan_value`` changes that)."""
    tags = tuple(part.tag for part in run.series if bool((part.values == 0).any() and part.values.any()))
    if tags:
        text = f"ClearML writes 0.0 for NaN and infinity: a zero in {', '.join(tags[:6])} may have been one"
        run.notes.append(Note("clearml-zeros", text, tags=tags))


def _describe(run: RawRun, text: str) -> None:
    try:
        task = loads(text)
    except (ValueError, RecursionError):
        task = None
    if not isinstance(task, Mapping):
        run.notes.append(Note("broken-config", f"{TASK}: no JSON object, not read", "warning"))
        return
    run.settings = list(_parameters(task.get("hyperparams")))
    named = {"id": "id", "name": "name", "project_name": "project", "comment": "description"}
    run.settings += [RawSetting(f"run.{key}", task[old], TASK) for old, key in named.items() if task.get(old)]
    run.id = str(task.get("name") or task.get("id") or "").replace("/", "_")


def _parameters(sections: Any) -> Iterator[RawSetting]:
    """Parameters of all sections (``General``, ``Args``); nested ones are written with ``/``."""
    for section in sections.values() if isinstance(sections, Mapping) else ():
        for name, entry in section.items() if isinstance(section, Mapping) else ():
            if isinstance(entry, Mapping) and "value" in entry:
                value = entry["value"]
                yield RawSetting(
                    str(name).replace("/", "."), literal(value) if isinstance(value, str) else value, TASK
                )
