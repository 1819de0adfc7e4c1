"""The rows of a table, as many as a damaged database still gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rldoctor.model.raw import Note
from rldoctor.readers.sqlite.opened import DAMAGE, Database, lenient

Row = tuple[Any, ...]


def rows_of(database: Database, table: str, columns: Sequence[str], notes: list[Note]) -> list[Row]:
    """``columns`` of every row in the order written, with the row number first.

    After damage the rows are read from the other end too; a note says what happened. Columns that the table
    does not have are None; a table that is not there has no rows.
    """
    known = database.tables().get(table)
    if known is None:
        return []
    chosen = ", ".join(name if name in known else "NULL" for name in columns)
    # Names are the reader's own constants, never text of a file.
    query = f'SELECT rowid, {chosen} FROM "{table}" NOT INDEXED ORDER BY rowid'  # nosec B608
    if (whole := _undamaged(database, query)) is not None:
        return whole
    rows, error = _until_error(database, query)
    if error is None:
        return rows
    # Damage is a page; what stands behind it is reached from the end.
    last = rows[-1][0] if rows else None
    behind, _ = _until_error(database, f"{query} DESC", last)
    text = f"table {table}: damaged ({error}): {len(rows) + len(behind):,} rows are read"
    if rows and behind:
        text += f", up to {behind[-1][0] - last - 1:,} between them are lost"
    notes.append(Note("damaged-database", text, "warning", lost=True))
    return rows + behind[::-1]


def _undamaged(database: Database, query: str) -> list[Row] | None:
    """All rows at once, twice as fast; None where one is damaged or holds a text that is not UTF-8."""
    database.connection.text_factory = str
    try:
        rows = database.connection.execute(query).fetchall()
    except DAMAGE:
        return None
    finally:
        database.connection.text_factory = lenient
    return rows if all(type(row[0]) is int for row in rows) else None


def _until_error(
    database: Database, query: str, stop: int | None = None
) -> tuple[list[Row], Exception | None]:
    """Rows up to the first error, or down to the row number ``stop``."""
    rows: list[Row] = []
    try:
        for row in database.connection.execute(query):
            if type(row[0]) is not int or (stop is not None and row[0] <= stop):
                break
            rows.append(row)
    except DAMAGE as error:
        return rows, error
    return rows, None
