"""TorchRL's CSVLogger: ``scalars/<tag>.csv`` without header, two columns ``step,value``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rldoctor.errors import ReadError
from rldoctor.model.raw import Note, RawSeries
from rldoctor.readers.tabular.contents import Contents
from rldoctor.readers.tabular.decode import lines_of
from rldoctor.readers.tabular.dialect import sniff
from rldoctor.readers.tabular.first_lines import head
from rldoctor.readers.tabular.table import read_table


def is_scalars_dir(directory: Path) -> bool:
    """Whether a directory is one: it is called ``scalars`` and its first table is two headerless columns."""
    if not directory.is_dir():
        return False
    first = next(iter(sorted(directory.rglob("*.csv"))), None)
    if first is None:
        return False
    dialect = sniff(lines_of(head(first))[:2])
    return dialect is not None and dialect.headerless and len(dialect.names) == 2


def read_scalars_dir(directory: Path) -> Contents:
    """One series per file, on the logger's own steps; the tag is the path below ``scalars``."""
    found = Contents()
    for path in sorted(directory.rglob("*.csv")):
        tag = path.relative_to(directory).with_suffix("").as_posix()
        found.files.append(f"{directory.name}/{path.relative_to(directory).as_posix()}")
        try:
            # A table with more or fewer than two columns does not unpack: that is the ValueError below.
            steps, values = read_table(path).columns
        except (ReadError, ValueError) as error:
            found.notes.append(
                Note("unreadable-file", f"{found.files[-1]}: {error}", "warning", (tag,), lost=True)
            )
            continue
        # A row of which one cell is missing is no point; the others are.
        _, here, there = np.intersect1d(steps.rows, values.rows, assume_unique=True, return_indices=True)
        lost = max(steps.values.size, values.values.size) - here.size
        if lost:
            text = f"{found.files[-1]}: {lost} rows without a step or a value"
            found.notes.append(Note("bad-cells", text, "warning", (tag,), lost=True))
        found.series.append(RawSeries(tag, steps.values[here], values.values[there], source=found.files[-1]))
    return found
