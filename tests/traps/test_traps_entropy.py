"""Entropy that misleads: low, negative, scaled or growing (items 4, 5, 23 and 45)."""

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
    rise,
    roots,
    run_of,
    source,
    write_config,
    write_events,
    write_sb3,
    write_table,
)

from rldoctor.model.finding import Severity


def unity(folder: Path, entropy: Floats, level: Floats) -> Path:
    """ML-Agents PPO: one summary every 10,000 agent steps, learning rate and beta annealed to zero."""
    count, noise = entropy.size, source(21)
    steps = 10_000.0 * np.arange(1, count + 1)
    left = 1 - np.linspace(0, 1, count) * 0.99
    columns = {
        "Environment/Cumulative Reward": level + noise.normal(0, 0.12, count),
        "Environment/Episode Length": 120 - 10 * level + noise.normal(0, 4, count),
        "Losses/Policy Loss": np.abs(0.022 + noise.normal(0, 0.003, count)),
        "Losses/Value Loss": 0.05 * np.exp(noise.normal(0, 0.4, count)),
        "Policy/Entropy": np.maximum(entropy * np.exp(noise.normal(0, 0.03, count)), 1e-4),
        "Policy/Extrinsic Reward": level + noise.normal(0, 0.12, count),
        "Policy/Extrinsic Value Estimate": level * 0.6 + noise.normal(0, 0.1, count),
        "Policy/Learning Rate": 3e-4 * left,
        "Policy/Epsilon": 0.1 + 0.1 * left,
        "Policy/Beta": 5e-3 * left,
    }
    return write_events(folder, on(steps, columns))


@pytest.mark.parametrize("lowest", [0.033, 0.004])
def test_low_entropy_of_a_run_at_its_best_is_success(tmp_path: Path, lowest: float) -> None:
    p = np.linspace(0, 1, 100)
    learnt = rise(p, 0.3, 0.06)
    diagnosis = diagnosis_of(unity(tmp_path, lowest + (0.69 - lowest) * (1 - learnt), -3.3 + 5.6 * learnt))
    assert_quiet(diagnosis, ["ENT-02", "OUT-10", "OUT-02"])


def test_low_entropy_before_anything_was_learnt_is_a_collapse(tmp_path: Path) -> None:
    p = np.linspace(0, 1, 100)
    diagnosis = diagnosis_of(unity(tmp_path, 0.004 + 0.686 * np.exp(-p / 0.02), np.full(100, -3.3)))
    finding = fired(diagnosis)["ENT-02"]
    assert finding.severity is Severity.ERROR
    assert finding.onset is not None
    assert finding.onset < 200_000
    assert "OUT-10" in fired(diagnosis)


def quadruped(folder: Path, sigma: Floats, level: Floats) -> Path:
    """rsl_rl with 12 joints: differential entropy, below zero for every standard deviation under 0.24."""
    count, noise = sigma.size, source(22)
    steps = np.arange(0.0, count)
    entropy = 12 * (1.4189 + np.log(sigma))
    columns = {
        "Loss/value_function": 1e-3 * np.exp(noise.normal(0, 0.3, count) - 3 * steps / count),
        "Loss/surrogate": noise.normal(-0.004, 0.002, count),
        "Loss/entropy": entropy + noise.normal(0, 0.02, count),
        "Loss/learning_rate": np.exp(noise.normal(0, 0.4, count)) * 8e-4,
        "Policy/mean_noise_std": sigma + noise.normal(0, 1e-3, count),
        "Perf/total_fps": 9e4 + noise.normal(0, 2e3, count),
        "Perf/collection time": np.full(count, 0.9),
        "Train/mean_reward": level + noise.normal(0, 0.15, count),
        "Train/mean_episode_length": np.minimum(20 + 980 * rise(steps / count, 0.06, 0.01), 1001),
    }
    write_config(
        folder, algorithm={"class_name": "PPO", "schedule": "adaptive", "desired_kl": 0.01},
        num_steps_per_env=24, num_envs=4096, max_iterations=count, action_dim=12,
    )  # fmt: skip
    return write_events(folder, on(steps, columns))


def test_negative_differential_entropy_is_no_collapse(tmp_path: Path) -> None:
    p = np.linspace(0, 1, 300)
    path = quadruped(tmp_path, 1.0 - 0.86 * rise(p, 0.35, 0.12), -0.15 + 21.7 * rise(p, 0.25, 0.06))
    diagnosis = diagnosis_of(path)
    assert diagnosis.run.metrics["entropy"].values[-1] < -6
    assert_quiet(diagnosis, ["ENT-02", "ENT-03", "OUT-10"])


def test_the_same_width_lost_at_once_with_nothing_learnt(tmp_path: Path) -> None:
    p = np.linspace(0, 1, 300)
    diagnosis = diagnosis_of(quadruped(tmp_path, 0.02 + 0.98 * np.exp(-p / 0.03), np.full(300, -0.1)))
    assert {"ENT-02", "OUT-10"} <= set(fired(diagnosis))


