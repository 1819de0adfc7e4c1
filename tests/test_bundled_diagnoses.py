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
import yaml
from every import every

from rldoctor.api import diagnose, load
from rldoctor.engine.diagnose import Diagnosis
from rldoctor.model.finding import Outcome, Severity

RUNS = Path(__file__).parents[1] / "reference_runs"
LABELS = {path.parent: yaml.safe_load(path.read_text()) for path in sorted(RUNS.rglob("run.yaml"))}
HEALTHY = [path for path, label in LABELS.items() if label["label"] == "healthy"]
FAULTY = [path for path, label in LABELS.items() if label["label"] == "faulty" and label.get("shows")]
MISSED = {miss["run"] for miss in json.loads((RUNS / "validation.json").read_text())["misses"]}
NAMED = [path for path in FAULTY if str(path.relative_to(RUNS)) not in MISSED]

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
def diagnosis_of(path: Path) -> Diagnosis:
    runs = load(path).runs
    assert len(runs) == 1, [run.id for run in runs]
    return diagnose(runs[0])


def label_of(path: Path) -> dict[str, Any]:
    label: dict[str, Any] = LABELS[path]
    return label


def name(path: Path) -> str:
    return str(path.relative_to(RUNS))


@every("path", HEALTHY, ids=name)
def test_a_healthy_run_has_no_error(path: Path) -> None:
    diagnosis = diagnosis_of(path)
    assert [root.finding.code for root in diagnosis.roots if root.severity >= Severity.ERROR] == []
    assert diagnosis.coverage.error == 0


@every("path", NAMED, ids=name)
def test_a_faulty_run_names_its_root_first(path: Path) -> None:
    diagnosis = diagnosis_of(path)
    written = {result.code for result in diagnosis.results}
    expected = [code for code in label_of(path)["expected"]["roots"] if code in written]
    assert expected, "no rule for this fault yet"
    assert diagnosis.roots, "nothing was found"
    assert diagnosis.roots[0].finding.code in expected


@pytest.mark.parametrize(
    ("code", "fault"), [(code, fault) for code, faults in MISSION.values() for fault in faults]
)
def test_the_pathologies_of_the_mission_fire(code: str, fault: str) -> None:
    paths = [path for path in FAULTY if label_of(path)["fault"] == fault]
    outcomes = {
        name(path): {result.code: result.outcome for result in diagnosis_of(path).results}[code]
        for path in paths
    }
    # Some libraries log no KL: their runs cannot tell, and say so.
    told = {run: outcome for run, outcome in outcomes.items() if outcome is not Outcome.NOT_MEASURED}
    fired = {run for run, outcome in told.items() if outcome is Outcome.FIRED}
    assert len(fired) >= 2, f"too few bundled runs show {fault}: {outcomes}"
    # Where a task keeps the symptom away (Q without target network stays in its bounds), the cause is named.
    for run in set(told) - fired:
        first = diagnosis_of(RUNS / run).roots[0].finding.code
        assert first in label_of(RUNS / run)["expected"]["roots"], run


@pytest.mark.parametrize(("code", "fault"), [(code, faults[0]) for code, faults in MISSION.values()])
def test_the_pathologies_of_the_mission_stay_quiet_on_the_healthy_twin(code: str, fault: str) -> None:
    tasks = {(label["algo"], label["env"]) for label in LABELS.values() if label.get("fault") == fault}
    twins = [path for path in HEALTHY if (label_of(path)["algo"], label_of(path)["env"]) in tasks]
    assert twins, f"no healthy twin for {fault} ({tasks})"
    for path in twins:
        outcomes = {result.code: result.outcome for result in diagnosis_of(path).results}
        assert outcomes[code] is not Outcome.FIRED, name(path)
