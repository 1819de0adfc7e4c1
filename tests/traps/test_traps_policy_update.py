"""Sizes of policy updates that mislead: tiny, negative, in per cent (items 6, 7, 8 and 24)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from trap_logs import (
    Floats,
    assert_quiet,
    diagnosis_of,
    episodes,
    fired,
    on,
    outcome,
    rise,
    roots,
    source,
    write_config,
    write_events,
    write_sb3,
    write_table,
)

from rldoctor.model.finding import Outcome, Severity


def cartpole(folder: Path, kl: Floats, entropy: Floats, level: Floats) -> Path:
    """rl_games: every reward three times, against frames, epochs and whole seconds."""
    count, noise = kl.size, source(31)
    frames, epochs = 2048.0 * np.arange(1, count + 1), np.arange(1.0, count + 1)
    reward = level + noise.normal(0, 6, count)
    columns = {
        "losses/a_loss": noise.normal(-0.002, 0.001, count),
        "losses/c_loss": 0.05 * np.exp(noise.normal(0, 0.4, count)),
        "losses/entropy": entropy,
        "info/last_lr": np.full(count, 5e-4),
        "info/lr_mul": np.ones(count),
        "info/e_clip": np.full(count, 0.2),
        "info/kl": kl,
        "info/epochs": epochs,
        "rewards/step": reward,
        "episode_lengths/step": level,
        "performance/step_inference_rl_update_fps": 2e4 + noise.normal(0, 500, count),
    }
    others = {"rewards/iter": reward, "episode_lengths/iter": level}
    seconds = {"rewards/time": reward, "episode_lengths/time": level}
    return write_events(folder, on(frames, columns) | on(epochs, others) | on(np.floor(epochs / 3), seconds))


def test_a_tiny_kl_with_a_moving_policy_and_a_rising_reward(tmp_path: Path) -> None:
    p, noise = np.linspace(0, 1, 200), source(32)
    kl = np.maximum(3e-4 * np.exp(noise.normal(0, 1.5, 200)), 8e-7)
    path = cartpole(tmp_path, kl, 0.69 - 0.24 * p + noise.normal(0, 0.01, 200), 16 + 386 * rise(p, 0.4, 0.12))
    diagnosis = diagnosis_of(path)
    assert float(np.median(diagnosis.run.metrics["approx_kl"].values)) < 5e-4
    assert_quiet(diagnosis, ["POL-01", "OUT-10"])


def test_a_tiny_kl_with_a_policy_that_stands_still(tmp_path: Path) -> None:
    p, noise = np.linspace(0, 1, 200), source(33)
    kl = 2e-8 * np.exp(noise.normal(0, 0.5, 200))
    path = cartpole(tmp_path, kl, np.full(200, 0.6931), 22 + 0 * p)
    diagnosis = diagnosis_of(path)
    assert roots(diagnosis)[0] == "POL-01"
    assert fired(diagnosis)["POL-01"].severity is Severity.CRITICAL
    assert "OUT-10" in fired(diagnosis)


def annealed(folder: Path, rate: Floats, kl: Floats, clip: Floats, std: Floats, level: Floats) -> Path:
    """PPO of SB3 with a learning rate schedule."""
    count, noise = rate.size, source(34)
    steps = 1024.0 * np.arange(1, count + 1)
    returns, lengths = episodes(
        steps, lambda at: float(np.interp(at, steps, level)), lambda _: 150.0, 40.0, seed=35
    )
    columns = {
        "rollout/ep_rew_mean": returns,
        "rollout/ep_len_mean": lengths,
        "train/approx_kl": kl,
        "train/clip_fraction": clip,
        "train/entropy_loss": -2 * (1.4189 + np.log(std)),
        "train/explained_variance": 0.65 + noise.normal(0, 0.05, count),
        "train/learning_rate": rate,
        "train/policy_gradient_loss": noise.normal(-0.004, 0.002, count),
        "train/std": std,
        "train/value_loss": 4 * np.exp(noise.normal(0, 0.3, count)),
    }
    write_config(folder, algo="ppo", n_steps=1024, total_timesteps=int(steps[-1]))
    return write_sb3(folder, steps, columns)


def test_updates_that_end_with_the_learning_rate(tmp_path: Path) -> None:
    """KL 1e-4 and nothing clipped at the end, because the schedule ends at a learning rate of 1e-6."""
    p, noise = np.linspace(0, 1, 240), source(36)
    rate = 5e-4 * (1 - p) ** 2 + 1e-6
    kl = (0.028 * (rate / 5e-4) ** 1.2 + 1e-4) * np.exp(noise.normal(0, 0.2, 240))
    clip = np.where(rate < 2e-5, 0.0, 0.18 * rate / 5e-4)
    path = annealed(tmp_path, rate, kl, clip, 1.0 - 0.4 * p**0.5, 6 + 2034 * rise(p, 0.45, 0.12))
    assert_quiet(diagnosis_of(path), ["POL-01", "OUT-10"], never=["POL-04", "POL-10"])


def test_no_updates_at_a_full_learning_rate(tmp_path: Path) -> None:
    noise, flat = source(37), np.ones(240)
    kl = 3e-9 * np.exp(noise.normal(0, 0.3, 240))
    diagnosis = diagnosis_of(annealed(tmp_path, 3e-4 * flat, kl, 0 * flat, flat, 6 * flat))
    assert roots(diagnosis)[0] == "POL-01"
    assert [cause.id for cause in fired(diagnosis)["POL-01"].causes if cause.likely] == ["wiring"]


def epochs_of_spinningup(kl: Floats, clip: Floats, entropy: Floats, level: Floats) -> dict[str, Floats]:
    """progress.txt of Spinning Up's PPO; LossPi is measured before the update, with normalised advantages."""
    count, noise = kl.size, source(38)
    return {
        "Epoch": np.arange(0.0, count),
        "AverageEpRet": level + noise.normal(0, 30, count),
        "StdEpRet": np.full(count, 150.0),
        "MaxEpRet": level + 300,
        "MinEpRet": level - 300,
        "EpLen": np.full(count, 1000.0),
        "AverageVVals": level / 30,
        "TotalEnvInteracts": 4000.0 * np.arange(1, count + 1),
        "LossPi": 1e-8 * noise.normal(0, 1, count),
        "LossV": 50 * np.exp(noise.normal(0, 0.3, count)) + np.abs(level) / 5,
        "DeltaLossPi": -0.02 + noise.normal(0, 0.003, count),
        "DeltaLossV": np.full(count, -3.0),
        "Entropy": entropy,
        "KL": kl,
        "ClipFrac": clip,
        "StopIter": np.full(count, 79.0),
        "Time": 12.0 * np.arange(1, count + 1),
    }


