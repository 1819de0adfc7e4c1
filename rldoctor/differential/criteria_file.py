"""The form of ``differential.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rldoctor.datafiles.packs import DIFFERENTIAL
from rldoctor.datafiles.read import SCHEMA, checked
from rldoctor.datafiles.scalars import Flag, TextValue
from rldoctor.datafiles.shapes import NAMED_NUMBER, ListOf, MapOf, Record

_TEXT = TextValue()
_TEXTS = ListOf(_TEXT, unique=True)
_KIND = Record(
    {"title": _TEXT, "mechanisms": MapOf(_TEXTS), "check": _TEXT, "line": _TEXT}, {"decides": Flag()}
)
_PROBE = Record({"title": _TEXT, "line": _TEXT})
# The numbers that are asked for by name.
_LIMITS = ("shown", "least", "of_family", "of_finding", "probe_learned", "probe_least", "probe_apart")
DIFFERENTIAL_FILE = Record(
    {
        "schema": SCHEMA,
        "thresholds": Record(dict.fromkeys(_LIMITS, NAMED_NUMBER)),
        "open": _TEXTS,
        "families": MapOf(_TEXTS),
        "probes": MapOf(_PROBE),
        "kinds": MapOf(_KIND),
    }
)


def differential_file(rules: Path) -> Mapping[str, Any]:
    """The plain ``differential.yaml`` of a pack. RuleError with every problem of the file."""
    data: Mapping[str, Any] = checked(rules / DIFFERENTIAL, DIFFERENTIAL_FILE)
    return data
