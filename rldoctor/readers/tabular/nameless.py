"""Tables without a header, as ``np.savetxt`` writes them: the file's own name says what is in it."""

from __future__ import annotations

import re
from pathlib import PurePath

import numpy as np

from rldoctor.model.raw import Note
from rldoctor.patterns import pattern
from rldoctor.plain_data import replace
from rldoctor.readers.tabular.table import Table

_COUNTED = 2
# Names that say what a column holds; log.csv and data.csv do not.
_TELLING = pattern("rew|return|score|length|loss", re.IGNORECASE)


def named_by_file(table: Table) -> None:
    """Name the only column of values after the file; a rising first column is the episode or the step.

    ``rewards.csv`` with one column holds rewards. More than one column of values stays without names.
    """
    if not any(note.code == "no-header" for note in table.notes) or len(table.columns) > _COUNTED:
        return
    if not _TELLING.search(PurePath(table.source).stem):
        return
    *counter, values = table.columns
    if any(part.values.size < _COUNTED or not (np.diff(part.values) > 0).all() for part in counter):
        return
    axes = [replace(part, name=_axis(part.values)) for part in counter]
    table.columns[:] = [*axes, replace(values, name=PurePath(table.source).stem)]
    names = ", ".join(part.name for part in table.columns)
    table.notes.append(Note("named-by-file", f"{table.source}: columns named after the file: {names}"))


def _axis(counts: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    # One row per episode counts by one; a step count grows by the length of what lies between two rows.
    return "episode" if bool((np.diff(counts) == 1).all()) else "step"
