"""The practitioners' notes this project grew from, end to end: real event files, and the diagnosis.

(The second note compares two runs and stands with the tests of ``compare``; its other half is here.)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rldoctor.api import diagnose, load
from rldoctor.model.finding import Diagnosis, Outcome

writers = pytest.importorskip("tensorboardX")
NOISE = np.random.default_rng(0)
Point = Callable[[int], Mapping[str, float]]


def write_run(folder: Path, config: dict[str, Any], every: int, points: int, at: Point) -> Path:
    writer = writers.SummaryWriter(str(folder))
    for index in range(points):
        for tag, value in at((index + 1) * every).items():
            writer.add_scalar(tag, value, (index + 1) * every)
    writer.close()
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def diagnosis_of(path: Path) -> Diagnosis:
    (run,) = load(path).runs
    return diagnose(run)


def fired(diagnosis: Diagnosis) -> set[str]:
    return {result.code for result in diagnosis.results if result.outcome is Outcome.FIRED}


def everything_said(diagnosis: Diagnosis) -> str:
    parts = [root.finding for root in diagnosis.roots] + [
        one for root in diagnosis.roots for one in root.explains
    ]
    return " ".join(
        [
            finding.message + " ".join(fix.text + fix.because for fix in finding.prescriptions)
            for finding in parts
        ]
    )


def sac_on_2048_environments(step: int) -> dict[str, float]:
    progress = step / 1.2e6
    return {
        "train/reward": 0.0,
        "train/q1_mean": -0.12 + 0.11 * progress,
        "train/critic_loss": 0.01 * 0.2**progress,
        "train/actor_loss": 0.1,
        "train/alpha": 0.5**progress,
    }


def test_note_1_sac_on_2048_environments(tmp_path: Path) -> None:
    config = {
        "algo": "sac",
        "num_envs": 2048,
        "buffer_capacity": 500,
        "warmup_steps": 100,
        "batch_size": 256,
        "updates_per_step": 1,
        "polyak": 0.995,
        "reward_scale": 0.1,
        "gamma": 0.99,
        "max_episode_steps": 1000,
    }
    diagnosis = diagnosis_of(write_run(tmp_path, config, 20480, 60, sac_on_2048_environments))
    roots = [root.finding for root in diagnosis.roots]
    codes = [finding.code for finding in roots]
    assert codes[0] == "OFF-04"
    assert {"OFF-01", "REW-01"} <= set(codes)
    ratio = {one.name: one.value for one in roots[0].measures}
    assert ratio["samples"] == pytest.approx(0.125)
    capacity = next(finding for finding in roots if finding.code == "OFF-01").message
    assert "500" in capacity
    assert "1,024,000" in capacity, "both readings of the unit are shown"
    assert "rounded" in next(finding for finding in roots if finding.code == "REW-01").message
    assert not fired(diagnosis) & {"OFF-06", "VAL-07", "VAL-08", "VAL-11"}, (
        "0.995 retention and a negative Q are fine"
    )
    gradient_steps = roots[0].prescriptions[0]
    assert gradient_steps.knob == "gradient_steps"


def test_note_2_a_log_of_system_metrics_only(tmp_path: Path) -> None:
    points = lambda step: {"system/gpu": 80.0, "system/cpu": 30.0, "system/memory": 50.0}  # noqa: E731
    diagnosis = diagnosis_of(write_run(tmp_path, {"algo": "sac"}, 100, 50, points))
    assert diagnosis.roots[0].finding.code == "LOG-01"


def frozen_ppo(step: int) -> dict[str, float]:
    return {
        "train/policy_loss": -7.4e-7,
        "train/value_loss": 0.27,
        "train/entropy": 9.60,
        "train/approx_kl": 2.0e-7,
        "train/clip_fraction": 0.0,
        "train/ratio": 1.0,
        "train/explained_variance": -143.7 + float(NOISE.normal()),
        "train/adv_mean": 7e-7,
        "train/adv_std": 1.0,
        "train/learning_rate": 3e-4,
        "train/average_return": 100 - 1.5 * step / 2048,
    }


def test_note_3_ppo_with_a_kl_of_2e_7(tmp_path: Path) -> None:
    config = {"algo": "ppo", "gamma": 0.92, "learning_rate": 3e-4}
    diagnosis = diagnosis_of(write_run(tmp_path, config, 2048, 100, frozen_ppo))
    root = diagnosis.roots[0]
    assert root.finding.code == "POL-01"
    assert [cause.id for cause in root.finding.causes if cause.likely] == ["wiring"]
    implied = {one.name: one.value for one in root.finding.measures}["lr_implied"]
    assert implied == pytest.approx(0.067, abs=0.001)
    assert not {"OUT-02", "OUT-04"} & {finding.code for finding in root.explains}, (
        "a frozen policy cannot decline"
    )
    assert "adv_std" not in everything_said(diagnosis)
    assert any("average_return" in note.text for note in diagnosis.run.notes) or "LOG-08" in fired(diagnosis)


def saturated_trpo(step: int) -> dict[str, float]:
    return {
        "train/policy_loss": 0.0,
        "train/value_loss": 0.0,
        "train/kl": 0.0,
        "train/entropy": 39.5,
        "train/reward_per_step": 1e-4,
    }


def test_note_4_trpo_imitation_at_1e_4(tmp_path: Path) -> None:
    config = {
        "algo": "trpo",
        "env": "imitation",
        "reward_form": "exp(-k*error)",
        "reward_exponent": 1.0,
        "action_dim": 28,
        "joints": 29,
    }
    diagnosis = diagnosis_of(write_run(tmp_path, config, 8192, 90, saturated_trpo))
    root = diagnosis.roots[0]
    assert root.finding.code == "REW-03"
    implied = {one.name: one.value for one in root.finding.measures}["implied_error"]
    assert implied == pytest.approx(9.21, abs=0.01)
    assert implied / 29 == pytest.approx(0.318, abs=0.001)
    softer = next(fix for fix in root.finding.prescriptions if fix.knob == "reward_exponent")
    assert softer.to_number == pytest.approx(0.13, abs=0.005)
    assert "POL-01" not in fired(diagnosis), "TRPO's step is scaled to its KL limit"
    assert "POL-07" in {finding.code for finding in root.explains}, "the line search rejects every step"
    sigma = diagnosis.run.metrics["policy_sigma"].values
    assert sigma[-1] == pytest.approx(0.992, abs=0.001)


def reaching_sac(
    alpha: Callable[[float], float],
    gap: Callable[[float], float],
    q: Callable[[float], float],
    success: Callable[[float], float],
) -> Point:
    def at(step: int) -> dict[str, float]:
        temperature = alpha(step)
        return {
            "train/ent_coef": temperature,
            "train/ent_coef_loss": float(np.log(temperature)) * (gap(step) + 0.05 * float(NOISE.normal())),
            "train/actor_loss": -q(step),
            "train/critic_loss": 0.05,
            "train/learning_rate": 1e-3,
            "rollout/ep_rew_mean": -25 + 24 * success(step) + 0.02 * float(NOISE.normal()),
            "rollout/ep_len_mean": 50.0,
            "rollout/success_rate": success(step),
            "time/fps": 300.0,
        }

    return at


REACH = {
    "algo": "sac",
    "env_id": "FetchReachDense-v4",
    "n_envs": 8,
    "buffer_size": 1_000_000,
    "batch_size": 256,
    "gradient_steps": 1,
    "train_freq": 1,
    "tau": 0.005,
    "gamma": 0.95,
    "action_dim": 4,
    "target_entropy": -4,
    "learning_rate": 1e-3,
    "total_timesteps": 1_000_000,
}


def healthy_alpha(step: float) -> float:
    return max(0.47 * float(np.exp(-(step - 30_000) / 40_000)), 4e-4)


def healthy_gap(step: float) -> float:
    return 4.0 * float(np.exp(-step / 20_000))


def healthy_q(step: float) -> float:
    return 19.5 * float(np.exp(-step / 50_000)) - 1.5


def healthy_success(step: float) -> float:
    return min(1.0, step / 150_000)


def test_note_5_a_healthy_reach(tmp_path: Path) -> None:
    at = reaching_sac(healthy_alpha, healthy_gap, healthy_q, healthy_success)
    diagnosis = diagnosis_of(write_run(tmp_path, REACH, 4000, 250, at))
    assert not fired(diagnosis) & {"ENT-04", "ENT-05", "VAL-07", "VAL-08", "OUT-10", "OUT-05"}
    assert diagnosis.verdict in {"healthy", "info"}


def test_note_5_twin_whose_q_explodes(tmp_path: Path) -> None:
    at = reaching_sac(
        healthy_alpha, healthy_gap, lambda step: 2.0 * float(np.exp(step / 60_000)), lambda step: 0.1
    )
    diagnosis = diagnosis_of(write_run(tmp_path, REACH, 4000, 250, at))
    assert "VAL-08" in fired(diagnosis)
    assert diagnosis.roots[0].finding.code in {"VAL-08", "VAL-07"}


def test_note_5_twin_whose_temperature_collapses(tmp_path: Path) -> None:
    at = reaching_sac(
        lambda step: max(float(np.exp(-step / 2000)), 1e-4), lambda step: 5.0, healthy_q, lambda step: 0.1
    )
    diagnosis = diagnosis_of(write_run(tmp_path, REACH, 400, 100, at))
    assert "ENT-04" in fired(diagnosis)


def test_note_5_twin_whose_success_stalls(tmp_path: Path) -> None:
    at = reaching_sac(healthy_alpha, healthy_gap, healthy_q, lambda step: min(0.4, step / 300_000))
    diagnosis = diagnosis_of(write_run(tmp_path, REACH, 4000, 250, at))
    assert "OUT-05" in fired(diagnosis)
