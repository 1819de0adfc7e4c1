"""Step axes that mislead: several for one metric, mixed, doubled, shifted, negative (items 25 to 31)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trap_logs import (
    Floats,
    alarms,
    assert_quiet,
    diagnosis_of,
    fired,
    on,
    outcome,
    rise,
    run_of,
    source,
    write_config,
    write_events,
    write_sb3,
    write_table,
)

from rldoctor.api import diagnose, load
from rldoctor.model.finding import Outcome


def actor_critic(steps: Floats, level: Floats, seed: int) -> dict[str, Floats]:
    """Healthy PPO of SB3 with a given return."""
    count, noise = steps.size, source(seed)
    return {
        "rollout/ep_rew_mean": level + noise.normal(0, 2, count),
        "rollout/ep_len_mean": np.full(count, 200.0),
        "train/approx_kl": np.abs(0.009 + noise.normal(0, 0.002, count)),
        "train/clip_fraction": np.abs(0.1 + noise.normal(0, 0.02, count)),
        "train/entropy_loss": -1.4 + 0.5 * rise(steps / steps[-1], 0.5, 0.2),
        "train/explained_variance": 0.85 + noise.normal(0, 0.05, count),
        "train/learning_rate": np.full(count, 3e-4),
        "train/value_loss": 5 * np.exp(noise.normal(0, 0.3, count)),
    }


def test_one_reward_on_three_axes_is_one_metric(tmp_path: Path) -> None:
    """Item 25: rl_games writes /step, /iter and /time; whole seconds repeat."""
    count, noise = 200, source(91)
    frames, epochs = 4096.0 * np.arange(1, count + 1), np.arange(1.0, count + 1)
    reward = 16 + 386 * rise(epochs / count, 0.4, 0.1) + noise.normal(0, 5, count)
    internals = {
        "losses/a_loss": noise.normal(-0.002, 0.001, count),
        "losses/c_loss": 0.05 * np.exp(noise.normal(0, 0.4, count)),
        "losses/entropy": 0.69 - 0.3 * epochs / count,
        "info/kl": 0.008 * np.exp(noise.normal(0, 0.3, count)),
        "info/last_lr": np.full(count, 5e-4),
        "info/e_clip": np.full(count, 0.2),
        "info/epochs": epochs,
    }
    tags = on(frames, {**internals, "rewards/step": reward, "episode_lengths/step": reward})
    tags |= on(epochs, {"rewards/iter": reward, "episode_lengths/iter": reward})
    tags |= on(np.floor(epochs * 0.3), {"rewards/time": reward, "episode_lengths/time": reward})
    diagnosis = diagnosis_of(write_events(tmp_path, tags))
    assert diagnosis.run.metrics["episode_return"].tag == "rewards/step"
    assert diagnosis.run.axis == "env_steps"
    assert diagnosis.run.last_step == frames[-1]
    assert_quiet(diagnosis, ["OUT-10"], never=["LOG-03", "LOG-04"])


def test_tags_of_one_run_on_three_counters(tmp_path: Path) -> None:
    """Item 26: Tianshou's update/* count gradient steps, train/* environment steps, info/* epochs."""
    count, noise = 100, source(92)
    steps = 10_000.0 * np.arange(1, count + 1)
    p = steps / steps[-1]
    train = {
        "train/env_step": steps,
        "train/returns_stat/mean": -1200 + 1050 * rise(p, 0.3, 0.08) + noise.normal(0, 40, count),
        "train/lens_stat/mean": np.full(count, 200.0),
    }
    update = {
        "update/gradient_step": steps / 10,
        "update/actor_loss": 200 - 150 * p,
        "update/critic1_loss": 3 * np.exp(noise.normal(0, 0.3, count)),
        "update/critic2_loss": 3 * np.exp(noise.normal(0, 0.3, count)),
        "update/alpha": 0.9 * np.exp(-3 * p),
    }
    rounds = np.arange(1.0, 11)
    epoch = {"info/epoch": rounds, "info/train_step": 1e5 * rounds, "info/gradient_step": 1e4 * rounds}
    tags = on(steps, train) | on(steps / 10, update) | on(rounds, epoch)
    diagnosis = diagnosis_of(write_events(tmp_path, tags))
    assert diagnosis.run.axis == "env_steps"
    assert diagnosis.run.metrics["q1_loss"].steps[-1] == pytest.approx(1_000_000, rel=0.02)
    assert_quiet(diagnosis, ["OUT-10"], never=["LOG-03"])


