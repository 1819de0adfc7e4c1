"""``criteria.yaml`` as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from rldoctor.datafiles.read import SCHEMA, checked
from rldoctor.datafiles.scalars import Number, TextValue
from rldoctor.datafiles.shapes import NAMED_NUMBER, ListOf, Record
from rldoctor.datafiles.sheet import Sheet
from rldoctor.model.finding import Severity
from rldoctor.rulebook.formula import Level
from rldoctor.yamlio import TreePath

FILE = Path(__file__).with_name("criteria.yaml")


def _one_bound(plain: dict[str, Any], sheet: Sheet, place: TreePath) -> None:
    if ("at_least" in plain) == ("at_most" in plain):
        sheet.wrong("a goal has either 'at_least' or 'at_most'", *place)


_SHARE = Number(0, 1)
# What each status asks for: the program looks for these names.
_STABLE = ("runs", "tasks", "recall", "healthy", "false_alarms", "false_alarms_at_error")
_TESTED = ("runs", "false_alarms_at_error")
_PROBABILITY = ("prior", "weight")
_GOAL = Record({"note": TextValue()}, {"at_least": _SHARE, "at_most": _SHARE}, also=_one_bound)
CRITERIA_FILE = Record(
    {
        "schema": SCHEMA,
        "levels": Record({"found": Level(), "alarm": Level()}),
        "confidence": NAMED_NUMBER,
        "stable": Record({"thresholds": Record(dict.fromkeys(_STABLE, NAMED_NUMBER))}),
        "tested": Record({"thresholds": Record(dict.fromkeys(_TESTED, NAMED_NUMBER))}),
        "probability": Record(
            {"thresholds": Record(dict.fromkeys(_PROBABILITY, NAMED_NUMBER)), "bins": ListOf(_SHARE)}
        ),
        "goals": Record({"root_first": _GOAL, "healthy_alarmed": _GOAL}),
    }
)


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on one figure of the whole diagnosis, on the held-out split."""

    figure: str
    bound: float
    at_least: bool
    note: str

    def met(self, share: float | None) -> bool:
        """Whether a share keeps the bound; an unknown one does not."""
        if share is None:
            return False
        return share >= self.bound if self.at_least else share <= self.bound


@dataclass(frozen=True, slots=True)
class ValidationCriteria:
    """Levels, confidence, and what a status asks for (named numbers by status)."""

    found: Severity
    alarm: Severity
    confidence: float
    stable: Mapping[str, float]
    tested: Mapping[str, float]
    goals: tuple[Goal, ...]
    probability: Mapping[str, float]
    bins: tuple[float, ...]


@lru_cache(maxsize=4)
def load_criteria(file: Path = FILE) -> ValidationCriteria:
    """The criteria; RuleError with every problem of the file."""
    data = checked(file, CRITERIA_FILE)
    return ValidationCriteria(
        found=Severity.parse(data["levels"]["found"]),
        alarm=Severity.parse(data["levels"]["alarm"]),
        confidence=float(data["confidence"]["value"]),
        stable=_values(data["stable"]["thresholds"]),
        tested=_values(data["tested"]["thresholds"]),
        goals=tuple(_goal(name, entry) for name, entry in data["goals"].items()),
        probability=_values(data["probability"]["thresholds"]),
        bins=tuple(float(border) for border in data["probability"]["bins"]),
    )


def _values(block: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(entry["value"]) for name, entry in block.items()}


def _goal(name: str, entry: Mapping[str, Any]) -> Goal:
    at_least = "at_least" in entry
    return Goal(name, float(entry["at_least" if at_least else "at_most"]), at_least, entry["note"])
