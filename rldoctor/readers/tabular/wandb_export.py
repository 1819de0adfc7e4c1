"""CSV exports of W&B charts: a ``Step`` column and ``<run name> - <metric>`` columns of several runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rldoctor.model.raw import Note
from rldoctor.readers.tabular.cells import Column
from rldoctor.readers.tabular.contents import Contents, row_series
from rldoctor.readers.tabular.table import Table

_MARK = " - "
_BANDS = ("__MIN", "__MAX")


def is_wandb_export(names: Sequence[str]) -> bool:
    """Whether the columns are those of a chart export: an axis first, then only ``run - metric``."""
    return len(names) >= 2 and _MARK not in names[0] and all(_MARK in name for name in names[1:])


def split_runs(table: Table) -> dict[str, Contents]:
    """Run name -> its metrics and the axis column (on the rows where the run has a value).

    ``__MIN``/``__MAX`` columns are the band of down-sampled points, not metrics: left out with a note.
    """
    axis, bands = table.columns[0], 0
    runs: dict[str, Contents] = {}
    for part in table.columns[1:]:
        if part.name.endswith(_BANDS):
            bands += 1
            continue
        # From the right: the name of a run is free text and may hold the mark itself.
        run, _, metric = part.name.rpartition(_MARK)
        found = runs.setdefault(run, Contents(notes=list(table.notes), files=[table.source]))
        _add(found, part, metric, axis, table.source)
    if bands:
        text = f"{table.source}: {bands} __MIN/__MAX columns (bands of down-sampled points) left out"
        for found in runs.values():
            found.notes.append(Note("wandb-bands", text))
    return runs


def _add(found: Contents, part: Column, metric: str, axis: Column, source: str) -> None:
    if not part.numeric:
        found.notes.append(Note("blank-column", f"{source}: {part.name}: no number", "warning", (metric,)))
        return
    series = row_series(part, source)
    # The runs of an export share the axis column: a run has it on the rows of its own metrics, all of them.
    kept = next((one for one in found.series if one.tag == axis.name), None)
    here = np.isin(axis.rows, part.rows if kept is None else np.union1d(part.rows, kept.steps))
    steps = row_series(Column(axis.name, axis.rows[here], axis.values[here]), source)
    if kept is None:
        found.series.append(steps)
    else:
        found.series[found.series.index(kept)] = steps
    renamed = Column(metric, series.steps, series.values)
    found.series.append(row_series(renamed, source))
