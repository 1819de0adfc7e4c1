"""``rules/audit.yaml`` as typed values: what is audited, and every number the models decide with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rldoctor.yamlio import load_yaml

FILE = "audit.yaml"


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

    quantities: Mapping[str, AuditedQuantity]
    numbers: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        """A number by name; KeyError for one that the file does not define."""
        return self.numbers[name]


@lru_cache(maxsize=4)
def load_criteria(rules: Path) -> AuditCriteria:
    """The criteria of a rules directory; RuleError when the file is not valid YAML."""
    data = load_yaml(rules / FILE)
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
