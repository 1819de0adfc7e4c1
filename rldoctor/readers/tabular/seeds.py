"""Long tables: the rows of several seeds one below the other, with a column that says which.

Published learning curves have this form (one table per task, ``step, reward, seed``). Read as one run they
would be a curve that starts again, and all but the last seed would be lost.
"""

from __future__ import annotations

import re
from typing import TypeAlias

import numpy as np

from rldoctor.patterns import pattern
from rldoctor.readers.axes import is_axis
from rldoctor.readers.tabular.cells import Column
from rldoctor.readers.tabular.table import Table

_SEED = pattern(r"(random_?)?seed|replicate|trial|run(_?(id|number|idx))?", re.IGNORECASE)
# Fewer rows per seed are a table of results, no curves.
_LEAST_ROWS = 3
# More values than anyone trains seeds: the column numbers something else.
_MOST_SEEDS = 100
_Rows: TypeAlias = np.ndarray[tuple[int], np.dtype[np.intp]]


def by_seed(table: Table) -> dict[str, Table] | None:
    """``seed=1`` -> its rows, or None where no column tells several curves apart.

    A column does when the steps start again in the table as a whole and never within one of its values.
    """
    labels = next(
        (part for part in table.columns if _SEED.fullmatch(part.name) and _complete(part, table)), None
    )
    steps = next((part for part in table.columns if is_axis(part.name) and _complete(part, table)), None)
    if labels is None or steps is None or not (np.diff(steps.values) < 0).any():
        return None
    values = np.unique(labels.values)
    groups = [np.flatnonzero(labels.values == value) for value in values]
    if not 2 <= len(groups) <= _MOST_SEEDS or any(group.size < _LEAST_ROWS for group in groups):
        return None
    # A step that falls within one value means that another column tells the curves apart.
    if any((np.diff(steps.values[group]) < 0).any() for group in groups):
        return None
    return {
        f"{labels.name}={value:g}": _part(table, labels.name, group)
        for value, group in zip(values, groups, strict=True)
    }


def _complete(part: Column, table: Table) -> bool:
    return part.values.size == table.rows and bool(np.isfinite(part.values).all())


def _part(table: Table, label: str, rows: _Rows) -> Table:
    """The rows of one seed, numbered anew, without the column that told them apart."""
    columns = [_cut(part, rows) for part in table.columns if part.name != label]
    return Table(table.source, columns, rows.size, list(table.notes))


def _cut(part: Column, rows: _Rows) -> Column:
    here = np.isin(part.rows, rows)
    fresh = np.searchsorted(rows, part.rows[here]).astype(np.float64)
    return Column(part.name, fresh, part.values[here], part.bad, part.coerced, part.texts)
