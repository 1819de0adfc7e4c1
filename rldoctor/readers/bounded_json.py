"""JSON of strangers: measured before it is parsed, and equal keys in one object are seen."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from rldoctor.readers.limits import JSON_CONTAINERS, JSON_VALUES

_SMALL = 1 << 16
Pairs = Callable[[Sequence[tuple[str, Any]]], Any]


def loads(text: str, *, double: set[str] | None = None) -> Any:
    """The data of a JSON text. ValueError where it is none, or has more in it than any log or configuration.

    ``double`` takes the keys that stand twice in one object; the last one counts.
    """
    check(text)
    return json.loads(text, object_pairs_hook=None if double is None else _remembering(double))


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
