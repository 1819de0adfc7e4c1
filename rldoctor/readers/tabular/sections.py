"""The rows of a delimited text: comments and unclosed quotes set right, a header in the middle obeyed.

A program that is started again into the same file writes its header once more, and with another version or
another setting that header is another one. Everything below it is read by it: under the old names the reward
would become the loss.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field

from rldoctor.model.raw import Note
from rldoctor.plain_data import dataclass
from rldoctor.readers.tabular.cells import number
from rldoctor.readers.tabular.dialect import COMMENT, split

_Row = list[str]
_QUOTE = '"'
# Blank cells cost as much as filled ones: a table of more than these must have a share of them filled.
_MOST_CELLS = 2_000_000
_MOST_BLANK = 8
_NUMERIC = "+-.0123456789"


@dataclass(slots=True)
class _Section:
    """The rows below one header."""

    names: Sequence[str]
    rows: list[_Row] = field(default_factory=list)


def cells_by_name(
    body: str, delimiter: str, header: Sequence[str], names: Sequence[str], source: str, notes: list[Note]
) -> tuple[list[str], list[Sequence[str]]]:
    """Names and text cells of every column; short rows and columns of another section are blank there.

    ``header``: the names as written, ``names``: those made distinct, of the columns of the first section.
    """
    rows = _rows(body, delimiter, len(names), source, notes)
    if body.startswith(COMMENT) or "\n" + COMMENT in body:
        rows = _without_comments(rows, len(names), source, notes)
    parts = _sections(rows, header, source, notes)
    parts[0].names = names
    _check_size(parts)
    _ragged_notes(parts, source, notes)
    every = list(dict.fromkeys(name for part in parts for name in part.names))
    if len(parts) == 1:
        width = len(names)
        filled = [row if len(row) == width else _filled(row, width) for row in parts[0].rows]
        return list(names), list(zip(*filled, strict=True)) if filled else [()] * width
    return every, [[cell for part in parts for cell in _column(part, name)] for name in every]


class TooManyCellsError(ValueError):
    """A few short rows under a very wide header, or many headers: nothing but blanks to fill in."""


def _check_size(parts: Sequence[_Section]) -> None:
    every = len({name for part in parts for name in part.names})
    rows = sum(len(part.rows) for part in parts)
    there = sum(len(row) for part in parts for row in part.rows)
    if every * rows > _MOST_CELLS and every * rows > _MOST_BLANK * there:
        raise TooManyCellsError(f"{rows:,} rows of {every:,} columns with {there:,} cells in them")


def _rows(body: str, delimiter: str, width: int, source: str, notes: list[Note]) -> list[_Row]:
    # ``newline=""``, as the csv module wants it: a quoted cell may hold line ends.
    rows = [row for row in split(io.StringIO(body, newline=""), delimiter) if row]  # type: ignore[arg-type]
    lines = body.count("\n")
    if _QUOTE not in body or len(rows) >= lines or not _swallowed(rows, delimiter, width):
        return rows
    lost = [line for line in body.split("\n") if line.count(_QUOTE) % 2]
    text = f"{source}: {len(lost)} lines have a quote that is never closed, which is left out"
    notes.append(Note("unclosed-quote", text, "warning", lost=True))
    whole = (line.replace(_QUOTE, "") if line.count(_QUOTE) % 2 else line for line in body.split("\n"))
    return [row for row in split([line for line in whole if line], delimiter) if row]


def _swallowed(rows: Iterable[_Row], delimiter: str, width: int) -> bool:
    """Whether a quoted cell holds whole rows of the table."""
    return any(
        line.count(delimiter) >= width - 1 > 0
        for row in rows
        for cell in row
        if "\n" in cell
        for line in cell.split("\n")[1:]
    )


def _without_comments(rows: list[_Row], width: int, source: str, notes: list[Note]) -> list[_Row]:
    kept = [row for row in rows if not row[0].startswith(COMMENT) or len(row) == width > 1]
    if len(kept) < len(rows):
        text = f"{source}: {len(rows) - len(kept)} lines of comment skipped"
        notes.append(Note("comment-lines", text))
    return kept


def _sections(rows: list[_Row], names: Sequence[str], source: str, notes: list[Note]) -> list[_Section]:
    # Nearly every table: its first column is a counter.
    if all(row[0] and row[0][0] in _NUMERIC for row in rows):
        return [_Section(names, rows)]
    parts = [_Section(list(names))]
    repeated = 0
    for row in rows:
        # The first cell alone rules nearly every row out.
        if (row[0] and row[0][0] in _NUMERIC) or not _is_header(row, parts[-1]):
            parts[-1].rows.append(row)
        elif _stripped(row) == list(parts[-1].names):
            repeated += 1
        else:
            parts.append(_Section(_stripped(row)))
    if repeated:
        text = f"{source}: the header stands {repeated} more times (restarts?), skipped"
        notes.append(Note("header-repeated", text))
    if len(parts) > 1:
        notes.append(_changed(parts, source))
    return parts


def _stripped(row: _Row) -> list[str]:
    return [cell.strip() for cell in row]


def _is_header(row: _Row, above: _Section) -> bool:
    """Names in every cell: those of the header above, or where the row above it has numbers."""
    cells = _stripped(row)
    if cells == list(above.names):
        return True
    if len(cells) < 2 or not all(cells) or len(set(cells)) < len(cells):
        return False
    if any(number(cell) is not None for cell in cells):
        return False
    known = set(cells) & set(above.names)
    # A row of words under a column of words is a row; a name of a column below numbers makes it a header.
    numbers = bool(above.rows) and any(number(cell) is not None for cell in above.rows[-1])
    return 2 * len(known) >= len(above.names) or (bool(known) and numbers)


def _changed(parts: Sequence[_Section], source: str) -> Note:
    new = sorted({name for part in parts[1:] for name in part.names} - set(parts[0].names))
    gone = sorted(set(parts[0].names) - set(parts[-1].names))
    text = (
        f"{source}: {len(parts) - 1} further headers with other columns (a restart): rows are read by theirs"
    )
    text += f"; new: {', '.join(new[:6])}" if new else ""
    text += f"; gone: {', '.join(gone[:6])}" if gone else ""
    return Note("header-changed", text, "warning")


def _column(part: _Section, name: str) -> Iterator[str]:
    if name not in part.names:
        return iter([""] * len(part.rows))
    place = part.names.index(name)
    return (row[place] if place < len(row) else "" for row in part.rows)


def _filled(row: _Row, width: int) -> _Row:
    return row[:width] + [""] * (width - len(row))


def _ragged_notes(parts: Sequence[_Section], source: str, notes: list[Note]) -> None:
    over: Counter[int] = Counter()
    for part in parts:
        for length, count in Counter(map(len, part.rows)).items():
            over[length - len(part.names)] += count
    longer = sum(count for more, count in over.items() if more > 0)
    shorter = sum(count for more, count in over.items() if more < 0)
    width = len(parts[0].names)
    if longer:
        text = f"{source}: {longer} rows have more cells than the header's {width}, the extra cells skipped"
        notes.append(Note("ragged-rows", text, "warning", lost=True))
    if shorter:
        text = f"{source}: {shorter} rows have fewer cells than the header's {width}"
        notes.append(Note("ragged-rows", text, lost=True))
