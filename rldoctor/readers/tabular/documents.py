"""One JSON document instead of JSON lines: an array of rows, or one list of numbers per metric.

Hugging Face's ``trainer_state.json``, Keras-RL's ``FileLogger``, Sacred's ``info.json`` and ``metrics.json``,
and ``json.dump(history)`` at the end of a home-made program write such files. Where a metric has steps of its
own (``x`` beside ``x_T``; ``steps`` beside ``values``), they are kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import field
from json import JSONDecoder
from typing import Any

import numpy as np

from rldoctor.model.raw import FloatArray, Note, RawSeries
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass
from rldoctor.readers.bounded_json import loads
from rldoctor.readers.limits import DOCUMENT_BYTES
from rldoctor.readers.tabular.cells import Column, number

_DEEPEST = 6
# A list of one value is a setting that is written as a list, no curve.
_SHORTEST = 2
# PyMARL writes the steps of "return_mean" as "return_mean_T".
_STEPS = "_T"
# Where Hugging Face's Trainer keeps its rows, beside the state of the training.
_ROWS = "log_history"
_HISTORY = f'"{_ROWS}":['
_FIRST_ROW = pattern(rf'"{_ROWS}"\s*:\s*\[\s*\{{')
_NEXT_ROW = pattern(r"\s*,\s*\{")
_OPENINGS = ("[{", '{"')
_REWARD = pattern("rew|return|score", re.IGNORECASE)


@dataclass(slots=True)
class Document:
    """``rows`` of an array, or ``columns`` of one length and ``series`` with steps of their own."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    series: list[RawSeries] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def opens_like_document(head: str) -> bool:
    """Whether the first characters begin an array of objects, or an object whose first value is a list."""
    dense = "".join(head.split())
    if _HISTORY in dense:
        return True
    # An object that begins with a number or a text is rather a configuration (``train_config.json``).
    first = dense.partition(":")[2][:1] if dense.startswith(_OPENINGS[1]) else ""
    return dense.startswith(_OPENINGS[0]) or first == "["


def parse_document(text: str, source: str) -> Document | None:
    """What one JSON document holds, or None where it is none or has no list of numbers in it."""
    try:
        data = loads(text) if len(text) <= DOCUMENT_BYTES else None
    except (ValueError, RecursionError):
        return _cut_rows(text, source)
    listed = data.get(_ROWS, data) if isinstance(data, dict) else data
    if isinstance(listed, list):
        rows = [row for row in listed if isinstance(row, dict)]
        return Document(rows=rows) if rows else None
    return _of_lists(data, source) if isinstance(data, dict) else None


def _cut_rows(text: str, source: str) -> Document | None:
    """The whole rows of a history whose file breaks off (a checkpoint that was being written)."""
    rows: list[dict[str, Any]] = []
    following = _FIRST_ROW.search(text)
    try:
        while following is not None:
            row, end = JSONDecoder().raw_decode(text, following.end() - 1)
            rows.append(row)
            following = _NEXT_ROW.match(text, end)
    except (ValueError, RecursionError):
        pass
    if not rows:
        return None
    text = f"{source}: no whole JSON; the {len(rows):,} whole rows are read"
    note = Note("truncated-file", text, "warning", lost=True)
    return Document(rows=rows, notes=[note])


def _of_lists(data: Mapping[str, Any], source: str) -> Document | None:
    lists = dict(_number_lists(data))
    found = Document()
    for name in list(lists):
        steps = _taken(lists, name)
        if steps is not None:
            tag = name.removesuffix("/values")
            found.series.append(RawSeries(tag, steps, lists.pop(name), source=source))
    found.columns = _columns(lists, source, found.notes)
    return found if found.columns or found.series else None


def _taken(lists: dict[str, FloatArray], name: str) -> FloatArray | None:
    """The steps of a metric, taken out of ``lists``; Sacred's time stamps go with them."""
    base = name.removesuffix("/values")
    key = f"{base}/steps" if base != name else name + _STEPS
    if name not in lists or key not in lists or lists[key].size != lists[name].size:
        return None
    lists.pop(f"{base}/timestamps", None)
    return lists.pop(key)


def _columns(lists: Mapping[str, FloatArray], source: str, notes: list[Note]) -> list[Column]:
    """The lists of the most usual length (of several: with a reward, the longest); others have other rows."""
    if not lists:
        return []
    counts = Counter(values.size for values in lists.values())
    rewarded = {values.size for name, values in lists.items() if _REWARD.search(name)}
    # Lists that one loop appends to have one length; one of another length counts something else.
    length = max(counts, key=lambda size: (counts[size], size in rewarded, size))
    other = sorted(name for name, values in lists.items() if values.size != length)
    if other:
        text = f"{source}: lists of another length than {length}, not read: {', '.join(other)}"
        notes.append(Note("list-length", text, "warning", tuple(other), lost=True))
    rows = np.arange(length, dtype=np.float64)
    return [Column(name, rows, values) for name, values in lists.items() if values.size == length]


def _number_lists(
    data: Mapping[str, Any], prefix: str = "", depth: int = 0
) -> Iterator[tuple[str, FloatArray]]:
    """Every list of numbers under ``a/b``; a list of objects gives one per number in them."""
    for key, value in data.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and depth < _DEEPEST:
            yield from _number_lists(value, f"{name}/", depth + 1)
        elif isinstance(value, list) and len(value) >= _SHORTEST:
            yield from _of_list(name, value)


def _of_list(name: str, cells: list[Any]) -> Iterator[tuple[str, FloatArray]]:
    if (values := _numbers(cells)) is not None:
        yield name, values
    elif all(isinstance(cell, Mapping) for cell in cells):
        for key in cells[0]:
            if (values := _numbers([cell.get(key) for cell in cells])) is not None:
                yield f"{name}/{key}", values


def _numbers(cells: list[Any]) -> FloatArray | None:
    """The list as numbers (null is NaN), or None when it holds anything else, or no number at all."""
    values = [_number(cell) for cell in cells]
    found = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    bad = any(value is None and cell is not None for cell, value in zip(cells, values, strict=True))
    return None if bad or all(cell is None for cell in cells) else found


def _number(cell: Any) -> float | None:
    """A number, also in the wrapping of jsonpickle (``{"py/object": ..., "value": 0.5}``)."""
    # Sacred writes ``info.json`` through jsonpickle, which wraps the scalars of numpy.
    if isinstance(cell, Mapping) and "py/object" in cell:
        cell = cell.get("value")
    if isinstance(cell, str):
        return number(cell)
    try:
        # JSON allows an integer that is too large for a float.
        return float(cell) if isinstance(cell, bool | int | float) else None
    except OverflowError:
        return None
