"""Faults that only show beside what is known of the task, and runs that look alike and are fine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from every import every
from trap_logs import Floats, assert_quiet, diagnosis_of, episodes, fired, roots, source, write_sb3

from rldoctor.api import diagnose, load
from rldoctor.model.finding import Severity


def mountain_car(folder: Path, level: Floats, length: Floats, width: Floats) -> Path:
    """PPO of SB3 with default settings: a row per rollout of 2,048 steps."""
    noise, count = source(1), level.size
    columns = {
        "rollout/ep_rew_mean": level + noise.normal(0, 0.2, count),
        "rollout/ep_len_mean": length,
        "train/approx_kl": 0.006 + noise.normal(0, 0.001, count),
        "train/clip_fraction": 0.025 + noise.normal(0, 0.004, count),
        "train/explained_variance": noise.normal(0, 0.03, count),
        "train/value_loss": 0.08 * np.exp(-np.arange(count) / 5),
        "train/policy_gradient_loss": -0.01 + noise.normal(0, 0.002, count),
        "train/entropy_loss": -(1.419 + np.log(width)),
        "train/std": width,
        "train/learning_rate": np.full(count, 3e-4),
        "train/n_updates": 10.0 * np.arange(count),
    }
    return write_sb3(folder, 2048.0 * np.arange(1, count + 1), columns)


def pendulum(folder: Path, level: Floats, alpha: Floats, gap: Floats, actor: Floats) -> Path:
    """SAC of SB3: a row every four episodes of 200 steps, an update per step after the first 100."""
    noise, count = source(2), level.size
    steps = 800.0 * np.arange(1, count + 1)
    columns = {
        "rollout/ep_rew_mean": level,
        "rollout/ep_len_mean": np.full(count, 200.0),
        "time/episodes": steps / 200,
        "train/ent_coef": alpha,
        "train/ent_coef_loss": np.log(alpha) * (gap + noise.normal(0, 0.05, count)),
        "train/actor_loss": actor,
        "train/critic_loss": 0.5 + np.abs(noise.normal(0, 0.1, count)),
        "train/learning_rate": np.full(count, 3e-4),
        "train/n_updates": steps - 101,
    }
    return write_sb3(folder, steps, columns)


def cooling(count: int) -> Floats:
    """A temperature that falls by a learning rate of 3e-4 per update."""
    return np.asarray(np.exp(-3e-4 * 800 * np.arange(1, count + 1)))


def test_a_car_that_learns_to_save_fuel(tmp_path: Path) -> None:
    p = np.linspace(0, 1, 40)
    still = mountain_car(
        tmp_path / "MountainCarContinuous-v0",
        -12 - 42 * np.exp(-2.5 * p),
        np.full(40, 999.0),
        np.exp(-2.5 * p),
    )
    diagnosis = diagnosis_of(still)
    assert roots(diagnosis)[0] == "OUT-13"
    assert "OUT-13" in fired(diagnosis)
    assert fired(diagnosis)["OUT-13"].severity is Severity.ERROR
    assert "the 0 that doing nothing gets on MountainCarContinuous-v0" in fired(diagnosis)["OUT-13"].message


def test_a_car_that_reaches_the_flag_is_not_accused(tmp_path: Path) -> None:
    p = np.linspace(0, 1, 40)
    found = p > 0.3
    level = np.where(found, 92 - 60 * np.exp(-8 * (p - 0.3)), -50 + 20 * p)
    length = np.where(found, 120 + 600 * np.exp(-8 * (p - 0.3)), 999.0)
    run = mountain_car(tmp_path / "MountainCarContinuous-v0", level, length, np.exp(-p))
    assert_quiet(diagnosis_of(run), ["OUT-13"])


def shrunk(folder: Path) -> Path:
    """Pendulum's reward times 1e-5: the entropy bonus is all there is."""
    level = -0.0122 + source(3).normal(0, 0.0002, 30)
    return pendulum(folder, level, cooling(30), np.full(30, 1.68), -20 * cooling(30))


