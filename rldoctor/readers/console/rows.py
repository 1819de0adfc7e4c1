"""Rows of one step put together, rows that were printed or pasted twice left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from rldoctor.plain_data import dataclass
from rldoctor.readers.console.blocks import Row
from rldoctor.readers.console.counters import counter_of
from rldoctor.readers.console.lines import BLOCK


@dataclass(slots=True)
class Joined:
    """The rows that are left; ``repeated`` were there before, ``counted`` tells whether any has a counter."""

    rows: list[Row]
    repeated: int
    counted: bool


def joined(rows: Iterable[Row]) -> Joined:
    """Rows of one step whose values do not contradict each other are one row."""
    rows = list(rows)
    again = _printed_again(rows)
    kept: list[Row] = []
    at: dict[tuple[str, str, float], Row] = {}
    repeated = 0
    for row in rows:
        name = counter_of(row.values)
        key = (row.group, name, row.values.get(name, 0.0))
        known = at.get(key) if name else None
        if known is None and kept and name and _goes_on(kept[-1], row, name):
            known = kept[-1]
        if kept and not name and row.values.keys() <= again:
            known = kept[-1]
        if known is None or not _agree(known.values, row.values):
            kept.append(row)
            at[key] = row
            continue
        repeated += row.values.keys() <= known.values.keys()
        known.values.update(row.values)
    return Joined(kept, repeated, any(name for _, name, _ in at))


def _printed_again(rows: Iterable[Row]) -> set[str]:
    """What is printed by itself again and again: ``SPS: 1200`` belongs to the row above it."""
    alone = [row.values for row in rows if row.kind == BLOCK and not counter_of(row.values)]
    counts = Counter(name for values in alone if len(values) == 1 for name in values)
    return {name for name, count in counts.items() if count > 1}


def _goes_on(last: Row, row: Row, name: str) -> bool:
    """Whether a row continues the one before: ``Epoch #3: test_reward`` below ``Epoch #3: env_step=3000``."""
    return last.group == row.group and last.values.get(name) == row.values[name]


def _agree(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Whether what both have is the same (NaN like NaN)."""
    return all(
        one[name] == other[name] or (one[name] != one[name] and other[name] != other[name])
        for name in one.keys() & other.keys()
    )
