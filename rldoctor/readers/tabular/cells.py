"""Text cells turned into numbers, one column at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rldoctor.model.raw import FloatArray
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass
from rldoctor.readers.tabular.numerals import COMMA, POINT, dots_group, localized

# A column is numeric when at least this share of its filled cells are numbers: hashes and dates parse by
# accident now and then, a metric that turns to text half-way is still mostly numbers.
NUMERIC_SHARE = 0.2
_TRUTH = {"true": 1.0, "false": 0.0}
# What the ``str`` or ``repr`` of a tensor or an array leaves in a cell where a program forgot ``.item()``.
_WRAPPED = pattern(
    r"^(?:tensor|array|(?:np|numpy|torch|jnp)\.\w+)\(\[?([-+.\w]+)\]?[,)]|^\[\s*([-+.\w]+)\s*\]$"
)
_SAMPLE = 3


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    ``rows`` (0-based row numbers of the cells that hold a number) and ``values`` have shape (n,); a written
    ``nan`` is a value, a blank cell is not. ``bad`` counts filled cells that are no number, ``coerced`` those
    read out of a wrapper (``tensor(0.5)``, ``[0.5]``); ``texts`` are up to three distinct texts, in order.
    """

    name: str
    rows: FloatArray
    values: FloatArray
    bad: int = 0
    coerced: int = 0
    texts: tuple[str, ...] = ()

    @property
    def numeric(self) -> bool:
        """Whether the column is a series (with or without some bad cells); a column of lists is none."""
        # A list of one element unwraps to a number; a longer one in the same column gives the column away.
        if any(text.startswith("[") for text in self.texts):
            return False
        return self.values.size > 0 and self.values.size >= NUMERIC_SHARE * (self.values.size + self.bad)


def number(text: str, *, decimal: str = "") -> float | None:
    """The number in a cell, or None. ``True`` is 1.0; ``tensor(0.5)`` and ``[0.5]`` are 0.5.

    ``decimal``: the mark of a table whose numbers have a decimal comma (``0,5``, ``1.000,5``) or groups of
    thousands (``1,000.5``).
    """
    try:
        # ``float`` reads "nan" and "-inf" too: those were logged, and are evidence.
        return float(text)
    except ValueError:
        pass
    stripped = text.strip()
    lowered = stripped.lower()
    if lowered in _TRUTH:
        return _TRUTH[lowered]
    found = localized(stripped, decimal)
    return _unwrapped(stripped) if found is None else found


def _unwrapped(text: str) -> float | None:
    match = _WRAPPED.match(text) if "(" in text or "[" in text else None
    if match is None:
        return None
    try:
        return float(match.group(1) or match.group(2))
    except ValueError:
        return None


def column(name: str, cells: Sequence[str], *, decimal: str = "") -> Column:
    """Convert the cells of one column; O(n), the common all-numbers case runs in C.

    ``decimal`` is the mark of :func:`number`. Where it is a comma, ``2.048`` is a number to Python too.
    """
    if decimal == COMMA and POINT in "".join(cells):
        rows = [row for row, cell in enumerate(cells) if cell and not cell.isspace()]
        grouped = dots_group(cells)
        return _cell_by_cell(name, cells, rows, COMMA if grouped else POINT, grouped=grouped)
    try:
        values = np.fromiter(map(float, cells), np.float64, len(cells))
        return Column(name, np.arange(len(cells), dtype=np.float64), values)
    except ValueError:
        pass
    # Mostly it was a blank: Stable-Baselines3 fills in only the columns that were recorded since its last
    # dump.
    rows = [row for row, cell in enumerate(cells) if cell and not cell.isspace()]
    try:
        values = np.fromiter((float(cells[row]) for row in rows), np.float64, len(rows))
        return Column(name, np.array(rows, dtype=np.float64), values)
    except ValueError:
        return _cell_by_cell(name, cells, rows, decimal)


def _cell_by_cell(
    name: str, cells: Sequence[str], rows: Sequence[int], decimal: str, *, grouped: bool = False
) -> Column:
    kept: list[tuple[int, float]] = []
    texts: dict[str, None] = {}
    bad = coerced = 0
    for row in rows:
        text = cells[row]
        local = localized(text.strip(), decimal) if grouped else None
        value = number(text, decimal=decimal) if local is None else local
        if value is None:
            bad += 1
            if len(texts) < _SAMPLE:
                texts.setdefault(text)
            continue
        coerced += _WRAPPED.match(text.strip()) is not None
        kept.append((row, value))
    table = np.array(kept, dtype=np.float64).reshape(-1, 2)
    return Column(name, table[:, 0].copy(), table[:, 1].copy(), bad, coerced, tuple(texts))
