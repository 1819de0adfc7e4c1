"""``KEY=VALUE`` of the command line."""

from __future__ import annotations

import json

from rldoctor.errors import UsageError


def assignment(text: str) -> tuple[str, object]:
    """``key=value`` with a JSON value; anything that is not JSON is taken as text."""
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise UsageError(f"--set takes KEY=VALUE, not '{text}'", hint="example: --set learning_rate=0.001")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value
