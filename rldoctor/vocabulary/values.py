"""Configuration values as people and serialisers write them, turned into numbers, truth values or names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rldoctor.model.config import Value

NUMBER = r"[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_PLAIN = re.compile(rf"\s*({NUMBER})\s*")
_TRUTH = {"true": True, "false": False, "yes": True, "no": False}
# lin_3e-4 (rl-zoo), linear_0.0003, schedule_1e-3, auto_0.1
_NAMED = re.compile(rf"([a-z]+)[_-]({NUMBER})", re.IGNORECASE)
# lr_schedule(0.0005, 1e-06, 2), LinearSchedule(0.2), TrainFreq(frequency=1, unit=...), FloatSchedule(0.0003)
_CALL = re.compile(rf"[\w.]+\(\s*(?:\w+\s*=\s*)?({NUMBER})\b.*\)", re.DOTALL)
_FIRST = re.compile(rf"[\[(]\s*({NUMBER})\s*[,\])].*", re.DOTALL)
_OPAQUE = re.compile(r"<.*>|\{.*\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value and how it was read (``note``, else empty); ``name`` is the word in ``lin_3e-4``."""

    value: Value
    note: str = ""
    name: str = ""


def number(text: str) -> float:
    """A number written in Python's way; integers stay exact below 2**53."""
    return float(text.replace("_", ""))


def parse_value(written: object) -> Parsed | None:
    """The value of a setting, or None when it holds nothing that can be used (a pickled function, an object).

    None and ``None`` become the text ``none``: the user switched the thing off, which is not "unknown".
    """
    if written is None:
        return Parsed("none")
    if isinstance(written, bool | int | float):
        return Parsed(written)
    if isinstance(written, str):
        return _from_text(written.strip())
    if isinstance(written, Mapping):
        return _from_mapping(written)
    if isinstance(written, list | tuple):
        return _from_list(written)
    return None


def _from_text(text: str) -> Parsed | None:
    if text.lower() in ("none", "null", ""):
        return Parsed("none")
    if text.lower() in _TRUTH:
        return Parsed(_TRUTH[text.lower()])
    if match := _PLAIN.fullmatch(text):
        value = number(match[1])
        return Parsed(int(value) if value.is_integer() and not re.search(r"[.eE]", text) else value)
    if match := _NAMED.fullmatch(text):
        return Parsed(number(match[2]), f"first value of {text}", match[1].lower())
    if match := _CALL.fullmatch(text) or _FIRST.fullmatch(text):
        return Parsed(number(match[1]), f"first value of {text}")
    return None if _OPAQUE.fullmatch(text) else Parsed(text)


def _from_list(written: list[object] | tuple[object, ...]) -> Parsed | None:
    first = parse_value(written[0]) if written else None
    if first is None or isinstance(first.value, str):
        return None
    return Parsed(first.value, first.note if len(written) == 1 else f"first value of {written}")


def _from_mapping(written: Mapping[object, object]) -> Parsed | None:
    for key in ("frequency", "value", "initial_value", "start"):
        inner = parse_value(written[key]) if key in written else None
        if inner is not None:
            return Parsed(inner.value, f"{key} of {dict(written)}")
    return None


def truth(value: Value) -> float | None:
    """1.0 or 0.0 for a truth value or a number, None for other text."""
    if isinstance(value, str):
        return {"none": 0.0, "auto": 1.0}.get(value)
    return float(bool(value))
