"""Which delimiter a table uses and whether its first line names the columns."""

from __future__ import annotations

import csv
from collections.abc import Sequence

from rldoctor.plain_data import dataclass, replace
from rldoctor.readers.tabular.cells import number
from rldoctor.readers.tabular.numerals import COMMA, POINT

# In order of preference: ``max`` keeps the first of equals, and one column alone fits all three.
_DELIMITERS = ",\t;"
COMMENT = "#"
"""What a line begins with that is no row."""

# RLlib writes whole episode histories into one quoted cell.
_LONGEST_CELL = 1 << 30


@dataclass(frozen=True, slots=True)
class Dialect:
    """``delimiter``; ``names`` of the columns, as written; ``skip``: lines before the first data row.

    ``headerless``: the names were made up because the file has none. ``comments``: lines above the header.
    """

    delimiter: str
    names: tuple[str, ...]
    skip: int
    headerless: bool = False
    comments: int = 0


def split(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """The cells of some lines, quotes respected."""
    csv.field_size_limit(_LONGEST_CELL)
    return list(csv.reader(lines, delimiter=delimiter))


def unmixed(text: str, delimiter: str) -> str:
    """Text whose programs wrote a tab and a comma between two cells, with the tab alone."""
    if delimiter != "\t" or not ("\t," in text or ",\t" in text):
        return text
    return text.replace("\t,", "\t").replace(",\t", "\t")


def sniff(lines: Sequence[str]) -> Dialect | None:
    """The dialect of a table from its first lines, or None when there is no line to look at.

    The delimiter is the one that splits both the header and the next line into most cells (then: into equally
    many, then: into most numbers).
    A first line of nothing but numbers is data: the columns are then called ``column_1`` and so on.
    """
    filled = [index for index, line in enumerate(lines) if line.strip()]
    if not filled:
        return None
    top = next((place for place in filled if not lines[place].startswith(COMMENT)), filled[-1])
    above = [place for place in filled if place < top]
    # ``np.savetxt`` writes its header as a comment; any other comment is none of the table.
    if above and _only_numbers(lines[top]):
        named = _dialect(lines, above[-1], top)
        if len(named.names) == len(split([lines[top]], named.delimiter)[0]):
            return replace(named, comments=len(above) - 1)
    below = [place for place in filled if place > top and not lines[place].startswith(COMMENT)]
    found = _dialect(lines, top, below[0] if below else top)
    return replace(found, comments=len(above))


def _dialect(lines: Sequence[str], top: int, second: int) -> Dialect:
    """The dialect of a table whose first line is ``top`` and whose second is ``second``."""
    head = lines[top].lstrip("# ") if lines[top].startswith(COMMENT) else lines[top]
    below = lines[second] if second != top else head
    delimiter = max(_DELIMITERS, key=lambda mark: _fit(head, below, mark))
    cells = [cell.strip() for cell in split([unmixed(head, delimiter)], delimiter)[0]]
    if all(not cell or number(cell) is not None for cell in cells):
        made = tuple(f"column_{i + 1}" for i in range(len(cells)))
        return Dialect(delimiter, made, top, headerless=True)
    return Dialect(delimiter, tuple(cells), top + 1)


def _only_numbers(line: str) -> bool:
    return any(all(number(cell) is not None for cell in split([line], mark)[0]) for mark in _DELIMITERS)


def _fit(head: str, second: str, delimiter: str) -> tuple[int, bool, int]:
    names, cells = split([head], delimiter)[0], split([second], delimiter)[0]
    numbers = sum(is_number(cell, delimiter) for cell in cells)
    # A mark inside a name (``loss, mean``) splits the header and not the numbers below, hence the smaller
    # count.
    return min(len(names), len(cells)), len(names) == len(cells), numbers


def is_number(cell: str, delimiter: str) -> bool:
    """Whether a cell is a number; between semicolons also with a decimal comma or groups of thousands."""
    marks = (POINT, COMMA) if delimiter == ";" else ("",)
    return any(number(cell, decimal=mark) is not None for mark in marks)
