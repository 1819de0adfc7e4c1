"""The form of ``envelope.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rldoctor.datafiles.canonical import vocabulary_names
from rldoctor.datafiles.packs import ENVELOPE
from rldoctor.datafiles.read import SCHEMA, checked
from rldoctor.datafiles.scalars import Name, Number, PlainValue, TextValue
from rldoctor.datafiles.shapes import NAMED_NUMBER, ListOf, MapOf, Nullable, Record

_METRICS = ListOf(Name("metric"), unique=True)
# The numbers that envelopes ask for by name.
_LIMITS = (
    "grid",
    "band_seeds",
    "start_points",
    "end_share",
    "smooth_points",
    "smooth_share",
    "held_share",
    "start_ratio",
    "start_range",
    "early_share",
    "insides_seeds",
    "late_start",
)
ENVELOPE_FILE = Record(
    {
        "schema": SCHEMA,
        "thresholds": Record(dict.fromkeys(_LIMITS, NAMED_NUMBER)),
        "milestones": ListOf(Number(0, 1), least=1),
        "success": _METRICS,
        "returns": _METRICS,
        "identity": Record(
            {"knobs": MapOf(Nullable(PlainValue()), Name("knob")), "prefixes": ListOf(TextValue())}
        ),
        "leave_out": _METRICS,
    }
)


def envelope_file(rules: Path) -> Mapping[str, Any]:
    """The plain ``envelope.yaml`` of a pack. RuleError with every problem of the file."""
    data: Mapping[str, Any] = checked(rules / ENVELOPE, ENVELOPE_FILE, vocabulary_names())
    return data
