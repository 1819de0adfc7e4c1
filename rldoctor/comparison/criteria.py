"""``rules/compare.yaml`` as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from rldoctor.comparison.twins_file import TwinCriteria
from rldoctor.comparison.twins_file import build as build_twins
from rldoctor.plain_data import dataclass


@dataclass(frozen=True, slots=True)
class Suspect:
    """A group of settings that are suspected together; groups stand in order of suspicion."""

    name: str
    because: str
    knobs: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    code: str = ""
    changes_return: bool = False


@dataclass(frozen=True, slots=True)
class PlannedLength:
    """Settings that say how long a run shall be, and the metrics that a schedule over that length moves.

    The first metric must be logged, or nothing is known of a schedule.
    """

    knobs: frozenset[str]
    metrics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CompareCriteria:
    """Everything a comparison is decided with. ``limits`` are the named thresholds of the file."""

    limits: Mapping[str, float]
    outcomes: tuple[str, ...]
    returns: frozenset[str]
    not_signals: frozenset[str]
    bookkeeping: Mapping[str, frozenset[str]]
    suspects: tuple[Suspect, ...]
    length: PlannedLength
    twins: TwinCriteria

    def __getitem__(self, name: str) -> float:
        """A threshold by name; KeyError for one that the file does not define."""
        return self.limits[name]

    def whole(self, name: str) -> int:
        """A threshold that counts something."""
        return int(self.limits[name])


@lru_cache(maxsize=4)
def load_criteria(rules: Path) -> CompareCriteria:
    """The criteria of a rules directory; RuleError with every problem of the file."""
    from rldoctor.comparison.criteria_file import compare_file

    return build(compare_file(rules))


def build(data: Mapping[str, Any]) -> CompareCriteria:
    """The criteria from checked plain values."""
    return CompareCriteria(
        limits={name: float(entry["value"]) for name, entry in data["thresholds"].items()},
        outcomes=tuple(data["outcomes"]),
        returns=frozenset(data["returns"]),
        not_signals=frozenset(data["not_signals"]),
        bookkeeping={name: frozenset(words) for name, words in data["bookkeeping"].items()},
        suspects=tuple(_suspect(entry) for entry in data["suspects"]),
        length=PlannedLength(frozenset(data["length"]["knobs"]), tuple(data["length"]["metrics"])),
        twins=build_twins(data["twins"]),
    )


def _suspect(entry: Mapping[str, Any]) -> Suspect:
    return Suspect(
        name=entry["name"],
        because=entry["because"],
        knobs=frozenset(entry["knobs"]),
        words=frozenset(entry["words"]),
        code=entry.get("code", ""),
        changes_return=bool(entry.get("changes_return", False)),
    )
