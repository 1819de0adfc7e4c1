"""Which delimiter a table uses and whether its first line names the columns."""

from __future__ import annotations

import csv
from collections.abc import Sequence

from rldoctor.plain_data import dataclass
from rldoctor.readers.tabular.cells import number

# In order of preference: ``max`` keeps the first of equals, and one column alone fits all three.
_DELIMITERS = ",\t;"
# RLlib writes whole episode histories into one quoted cell.
_LONGEST_CELL = 1 << 30


@dataclass(frozen=True, slots=True)
class Dialect:
    """``delimiter``; ``names`` of the columns, as written; ``skip``: lines before the first data row."""

    delimiter: str
    names: tuple[str, ...]
    skip: int

    @property
    def headerless(self) -> bool:
        """Whether the names were made up because the file has none."""
        return self.skip == 0


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
    top = filled[0]
    # ``np.savetxt`` writes its header as a comment.
    head = lines[top].lstrip("# ") if lines[top].startswith("#") else lines[top]
    second = lines[filled[1]] if len(filled) > 1 else head
    delimiter = max(_DELIMITERS, key=lambda mark: _fit(head, second, mark))
    cells = [cell.strip() for cell in split([unmixed(head, delimiter)], delimiter)[0]]
    if all(not cell or number(cell) is not None for cell in cells):
        return Dialect(delimiter, tuple(f"column_{i + 1}" for i in range(len(cells))), 0)
    return Dialect(delimiter, tuple(cells), top + 1)


def _fit(head: str, second: str, delimiter: str) -> tuple[int, bool, int]:
    names, cells = split([head], delimiter)[0], split([second], delimiter)[0]
    numbers = sum(number(cell, comma=delimiter == ";") is not None for cell in cells)
    # A mark inside a name (``loss, mean``) splits the header and not the numbers below, hence the smaller
    # count.
    return min(len(names), len(cells)), len(names) == len(cells), numbers