def test_a_reward_that_a_wrapper_shrank(tmp_path: Path) -> None:
    diagnosis = diagnosis_of(shrunk(tmp_path / "Pendulum-v1"))
    assert roots(diagnosis)[0] == "REW-12"
    assert "REW-12" in fired(diagnosis)
    assert fired(diagnosis)["REW-12"].severity is Severity.ERROR
    assert {"ENT-04", "ENT-06"}.isdisjoint(roots(diagnosis)), "explained by it"


def test_a_task_that_was_learned_before_the_first_row(tmp_path: Path) -> None:
    level = -140 + source(4).normal(0, 5, 30)
    late = pendulum(tmp_path / "Pendulum-v1", level, cooling(30) + 0.02, np.full(30, 0.1), np.full(30, 20.0))
    assert "REW-12" not in fired(diagnosis_of(late))


def test_a_target_that_only_the_loss_of_the_temperature_tells(tmp_path: Path) -> None:
    """No configuration is logged: dims come from the task, the target from the loss."""
    level = -1250 + source(5).normal(0, 60, 60)
    low = pendulum(tmp_path / "low" / "Pendulum-v1", level, cooling(60), np.full(60, 60.5), np.full(60, 50.0))
    heated = 1 / cooling(60)
    falling = 70 - 0.2 * (np.arange(60) - 12.0) ** 2
    high = pendulum(tmp_path / "high" / "Pendulum-v1", level, heated, np.full(60, -11.35), falling)
    for path, level_of, target in ((low, Severity.ERROR, -60), (high, Severity.CRITICAL, 12)):
        diagnosis = diagnosis_of(path)
        finding = fired(diagnosis)["ENT-07"]
        assert roots(diagnosis)[0] == "ENT-07"
        assert finding.severity is level_of
        assert abs(finding.measures[0].value - target) < 1
        assert finding.prescriptions[0].to == "-1"


def test_a_policy_that_is_saturated_from_the_start_has_no_wrong_target(tmp_path: Path) -> None:
    level = -1350 + source(6).normal(0, 60, 60)
    rising = 30 * np.exp(0.1 * np.arange(60))
    path = pendulum(tmp_path / "Pendulum-v1", level, 1 / cooling(60), np.full(60, -9.4), rising)
    assert "ENT-07" not in fired(diagnosis_of(path))


def stuck(folder: Path, rows: int) -> Path:
    """SAC that is no better than the random policy to the end."""
    steps = 800.0 * np.arange(1, rows + 1)
    level, _ = episodes(steps, lambda step: -1200, lambda step: 200, 250, seed=7)
    return pendulum(folder, level, cooling(rows) + 0.02, np.full(rows, 0.2), np.full(rows, 40.0))


def test_a_run_far_below_what_is_published(tmp_path: Path) -> None:
    diagnosis = diagnosis_of(stuck(tmp_path / "Pendulum-v1", 150))
    assert "OUT-14" in fired(diagnosis)
    finding = fired(diagnosis)["OUT-14"]
    assert finding.severity is Severity.WARNING
    assert "-157 after 20,000 steps (Pendulum-v1, 1 seed: DLR-RM/rl-baselines3-zoo" in finding.message
    young = diagnosis_of(stuck(tmp_path / "young" / "Pendulum-v1", 20))
    assert "OUT-14" not in fired(young), "16,000 steps are fewer than the published 20,000"


@every(("env", "accused"), [("", False), ("Pendulum-v1", True), ("MountainCarContinuous-v0", False)])
def test_the_user_may_say_what_the_task_is(tmp_path: Path, env: str, accused: bool) -> None:
    diagnosis = diagnose(load(shrunk(tmp_path / "my-run")).runs[0], env=env)
    assert ("REW-12" in roots(diagnosis)) is accused
