"""A dict as Python or JSON prints it, in one line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rldoctor.patterns import pattern
from rldoctor.readers.console.values import printed_number
from rldoctor.readers.python_text import literal_in

_BARE = pattern(r"(?<=[:\[(,\s])(-?)(nan|inf|NaN|Infinity)(?=[,\]})\s])")
_WRAPPED = pattern(r"(?:tensor|array|(?:np|numpy|torch|jnp)\.\w+)\(([^()]*)\)")
_DEEPEST = 8


def dict_row(text: str) -> dict[str, float]:
    """The numbers of a dict by name, ``a/b`` for nested ones; empty when the text is no dict."""
    if ":" not in text:  # a million empty ones need no parser
        return {}
    data = _parsed(_BARE.sub(r"'\1\2'", text))
    if data is None and "(" in text:
        data = _parsed(_BARE.sub(r"'\1\2'", _WRAPPED.sub(_first, text)))
    return dict(_numbers(data)) if isinstance(data, dict) else {}


def _first(match: re.Match[str]) -> str:
    """``tensor(0.5, device='cuda:0')`` is its number."""
    return match.group(1).partition(",")[0].strip() or "None"


def _parsed(text: str) -> Any:
    # Several times as fast, and enough unless there is a None or a tuple.
    try:
        return json.loads(text.replace("'", '"'))
    except (ValueError, RecursionError):
        pass
    try:
        return literal_in(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _numbers(data: Mapping[Any, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, float]]:
    for key, value in data.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and depth < _DEEPEST:
            yield from _numbers(value, f"{name}/", depth + 1)
        elif (number := _number(value)) is not None:
            yield name, number


def _number(value: Any) -> float | None:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        return printed_number(value)
    try:
        return float(value) if isinstance(value, int | float) else None
    except OverflowError:
        return None
