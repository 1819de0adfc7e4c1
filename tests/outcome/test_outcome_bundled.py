"""The learning curves of the bundled trainings, measured by themselves alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rldoctor.api import load
from rldoctor.model.outcome import Curve, CurveOutcome, OutcomeKind
from rldoctor.model.run import Run
from rldoctor.outcome import judge

RUNS = Path(__file__).parents[2] / "reference_runs"


def curves(run: Run) -> Iterator[Curve]:
    """Training return and success, with the logger's window in steps where the episode length is known."""
    length = run.metrics["episode_length"].values if "episode_length" in run.metrics else np.array([np.nan])
    for name in ("episode_return", "success_rate"):
        if name in run.metrics:
            one = run.metrics[name]
            known = (one.window or 1) > 1 and one.axis == "env_steps" and np.isfinite(length).any()
            spacing = float(one.window * np.nanmedian(length)) if known else 0.0
            yield Curve(one.steps, one.values, one.window, spacing, name)


def outcomes(folder: Path, criteria) -> list[CurveOutcome]:
    return [judge(curve, criteria) for run in load(folder) for curve in curves(run)]


@pytest.mark.parametrize("folder", sorted((RUNS / "healthy").iterdir()), ids=lambda path: path.name)
def test_no_healthy_run_is_accused(criteria, folder: Path) -> None:
    found = outcomes(folder, criteria)
    assert found
    assert [one.kind for one in found if one.kind.sick and one.probability >= 0.6] == []


@pytest.mark.parametrize(
    ("fault", "kinds"),
    [
        ("reward-zero", {OutcomeKind.FLAT}),
        ("lr-zero", {OutcomeKind.FLAT, OutcomeKind.EARLY}),
        ("frozen-actor", {OutcomeKind.FLAT, OutcomeKind.EARLY}),
        ("lr-spike", {OutcomeKind.LOST, OutcomeKind.FELL}),
    ],
)
def test_faults_that_leave_no_doubt(criteria, fault: str, kinds: set[OutcomeKind]) -> None:
    wrong = {}
    for folder in sorted((RUNS / "faulty" / fault).iterdir()):
        found = {one.kind for one in outcomes(folder, criteria) if one.metric == "episode_return"}
        if not found <= kinds:
            wrong[folder.name] = found
    assert wrong == {}


def test_most_healthy_runs_are_seen_to_learn(criteria) -> None:
    found = [outcomes(folder, criteria)[0].kind for folder in sorted((RUNS / "healthy").iterdir())]
    assert sum(kind.gained for kind in found) >= 0.9 * len(found)
