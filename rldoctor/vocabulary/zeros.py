"""Zeros that were never measured: placeholders some loggers write where there is nothing to say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rldoctor.model.algorithms import matches
from rldoctor.model.raw import BoolArray, Note, RawSeries
from rldoctor.vocabulary.mapped import Mapped


def real_points(one: Mapped, series: Sequence[RawSeries], notes: Sequence[Note], algorithm: str) -> BoolArray:
    """Mask of the points of ``one`` that were measured.

    Exact zeros are dropped where the table says the framework writes them as placeholders, where the reader
    recognised such a writer, or where a companion counter says that nothing happened. A series of zeros only
    is left alone: it may be real.
    """
    values = one.raw.values
    keep = np.ones(values.size, dtype=np.bool_)
    filled = any(note.code == "filled-zeros" and one.raw.tag in note.tags for note in notes)
    if filled or (one.rule.drop_zeros and matches(algorithm, one.rule.drop_zeros)):
        keep = values != 0.0
    elif one.rule.drop_zeros_if_empty:
        keep = _counted(one, series)
    return keep if keep.any() else np.ones(values.size, dtype=np.bool_)


def _counted(one: Mapped, series: Sequence[RawSeries]) -> BoolArray:
    """Points whose companion counter is not zero at the same step."""
    companion = next((other for other in series if other.tag == one.rule.drop_zeros_if_empty), None)
    if companion is None:
        return np.ones(one.raw.values.size, dtype=np.bool_)
    empty = companion.steps[companion.values == 0]
    keep: BoolArray = ~(np.isin(one.raw.steps, empty) & (one.raw.values == 0.0))
    return keep
