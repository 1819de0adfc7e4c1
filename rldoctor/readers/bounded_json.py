"""JSON of strangers: measured before it is parsed, and equal keys in one object are seen."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, cast

from rldoctor.readers.limits import JSON_CONTAINERS, JSON_VALUES

_SMALL = 1 << 16
Pairs = Callable[[Sequence[tuple[str, Any]]], Any]
Parser = Callable[[str | bytes], Any]


def loads(text: str | bytes, *, double: set[str] | None = None) -> Any:
    """The data of a JSON text. ValueError where it is none, or has more in it than any log or configuration.

    ``double`` takes the keys that stand twice in one object; the last one counts.
    """
    if isinstance(text, bytes):
        text = text.decode()
    check(text)
    if double is None:
        return json.loads(text)
    return json.loads(text, object_pairs_hook=_remembering(double))


def objects(cells: Sequence[Any]) -> list[dict[str, Any]]:
    """Each cell (a text, or its bytes) as a JSON object; ``{}`` where it is none.

    Each is parsed by itself: half an object of a damaged cell must not be completed by the next one. orjson
    does it where it is installed, as it is beside trackio.
    """
    parse = _fast_parser()
    try:
        # Nearly always all of them are small texts with an object in it.
        entries = [parse(cell) for cell in cells] if max(map(len, cells)) <= _SMALL else []
    except (TypeError, ValueError, RecursionError):
        entries = []
    if set(map(type, entries)) == {dict}:
        return entries
    return [_object(cell, parse) for cell in cells]


def _fast_parser() -> Parser:
    try:
        from orjson import loads as parse
    except ImportError:
        return loads
    return cast("Parser", parse)


def _object(cell: Any, parse: Parser) -> dict[str, Any]:
    text = cell if isinstance(cell, bytes) else str(cell)
    try:
        # A larger one is measured first.
        entry = (parse if len(text) <= _SMALL else loads)(text)
    except (ValueError, RecursionError):
        # What json alone takes, as NaN.
        return {} if parse is loads else _object(cell, loads)
    return entry if isinstance(entry, dict) else {}


def check(text: str) -> None:
    """ValueError for a text with too many objects or values, or nested too deeply, to be parsed safely."""
    if len(text) <= _SMALL:
        return  # whatever is in it fits; the parser itself ends a deep one with a RecursionError
    opened = text.count("{") + text.count("[")
    if opened > JSON_CONTAINERS:
        raise ValueError(f"more than {JSON_CONTAINERS:,} objects and lists")
    if opened + text.count(",") > JSON_VALUES:
        raise ValueError(f"more than {JSON_VALUES:,} values")


def _remembering(double: set[str]) -> Pairs:
    def made(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        data = dict(pairs)
        if len(data) < len(pairs):
            double.update(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        return data

    return made