SPINNING = {"exp_name": "ppo", "env_name": "HalfCheetah-v2", "train_pi_iters": 80, "pi_lr": 3e-4, "seed": 0}


def test_a_policy_loss_of_1e_8_before_the_update(tmp_path: Path) -> None:
    p, noise = np.linspace(0, 1, 200), source(39)
    columns = epochs_of_spinningup(
        0.03 + 0.17 * noise.random(200),
        0.78 + noise.normal(0, 0.04, 200),
        1.42 - 0.9 * p,
        -400 + 2600 * rise(p, 0.4, 0.2),
    )
    write_table(tmp_path / "progress.txt", columns, "\t")
    diagnosis = diagnosis_of(write_config(tmp_path, **SPINNING))
    assert diagnosis.run.framework == "spinningup"
    assert_quiet(diagnosis, ["POL-01", "POL-03", "OUT-10"], never=["LOG-05"])


def test_the_same_policy_loss_with_no_step_at_all(tmp_path: Path) -> None:
    noise, flat = source(40), np.ones(200)
    columns = epochs_of_spinningup(1e-9 * noise.random(200), 0 * flat, 1.4189 * flat, -400 * flat)
    write_table(tmp_path / "progress.txt", columns, "\t")
    diagnosis = diagnosis_of(write_config(tmp_path, **SPINNING))
    assert roots(diagnosis)[0] == "POL-01"
    assert "OUT-10" in fired(diagnosis)


