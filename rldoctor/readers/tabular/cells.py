"""Text cells turned into numbers, one column at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rldoctor.model.raw import FloatArray
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass

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


def number(text: str, *, comma: bool = False) -> float | None:
    """The number in a cell, or None. ``True`` is 1.0; ``tensor(0.5)`` and ``[0.5]`` are 0.5.

    With ``comma`` (tables that use ``;`` between cells) ``0,5`` is 0.5 too.
    """
    try:
        # ``float`` reads "nan" and "-inf" too: those were logged, and are evidence.
        return float(text)
    except ValueError:
        pass
    lowered = text.strip().lower()
    if lowered in _TRUTH:
        return _TRUTH[lowered]
    return _unwrapped(text.strip(), comma)


def _unwrapped(text: str, comma: bool) -> float | None:
    match = _WRAPPED.match(text)
    # In any other table ``1,234`` may be a thousand, so it stays no number.
    if match is None and not comma:
        return None
    inner = (match.group(1) or match.group(2)) if match else text.replace(",", ".", 1)
    try:
        return float(inner)
    except ValueError:
        return None


def column(name: str, cells: Sequence[str], *, comma: bool = False) -> Column:
    """Convert the cells of one column; O(n), the common all-numbers case runs in C."""
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
        return _cell_by_cell(name, cells, rows, comma)


def _cell_by_cell(name: str, cells: Sequence[str], rows: Sequence[int], comma: bool) -> Column:
    kept: list[tuple[int, float]] = []
    texts: dict[str, None] = {}
    bad = coerced = 0
    for row in rows:
        text = cells[row]
        value = number(text, comma=comma)
        if value is None:
            bad += 1
            if len(texts) < _SAMPLE:
                texts.setdefault(text)
            continue
        coerced += not _plain(text)
        kept.append((row, value))
    table = np.array(kept, dtype=np.float64).reshape(-1, 2)
    return Column(name, table[:, 0].copy(), table[:, 1].copy(), bad, coerced, tuple(texts))


def _plain(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text.strip().lower() in _TRUTH
    return True
