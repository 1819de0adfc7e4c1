"""The form of ``audit.yaml``, and its reading; only where compiled criteria are made is this imported."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from rldoctor.audit.criteria import AuditCriteria, AuditedQuantity
from rldoctor.datafiles.canonical import vocabulary_names
from rldoctor.datafiles.packs import AUDIT
from rldoctor.datafiles.read import SCHEMA, checked
from rldoctor.datafiles.scalars import Name, Number, TextValue
from rldoctor.datafiles.shapes import NAMED_NUMBER, MapOf, Record

_TEXT = TextValue()
_APART = Record({}, {"absolute": Number(0), "relative": Number(0)})
_QUANTITY = Record(
    {"title": _TEXT, "unit": _TEXT, "source": _TEXT},
    {"absent": _TEXT, "knob": Name("knob"), "sets": Name("knob"), "apart": _APART},
)
AUDIT_FILE = Record({"schema": SCHEMA, "quantities": MapOf(_QUANTITY), "numbers": MapOf(NAMED_NUMBER)})


@lru_cache(maxsize=4)
def read_criteria(rules: Path) -> AuditCriteria:
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
            absent=entry.get("absent", ""),
            knob=entry.get("knob", ""),
            sets=entry.get("sets", ""),
            absolute=float(apart.get("absolute", 0.0)),
            relative=float(apart.get("relative", 0.0)),
        )
    return AuditCriteria(quantities, {name: float(entry["value"]) for name, entry in data["numbers"].items()})
