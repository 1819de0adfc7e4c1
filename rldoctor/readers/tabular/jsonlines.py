"""JSON lines (``result.json``, ``progress.json``, ``metrics.jsonl``) turned into a table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import numpy as np

from rldoctor.errors import ReadError
from rldoctor.files import open_regular
from rldoctor.model.raw import Note
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass
from rldoctor.readers.bounded_json import loads
from rldoctor.readers.limits import MIB
from rldoctor.readers.tabular.cells import Column, number
from rldoctor.readers.tabular.decode import lines_of, read_text
from rldoctor.readers.tabular.documents import parse_document
from rldoctor.readers.tabular.table import Table

_BARE_NAN = pattern(r"(?<=[:,\[ ])nan(?=[,\]} ])", re.IGNORECASE)
_DEEPEST = 12
# A longer list is a history or a distribution, not what happened since the row before.
_LONGEST = 1_000
# RLlib writes its whole configuration into every line.
_LONGEST_LINE = 16 * MIB
# After so many broken lines, and fewer good ones, a file is something else.
_MOST_BAD = 50_000
# Of a damaged line, in an error.
_QUOTED = 40
# Where the settings of a run may be, in RLlib's files.
_FIRST_LINES = 20
_EXPECTED = (
    "Expected JSON lines (one {...} per line), an array of such objects, or lists of numbers by metric. A "
    "summary without a curve (ML-Agents' timers.json) is no log: its TensorBoard files are."
)


@dataclass(slots=True)
class _Cells:
    """A column while it is being filled; ``nulls`` are the rows where it was written as null.

    ``averaged``: of lists of numbers the mean is read. RLlib's lists are histories, with means beside them.
    """

    averaged: bool = True
    rows: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    nulls: list[int] = field(default_factory=list)
    texts: dict[str, None] = field(default_factory=dict)
    bad: int = 0
    lists: int = 0
    means: int = 0
    before: list[Any] = field(default_factory=list)

    def _mean(self, cells: list[Any]) -> float | None:
        """The mean of a list of numbers; None for any other, and for one that keeps what was before."""
        grows = (
            bool(self.before) and len(cells) > len(self.before) and cells[: len(self.before)] == self.before
        )
        self.before = cells
        if grows or not cells or len(cells) > _LONGEST:
            return None
        numbers = [one for one in map(_number_or_none, cells) if one is not None]
        return float(np.mean(numbers)) if len(numbers) == len(cells) else None

    def add(self, row: int, value: Any) -> None:
        """Take one value: bool and int as float, text when it is a number, else counted as bad."""
        if value is None:
            self.nulls.append(row)
        elif self.averaged and isinstance(value, list) and (mean := self._mean(value)) is not None:
            self.means += 1
            self.rows.append(row)
            self.values.append(mean)
        elif isinstance(value, list | dict):
            self.lists += 1
        elif (read := _number(value)) is None:
            self.bad += 1
            if len(self.texts) < 3:
                self.texts.setdefault(str(value))
        else:
            self.rows.append(row)
            self.values.append(read)

    def column(self, name: str, null_is_nan: bool) -> Column:
        """The finished column; null cells become NaN when asked for and the column has numbers at all."""
        nulls = self.nulls if null_is_nan and self.values else []
        rows = np.array([*self.rows, *nulls], dtype=np.float64)
        values = np.array([*self.values, *([np.nan] * len(nulls))], dtype=np.float64)
        # Back into the order of the rows: the nulls were appended behind the numbers.
        order = np.argsort(rows, kind="stable")
        return Column(name, rows[order], values[order], self.bad, 0, tuple(self.texts))


def _number_or_none(cell: Any) -> float | None:
    return float(cell) if isinstance(cell, int | float) else None


def _number(value: Any) -> float | None:
    try:
        # JSON has no NaN, so some loggers write it as the text "NaN".
        return number(value) if isinstance(value, str) else float(value)
    except OverflowError:
        return None


def read_json_lines(path: Path, *, null_is_nan: bool = False, skip: frozenset[str] = frozenset()) -> Table:
    """One row per line; nested objects become ``a/b`` columns, of a short list of numbers the mean is read.

    A file that is one JSON document (``documents``) is read as such. ``null_is_nan``: ``null`` is a value
    that could not be written (RLlib) instead of a blank. ``skip`` names top-level keys that are no metrics.
    ReadError when the file is neither.
    """
    text, notes = read_text(path)
    own: list[Note] = []
    rows = _objects(text, path.name, own)
    # A document may stand in one line (Keras-RL's does); two lines that are objects are rows.
    if len(rows) <= 1 and (document := parse_document(text, path.name)) is not None:
        if not document.rows:
            found = Table(path.name, document.columns, 0, notes + document.notes, document.series)
            found.rows = max((part.values.size for part in document.columns), default=0)
            return found
        # The complaints were about lines that are no rows, but parts of this document.
        rows, own = document.rows, list(document.notes)
    if not rows:
        raise ReadError(f"{path}: no line is a JSON object{_first_line(text)}", hint=_EXPECTED)
    notes += own
    cells: dict[str, _Cells] = {}
    for row, entry in enumerate(rows):
        for name, value in flat({key: value for key, value in entry.items() if key not in skip}):
            cells.setdefault(name, _Cells(averaged=not null_is_nan)).add(row, value)
    lists = sorted(name for name, part in cells.items() if part.lists)
    if lists:
        notes.append(Note("list-column", f"{path.name}: lists, not read: {', '.join(lists)}"))
    means = sorted(name for name, part in cells.items() if part.means and not part.lists)
    if means:
        notes.append(
            Note("list-mean", f"{path.name}: lists of numbers, their means read: {', '.join(means)}")
        )
    columns = [part.column(name, null_is_nan) for name, part in cells.items() if not _only_lists(part)]
    return Table(path.name, columns, len(rows), notes)


def _only_lists(part: _Cells) -> bool:
    # One list that keeps all rows before it gives the column away; its first rows were taken for means.
    return bool(part.lists) and not part.bad and len(part.values) == part.means


def first_object(path: Path) -> dict[str, Any]:
    """The first line of a file as a JSON object, ``{}`` when it is none."""
    with TextIOWrapper(open_regular(path), encoding="utf-8-sig", errors="replace") as file:
        return parse_line(file.readline(_LONGEST_LINE)) or {}


def first_whole_object(path: Path) -> tuple[int, dict[str, Any]]:
    """The first of the first lines that is a JSON object, with its number; ``{}`` when none is."""
    with TextIOWrapper(open_regular(path), encoding="utf-8-sig", errors="replace") as file:
        for number in range(1, _FIRST_LINES + 1):
            if entry := parse_line(file.readline(_LONGEST_LINE)):
                return number, entry
    return 0, {}


def flat(entry: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """``{"a": {"b": 1}}`` as ``("a/b", 1)``; empty and very deep objects are dropped."""
    for key, value in entry.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and depth < _DEEPEST:
            yield from flat(value, f"{name}/", depth + 1)
        else:
            yield name, value


def _objects(text: str, source: str, notes: list[Note]) -> list[dict[str, Any]]:
    lines = lines_of(text)
    rows: list[dict[str, Any]] = []
    bad, first_bad = 0, 0
    for index, line in enumerate(lines):
        if not line.strip():
            continue
        entry = parse_line(line)
        if entry is not None:
            rows.append(entry)
        # Loggers end every line with a newline: an open last line is a kill, a broken one in the middle is
        # damage.
        elif index == len(lines) - 1 and not text.endswith("\n"):
            notes.append(_cut(source))
        else:
            bad += 1
            first_bad = first_bad or index + 1
            if bad > _MOST_BAD and bad > len(rows):
                raise ReadError(f"{source}: the first {index + 1:,} lines are mostly not JSON objects")
    if bad:
        what = "1 line is no JSON object" if bad == 1 else f"{bad} lines are no JSON objects"
        text = f"{source}: {what}, skipped (line {first_bad}{' first' if bad > 1 else ''})"
        notes.append(Note("bad-lines", text, "warning", lost=True))
    return rows


def _first_line(text: str) -> str:
    """``; line 1 begins '{"a": 1, "b' ...``: what stands there instead."""
    lines = lines_of(text)
    number, line = next(((at, one) for at, one in enumerate(lines, 1) if one.strip()), (0, ""))
    if not number:
        return ""
    cut = number == len(lines) and not text.endswith("\n") and line.lstrip().startswith("{")
    start = repr(line[:_QUOTED]) + (" ..." if len(line) > _QUOTED else "")
    return f"; line {number} begins {start}" + (" and is cut off" if cut else "")


def _cut(source: str) -> Note:
    return Note("truncated-file", f"{source}: the last line is cut off, skipped", "warning", lost=True)


def parse_line(line: str) -> dict[str, Any] | None:
    """One line as an object; accepts NaN, Infinity and the bare ``nan`` old Ray versions wrote."""
    text = line.strip()
    if not text.startswith("{"):
        return None
    if text == "{}":  # a million of them need no parser
        return {}
    # As it is first: the replacement could change a ``nan`` inside a text.
    entry = _object(line)
    if entry is None and _BARE_NAN.search(line):
        entry = _object(_BARE_NAN.sub("NaN", line))
    return entry


def _object(line: str) -> dict[str, Any] | None:
    try:
        entry = loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None
