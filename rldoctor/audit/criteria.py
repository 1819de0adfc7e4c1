"""``rules/audit.yaml`` as typed values: what is audited, and every number the models decide with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from rldoctor.datafiles.canonical import vocabulary_names
from rldoctor.datafiles.packs import AUDIT
from rldoctor.datafiles.read import SCHEMA, checked
from rldoctor.datafiles.scalars import Name, Number, TextValue
from rldoctor.datafiles.shapes import NAMED_NUMBER, MapOf, Record

_TEXT = TextValue()
_APART = Record({}, {"absolute": Number(0), "relative": Number(0)})
_QUANTITY = Record(
    {"title": _TEXT, "unit": _TEXT, "source": _TEXT},
    {"knob": Name("knob"), "sets": Name("knob"), "apart": _APART},
)
AUDIT_FILE = Record(
    {"schema": SCHEMA, "quantities": MapOf(_QUANTITY), "numbers": MapOf(NAMED_NUMBER)},
)


@dataclass(frozen=True, slots=True)
class AuditedQuantity:
    """One audited setting or mechanism.

    ``knob`` is the setting it is held against, empty for a mechanism. ``sets``: the
    knob that the log itself gives away. Implied and configured value contradict each other where
    the configured value is outside the implied interval by more than ``absolute``, and by more than
    ``relative`` of the larger of the two.
    """

    name: str
    title: str
    unit: str
    source: str
    knob: str = ""
    sets: str = ""
    absolute: float = 0.0
    relative: float = 0.0


@dataclass(frozen=True, slots=True)
class AuditCriteria:
    """The quantities by name, and the named numbers."""

    quantities: Mapping[str, AuditedQuantity] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)

    def __getitem__(self, name: str) -> float:
        """A number by name; KeyError for one that the file does not define."""
        return self.numbers[name]


@lru_cache(maxsize=4)
def load_criteria(rules: Path) -> AuditCriteria:
    """The criteria of a rules directory; RuleError with every problem of the file."""
    data = checked(rules / AUDIT, AUDIT_FILE, vocabulary_names())
    quantities = {}
    for name, entry in data["quantities"].items():
        apart = entry.get("apart", {})
        quantities[name] = AuditedQuantity(
            name=name,
            title=entry["title"],
            unit=entry["unit"],
            source=entry["source"],
            knob=entry.get("knob", ""),
            sets=entry.get("sets", ""),
            absolute=float(apart.get("absolute", 0.0)),
            relative=float(apart.get("relative", 0.0)),
        )
    numbers = {name: float(entry["value"]) for name, entry in data["numbers"].items()}
    return AuditCriteria(quantities, numbers)
