"""Episode statistics that mislead: counters, stale means, resumes, inference (items 16 to 20)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from trap_logs import (
    Floats,
    Tags,
    alarms,
    assert_quiet,
    diagnosis_of,
    fired,
    on,
    outcome,
    rise,
    roots,
    source,
    write_config,
    write_events,
    write_sb3,
)

from rldoctor.model.finding import Outcome, Severity


def environment(steps: Floats, level: Floats) -> dict[str, Floats]:
    """The tags that ML-Agents writes in training and in inference alike."""
    noise = source(71)
    return {
        "Environment/Cumulative Reward": level + noise.normal(0, 0.3, steps.size),
        "Environment/Episode Length": 90 + noise.normal(0, 5, steps.size),
        "Policy/Extrinsic Reward": level + noise.normal(0, 0.3, steps.size),
        "Policy/Extrinsic Value Estimate": 0.4 + noise.normal(0, 0.05, steps.size),
    }


def learner(steps: Floats) -> dict[str, Floats]:
    """The tags that ML-Agents writes after an update."""
    noise, p = source(72), steps / steps[-1]
    return {
        "Losses/Policy Loss": np.abs(0.02 + noise.normal(0, 0.003, steps.size)),
        "Losses/Value Loss": 0.1 * np.exp(noise.normal(0, 0.3, steps.size)),
        "Policy/Learning Rate": 3e-4 * (1 - 0.99 * p),
        "Policy/Epsilon": 0.2 - 0.1 * p,
        "Policy/Beta": 5e-3 * (1 - 0.99 * p),
    }


def test_a_log_of_inference_is_not_a_failed_training(tmp_path: Path) -> None:
    """Item 16: no losses, entropy constant at 1.092, 1.3 million steps."""
    steps = 10_000.0 * np.arange(1, 131)
    columns = {**environment(steps, np.full(130, 1.4)), "Policy/Entropy": np.full(130, 1.092)}
    diagnosis = diagnosis_of(write_events(tmp_path, on(steps, columns)))
    assert outcome(diagnosis, "LOG-10") is Outcome.FIRED
    assert alarms(diagnosis) == [], "that nothing is learnt is what inference means"
    assert "ENT-01" not in fired(diagnosis)


def test_inference_appended_to_a_training(tmp_path: Path) -> None:
    """Item 16: losses and learning rate stop at 2 million steps, rewards go on to 10 million."""
    trained, steps = 10_000.0 * np.arange(1, 201), 10_000.0 * np.arange(1, 1001)
    entropy = np.where(steps <= 2e6, 0.055 + 1.04 * np.exp(-steps / 4e5), 0.055 + 1.04 * np.exp(-5.0))
    columns = {**environment(steps, -1 + 3.2 * rise(steps / 2e6, 0.4, 0.1)), "Policy/Entropy": entropy}
    diagnosis = diagnosis_of(
        write_events(tmp_path, on(steps, columns) | on(trained, learner(trained), until=0.2))
    )
    finding = fired(diagnosis)["LOG-10"]
    assert finding.onset == pytest.approx(2_000_000, abs=60_000)
    assert alarms(diagnosis) == []
    assert set(fired(diagnosis)).isdisjoint({"ENT-01", "ENT-02", "OUT-10", "OUT-02"})


def test_a_training_without_inference(tmp_path: Path) -> None:
    steps = 10_000.0 * np.arange(1, 201)
    p, noise = steps / steps[-1], source(73)
    entropy = 1.092 - 0.9 * rise(p, 0.4, 0.1) + noise.normal(0, 0.01, 200)
    columns = {
        **environment(steps, -1 + 3.2 * rise(p, 0.4, 0.1)),
        **learner(steps),
        "Policy/Entropy": entropy,
    }
    diagnosis = diagnosis_of(write_events(tmp_path, on(steps, columns)))
    assert_quiet(diagnosis, ["LOG-10", "OUT-10", "ENT-02"])


def nested_json(folder: Path, returns: Floats, length: float) -> Path:
    """A home-made PPO that writes one nested object per update, with a return that may never be reset."""
    count, noise = returns.size, source(74)
    with (folder / "metrics.jsonl").open("w") as file:
        for index in range(count):
            row = {
                "timesteps": 2048 * (index + 1),
                "stats": {"avg_return": float(returns[index]), "episode_length": length},
                "losses": {
                    "policy_loss": -0.01 + 0.003 * float(noise.normal()),
                    "value_loss": 0.3 * float(np.exp(0.3 * noise.normal())),
                    "entropy": 2.8 - 0.002 * index + 0.01 * float(noise.normal()),
                    "approx_kl": abs(0.008 + 0.002 * float(noise.normal())),
                },
            }
            file.write(json.dumps(row) + "\n")
    return write_config(folder, algo="ppo", learning_rate=3e-4)


def test_a_counter_that_is_never_reset_is_no_decline(tmp_path: Path) -> None:
    """Item 17: minus 1.5 per step, summed since the start of the run."""
    noise = source(75)
    total = -np.cumsum(np.maximum(0.2, 30 + noise.normal(0, 4, 300)))
    diagnosis = diagnosis_of(nested_json(tmp_path, total, 200.0))
    told = [note.code for note in diagnosis.run.notes]
    assert "LOG-08" in fired(diagnosis) or "running-total" in told
    assert set(alarms(diagnosis)).isdisjoint({"OUT-04", "OUT-02", "OUT-10"})


def test_a_return_that_really_declines(tmp_path: Path) -> None:
    noise = source(76)
    diagnosis = diagnosis_of(
        nested_json(tmp_path, 50 - 0.4 * np.arange(300.0) + noise.normal(0, 6, 300), 200.0)
    )
    assert fired(diagnosis)["OUT-04"].severity >= Severity.ERROR
    assert "LOG-08" not in fired(diagnosis)


def gait(start: int, count: int, reward: Floats, length: Floats) -> Tags:
    """One rsl_rl event file: iterations from ``start`` on."""
    noise = source(start + 77)
    steps = np.arange(float(start), float(start + count))
    columns = {
        "Loss/value_function": 2e-3 * np.exp(noise.normal(0, 0.3, count)),
        "Loss/surrogate": noise.normal(-0.004, 0.002, count),
        "Loss/learning_rate": 8e-4 * np.exp(noise.normal(0, 0.4, count)),
        "Policy/mean_noise_std": 0.2 + 0.8 * np.exp(-steps / 400) + noise.normal(0, 0.003, count),
        "Perf/total_fps": 9e4 + noise.normal(0, 2e3, count),
        "Train/mean_reward": reward,
        "Train/mean_episode_length": length,
    }
    return on(steps, columns)


RSL = {"algorithm": {"class_name": "PPO"}, "num_steps_per_env": 24, "num_envs": 4096}


def test_a_resume_restarts_the_mean_not_the_policy(tmp_path: Path) -> None:
    """Item 18: after each resume the buffer of 100 episodes is empty; the first means are of falls."""
    each, files = 120, 6
    for part in range(files):
        own = np.arange(each)
        filled = 1 - np.exp(-own / 4.0)
        steps = own + each * part
        reward = 21 * rise(steps / 300.0, 0.5, 0.15) * filled + source(part).normal(0, 0.15, each)
        write_events(tmp_path, gait(each * part, each, reward, 10 + 980 * filled), begin=4000.0 * part)
    write_config(tmp_path, **RSL)
    assert len(list(tmp_path.glob("events*"))) == files
    diagnosis = diagnosis_of(tmp_path)
    assert len(diagnosis.run.metrics["episode_return"]) == each * files
    assert_quiet(diagnosis, ["OUT-02", "OUT-04", "OUT-10"], never=["OUT-06", "LOG-03"])


def test_a_collapse_without_a_resume(tmp_path: Path) -> None:
    steps = np.arange(720)
    reward = 17 * rise(steps / 720, 0.2, 0.05) * (1 - 0.96 * rise(steps / 720, 0.6, 0.01))
    length = 20 + 980 * rise(steps / 720, 0.1, 0.02) * (1 - 0.95 * rise(steps / 720, 0.6, 0.01))
    write_events(tmp_path, gait(0, 720, reward + source(78).normal(0, 0.2, 720), length))
    diagnosis = diagnosis_of(write_config(tmp_path, **RSL))
    assert fired(diagnosis)["OUT-02"].severity is Severity.ERROR
    assert fired(diagnosis)["OUT-02"].onset == pytest.approx(0.6 * 720 * 24 * 4096, rel=0.1)


def stale(folder: Path, limit: float) -> Path:
    """Exactly -0.1242 and 10.0 for 210 iterations, while the learner goes on; then the others finish."""
    steps = np.arange(300)
    reward = np.where(steps < 30, -0.15 + 0.01 * source(79).normal(0, 1, 300), -0.1242)
    reward = np.where(steps >= 240, 12 + 5 * rise(steps / 300, 0.9, 0.05), reward)
    length = np.where(steps < 30, 11 + source(80).normal(0, 1, 300), 10.0)
    write_events(folder, gait(0, 300, reward, np.where(steps >= 240, limit, length)))
    return write_config(folder, **RSL, max_episode_steps=limit)


@pytest.mark.parametrize("limit", [5001, 1000])
def test_a_mean_of_which_no_episode_is_new(tmp_path: Path, limit: int) -> None:
    """Item 19: the mean is of the few that fell at once; 210 iterations are 5,040 steps of each."""
    diagnosis = diagnosis_of(stale(tmp_path, limit))
    assert alarms(diagnosis) == []
    assert set(fired(diagnosis)).isdisjoint({"OUT-10", "OUT-06", "OUT-02"})
    assert ("LOG-09" in fired(diagnosis)) == (limit == 1000), (
        "an episode of 5,001 steps may well last that long"
    )


def test_no_episode_statistics_at_all(tmp_path: Path) -> None:
    """Item 20: SB3 writes no rollout/ep_* before an episode has ended."""
    steps, noise = 2048.0 * np.arange(1, 121), source(81)
    columns = {
        "time/fps": np.full(120, 300.0),
        "train/approx_kl": np.abs(0.006 + noise.normal(0, 0.001, 120)),
        "train/clip_fraction": np.abs(0.06 + noise.normal(0, 0.01, 120)),
        "train/entropy_loss": -1.4 + 0.1 * steps / steps[-1],
        "train/explained_variance": 0.1 + noise.normal(0, 0.1, 120),
        "train/value_loss": 0.4 * np.exp(noise.normal(0, 0.2, 120)),
    }
    write_config(tmp_path, algo="ppo", n_steps=2048, total_timesteps=1_000_000)
    diagnosis = diagnosis_of(write_sb3(tmp_path, steps, columns, ("tensorboard",)))
    assert fired(diagnosis)["LOG-02"].severity is Severity.ERROR
    assert "LOG-02" in roots(diagnosis)
    assert outcome(diagnosis, "OUT-10") is Outcome.NOT_MEASURED
    assert diagnosis.verdict != "healthy"
