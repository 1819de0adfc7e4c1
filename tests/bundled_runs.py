"""The bundled runs, diagnosed once for all tests that ask something of every one of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rldoctor.api import diagnose, load
from rldoctor.model.finding import Outcome, Severity

RUNS = Path(__file__).parents[1] / "reference_runs"


@dataclass(frozen=True)
class Told:
    """What the tests ask of a diagnosis; the whole of it, 353 times, would be half a gigabyte."""

    outcomes: dict[str, Outcome]
    roots: list[tuple[str, Severity]]
    broken: int


@cache
def told_of(path: Path) -> Told:
    """The diagnosis of the one run in a folder."""
    runs = load(path).runs
    assert len(runs) == 1, [run.id for run in runs]
    diagnosis = diagnose(runs[0])
    return Told(
        {result.code: result.outcome for result in diagnosis.results},
        [(root.finding.code, root.severity) for root in diagnosis.roots],
        diagnosis.coverage.error,
    )
