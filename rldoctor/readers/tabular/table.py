"""A delimited text file turned into columns."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import field
from pathlib import Path

import numpy as np

from rldoctor.errors import ReadError
from rldoctor.model.raw import Note, RawSeries
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass
from rldoctor.readers.limits import SERIES
from rldoctor.readers.tabular.cells import Column, column
from rldoctor.readers.tabular.cut import without_cut_cell
from rldoctor.readers.tabular.decode import lines_of, read_text
from rldoctor.readers.tabular.dialect import COMMENT, Dialect, sniff, unmixed
from rldoctor.readers.tabular.numerals import COMMA, decimal_mark
from rldoctor.readers.tabular.sections import TooManyCellsError, cells_by_name

# Measured: below this the csv module beats pandas including pandas' import; above it pandas wins.
_BIG = 10_000_000
_FAST = 100_000
# Short rows in great number: each is a list and its cells, ten times what stands in the file.
_MANY_ROWS = 400_000
_MOST_PADDED = 2
_SNIFF_LINES = 20
_MARKS = ",\t;"
_DIGITS = "+-.0123456789"
_WORD_LINE = pattern(r"\n(?!nan\b|inf\b|NaN\b)[A-Za-z_]")


@dataclass(slots=True)
class Table:
    """The columns of one file in the order written; ``rows`` counts data rows, blank ones included.

    ``series``: metrics of the file that have steps of their own instead of rows.
    """

    source: str
    columns: list[Column]
    rows: int
    notes: list[Note] = field(default_factory=list)
    series: list[RawSeries] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names as written."""
        return tuple(part.name for part in self.columns)


def read_table(path: Path) -> Table:
    """Read a CSV, TSV or semicolon table; ReadError when it is empty, binary or has no column."""
    text, notes = read_text(path)
    table = parse_table(text, path.name, path)
    table.notes[:0] = notes
    return table


def parse_table(text: str, source: str, path: Path | None = None, above: int = 0) -> Table:
    """As :func:`read_table` for text. A header without rows gives columns without cells.

    ``path`` is the file the text was read from, when all its lines but the first ``above`` are in the text:
    numpy reads numbers from a file much faster than from memory.
    """
    head = lines_of(text[: _longest_head(text)])
    _check_width(head, path or source)
    dialect = sniff(head)
    if dialect is None or not any(dialect.names):
        raise ReadError(
            f"{path or source}: no column found", hint="Expected a header line and rows of numbers."
        )
    notes = _header_notes(dialect, source)
    names = _unique(dialect.names, source, notes)
    whole = _after(text, dialect.skip)
    body = without_cut_cell(unmixed(whole, dialect.delimiter), dialect.delimiter, len(names), source, notes)
    # The file itself still holds what was cut away.
    columns, rows = _fast_columns(names, body, dialect, path if body == whole else None, above) or _columns(
        names, body, dialect, source, notes
    )
    return Table(source, columns, rows, notes)


def _check_width(lines: Sequence[str], where: Path | str) -> None:
    """ReadError for a line of more cells than a run has metrics; a quoted cell may be a long list."""
    for line in lines:
        cells = max(map(line.count, _MARKS))
        if cells > SERIES and '"' not in line:
            text = f"{where}: a line of {cells:,} cells: more than any log has metrics"
            raise ReadError(text, hint="Expected a header line and rows of numbers.")


def _longest_head(text: str) -> int:
    """Where the lines needed to sniff end (headers of 1,000 columns exist)."""
    end, left = -1, _SNIFF_LINES
    while left:
        # Any number of comments may stand above the header.
        left -= not text.startswith(COMMENT, end + 1)
        end = text.find("\n", end + 1)
        if end < 0:
            return len(text)
    return end


def _after(text: str, lines: int) -> str:
    position = 0
    for _ in range(lines):
        end = text.find("\n", position)
        if end < 0:
            return ""
        position = end + 1
    return text[position:]


