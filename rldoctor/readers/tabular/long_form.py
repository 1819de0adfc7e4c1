"""Long tables of metrics: one row per value, with a column that names the metric (``step, metric, value``).

This is what ``DataFrame.melt``, an MLflow or a database dump and rldoctor's own ``Run.to_pandas`` write. Read
as a wide table it would be one series called ``value`` in which all metrics are mixed.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rldoctor.model.raw import Note, RawSeries
from rldoctor.readers.axes import is_axis
from rldoctor.readers.tabular.contents import Contents
from rldoctor.readers.tabular.decode import lines_of, read_text
from rldoctor.readers.tabular.dialect import sniff
from rldoctor.readers.tabular.table import Table

if TYPE_CHECKING:
    import pandas as pd

# In this order: an export that has both writes the plain name first and the logger's own tag beside it.
_LABELS = ("metric", "metric_name", "tag", "key", "variable", "name")
_VALUES = ("value", "val", "metric_value")
_RUNS = ("run", "run_id", "run_name", "run_uuid", "seed")
_SNIFF_LINES = 20


def by_metric(table: Table, path: Path) -> dict[str, Contents] | None:
    """Run label (empty where no column names runs) -> its metrics; None where the table is not long."""
    label, value = _first(_LABELS, table.names), _first(_VALUES, table.names)
    step = next((name for name in table.names if is_axis(name)), None)
    if label is None or value is None or step is None or not _is_text(table, label):
        return None
    frame = _frame(path)
    if frame is None:
        return None
    run = _first(_RUNS, table.names)
    groups = frame.groupby(run, sort=False) if run is not None else [("", frame)]
    return {str(name): _contents(table, part, label, step, value) for name, part in groups}


def _first(wanted: Sequence[str], names: Sequence[str]) -> str | None:
    lowered = {name.lower(): name for name in reversed(names)}
    return next((lowered[name] for name in wanted if name in lowered), None)


def _is_text(table: Table, label: str) -> bool:
    return not next(part for part in table.columns if part.name == label).numeric


def _frame(path: Path) -> pd.DataFrame | None:
    """The file with its texts, of which the columns of a Table keep samples only; None where it is ragged."""
    import pandas as pd

    text, _ = read_text(path)
    dialect = sniff(lines_of(text)[:_SNIFF_LINES])
    if dialect is None:
        return None
    try:
        return pd.read_csv(
            io.StringIO(text),
            sep=dialect.delimiter,
            names=list(dialect.names),
            header=None,
            skiprows=dialect.skip,
            index_col=False,
            dtype=str,
            keep_default_na=False,
        ).fillna("")
    except (pd.errors.ParserError, ValueError):
        return None


def _contents(table: Table, frame: pd.DataFrame, label: str, step: str, value: str) -> Contents:
    import pandas as pd

    found = Contents(notes=list(table.notes), files=[table.source])
    numbers = frame.assign(**{name: pd.to_numeric(frame[name], errors="coerce") for name in (step, value)})
    # A blank is a metric that was not logged at this step (``melt`` of a wide table is full of them); a
    # written ``nan`` was logged and is evidence.
    logged = frame[value].str.strip() != ""
    usable = numbers[step].notna() & (
        numbers[value].notna() | (frame[value].str.strip().str.lower() == "nan")
    )
    lost = int((logged & ~usable).sum())
    if lost:
        text = f"{table.source}: {lost} rows without a number left out"
        found.notes.append(Note("bad-cells", text, "warning", lost=True))
    kept = numbers[logged & usable]
    for tag, rows in kept.groupby(label, sort=False):
        steps, values = (rows[name].to_numpy(dtype=np.float64) for name in (step, value))
        found.series.append(RawSeries(str(tag), steps, values, source=table.source))
    return found
