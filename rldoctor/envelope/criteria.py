"""``rules/envelope.yaml`` as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from rldoctor.datafiles.canonical import vocabulary_names
from rldoctor.datafiles.packs import ENVELOPE
from rldoctor.datafiles.read import SCHEMA, checked
from rldoctor.datafiles.scalars import Name, Number, PlainValue, TextValue
from rldoctor.datafiles.shapes import NAMED_NUMBER, ListOf, MapOf, Nullable, Record
from rldoctor.model.config import KnobValue

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


@dataclass(frozen=True, slots=True)
class EnvelopeCriteria:
    """Everything an envelope is built and chosen with. ``limits`` are the named thresholds of the file.

    ``knobs``: settings that change what a return means, with the value that holds where none is written.
    """

    limits: Mapping[str, float]
    milestones: tuple[float, ...]
    success: tuple[str, ...]
    returns: tuple[str, ...]
    knobs: Mapping[str, KnobValue | None]
    prefixes: tuple[str, ...]
    leave_out: frozenset[str]

    def __getitem__(self, name: str) -> float:
        """A threshold by name; KeyError for one that the file does not define."""
        return self.limits[name]

    def whole(self, name: str) -> int:
        """A threshold that counts something."""
        return int(self.limits[name])


@lru_cache(maxsize=4)
def load_criteria(rules: Path) -> EnvelopeCriteria:
    """The criteria of a rules directory; RuleError with every problem of the file."""
    return build(checked(rules / ENVELOPE, ENVELOPE_FILE, vocabulary_names()))


def build(data: Mapping[str, Any]) -> EnvelopeCriteria:
    """The criteria from checked plain values."""
    return EnvelopeCriteria(
        limits={name: float(entry["value"]) for name, entry in data["thresholds"].items()},
        milestones=tuple(float(share) for share in data["milestones"]),
        success=tuple(data["success"]),
        returns=tuple(data["returns"]),
        knobs=dict(data["identity"]["knobs"]),
        prefixes=tuple(data["identity"]["prefixes"]),
        leave_out=frozenset(data["leave_out"]),
    )