def test_a_run_that_counts_episodes_only(tmp_path: Path) -> None:
    """Item 26: a football team per tag, everything against the episode's index."""
    rounds, noise = np.arange(0.0, 1500.0), source(93)
    p = rounds / rounds[-1]
    tags = {
        "Train/reward_team_0": -2 + 6 * rise(p, 0.4, 0.1) + noise.normal(0, 1, rounds.size),
        "Train/reward_team_1": -2 + 5 * rise(p, 0.45, 0.1) + noise.normal(0, 1, rounds.size),
        "Train/entropy_team_0": 1.6 - 0.7 * rise(p, 0.4, 0.1),
        "Train/entropy_team_1": 1.6 - 0.6 * rise(p, 0.4, 0.1),
        "Train/policy_loss_team_0": noise.normal(-0.01, 0.005, rounds.size),
        "Train/value_loss_team_0": 0.4 * np.exp(noise.normal(0, 0.3, rounds.size)),
    }
    path = write_events(tmp_path, on(rounds, tags))
    diagnosis = diagnosis_of(write_config(path, algo="ppo"))
    assert len(diagnosis.run.metrics["episode_return"]) == rounds.size
    assert alarms(diagnosis) == []
    assert set(fired(diagnosis)).isdisjoint({"OUT-10", "ENT-02", "LOG-03"})


def test_one_tag_that_mixes_two_counters(tmp_path: Path) -> None:
    """Item 27: train/ent_coef at 19 to 98 (updates) and at 10,000 to 60,000 (steps), in turn."""
    steps, noise = 1000.0 * np.arange(1, 61), source(94)
    p = steps / steps[-1]
    columns = {
        "rollout/ep_rew_mean": -300 + 290 * rise(p, 0.4, 0.1) + noise.normal(0, 5, 60),
        "rollout/ep_len_mean": np.full(60, 100.0),
        "train/actor_loss": 30 - 25 * p + noise.normal(0, 0.5, 60),
        "train/critic_loss": 2 * np.exp(noise.normal(0, 0.3, 60)),
    }
    mixed_steps = np.concatenate(
        [[10_000.0 * (part + 1), *(19.0 + 13 * part + np.arange(13.0))] for part in range(6)]
    )
    alpha = {"train/ent_coef": 0.6 * np.exp(-2 * np.arange(mixed_steps.size) / mixed_steps.size)}
    path = write_events(tmp_path, on(steps, columns) | on(mixed_steps, alpha))
    diagnosis = diagnosis_of(write_config(path, algo="sac"))
    assert alarms(diagnosis) == []
    assert any("train/ent_coef" in note.text or "back" in note.text for note in diagnosis.run.notes)


def test_two_runs_in_one_directory_at_the_same_steps(tmp_path: Path) -> None:
    """Item 28: both healthy; neither is read as a collapse of the other."""
    steps = 2048.0 * np.arange(1, 99)
    for part, at in enumerate([0.25, 0.35]):
        columns = actor_critic(steps, 7 + 993 * rise(steps / steps[-1], at, 0.05), 95 + part)
        write_events(tmp_path, on(steps, columns), begin=5000.0 * part)
    write_config(tmp_path, algo="ppo", n_steps=2048, total_timesteps=200_704)
    runs = load(tmp_path).runs
    assert len(runs) == 2
    for run in runs:
        diagnosis = diagnose(run)
        assert len(run.metrics["episode_return"]) == steps.size
        assert_quiet(diagnosis, ["OUT-02", "OUT-10", "LOG-03"])


def test_a_few_steps_written_twice(tmp_path: Path) -> None:
    """Item 28: an appended restart repeats five iterations."""
    before, after = np.arange(0.0, 305.0), np.arange(300.0, 600.0)
    for part, steps in enumerate([before, after]):
        noise = source(97 + part)
        columns = {
            "Loss/value_function": 2e-3 * np.exp(noise.normal(0, 0.3, steps.size)),
            "Loss/surrogate": noise.normal(-0.004, 0.002, steps.size),
            "Policy/mean_noise_std": 1 - 0.5 * steps / 600,
            "Perf/total_fps": np.full(steps.size, 9e4),
            "Train/mean_reward": 16 * rise(steps / 600, 0.3, 0.08) + noise.normal(0, 0.2, steps.size),
            "Train/mean_episode_length": 10 + 990 * rise(steps / 600, 0.1, 0.02),
        }
        write_events(tmp_path, on(steps, columns), begin=4000.0 * part)
    write_config(tmp_path, algorithm={"class_name": "PPO"}, num_steps_per_env=24, num_envs=4096)
    diagnosis = diagnosis_of(tmp_path)
    assert len(diagnosis.run.metrics["episode_return"]) == 600
    assert_quiet(diagnosis, ["OUT-02", "OUT-10", "LOG-03"])


def test_negative_epochs_of_an_offline_phase(tmp_path: Path) -> None:
    """Item 29: rlkit counts epochs -2 and -1 before it collects anything."""
    epochs, noise = np.arange(-2.0, 200.0), source(99)
    p = np.clip(epochs / 200, 0, 1)
    columns = {
        "trainer/QF1 Loss": 2 * np.exp(noise.normal(0, 0.3, epochs.size)),
        "trainer/QF2 Loss": 2 * np.exp(noise.normal(0, 0.3, epochs.size)),
        "trainer/Q1 Predictions Mean": 300 * rise(p, 0.3, 0.1),
        "trainer/Policy Loss": -300 * rise(p, 0.3, 0.1),
        "expl/num steps total": np.maximum(epochs, 0) * 1000,
        "expl/Average Returns": 4500 * rise(p, 0.3, 0.1) + noise.normal(0, 100, epochs.size),
        "eval/Average Returns": 4700 * rise(p, 0.3, 0.1) + noise.normal(0, 80, epochs.size),
        "eval/path length Mean": np.full(epochs.size, 1000.0),
        "Epoch": epochs,
    }
    write_table(tmp_path / "progress.csv", columns)
    diagnosis = diagnosis_of(write_config(tmp_path, algorithm="SAC"))
    assert diagnosis.run.framework == "rlkit"
    assert float(diagnosis.run.metrics["q1_loss"].steps[0]) >= 0
    assert_quiet(diagnosis, ["OUT-10", "VAL-08"], never=["LOG-03"])


