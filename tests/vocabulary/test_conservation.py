"""A column called a step counts what lengths, clock and configuration say, whatever its name is."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from rldoctor.api import diagnose, load
from rldoctor.model.finding import Outcome
from rldoctor.model.run import Run
from rldoctor.vocabulary.conservation import CODE

COUNT = 1001
INDEX = np.arange(COUNT)
DRAW = np.random.default_rng(0)
MEAN = 200 + DRAW.normal(0, 3, COUNT)
SINGLE = 150.0 + DRAW.integers(0, 50, COUNT)
RETURN = -99.9 + DRAW.normal(0, 1, COUNT)


def table(folder: Path, columns: dict[str, np.ndarray], **config: object) -> Run:
    with (folder / "progress.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    if config:
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return load(folder)[0]


def said(run: Run) -> str:
    return " ".join(note.text for note in run.notes if note.code == CODE)


@pytest.mark.parametrize("name", ["_step", "step", "timesteps", "global_step", "total_steps"])
def test_a_row_for_each_episode(tmp_path: Path, name: str) -> None:
    run = table(tmp_path, {name: INDEX, "episode_length": SINGLE, "episode_return": RETURN})
    assert run.axis == "env_steps"
    assert run.last_step == pytest.approx(SINGLE.sum())
    assert f"add up to {SINGLE.sum():,.0f} transitions: it counts episodes" in said(run)


def test_a_constant_return_of_a_million_transitions_is_flat(tmp_path: Path) -> None:
    columns = {"_step": INDEX, "Episode length": np.full(COUNT, 999), "Episode return": np.full(COUNT, -99.9)}
    found = diagnose(table(tmp_path, columns))
    assert found.run.last_step == pytest.approx(999_999)
    assert found.achieved is not None
    assert found.achieved.kind.value == "flat"
    assert found.verdict == "error"


def test_means_of_episodes_leave_the_unit_unknown(tmp_path: Path) -> None:
    run = table(tmp_path, {"step": INDEX, "ep_len_mean": MEAN, "ep_rew_mean": RETURN})
    assert run.axis not in ("env_steps", "episodes", "iterations")
    assert "its unit is unknown" in said(run)
    results = {one.code: one for one in diagnose(run).results}
    assert results["THR-01"].outcome is not Outcome.FIRED


def test_a_configured_rollout(tmp_path: Path) -> None:
    columns = {"step": INDEX, "ep_len_mean": MEAN, "ep_rew_mean": RETURN}
    run = table(tmp_path, columns, n_steps=128, n_envs=8, algo="ppo")
    assert run.last_step == pytest.approx(1024 * (COUNT - 1), rel=0.01)
    assert "iterations of 1,024 transitions" in said(run)


@pytest.mark.parametrize(("each", "words"), [(1000, "thousands of transitions"), (2048, "rollouts of 2,048")])
def test_the_clock_tells_the_size_of_a_step(tmp_path: Path, each: int, words: str) -> None:
    clock = {"fps": np.full(COUNT, each / 2), "time_elapsed": 2.0 * INDEX}
    run = table(tmp_path, {"step": INDEX, **clock, "ep_len_mean": MEAN, "ep_rew_mean": RETURN})
    assert run.axis == "env_steps"
    assert run.last_step == pytest.approx(each * (COUNT - 1), rel=0.01)
    assert words in said(run)


def test_the_clock_places_iterations(tmp_path: Path) -> None:
    clock = {"fps": np.full(COUNT, 1024.0), "time_elapsed": 2.0 * (INDEX + 1)}
    run = table(tmp_path, {"iteration": INDEX, **clock, "ep_len_mean": MEAN, "ep_rew_mean": RETURN})
    assert run.axis == "env_steps"
    assert run.last_step == pytest.approx(2048 * (COUNT - 1), rel=0.01)
    assert "frames per second x seconds" in run.axis_note


def test_a_clock_that_starts_late_is_believed_for_its_second_half(tmp_path: Path) -> None:
    clock = {"fps": np.where(INDEX < COUNT / 5, 0.0, 1024.0), "time_elapsed": 2.0 * INDEX}
    run = table(tmp_path, {"iteration": INDEX, **clock, "ep_len_mean": MEAN, "ep_rew_mean": RETURN})
    assert run.axis == "env_steps"
    assert run.last_step == pytest.approx(2048 * (COUNT - 1), rel=0.01)


def test_a_clock_that_makes_no_sense_places_nothing(tmp_path: Path) -> None:
    clock = {"fps": DRAW.exponential(1000, COUNT), "time_elapsed": DRAW.permutation(COUNT).astype(float)}
    run = table(tmp_path, {"iteration": INDEX, **clock, "ep_rew_mean": RETURN})
    assert run.axis == "iterations"


@pytest.mark.parametrize("each", [50, 199, 2048])
def test_a_count_of_transitions_stays_one(tmp_path: Path, each: int) -> None:
    run = table(tmp_path, {"step": each * (INDEX + 1), "ep_len_mean": MEAN, "ep_rew_mean": RETURN})
    assert (run.axis, run.last_step) == ("env_steps", each * COUNT)
    assert said(run) == ""


def test_a_row_for_each_transition_stays_one(tmp_path: Path) -> None:
    ended = (INDEX + 1) % 50 == 0
    columns = {
        "step": INDEX + 1,
        "episode_length": np.where(ended, 50.0, np.nan),
        "episode_return": np.where(ended, RETURN, np.nan),
        "loss": np.abs(RETURN),
    }
    run = table(tmp_path, columns)
    assert (run.axis, run.last_step) == ("env_steps", COUNT)
    assert said(run) == ""
