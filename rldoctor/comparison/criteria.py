"""``rules/compare.yaml`` as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from rldoctor.datafiles.canonical import vocabulary_names
from rldoctor.datafiles.packs import COMPARE
from rldoctor.datafiles.read import SCHEMA, checked
from rldoctor.datafiles.scalars import Flag, Name, TextValue
from rldoctor.datafiles.shapes import NAMED_NUMBER, ListOf, Record
from rldoctor.rulebook.lists import catalogue

_WORDS = ListOf(TextValue(), unique=True)
_METRICS, _KNOBS = ListOf(Name("metric"), unique=True), ListOf(Name("knob"), unique=True)
# The numbers that the comparison asks for by name.
_LIMITS = (
    "final_window",
    "start_window",
    "drop",
    "z_limit",
    "significance",
    "iqm_seeds",
    "error_points",
    "few_seeds",
    "advised_seeds",
    "draws",
    "least_points",
    "grid",
    "sustained",
    "sustained_points",
    "least_spread",
    "short_run",
    "variance_runs",
    "variance_range",
    "bimodal_runs",
    "bimodal_gap",
    "bimodal_range",
)
_SUSPECT = Record(
    {"name": TextValue(), "because": TextValue(), "knobs": _KNOBS, "words": _WORDS},
    {"code": Name("code"), "changes_return": Flag()},
)
COMPARE_FILE = Record(
    {
        "schema": SCHEMA,
        "thresholds": Record(dict.fromkeys(_LIMITS, NAMED_NUMBER)),
        "outcomes": _METRICS,
        "returns": _METRICS,
        "not_signals": _METRICS,
        "bookkeeping": Record(
            {"knobs": _KNOBS, **dict.fromkeys(("words", "any_words", "top_words"), _WORDS)}
        ),
        "suspects": ListOf(_SUSPECT, least=1),
    }
)


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
class CompareCriteria:
    """Everything a comparison is decided with. ``limits`` are the named thresholds of the file."""

    limits: Mapping[str, float]
    outcomes: tuple[str, ...]
    returns: frozenset[str]
    not_signals: frozenset[str]
    bookkeeping: Mapping[str, frozenset[str]]
    suspects: tuple[Suspect, ...]

    def __getitem__(self, name: str) -> float:
        """A threshold by name; KeyError for one that the file does not define."""
        return self.limits[name]

    def whole(self, name: str) -> int:
        """A threshold that counts something."""
        return int(self.limits[name])


@lru_cache(maxsize=4)
def load_criteria(rules: Path) -> CompareCriteria:
    """The criteria of a rules directory; RuleError with every problem of the file."""
    names = {**vocabulary_names(), "code": catalogue(rules)}
    return build(checked(rules / COMPARE, COMPARE_FILE, names))


def build(data: Mapping[str, Any]) -> CompareCriteria:
    """The criteria from checked plain values."""
    return CompareCriteria(
        limits={name: float(entry["value"]) for name, entry in data["thresholds"].items()},
        outcomes=tuple(data["outcomes"]),
        returns=frozenset(data["returns"]),
        not_signals=frozenset(data["not_signals"]),
        bookkeeping={name: frozenset(words) for name, words in data["bookkeeping"].items()},
        suspects=tuple(_suspect(entry) for entry in data["suspects"]),
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
