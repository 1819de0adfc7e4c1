"""The last line of a table whose writer was killed in the middle of it.

A last line without a newline is usual where the program that wrote it joins lines, and is then whole; after a
kill it ends anywhere. With cells missing it is cut for certain. With all of them there the last may be half a
number (``12`` of ``12345``), and only the column can tell: loggers write a column in one form, so a cell
that is shorter than every one before it is taken to be cut. That costs a whole file one point of one column
at most, with a note. In the very first row nothing tells, and half a number would be a wrong one: its last
cell is left out too.
"""

from __future__ import annotations

from rldoctor.model.raw import Note
from rldoctor.readers.tabular.decode import lines_of
from rldoctor.readers.tabular.dialect import split

# How many rows before the last tell how long the cells of its last column are, and how many of them it takes.
_ROWS_BEFORE = 10
_ENOUGH = 3


def without_cut_cell(body: str, delimiter: str, width: int, source: str, notes: list[Note]) -> str:
    """The body without the last cell of an unfinished last row: it may be half a number."""
    start = body.rfind("\n") + 1
    last = body[start:]
    if not last.strip():
        return body
    cells = split([last], delimiter)[0]
    if len(cells) >= width and not _half(cells[-1], body[:start], delimiter, len(cells)):
        return body
    notes.append(
        Note(
            "truncated-file",
            f"{source}: the last row is cut off, its last cell skipped",
            "warning",
            lost=True,
        )
    )
    # With the delimiter: a row cut in its last cell keeps its number of cells, and is not told as ragged.
    return body[: start + last.rfind(delimiter) + 1] if delimiter in last else body[:start]


def _half(cell: str, above: str, delimiter: str, width: int) -> bool:
    """Whether a cell is shorter than those above it, or stands in the first row."""
    rows = split(_last_lines(above), delimiter)
    before = [row[-1].strip() for row in rows if len(row) == width and row[-1].strip()]
    # A blank cell at the end is whole: in a sparse table the last column is often not filled.
    if not above.strip():
        return True
    return len(before) >= _ENOUGH and 0 < len(cell.strip()) < min(map(len, before))


def _last_lines(text: str) -> list[str]:
    # From the end, as a few rows are enough and the table may be large.
    end = len(text)
    for _ in range(_ROWS_BEFORE + 1):
        end = max(text.rfind("\n", 0, end), 0)
    return lines_of(text[end:].strip("\n"))
