"""The trainings of a small transformer in ``reference_runs/language_models``: labels, logs, what is found."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from bundled_runs import RUNS, told_of
from every import every

from rldoctor.api import load
from rldoctor.model.finding import Severity
from rldoctor.yamlio import load_yaml

STORE = RUNS / "language_models"
SCRIPT = RUNS / "scripts" / "grpo_transformer.py"
FOLDERS = sorted(path.parent for path in STORE.glob("*/label.yaml"))
KEYS = {"schema", "label", "fault", "shows", "expected", "seed", "updates", "command", "versions", "note"}
FAULTS = {"lr-too-high", "hackable-reward", "length-cap", "group-of-two", "entropy-bonus"}


def label_of(folder: Path) -> dict:
    return load_yaml(folder / "label.yaml")


def named(folder: Path) -> str:
    return folder.name


def test_every_fault_and_the_healthy_run_are_there_with_two_seeds():
    seeds: dict[str, set[int]] = {}
    for folder in FOLDERS:
        seeds.setdefault(label_of(folder)["fault"] or "", set()).add(label_of(folder)["seed"])
    assert set(seeds) == FAULTS | {""}
    assert all(len(found) >= 2 for found in seeds.values())
    assert sum(path.stat().st_size for path in STORE.rglob("*")) < 1_000_000


@every("folder", FOLDERS, ids=named)
def test_the_label_is_complete_and_its_command_made_the_run(folder):
    label = label_of(folder)
    assert set(label) == KEYS
    assert folder.name == f"{label['fault'] or 'healthy'}-{label['seed']}"
    assert label["label"] == ("faulty" if label["fault"] else "healthy")
    assert label["shows"] in ((True, False) if label["fault"] else (None,))
    words = label["command"].split()
    assert words[:2] == ["python", "reference_runs/scripts/grpo_transformer.py"]
    assert words[words.index("--seed") + 1] == str(label["seed"])
    assert ("--fault" in words) == bool(label["fault"])
    state = json.loads((folder / "trainer_state.json").read_text())
    assert state["log_history"][-1]["step"] == label["updates"]


@every("folder", FOLDERS, ids=named)
def test_the_log_is_understood_to_its_last_tag(folder):
    (run,) = load(folder).runs
    assert (run.framework, run.algorithm, run.axis) == ("trl", "grpo", "updates")
    assert run.metrics.unmapped == ()
    config = json.loads((folder / "config.json").read_text())
    assert run.config.number("group_size") == config["num_generations"]
    assert run.config.number("max_response_length") == config["max_completion_length"]


def healthy() -> list[Path]:
    return [folder for folder in FOLDERS if label_of(folder)["label"] == "healthy"]


def seen() -> list[Path]:
    return [folder for folder in FOLDERS if label_of(folder)["shows"]]


@every("folder", healthy, ids=named)
def test_nothing_is_said_against_a_healthy_training(folder):
    assert [code for code, severity in told_of(folder).roots if severity >= Severity.WARNING] == []


@every("folder", seen, ids=named)
def test_a_fault_that_shows_is_named_first(folder):
    told = told_of(folder)
    assert told.roots[0][0] in label_of(folder)["expected"]["roots"]
    assert told.roots[0][1] >= Severity.WARNING
    assert told.broken == 0


def test_a_fault_that_the_run_overcame_is_no_error():
    for folder in FOLDERS:
        if label_of(folder)["shows"] is False:
            roots = told_of(folder).roots
            assert [code for code, severity in roots if severity >= Severity.ERROR] == [], folder.name


@pytest.mark.slow
def test_the_script_trains_and_its_log_is_read(tmp_path):
    pytest.importorskip("torch")
    command = [sys.executable, str(SCRIPT), "--seed", "3", "--steps", "10", "--out", str(tmp_path / "run")]
    subprocess.run([*command, "--fault", "group-of-two"], check=True, timeout=600)
    (run,) = load(tmp_path / "run").runs
    assert (run.framework, run.algorithm) == ("trl", "grpo")
    assert len(run.metrics["episode_return"]) == 2
    assert run.config.number("group_size") == 2
