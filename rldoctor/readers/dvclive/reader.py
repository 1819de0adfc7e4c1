"""The reader of a DVCLive folder: one small table per metric, all counted by the same step."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from rldoctor.errors import ReadError
from rldoctor.model.raw import Note, RawRun, RawSeries

SUMMARY, PLOTS, METRICS = "metrics.json", "plots", "metrics"
# Files without a summary: the training was stopped before its first step ended.
_COLUMNS = ("timestamp", "step")
_MILLISECONDS = 1000.0


class DvcliveReader:
    """Reads ``plots/metrics`` of a DVCLive folder. Its ``params.yaml`` is read as any configuration is."""

    name = "dvclive"
    # The folder is the run's own: what else lies in it belongs to the run.
    repository = False

    def claims(self, directory: Path, names: Sequence[str]) -> list[str]:
        """``metrics.json`` and ``plots`` where the latter holds tables of metrics."""
        if PLOTS not in names or not any((directory / PLOTS / METRICS).rglob("*.tsv")):
            return []
        return [name for name in (SUMMARY, PLOTS) if name in names]

    def read(self, directory: Path, names: Sequence[str]) -> list[RawRun]:
        """The run (id ``""``), each metric with DVCLive's step. Tables that cannot be read are noted."""
        run = RawRun("", directory, "dvclive", files=list(names))
        root = directory / PLOTS / METRICS
        parts = [part for path in _tables(root) for part in _metric(path, root, run.notes)]
        if not parts:
            raise ReadError(f"{directory}: a DVCLive folder in which no metric can be read")
        run.series = _on_rows(parts)
        return [run]


def _tables(root: Path) -> list[Path]:
    return sorted(Path(where, name) for where, _, names in os.walk(root) for name in names)


def _metric(path: Path, root: Path, notes: list[Note]) -> Iterator[RawSeries]:
    """One table: the column called like the file over ``step``."""
    from rldoctor.readers.tabular.decode import read_text
    from rldoctor.readers.tabular.table import parse_table

    tag = path.relative_to(root).with_suffix("").as_posix()
    try:
        text, odd = read_text(path)
        # DVCLive ends every line: one without its end may have lost digits, as ``0`` of ``0.5``.
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            odd.append(
                Note(
                    "truncated-file",
                    f"{tag}: the last line is cut off, skipped",
                    "warning",
                    (tag,),
                    lost=True,
                )
            )
        notes.extend(odd)
        table = parse_table(whole, path.name)
    except ReadError as error:
        notes.append(Note("unreadable-file", str(error), "warning", (tag,), lost=True))
        return
    notes.extend(table.notes)
    columns = {part.name: part for part in table.columns}
    steps = columns.get("step")
    values = next((part for part in table.columns if part.name not in _COLUMNS), None)
    if steps is None or values is None or not values.values.size:
        text = f"{tag}: no column 'step' and a metric with a number in it"
        notes.append(Note("unreadable-file", text, "warning", (tag,), lost=True))
        return
    if values.bad:
        notes.append(
            Note("bad-cells", f"{tag}: {values.bad} cells are no numbers", "warning", (tag,), lost=True)
        )
    both = np.intersect1d(steps.rows, values.rows)
    at = steps.values[np.isin(steps.rows, both)]
    yield RawSeries(tag, at, values.values[np.isin(values.rows, both)])


def _on_rows(parts: Sequence[RawSeries]) -> list[RawSeries]:
    """The metrics as one table with a column ``step``: what DVCLive counts is up to the program.

    On the row axis a logged number of transitions is preferred to it, and a count of iterations is found out.
    """
    steps = np.unique(np.concatenate([part.steps for part in parts]))
    rows = np.arange(steps.size, dtype=np.float64)
    columns = [RawSeries("step", rows, steps, source=METRICS, axis="row")]
    for part in parts:
        places = np.searchsorted(steps, part.steps).astype(np.float64)
        columns.append(RawSeries(part.tag, places, part.values, source=METRICS, axis="row"))
    return columns
