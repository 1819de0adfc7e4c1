"""``progress_1.csv`` beside ``progress.csv``: what a program that was started again wrote into a new file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rldoctor.model.raw import FloatArray, Note
from rldoctor.patterns import pattern
from rldoctor.plain_data import replace
from rldoctor.readers.axes import is_axis
from rldoctor.readers.tabular.cells import Column
from rldoctor.readers.tabular.table import Table

_NUMBERED = pattern(r"^(.+?)[_.-](\d{1,3})(\.[A-Za-z]+)$")


def first_part(name: str) -> str:
    """``progress.csv`` of ``progress_1.csv``; empty where the name has no number at its end."""
    match = _NUMBERED.match(name)
    return match.group(1) + match.group(3) if match else ""


def later_parts(name: str, names: Sequence[str]) -> list[str]:
    """The numbered files beside ``name``, in the order of their numbers."""
    found = [(int(match.group(2)), one) for one in names if (match := _NUMBERED.match(one)) is not None]
    return [one for _, one in sorted(found) if first_part(one) == name]


def continued(table: Table, later: Sequence[Table]) -> Table:
    """One table of several, the rows of each below those before."""
    for part in later:
        table = _below(table, part)
    return table


def continues(table: Table, later: Table) -> bool:
    """Whether ``later`` goes on with the same counter: it starts behind the middle of ``table``."""
    before, after = _steps(table), _steps(later)
    if before is None or after is None:
        return False
    return bool(after[0] > before[0] + (before[-1] - before[0]) / 2)


def _steps(table: Table) -> FloatArray | None:
    parts = [part.values for part in table.columns if is_axis(part.name) and part.values.size]
    return next((values for values in parts if bool((np.diff(values) >= 0).all())), None)


def _below(table: Table, part: Table) -> Table:
    known = {one.name: one for one in table.columns}
    fresh = [replace(one, rows=one.rows + table.rows) for one in part.columns]
    for one in fresh:
        known[one.name] = _one_column(known[one.name], one) if one.name in known else one
    text = f"{part.source} goes on where {table.source} ended (a restart): read as one run"
    notes = [*table.notes, *part.notes, Note("continued-file", text)]
    columns = list(known.values())
    return Table(table.source, columns, table.rows + part.rows, notes, [*table.series, *part.series])


def _one_column(one: Column, other: Column) -> Column:
    return replace(
        one,
        rows=np.concatenate([one.rows, other.rows]),
        values=np.concatenate([one.values, other.values]),
        bad=one.bad + other.bad,
        coerced=one.coerced + other.coerced,
        texts=tuple(dict.fromkeys([*one.texts, *other.texts]))[:3],
    )
