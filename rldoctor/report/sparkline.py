"""A curve in one line of block characters."""

from __future__ import annotations

import numpy as np

from rldoctor.model.arrays import median, mostly_least
from rldoctor.model.raw import FloatArray
from rldoctor.model.series import Series

BLOCKS = "▁▂▃▄▅▆▇█"
WIDTH = 32


def sparkline(series: Series, width: int = WIDTH) -> str:
    """The finite values over equal stretches of steps; a space where none was logged, empty without two.

    A stretch shows its value that lies farthest from the median of all, so that a spike is not averaged away.
    Where half of all values are the least there is, each stretch has such a spike, and shows its mean.
    """
    known = series.finite()
    if len(known) < 2:
        return ""
    values, steps = known.values, known.steps
    low, high = float(values.min()), float(values.max())
    place = np.minimum((width * (steps - steps[0]) / (steps[-1] - steps[0])).astype(int), width - 1)
    cells = [values[place == cell] for cell in range(width)]
    middle = median(values)
    if mostly_least(values):
        means = [np.atleast_1d(cell.mean()) if cell.size else cell for cell in cells]
        kept = np.concatenate(means)
        return "".join(_block(cell, float(kept.min()), float(kept.max()), low) for cell in means)
    return "".join(_block(cell, low, high, middle) for cell in cells)


def _block(cell: FloatArray, low: float, high: float, middle: float) -> str:
    if not cell.size:
        return " "
    value = float(cell[np.argmax(np.abs(cell - middle))])
    share = 0.5 if high == low else (value / 2 - low / 2) / (high / 2 - low / 2)  # halves: no overflow
    return BLOCKS[min(len(BLOCKS) - 1, int(share * len(BLOCKS)))]


def can_show(encoding: str | None) -> bool:
    """Whether a stream of this encoding has the characters; an unknown encoding (text in memory) has."""
    try:
        BLOCKS.encode(encoding or "utf-8")
    except (LookupError, UnicodeEncodeError):
        return False
    return True
