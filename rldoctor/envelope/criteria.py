"""``rules/envelope.yaml`` as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from rldoctor.compiled.store import Compiled
from rldoctor.datafiles.canonical import vocabulary_sources
from rldoctor.datafiles.packs import ENVELOPE
from rldoctor.model.config import KnobValue
from rldoctor.paths import builtin_rules_dir
from rldoctor.plain_data import dataclass


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
    return CRITERIA.load() if rules == builtin_rules_dir() else read_criteria(rules)


def read_criteria(rules: Path) -> EnvelopeCriteria:
    """The criteria, from their file. RuleError with every problem of it."""
    from rldoctor.envelope.criteria_file import envelope_file

    return build(envelope_file(rules))


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


CRITERIA = Compiled(
    "envelope",
    EnvelopeCriteria,
    lambda: [builtin_rules_dir() / ENVELOPE, *vocabulary_sources()],
    lambda: read_criteria(builtin_rules_dir()),
)
