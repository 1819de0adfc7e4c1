"""``rules/differential.yaml`` as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rldoctor.compiled.store import Compiled
from rldoctor.datafiles.packs import DIFFERENTIAL
from rldoctor.paths import builtin_rules_dir
from rldoctor.plain_data import dataclass


@dataclass(frozen=True, slots=True)
class KindOfFault:
    """One kind of fault. ``mechanisms``: what was planted -> the rows of the audit that refute it.

    ``decides``: its check tells it from every other kind.
    """

    id: str
    title: str
    mechanisms: Mapping[str, tuple[str, ...]]
    check: str
    line: str
    decides: bool = False


@dataclass(frozen=True, slots=True)
class Probe:
    """A task that a working program learns in minutes, with its environment as code."""

    id: str
    title: str
    line: str


@dataclass(frozen=True, slots=True)
class DifferentialCriteria:
    """The kinds of faults, the findings that leave a run open, and how trainings are counted."""

    limits: Mapping[str, float]
    open: frozenset[str]
    families: Mapping[str, tuple[str, ...]]
    kinds: tuple[KindOfFault, ...]
    probes: tuple[Probe, ...] = ()

    def family(self, algorithm: str) -> str:
        """The family of an algorithm, empty for one that no training here was made with."""
        return next((name for name, members in self.families.items() if algorithm in members), "")

    def kind_of(self, mechanism: str) -> KindOfFault | None:
        """The kind that a planted mechanism belongs to."""
        return next((kind for kind in self.kinds if mechanism in kind.mechanisms), None)


def read_criteria(rules: Path) -> DifferentialCriteria:
    """The criteria, from their file. RuleError with every problem of it."""
    from rldoctor.differential.criteria_file import differential_file

    return build(differential_file(rules))


def build(data: Mapping[str, Any]) -> DifferentialCriteria:
    """The criteria from checked plain values."""
    return DifferentialCriteria(
        limits={name: float(entry["value"]) for name, entry in data["thresholds"].items()},
        open=frozenset(data["open"]),
        families={name: tuple(members) for name, members in data["families"].items()},
        kinds=tuple(
            KindOfFault(
                id=name,
                title=entry["title"],
                mechanisms={one: tuple(rows) for one, rows in entry["mechanisms"].items()},
                check=entry["check"],
                line=entry["line"].rstrip("\n"),
                decides=bool(entry.get("decides")),
            )
            for name, entry in data["kinds"].items()
        ),
        probes=tuple(
            Probe(id=name, title=entry["title"], line=entry["line"].rstrip("\n"))
            for name, entry in data["probes"].items()
        ),
    )


CRITERIA = Compiled(
    "differential",
    DifferentialCriteria,
    lambda: [builtin_rules_dir() / DIFFERENTIAL],
    lambda: read_criteria(builtin_rules_dir()),
)