def sb3_gaussian(folder: Path, std: Floats, level: Floats, ent_coef: float, clip: float = 0.08) -> Path:
    """PPO of SB3 with two actions; its entropy_loss is minus the entropy, positive once std is below 0.24."""
    count, noise = std.size, source(23)
    steps = 2048.0 * np.arange(1, count + 1)
    returns, lengths = episodes(
        steps, lambda at: float(np.interp(at, steps, level)), lambda _: 200.0, 15.0, seed=24
    )
    columns = {
        "rollout/ep_rew_mean": returns,
        "rollout/ep_len_mean": lengths,
        "train/approx_kl": np.abs(0.008 + noise.normal(0, 0.002, count)),
        "train/clip_fraction": np.abs(clip + noise.normal(0, 0.02, count)),
        "train/entropy_loss": -2 * (1.4189 + np.log(std)),
        "train/explained_variance": 0.65 + noise.normal(0, 0.08, count),
        "train/learning_rate": np.full(count, 3e-4),
        "train/policy_gradient_loss": noise.normal(-0.006, 0.002, count),
        "train/std": std,
        "train/value_loss": 4 * np.exp(noise.normal(0, 0.3, count)),
    }
    write_config(folder, algo="ppo", n_steps=2048, ent_coef=ent_coef, total_timesteps=int(steps[-1]))
    return write_sb3(folder, steps, columns)


def test_a_positive_entropy_loss_is_no_collapse(tmp_path: Path) -> None:
    p = np.linspace(0, 1, 120)
    diagnosis = diagnosis_of(
        sb3_gaussian(tmp_path, 1 - 0.83 * rise(p, 0.4, 0.12), 20 + 480 * rise(p, 0.3), 0.0)
    )
    assert diagnosis.run.metrics["entropy"].values[-1] == pytest.approx(-0.7, abs=0.1)
    assert_quiet(diagnosis, ["ENT-02", "OUT-10"])


def test_width_that_triples_while_the_return_stalls(tmp_path: Path) -> None:
    """Item 23: an entropy coefficient of 0.05 widened the policy from 1.0 to 2.94."""
    p = np.linspace(0, 1, 200)
    stalls = 96 + 130 * rise(p, 0.1, 0.03)
    diagnosis = diagnosis_of(sb3_gaussian(tmp_path, 1 + 1.94 * p**0.8, stalls, 0.05))
    assert "ENT-03" in fired(diagnosis)
    assert "ENT-03" in roots(diagnosis)
    assert any(fix.knob == "ent_coef" for fix in fired(diagnosis)["ENT-03"].prescriptions)


def test_width_that_grows_by_a_third_while_the_return_rises(tmp_path: Path) -> None:
    p = np.linspace(0, 1, 200)
    path = sb3_gaussian(tmp_path, 1.01 + 0.28 * rise(p, 0.4, 0.15), 6 + 2034 * rise(p, 0.5, 0.15), 0.05)
    assert_quiet(diagnosis_of(path), ["ENT-03", "OUT-10"], never=["ENT-08"])


def test_an_entropy_loss_scaled_by_its_coefficient(tmp_path: Path) -> None:
    """Brax writes training/entropy_loss as minus coefficient times entropy: 1e-4 is no dead policy."""
    count, noise = 60, source(25)
    steps = 500_000.0 * np.arange(1, count + 1)
    p = steps / steps[-1]
    entropy = 6.0 - 5.0 * rise(p, 0.5, 0.2)
    columns = {
        "eval/episode_reward": 100 + 5900 * rise(p, 0.35, 0.12) + noise.normal(0, 60, count),
        "eval/avg_episode_length": np.full(count, 1000.0),
        "training/entropy_loss": -1e-3 * entropy + noise.normal(0, 2e-5, count),
        "training/policy_loss": noise.normal(-0.002, 0.001, count),
        "training/v_loss": 0.3 * np.exp(noise.normal(0, 0.3, count)),
        "training/total_loss": 0.3 + noise.normal(0, 0.02, count),
        "training/sps": 2e5 + noise.normal(0, 1e3, count),
    }
    write_config(tmp_path, env_name="ant", algo="ppo", num_envs=4096, entropy_cost=1e-3, reward_scaling=10)
    diagnosis = diagnosis_of(write_events(tmp_path, on(steps, columns)))
    assert diagnosis.run.metrics["entropy"].values == pytest.approx(entropy, abs=0.2)
    assert_quiet(diagnosis, ["ENT-02", "OUT-10"], never=["ENT-01"])


def test_item_45_a_zero_entropy_bonus_beside_the_real_entropy(tmp_path: Path) -> None:
    count, noise = 150, source(26)
    p = np.linspace(0, 1, count)
    surrogate = np.abs(noise.normal(0.02, 0.005, count))
    columns = {
        "EpRewMean": 30 + 300 * rise(p, 0.4, 0.1) + noise.normal(0, 8, count),
        "EpLenMean": 150 + noise.normal(0, 5, count),
        "TimestepsSoFar": 5000.0 * np.arange(1, count + 1),
        "meankl": 0.0095 + noise.normal(0, 2e-4, count),
        "entloss": np.zeros(count),
        "entropy": 8.5 - 4 * p + noise.normal(0, 0.05, count),
        "surrgain": surrogate,
        "optimgain": surrogate,
        "ev_tdlam_before": 0.8 + noise.normal(0, 0.05, count),
    }
    write_table(tmp_path / "progress.csv", columns)
    run = run_of(write_config(tmp_path, algo="trpo"))
    assert run.metrics["entropy"].tag == "entropy"
    assert_quiet(diagnosis_of(tmp_path), ["OUT-10"], never=["ENT-02", "LOG-05"])
