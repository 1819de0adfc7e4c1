"""The form of ``audit.yaml``, and its reading; only where compiled criteria are made is this imported."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from rldoctor.audit.criteria import AuditCriteria, AuditedQuantity, LibraryFormula
from rldoctor.datafiles.canonical import vocabulary_names
from rldoctor.datafiles.packs import AUDIT
from rldoctor.datafiles.read import SCHEMA, checked
from rldoctor.datafiles.scalars import Choice, Name, Number, TextValue
from rldoctor.datafiles.shapes import NAMED_NUMBER, ListOf, MapOf, Record

_TEXT = TextValue()
_APART = Record({}, {"absolute": Number(0), "relative": Number(0)})
_QUANTITY = Record(
    {"title": _TEXT, "unit": _TEXT, "source": _TEXT},
    {"absent": _TEXT, "knob": Name("knob"), "sets": Name("knob"), "apart": _APART},
)
_FORMULA = Record(
    {"source": _TEXT},
    {
        "row": Choice(("mean", "last"), "what a row holds"),
        "form": _TEXT,
        "when": MapOf(ListOf(_TEXT, least=1), Name("knob")),
        "numbers": MapOf(Number()),
    },
)
_FORMULAS = Record({"says": _TEXT, "libraries": MapOf(_FORMULA, Name("framework"))})
AUDIT_FILE = Record(
    {
        "schema": SCHEMA,
        "quantities": MapOf(_QUANTITY),
        "formulas": MapOf(_FORMULAS),
        "numbers": MapOf(NAMED_NUMBER),
    },
)


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
    return AuditCriteria(
        quantities,
        {name: float(entry["value"]) for name, entry in data["numbers"].items()},
        {
            name: {library: _formula(one) for library, one in entry["libraries"].items()}
            for name, entry in data["formulas"].items()
        },
    )


def _formula(entry: dict[str, Any]) -> LibraryFormula:
    return LibraryFormula(
        source=entry["source"],
        row=entry.get("row", ""),
        form=entry.get("form", ""),
        when={name: tuple(values) for name, values in entry.get("when", {}).items()},
        numbers={name: float(value) for name, value in entry.get("numbers", {}).items()},
    )