def _fast_columns(
    names: Sequence[str], body: str, dialect: Dialect, path: Path | None, above: int
) -> tuple[list[Column], int] | None:
    """numpy's parser for nothing but numbers; pandas for other big files; None where neither fits."""
    if path is not None and len(body) > _FAST and not _has_blanks(body, dialect.delimiter):
        matrix = _plain_numbers(path, dialect, above, len(names))
        if matrix is not None:
            # Copies: a column of the matrix is strided, slow in every later pass, and keeps the others alive.
            rows = np.arange(len(matrix), dtype=np.float64)
            return [Column(name, rows, matrix[:, i].copy()) for i, name in enumerate(names)], len(matrix)
    if (len(body) > _BIG or body.count("\n") > _MANY_ROWS) and _regular(body, dialect, len(names)):
        from rldoctor.readers.tabular.big import big_columns

        return big_columns(names, body, dialect.delimiter)
    return None


def _regular(body: str, dialect: Dialect, width: int) -> bool:
    """Whether pandas would read it as the slow way does: no further header, comment, comma or odd quote."""
    # Looked for at once in the whole text; the slow way then finds out what it is.
    words = body[:1] in _DIGITS and _WORD_LINE.search(body) is not None
    marked = "\n" + COMMENT in body or body.count('"') % 2 == 1
    lines = body.count("\n")
    if lines * width > _MOST_PADDED * (body.count(dialect.delimiter) + lines):
        return False  # pandas would fill up rows that are short, without end
    return not (words or marked or (dialect.delimiter != "," and "," in body))


def _columns(
    names: Sequence[str], body: str, dialect: Dialect, source: str, notes: list[Note]
) -> tuple[list[Column], int]:
    try:
        every, cells = cells_by_name(body, dialect.delimiter, dialect.names, names, source, notes)
    except (csv.Error, TooManyCellsError) as error:
        raise ReadError(f"{source}: not a readable table: {error}") from error
    decimal = _decimal(cells, body, dialect.delimiter, source, notes)
    found = [column(name, part, decimal=decimal) for name, part in zip(every, cells, strict=True)]
    return found, len(cells[0])


def _decimal(
    cells: Sequence[Sequence[str]], body: str, delimiter: str, source: str, notes: list[Note]
) -> str:
    """The decimal mark where a cell may hold a comma, said where it is one."""
    if not ("," in body if delimiter != "," else '"' in body):
        return ""
    decimal = decimal_mark(cells)
    if decimal == COMMA:
        notes.append(Note("decimal-comma", f"{source}: the numbers are written with a decimal comma"))
    return decimal


def _has_blanks(body: str, delimiter: str) -> bool:
    """Whether numpy's parser would fail: on a blank cell, or a delimiter in quotes (told by the head)."""
    # Asked beforehand because numpy reads up to the first blank before it gives up.
    return delimiter * 2 in body or '"' in body[:_FAST]


def _plain_numbers(
    path: Path, dialect: Dialect, above: int, width: int
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]] | None:
    """All cells as a matrix, or None when one of them is no number or a row has another length."""
    skip = above + dialect.skip
    try:
        # ``comments=None``: a ``#`` further down must make this fail, where numpy would skip the rest of its
        # line.
        matrix = np.loadtxt(
            path, delimiter=dialect.delimiter, comments=None, ndmin=2, skiprows=skip, encoding="utf-8-sig"
        )
    except ValueError:
        return None
    return matrix if matrix.shape[1] == width else None


def _header_notes(dialect: Dialect, source: str) -> list[Note]:
    notes = []
    if dialect.comments:
        text = f"{source}: {dialect.comments} lines of comment above the header skipped"
        notes.append(Note("comment-lines", text))
    if dialect.headerless:
        last = dialect.names[-1]
        notes.append(Note("no-header", f"{source}: no header line; columns are called column_1 ... {last}"))
    return notes


def _unique(names: Sequence[str], source: str, notes: list[Note]) -> list[str]:
    """Names made distinct and non-empty: ``a``, ``a#2``; an empty one is its position."""
    seen: Counter[str] = Counter()
    found: list[str] = []
    for position, name in enumerate(names, start=1):
        seen[name] += 1
        fresh = name or f"column_{position}"
        found.append(fresh if seen[name] == 1 or not name else f"{fresh}#{seen[name]}")
    double = sorted(name for name, count in seen.items() if count > 1 and name)
    if double:
        notes.append(
            Note("double-column", f"{source}: several columns have one name: {', '.join(double)}", "warning")
        )
    return found
