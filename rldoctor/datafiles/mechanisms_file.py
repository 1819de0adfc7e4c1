"""The form of ``mechanisms.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rldoctor.datafiles.read import SCHEMA, checked
from rldoctor.datafiles.scalars import Choice, Flag, Name, Number, Regex, TextValue
from rldoctor.datafiles.shapes import ListOf, MapOf, Record
from rldoctor.datafiles.sheet import Names

_KNOBS = ListOf(Name("knob"), least=1, unique=True)
_ALGORITHMS = ListOf(Name("algorithm"), least=1, unique=True)
_SUPPORT = Record(
    {"state": Choice(("always", "never", "option"), "state"), "source": TextValue()},
    {"for": _ALGORITHMS, "by": Choice(("schedule", "target"), "switch"), "default": Flag()},
)
_MECHANISM = Record(
    {"says": TextValue(), "words": ListOf(Regex())},
    {
        "algorithms": _ALGORITHMS,
        "never": _ALGORITHMS,
        "always": _ALGORITHMS,
        "on": _KNOBS,
        "on_at_zero": _KNOBS,
        "denied_below": MapOf(Number(), Name("knob")),
        "frameworks": MapOf(_SUPPORT, Name("framework")),
    },
)
MECHANISMS_FILE = Record(
    {
        "schema": SCHEMA,
        "mechanisms": MapOf(_MECHANISM),
        "knobs": MapOf(_ALGORITHMS, Name("knob")),
        "samples": MapOf(ListOf(Number(), least=3), Name("knob")),
        "levels": MapOf(Number(), Name("metric")),
    }
)


def mechanisms_file(path: Path, names: Names) -> Mapping[str, Any]:
    """The plain ``mechanisms.yaml``. RuleError with every problem of the file."""
    data: Mapping[str, Any] = checked(path, MECHANISMS_FILE, names)
    return data