def test_a_kl_below_zero_is_the_k1_estimator(tmp_path: Path) -> None:
    p, noise = np.linspace(0, 1, 200), source(41)
    kl = 0.006 + noise.normal(0, 0.012, 200)
    columns = epochs_of_spinningup(kl, np.full(200, 0.2), 1.42 - 0.6 * p, -60 + 1500 * rise(p, 0.4, 0.2))
    write_table(tmp_path / "progress.txt", columns, "\t")
    diagnosis = diagnosis_of(write_config(tmp_path, **{**SPINNING, "env_name": "Ant-v2"}))
    assert diagnosis.run.metrics["approx_kl"].values.min() < -0.015
    assert_quiet(diagnosis, ["POL-01", "POL-02", "POL-03", "OUT-10"], never=["POL-09"])


def test_a_kl_below_zero_of_an_estimator_that_cannot_be(tmp_path: Path) -> None:
    """SB3 writes the k3 estimator, never negative: the stored log-probabilities are wrong."""
    p, noise = np.linspace(0, 1, 200), source(42)
    kl = -0.004 + noise.normal(0, 0.001, 200)
    flat = np.ones(200)
    path = annealed(tmp_path, 3e-4 * flat, kl, 0.3 * flat, 1.0 - 0.1 * p, 20 * flat)
    diagnosis = diagnosis_of(path)
    assert outcome(diagnosis, "POL-09") is Outcome.FIRED
    assert roots(diagnosis)[0] == "POL-09"


def home_made(folder: Path, percent: Floats, kl: Floats, level: Floats) -> Path:
    """A PPO that logs percent_clipped in per cent, one row per update."""
    count, noise = percent.size, source(43)
    p = np.linspace(0, 1, count)
    columns = {
        "timesteps": 2048.0 * np.arange(1, count + 1),
        "mean_reward": level + noise.normal(0, 3, count),
        "mean_episode_length": 100 + noise.normal(0, 4, count),
        "policy_loss": noise.normal(-0.01, 0.004, count),
        "value_loss": 2 * np.exp(noise.normal(0, 0.3, count)),
        "entropy": 2.8 - 1.2 * p + noise.normal(0, 0.01, count),
        "approx_kl": kl,
        "percent_clipped": percent,
        "explained_variance": 0.7 + noise.normal(0, 0.05, count),
    }
    write_table(folder / "metrics.csv", columns)
    return write_config(folder, algo="ppo", learning_rate=3e-4)


def test_percent_clipped_is_not_a_fraction(tmp_path: Path) -> None:
    p, noise = np.linspace(0, 1, 150), source(44)
    path = home_made(
        tmp_path,
        16.3 + noise.normal(0, 2, 150),
        0.004 + noise.normal(0, 0.003, 150),
        10 + 90 * rise(p, 0.4, 0.1),
    )
    diagnosis = diagnosis_of(path)
    assert diagnosis.run.metrics["clip_fraction"].values.mean() == pytest.approx(0.163, abs=0.005)
    assert_quiet(diagnosis, ["POL-03", "OUT-10"])


def test_eighty_per_cent_clipped_is_too_much(tmp_path: Path) -> None:
    noise = source(45)
    path = home_made(
        tmp_path, 80 + noise.normal(0, 3, 150), 0.4 + noise.normal(0, 0.05, 150), np.full(150, 10.0)
    )
    diagnosis = diagnosis_of(path)
    assert fired(diagnosis)["POL-03"].severity is Severity.ERROR
