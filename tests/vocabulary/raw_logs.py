"""Small raw runs as readers hand them over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rldoctor.model.raw import RawRun, RawSeries, RawSetting


def points(tag, steps, values, *, wall=None, **more) -> RawSeries:
    walls = None if wall is None else np.asarray(wall, dtype=float)
    return RawSeries(tag, np.asarray(steps, dtype=float), np.asarray(values, dtype=float), walls, **more)


def board(
    tags: Mapping[str, Sequence[float]], *, steps: Sequence[float] | None = None, **more: Any
) -> RawRun:
    """A TensorBoard-like run: every tag on ``steps`` (default 100, 200, ...)."""
    series = []
    for tag, values in tags.items():
        at = steps if steps is not None else [100.0 * (1 + i) for i in range(len(values))]
        series.append(points(tag, at[: len(values)], values))
    return run(series, **more)


def table(columns: Mapping[str, Sequence[float]], *, source: str = "progress.csv", **more: Any) -> RawRun:
    """A CSV-like run: rows, NaN cells left out."""
    return run(rows(columns, source), files=[source], **more)


def rows(columns: Mapping[str, Sequence[float]], source: str) -> list[RawSeries]:
    found = []
    for tag, values in columns.items():
        cells = np.asarray(values, dtype=float)
        there = np.flatnonzero(~np.isnan(cells))
        found.append(points(tag, there, cells[there], source=source, axis="row"))
    return found


def run(
    series: list[RawSeries], *, config: Mapping[str, Any] | None = None, name: str = "run", **more: Any
) -> RawRun:
    settings = [RawSetting(key, value, "config.yaml:1") for key, value in (config or {}).items()]
    return RawRun(name, Path("/logs") / name, "test", series=series, settings=settings, **more)


def codes(understood) -> list[str]:
    return [note.code for note in understood.notes]


def values(understood, metric: str) -> list[float]:
    return understood.metrics[metric].values.tolist()


def steps(understood, metric: str) -> list[float]:
    return understood.metrics[metric].steps.tolist()
