"""The bundled runs are the labelled benchmark: faults are found, root first; healthy runs stay quiet.

Runs that the committed record (`rldoctor rules validate`) lists as missed are left out here; that the list
does not grow is what `rldoctor rules validate --check` holds.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from bundled_runs import RUNS, told_of
from every import every

from rldoctor.model.finding import Outcome, Severity
from rldoctor.yamlio import load_yaml

# The six pathologies of the mission and a bundled fault for each.
MISSION = {
    "KL ~ 0 with entropy frozen": ("POL-01", ["lr-zero", "frozen-actor"]),
    "explained variance far below 0": ("VAL-01", ["reward-tiny"]),
    "replay buffer below envs x steps": ("OFF-01", ["buffer-tiny"]),
    "Q explosion": ("VAL-08", ["no-target-net"]),
    "temperature collapse": ("ENT-04", ["target-entropy-low"]),
    "reward ~ 0 from exp(-error)": ("REW-03", ["reward-exp-sharp"]),
}


@cache
def labels() -> dict[Path, dict[str, Any]]:
    """The label of every bundled run: read when a test runs, not in every collection."""
    return {path.parent: load_yaml(path) for path in sorted(RUNS.rglob("run.yaml"))}


def healthy() -> list[Path]:
    return [path for path, label in labels().items() if label["label"] == "healthy"]


def faulty() -> list[Path]:
    return [path for path, label in labels().items() if label["label"] == "faulty" and label.get("shows")]


def found() -> list[Path]:
    """The faulty runs that the committed record does not list as missed."""
    missed = {miss["run"] for miss in json.loads((RUNS / "validation.json").read_text())["misses"]}
    return [path for path in faulty() if name(path) not in missed]


def name(path: Path) -> str:
    return str(path.relative_to(RUNS))


@every("path", healthy, ids=name)
def test_a_healthy_run_has_no_error(path: Path) -> None:
    told = told_of(path)
    assert [code for code, severity in told.roots if severity >= Severity.ERROR] == []
    assert told.broken == 0


@every("path", found, ids=name)
def test_a_faulty_run_names_its_root_first(path: Path) -> None:
    told = told_of(path)
    expected = [code for code in labels()[path]["expected"]["roots"] if code in told.outcomes]
    assert expected, "no rule for this fault yet"
    assert told.roots, "nothing was found"
    assert told.roots[0][0] in expected


@pytest.mark.parametrize(
    ("code", "fault"), [(code, fault) for code, faults in MISSION.values() for fault in faults]
)
def test_the_pathologies_of_the_mission_fire(code: str, fault: str) -> None:
    paths = [path for path in faulty() if labels()[path]["fault"] == fault]
    outcomes = {name(path): told_of(path).outcomes[code] for path in paths}
    # Some libraries log no KL: their runs cannot tell, and say so.
    told = {run: outcome for run, outcome in outcomes.items() if outcome is not Outcome.NOT_MEASURED}
    fired = {run for run, outcome in told.items() if outcome is Outcome.FIRED}
    assert len(fired) >= 2, f"too few bundled runs show {fault}: {outcomes}"
    # Where a task keeps the symptom away (Q without target network stays in its bounds), the cause is named.
    for run in set(told) - fired:
        first, _ = told_of(RUNS / run).roots[0]
        assert first in labels()[RUNS / run]["expected"]["roots"], run


@pytest.mark.parametrize(("code", "fault"), [(code, faults[0]) for code, faults in MISSION.values()])
def test_the_pathologies_of_the_mission_stay_quiet_on_the_healthy_twin(code: str, fault: str) -> None:
    tasks = {(label["algo"], label["env"]) for label in labels().values() if label.get("fault") == fault}
    twins = [path for path in healthy() if (labels()[path]["algo"], labels()[path]["env"]) in tasks]
    assert twins, f"no healthy twin for {fault} ({tasks})"
    for path in twins:
        assert told_of(path).outcomes[code] is not Outcome.FIRED, name(path)
