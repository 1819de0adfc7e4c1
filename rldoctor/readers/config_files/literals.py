"""Values that were written as text: ``"300000"``, ``"{'gamma': '0.98'}"``, ``"dict(net_arch=[64, 64])"``."""

from __future__ import annotations

import ast
import json
from typing import Any

from rldoctor.patterns import pattern
from rldoctor.readers.python_text import expression, literal_in

_LONGEST = 20_000
# Only text that can be a literal is given to the parser: names of environments and schedules never are.
_CANDIDATE = pattern(r"^(?:[\[{(]|['\"]|[-+]?\.?\d|True$|False$|None$)")
# ``ast`` gives up on deeply nested text with a MemoryError or a RecursionError.
_REFUSED = (ValueError, SyntaxError, TypeError, MemoryError, RecursionError)


def literal(text: str) -> Any:
    """The Python value a text stands for, or the text itself. Nothing is ever executed."""
    stripped = text.strip()
    if len(stripped) > _LONGEST:
        return text
    # The form in which rl-zoo keeps ``policy_kwargs``, to be evaluated there. Here it is only parsed.
    if stripped.startswith("dict(") and stripped.endswith(")"):
        return _keywords(stripped, text)
    if not _CANDIDATE.match(stripped):
        return text
    try:
        value = literal_in(stripped)
    except _REFUSED:
        return _json(stripped, text)
    return text if isinstance(value, complex | bytes | set) else value


def _json(stripped: str, text: str) -> Any:
    # ``true`` and ``null`` inside a list or an object are JSON's words, which Python does not know.
    if stripped[0] not in "[{":
        return text
    try:
        return json.loads(stripped)
    except (ValueError, RecursionError):
        return text


def _keywords(stripped: str, text: str) -> Any:
    """``dict(a=1, b=nn.ReLU)`` as ``{"a": 1, "b": "nn.ReLU"}``: what is no literal stays text."""
    try:
        call = expression(stripped)
    except _REFUSED:
        return text
    if not isinstance(call, ast.Call) or call.args or any(word.arg is None for word in call.keywords):
        return text
    return {str(word.arg): literal(ast.unparse(word.value)) for word in call.keywords}
