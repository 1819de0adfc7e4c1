"""Rows of a run's history as columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, TypeAlias

import numpy as np

from rldoctor.model.raw import FloatArray, RawSeries
from rldoctor.plain_data import dataclass
from rldoctor.readers.limits import SERIES
from rldoctor.readers.wandb.messages import items, plain

TIME = "_timestamp"
_WORDS = {b"true": 1.0, b"false": 0.0, b'"NaN"': float("nan"), b'"Infinity"': float("inf")}
_WORDS[b'"-Infinity"'] = -float("inf")
# What W&B puts into a dictionary that stands for a picture, a histogram or a table.
_MEDIA = "_type"
_Cells: TypeAlias = "tuple[list[int], list[float]]"


@dataclass(slots=True)
class History:
    """Columns as ``name: (rows, values)``; ``rows`` counts the rows; ``other`` are names without a number.

    ``beyond`` counts the numbers of metrics that are too many.
    """

    rows: int = 0
    columns: dict[bytes, _Cells] = field(default_factory=dict)
    other: set[str] = field(default_factory=set)
    beyond: int = 0

    def add(self, data: bytes) -> None:
        """Take one history record. NoMessageError when it is none; nothing of it is kept then."""
        row, columns = self.rows, self.columns
        # A list first: a record that breaks off in the middle must not leave half a row.
        for name, value in list(items(data)):
            try:
                number = float(value) if type(value) is bytes else None
            except ValueError:
                number = _WORDS.get(value)  # type: ignore[arg-type]
            if number is None:
                self._add_plain(name, plain(value), row)
                continue
            column = columns.get(name)
            if column is None:
                column = self._new(name)
            column[0].append(row)
            column[1].append(number)
        self.rows += 1

    def _new(self, name: bytes) -> _Cells:
        """A fresh column; one that is thrown away where a run has more metrics than any has."""
        if len(self.columns) >= SERIES:
            self.beyond += 1
            return [], []
        return self.columns.setdefault(name, ([], []))

    def _add_plain(self, name: bytes, value: Any, row: int) -> None:
        shown = name.decode("utf-8", "replace")
        for tag, number in numbers(shown, value, self.other):
            name = tag.encode("utf-8", "replace")
            rows, values = self.columns.get(name) or self._new(name)
            rows.append(row)
            values.append(number)

    def series(self, source: str) -> list[RawSeries]:
        """Every column on the row axis, by name (W&B writes the items of a row in no order)."""
        walls = self._walls()
        media = tuple(f"{name}." for name in self.other)
        shown = sorted((name.decode("utf-8", "replace"), name) for name in self.columns)
        return [self._series(tag, name, source, walls) for tag, name in shown if not tag.startswith(media)]

    def _series(self, tag: str, name: bytes, source: str, walls: FloatArray | None) -> RawSeries:
        rows, values = self.columns[name]
        steps = np.array(rows, dtype=np.float64)
        wall = None if walls is None else walls[np.array(rows, dtype=np.intp)]
        return RawSeries(tag, steps, np.array(values, dtype=np.float64), wall, source=source, axis="row")

    def _walls(self) -> FloatArray | None:
        rows, values = self.columns.get(TIME.encode(), ([], []))
        if not rows:
            return None
        walls = np.full(self.rows, np.nan)
        walls[rows] = values
        return walls


def numbers(name: str, value: Any, other: set[str]) -> Iterator[tuple[str, float]]:
    """The numbers in one value: a mapping gives ``name.key``; what else is no number goes to ``other``."""
    if isinstance(value, bool | int | float):
        yield name, _float(value)
    # A lone surrogate, which JSON can write and UTF-8 cannot, is no word.
    elif isinstance(value, str) and (word := f'"{value}"'.encode("utf-8", "replace")) in _WORDS:
        yield name, _WORDS[word]
    elif isinstance(value, Mapping) and _MEDIA not in value:
        for key, part in value.items():
            yield from numbers(f"{name}.{key}", part, other)
    elif value is not None:
        other.add(name.removesuffix(f".{_MEDIA}"))


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else -float("inf")