def continued(folder: Path, level: Floats) -> Path:
    """Item 30: an RLlib run from step 14.4 million on; NaN until an episode ends."""
    count, noise = level.size, source(100)
    reward = level + noise.normal(0, 0.4, count)
    reward[:10] = np.nan
    learner_stats = "info/learner/default_policy"
    columns: dict[str, Any] = {
        "episode_reward_mean": reward,
        "episode_len_mean": np.where(np.isnan(reward), np.nan, 4000.0),
        "timesteps_total": 14_400_000 + 4800.0 * np.arange(1, count + 1),
        "training_iteration": 3000.0 + np.arange(1, count + 1),
        "time_total_s": 27_000 + 9.0 * np.arange(1, count + 1),
        f"{learner_stats}/policy_loss": noise.normal(-0.005, 0.003, count),
        f"{learner_stats}/vf_loss": 0.02 * np.exp(noise.normal(0, 0.3, count)),
        f"{learner_stats}/vf_explained_var": 0.9 + noise.normal(0, 0.02, count),
        f"{learner_stats}/kl": 0.014 * np.exp(noise.normal(0, 0.2, count)),
        f"{learner_stats}/entropy": 1.0 + noise.normal(0, 0.02, count),
        "hist_stats/episode_reward": [f"[{value:.1f}, {value - 1:.1f}]" for value in level],
    }
    write_table(folder / "progress.csv", columns)
    (folder / "params.json").write_text('{"env": "PongNoFrameskip-v4", "lr": 5e-05, "seed": 0}')
    return folder


@pytest.mark.parametrize("end", [-5.1, -7.9])
def test_a_log_that_continues_another(tmp_path: Path, end: float) -> None:
    """Items 30 and 42: the 2021 spelling of the columns; nothing about the part that is not in the log."""
    diagnosis = diagnosis_of(continued(tmp_path, np.linspace(-8, end, 400)))
    assert diagnosis.run.metrics["approx_kl"].tag.endswith("default_policy/kl")
    assert float(diagnosis.run.metrics["approx_kl"].steps[0]) > 14_000_000
    assert alarms(diagnosis) == []
    assert set(fired(diagnosis)).isdisjoint({"OUT-10", "ENT-01", "NUM-01", "LOG-03", "LOG-04"})


def test_three_evaluations_prove_nothing(tmp_path: Path) -> None:
    """Item 31: eval/mean_reward at 3,001, 5,001 and 10,000 only."""
    steps = 250.0 * np.arange(1, 41)
    columns = actor_critic(steps, -200 + 100 * rise(steps / steps[-1], 0.4, 0.1), 101)
    evaluated = {
        "eval/mean_reward": np.array([-500.0, -450.0, -480.0]),
        "eval/mean_ep_length": np.full(3, 200.0),
    }
    path = write_events(tmp_path, on(steps, columns) | on(np.array([3001.0, 5001.0, 10_000.0]), evaluated))
    diagnosis = diagnosis_of(write_config(path, algo="ppo"))
    assert outcome(diagnosis, "OUT-08") is Outcome.NOT_MEASURED
    assert alarms(diagnosis) == []


def test_rows_of_other_columns_are_not_holes(tmp_path: Path) -> None:
    """Item 39: SB3 dumps rollout/*, custom/* and eval/* in rows of their own; most cells are blank."""
    steps = 1024.0 * np.arange(1, 301)
    columns = actor_critic(steps, -1291 + 2300 * rise(steps / steps[-1], 0.4, 0.1), 102)
    row = np.arange(300)
    for values in columns.values():
        values[row % 3 != 0] = np.nan
    custom = {
        "custom/center_deviation": source(103).random(300),
        "custom/total_distance": source(104).random(300),
    }
    columns |= {tag: np.where(row % 3 == 1, values, np.nan) for tag, values in custom.items()}
    evaluated = -1250 + 2300 * rise(steps / steps[-1], 0.38, 0.1)
    columns["eval/mean_reward"] = np.where(row % 30 == 2, evaluated, np.nan)
    columns["eval/mean_ep_length"] = np.where(row % 30 == 2, 200.0, np.nan)
    run = run_of(write_config(write_sb3(tmp_path, steps, columns), algo="ppo", n_steps=1024))
    assert len(run.metrics["approx_kl"]) == 100
    assert len(run.metrics["eval_return"]) == 10
    assert_quiet(diagnosis_of(tmp_path), ["OUT-10", "OUT-08", "NUM-01", "LOG-03"])
