"""Twins on the planted runs: what was changed in the library's code is on the side that they point to."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from arms import CRITERIA

import rldoctor
from laboratory.mutants.packing import finished, unpack
from rldoctor.comparison.twins import best_twin, with_twin_notes
from rldoctor.model.comparison import Twin
from rldoctor.model.run import Run

STORE = Path(__file__).parents[2] / "reference_runs" / "planted"
TASKS = ("ppo-acrobot", "ppo-cartpole-long", "ppo-double", "ppo-pendulum", "dqn-cartpole")
# Beginning of a fault's name -> what differs first. In the order of an update: returns before the step.
SIDES = {
    "gae-": {"targets"},
    "reward-x300-learner": {"targets"},
    "advantage-": {"step"},
    "batch-": {"step"},
    "clip-": {"step"},
    "epochs-": {"step"},
    "logprob-": {"step"},
    "rate-": {"step"},
    "value-clip": {"step", "critic"},
}
Labelled = tuple[dict[str, Any], Run]

pytestmark = pytest.mark.skipif(not STORE.is_dir(), reason="needs the planted runs")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Labelled]:
    """Labels and runs of some tasks."""
    out = tmp_path_factory.mktemp("planted")
    unpack(STORE, out, lambda label: label["task"] in TASKS)
    return [(label, rldoctor.load(out / key)[0]) for key, label in finished(out)]


@pytest.fixture(scope="module")
def pairs(runs: list[Labelled]) -> list[tuple[str, bool, Twin]]:
    """Fault, whether the seeds are the same, and the twin, for every healthy run of the task."""
    healthy: dict[str, list[Labelled]] = defaultdict(list)
    for label, run in runs:
        if label["fault"] == "healthy":
            healthy[label["task"]].append((label, run))
    found = []
    for label, run in runs:
        for other, base in healthy[label["task"]]:
            twin = best_twin(run, [base], CRITERIA)
            if twin is not None and (twin.telling or twin.same_seed):
                found.append((label["fault"], label["seed"] == other["seed"], twin))
    return found


def test_no_run_is_the_twin_of_another_seed(pairs: list[tuple[str, bool, Twin]]) -> None:
    assert len(pairs) > 30
    assert [fault for fault, same, _ in pairs if not same] == []


def test_the_first_difference_lies_where_the_code_was_changed(pairs: list[tuple[str, bool, Twin]]) -> None:
    wrong, seen = [], set()
    for fault, _, twin in pairs:
        for start, kinds in SIDES.items():
            if fault.startswith(start):
                seen.add(start)
                if (twin.when, twin.kind in kinds) != ("update", True):
                    wrong.append((fault, twin.when, twin.kind))
    assert wrong == []
    assert len(seen) >= 7


def test_one_folder_with_all_of_them_names_each_by_its_path_where_ids_repeat(runs: list[Labelled]) -> None:
    noted = with_twin_notes([run for _, run in runs], CRITERIA)
    texts = [note.text for run in noted for note in run.notes if note.code == "twin"]
    assert len(texts) > 20
    ids = [run.id for run in noted]
    assert ids.count("PPO_1") > 1
    assert all(" PPO_1 " not in text for text in texts)
