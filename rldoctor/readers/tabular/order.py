"""Rows that are not in the order of the training: newest first, or shuffled by a database."""

from __future__ import annotations

import numpy as np

from rldoctor.model.raw import FloatArray, Note
from rldoctor.plain_data import replace
from rldoctor.readers.axes import is_axis
from rldoctor.readers.tabular.cells import Column
from rldoctor.readers.tabular.table import Table

# A restarted training falls back once or twice; a table that is not in order falls back all the time.
_OFTEN = 0.2
_LEAST_ROWS = 5
# A counter that grows by the same amount from row to row is none of something measured.
_EVEN = 0.9


def in_order(table: Table) -> Table:
    """The table with its rows sorted by its step column, where that column counts and the rows jump.

    A column called ``steps`` may hold lengths of episodes: it counts when each of its values stands once and,
    sorted by it, another counter rises too or it grows by even steps. No counter may rise as the rows stand.
    """
    counters = [part for part in table.columns if _counts(part, table)]
    if not counters or any(_rises(part.values) for part in counters):
        return table
    for part in counters:
        order = np.argsort(part.values, kind="stable")
        others = [one for one in counters if one is not part and _rises(one.values[order])]
        if _distinct(part.values) and (others or _even(part.values[order])):
            return _sorted(table, order, part.name)
    return table


def _counts(part: Column, table: Table) -> bool:
    full = part.values.size == table.rows >= _LEAST_ROWS
    return full and is_axis(part.name) and bool(np.isfinite(part.values).all())


def _rises(values: FloatArray) -> bool:
    moves = np.diff(values)
    return bool(values[-1] > values[0] and (moves < 0).mean() < _OFTEN)


def _distinct(values: FloatArray) -> bool:
    return np.unique(values).size == values.size


def _even(values: FloatArray) -> bool:
    moves = np.diff(values)
    return bool(np.isclose(moves, np.median(moves)).mean() >= _EVEN)


def _sorted(table: Table, order: np.ndarray[tuple[int], np.dtype[np.intp]], by: str) -> Table:
    place = np.empty(order.size, dtype=np.float64)
    place[order] = np.arange(order.size)
    columns = [_moved(part, place) for part in table.columns]
    text = f"{table.source}: the rows are not in the order of {by}, and were sorted by it"
    return Table(table.source, columns, table.rows, [*table.notes, Note("rows-sorted", text)], table.series)


def _moved(part: Column, place: FloatArray) -> Column:
    rows = place[part.rows.astype(np.intp)]
    order = np.argsort(rows, kind="stable")
    return replace(part, rows=rows[order], values=part.values[order])
