"""``rules/validation.yaml`` as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from rldoctor.model.finding import Severity
from rldoctor.yamlio import load_yaml

FILE = "validation.yaml"


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


@lru_cache(maxsize=4)
def load_criteria(rules: Path) -> ValidationCriteria:
    """The criteria of a rules directory; RuleError when the file is not valid YAML."""
    data = load_yaml(rules / FILE)
    return ValidationCriteria(
        found=Severity.parse(data["levels"]["found"]),
        alarm=Severity.parse(data["levels"]["alarm"]),
        confidence=float(data["confidence"]["value"]),
        stable=_values(data["stable"]["thresholds"]),
        tested=_values(data["tested"]["thresholds"]),
        goals=tuple(_goal(name, entry) for name, entry in data["goals"].items()),
    )


def _values(block: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(entry["value"]) for name, entry in block.items()}


def _goal(name: str, entry: Mapping[str, Any]) -> Goal:
    at_least = "at_least" in entry
    return Goal(name, float(entry["at_least" if at_least else "at_most"]), at_least, entry["note"])
