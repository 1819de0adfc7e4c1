"""Runs that were misjudged once, built from their numbers as CSV files and sent through the whole program."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from rldoctor.api import diagnose, load
from rldoctor.model.finding import Diagnosis
from rldoctor.model.outcome import OutcomeKind

Columns = Mapping[str, np.ndarray]
DRAW = np.random.default_rng(12)


def noise(count: int, size: float) -> np.ndarray:
    return size * DRAW.standard_normal(count)


def written(folder: Path, columns: Columns, **config: object) -> Diagnosis:
    """The diagnosis of the one run in a folder with a table and a configuration."""
    with (folder / "progress.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        rows = zip(*columns.values(), strict=True)
        writer.writerows(["" if np.isnan(value) else value for value in row] for row in rows)
    if config:
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    runs = load(folder).runs
    assert len(runs) == 1
    return diagnose(runs[0])


def kind(diagnosis: Diagnosis) -> OutcomeKind:
    assert diagnosis.achieved is not None
    return diagnosis.achieved.kind


def sb3(count: int, each: int, **columns: np.ndarray) -> dict[str, np.ndarray]:
    """Columns under the names of Stable-Baselines3."""
    places = {
        "ret": "rollout/ep_rew_mean",
        "length": "rollout/ep_len_mean",
        "success": "rollout/success_rate",
    }
    named = {places.get(name, name.replace("__", "/")): values for name, values in columns.items()}
    return {"time/total_timesteps": each * (np.arange(count) + 1.0), **named}


def codes(diagnosis: Diagnosis) -> set[str]:
    return {one.code for one in diagnosis.results if one.finding is not None}


def test_two_good_epochs_and_a_floor(tmp_path: Path) -> None:
    columns = {
        "Epoch": np.arange(200.0),
        "AverageEpRet": np.append([54.0, 54.2], 29.4 + noise(198, 0.1)),
        "EpLen": np.append([11.0, 10.8], 3.3 + noise(198, 0.05)),
        "TotalEnvInteracts": 4000 * (np.arange(200) + 1.0),
    }
    found = written(tmp_path, columns)
    assert kind(found) is OutcomeKind.FELL
    assert found.verdict in ("warning", "error", "critical")


def test_a_constant_return_on_an_axis_of_episodes(tmp_path: Path) -> None:
    columns = {"_step": np.arange(1000.0), "Episode length": np.full(1000, 999.0)}
    found = written(tmp_path, {**columns, "Episode return": np.full(1000, -99.9)})
    assert (found.run.axis, found.run.last_step) == ("env_steps", pytest.approx(999_000))
    assert kind(found) is OutcomeKind.FLAT
    assert found.verdict == "error"
    assert "too early" not in found.outcome_note


def test_an_imitation_reward_next_to_nothing(tmp_path: Path) -> None:
    rise = 500 * 3e-5 * (np.linspace(1, 14, 100) + noise(100, 0.3))
    columns = sb3(
        100, 5000, ret=rise, length=np.full(100, 500.0), train__explained_variance=np.full(100, -3.7)
    )
    found = written(tmp_path, columns, algo="ppo", exp_reward=1)
    assert kind(found) is OutcomeKind.FLAT
    assert found.verdict not in ("healthy", "info")


def test_a_success_rate_from_7_to_14_percent(tmp_path: Path) -> None:
    success = np.linspace(0.07, 0.14, 100) + noise(100, 0.01)
    found = written(tmp_path, sb3(100, 5000, success=success, length=np.full(100, 50.0)), algo="sac")
    assert kind(found) is OutcomeKind.FLAT
    assert found.verdict not in ("healthy", "info")


def test_a_car_that_learned_to_stand_still(tmp_path: Path) -> None:
    rise = -16 - 34 * np.exp(-np.arange(100) / 25) + noise(100, 1.5)
    width = np.linspace(1, 0.4, 100)
    columns = sb3(100, 2048, ret=rise, length=np.full(100, 999.0), train__std=width)
    found = written(tmp_path, columns, algo="ppo", env_id="MountainCarContinuous-v0")
    assert "OUT-13" in codes(found)
    assert kind(found) in (OutcomeKind.FLAT, OutcomeKind.EARLY)
    assert not kind(found).gained
    assert found.verdict == "error"
    assert "too early" not in f"{found.verdict_note} {found.outcome_note}"


def test_a_pendulum_whose_rewards_were_divided(tmp_path: Path) -> None:
    small = -0.012 + noise(100, 0.002)
    columns = sb3(100, 200, ret=small, length=np.full(100, 200.0))
    found = written(tmp_path, columns, algo="sac", env_id="Pendulum-v1")
    assert "REW-12" in codes(found)
    assert found.verdict not in ("healthy", "info", "not_enough_data")


def test_training_falls_and_evaluation_stays(tmp_path: Path) -> None:
    at = np.arange(120)
    fall = (9349 - 4087) * np.clip((at - 90) / 15, 0, 1)
    training = 9349 * np.clip(at / 60, 0, 1) - fall + noise(120, 150)
    evaluation = np.where(at % 3 == 0, 9262 * np.clip(at / 60, 0, 1) + noise(120, 100), np.nan)
    columns = sb3(120, 10_000, ret=training, length=np.full(120, 1000.0), eval__mean_reward=evaluation)
    found = written(tmp_path, columns, algo="sac")
    assert kind(found).gained
    assert "training (episode return): rose and was lost again" in found.outcome_note
    assert "exploration noise" in found.outcome_note


def test_a_collapse_inside_the_last_part(tmp_path: Path) -> None:
    at = np.arange(100)
    values = 140 * np.clip(at / 40, 0.1, 1)
    values[-12:] = np.append(np.full(6, 15.0), np.linspace(15, 25, 6))
    columns = sb3(100, 5000, ret=values + noise(100, 4), length=np.full(100, 200.0))
    found = written(tmp_path, columns, algo="ppo")
    assert kind(found) is OutcomeKind.LOST
    assert found.verdict not in ("healthy", "info", "not_enough_data")


def test_a_dense_reward_falls_because_the_goal_ends_the_episode(tmp_path: Path) -> None:
    """Success decides where the return falls with the length of the episodes."""
    late = np.clip(np.arange(110.0) - 20, 0, 50)
    columns = sb3(
        110,
        2048,
        ret=90 - late + noise(110, 2),
        length=200 - 2.4 * late + noise(110, 2),
        success=np.clip(0.018 * late + noise(110, 0.01), 0, 1),
    )
    found = written(tmp_path, columns)
    assert kind(found).gained
    assert not codes(found) & {"OUT-02", "OUT-04", "OUT-06", "OUT-10"}


def test_seven_rows_of_a_home_made_log_that_rise_in_order(tmp_path: Path) -> None:
    columns = {
        "env_steps": 12_800 * (np.arange(7) + 1.0),
        "avg_return": np.array([154, 187, 211, 225, 232, 254, 255.0]),
        "avg_ep_len": np.array([18, 21, 24, 25.5, 26.3, 28.7, 28.8]),
    }
    found = written(tmp_path, columns, env="InvertedDoublePendulum-v5", algorithm="a2c")
    assert kind(found) is OutcomeKind.EARLY
    assert "OUT-10" not in codes(found)


def test_a_rise_below_every_reference_run_is_not_called_healthy(tmp_path: Path) -> None:
    """PPO on Walker2d, whose published scores are of runs a hundred times as long: references tell more."""
    count = 40
    rise = np.linspace(0, 1, count)
    columns = sb3(count, 2048, ret=1.4 + 170 * rise + noise(count, 4), length=17 + 80 * rise)
    rest = {
        "train/approx_kl": 0.01 + noise(count, 1e-3),
        "train/explained_variance": 0.1 + 0.6 * rise,
        "train/value_loss": 1 + noise(count, 0.1),
        "train/std": 1 - 0.3 * rise,
    }
    found = written(tmp_path, {**columns, **rest}, env_id="Walker2d-v5", algo="ppo", n_envs=4)
    assert found.verdict == "not_enough_data" or "OUT-01" in codes(found)
    assert found.roots or "the lowest of the reference runs" in found.verdict_note
