"""SAC temperatures that mislead: low is not collapsed, rising is not running away (items 3, 40 and 46)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from trap_logs import (
    Floats,
    alarms,
    assert_quiet,
    diagnosis_of,
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

ACTIONS = 2


def dumps(length: Callable[[float], float], last: float) -> Floats:
    """SB3's off-policy logger writes after every fourth episode: rows crowd where episodes are short."""
    steps = [0.0]
    while steps[-1] < last:
        steps.append(steps[-1] + 4 * round(length(steps[-1] / last)))
    return np.array(steps[1:])


def driving(
    steps: Floats, alpha: Floats, gap: Floats, level: Floats, length: Floats, seed: int
) -> dict[str, Floats]:
    """What SAC of SB3 records; the temperature loss is log(alpha) times the distance from the target."""
    noise = source(seed)
    return {
        "rollout/ep_rew_mean": level,
        "rollout/ep_len_mean": length,
        "time/episodes": 4.0 * np.arange(1, steps.size + 1),
        "time/fps": 60 + noise.normal(0, 2, steps.size),
        "train/actor_loss": -np.abs(level) / 60 - 1 + noise.normal(0, 0.3, steps.size),
        "train/critic_loss": (0.5 + np.abs(level) / 5000) * np.exp(noise.normal(0, 0.3, steps.size)),
        "train/ent_coef": alpha,
        "train/ent_coef_loss": np.log(alpha) * (gap + noise.normal(0, 0.15, steps.size)),
        "train/learning_rate": np.full(steps.size, 5e-4),
    }


def lane_following(folder: Path, learns: bool) -> Path:
    """Below 0.01 long before the return rises; or the return never rises and the entropy stays high."""
    last = 1_000_000.0

    def length(p: float) -> float:
        return 25 + 2500 * float(rise(np.array(p), 0.2, 0.04)) if learns else 300.0

    steps = dumps(length, last)
    p = steps / last
    noise = source(11)
    alpha = np.maximum(np.exp(-5e-4 * steps), 0.0045) * np.exp(noise.normal(0, 0.03, steps.size))
    gap = np.full(steps.size, 0.0) if learns else np.full(steps.size, 1.25 * ACTIONS)
    if learns:
        gap = 2.0 * np.exp(-steps / 2500)
    jitter = np.convolve(noise.normal(0, 1, steps.size + 24), np.ones(25) / 25, "valid")
    level = 4 + 4500 * rise(p, 0.35, 0.07) * (1 + 0.15 * jitter) if learns else -20 + 20 * jitter
    columns = driving(steps, alpha, gap, level, np.array([length(x) for x in p]), 12)
    write_config(
        folder, algo="sac", env_id="CarlaEnv", buffer_size=300_000, learning_rate=5e-4, gamma=0.98, tau=0.02,
        action_dim=ACTIONS, total_timesteps=1_000_000,
    )  # fmt: skip
    return write_sb3(folder, steps, columns)


def test_low_temperature_before_the_return_rises_is_no_collapse(tmp_path: Path) -> None:
    diagnosis = diagnosis_of(lane_following(tmp_path, learns=True))
    alpha = diagnosis.run.metrics["entropy_coef"]
    rows = diagnosis.run.metrics["episode_return"]
    early = alpha.steps < 0.1 * alpha.steps[-1]
    assert alpha.values[early][-1] < 0.01 < alpha.values[0]
    assert float(np.mean(rows.steps < 0.2 * rows.steps[-1])) > 0.5, (
        "most rows are the first few per cent of steps"
    )
    assert_quiet(diagnosis, ["ENT-04", "ENT-05", "OUT-10", "OUT-02"], never=["ENT-06", "OFF-04"])


def test_the_same_temperature_with_entropy_far_above_its_target(tmp_path: Path) -> None:
    diagnosis = diagnosis_of(lane_following(tmp_path, learns=False))
    finding = fired(diagnosis)["ENT-04"]
    assert finding.severity >= Severity.ERROR
    assert finding.onset is not None
    assert finding.onset < 20_000
    assert "OUT-10" in fired(diagnosis)


def dashed(alpha: Floats, level: Floats, gap: Floats) -> dict[str, Floats]:
    """A library that spells its columns with dashes: one row per epoch of 1,000 interactions."""
    count, noise = alpha.size, source(13)
    return {
        "epoch": np.arange(1.0, count + 1),
        "total-env-interacts": 1000.0 * np.arange(1, count + 1),
        "average-episode-return": level + noise.normal(0, 1, count) * (1 + np.abs(level) / 20),
        "episode-length": np.full(count, 1000.0),
        "q1-loss": (0.5 + np.abs(level) / 100) * np.exp(noise.normal(0, 0.3, count)),
        "pi-loss": -(2 + np.abs(level) / 12) + noise.normal(0, 0.5, count),
        "q1-val": 2 + level / 12 + noise.normal(0, 0.5, count),
        "entropy": -6 + gap + noise.normal(0, 0.2, count),
        "entropy-coeff": alpha,
    }


def test_temperature_that_dips_and_comes_back(tmp_path: Path) -> None:
    p = np.linspace(0, 1, 300)
    alpha = np.where(p < 0.02, 0.32 * np.exp(-140 * p), 0.019 + 0.26 * rise(p, 0.5, 0.12))
    table = dashed(alpha, 5200 * rise(p, 0.4, 0.15), 3 * np.exp(-p / 0.01))
    write_table(tmp_path / "progress.csv", table)
    write_config(tmp_path, algo="sac", env="HalfCheetah-v2", target_entropy=-6, action_dim=6, gamma=0.99)
    diagnosis = diagnosis_of(tmp_path)
    assert diagnosis.run.metrics["entropy_coef"].tag == "entropy-coeff", "item 46: one quantity, many names"
    assert diagnosis.run.metrics["episode_return"].tag == "average-episode-return"
    assert_quiet(diagnosis, ["ENT-04", "ENT-05", "OUT-10"])


def brax(folder: Path, alpha: Floats, level: Floats, gap: Floats) -> Path:
    """Brax writes the temperature as training/alpha, and its loss as alpha (H - H_target)."""
    count, noise = alpha.size, source(14)
    steps = 65_536.0 * np.arange(1, count + 1)
    columns = {
        "eval/episode_reward": level + noise.normal(0, 40, count),
        "eval/avg_episode_length": np.full(count, 1000.0),
        "training/actor_loss": -40 * alpha - 3 * np.maximum(level, 0),
        "training/critic_loss": (1 + np.abs(level) / 4) * np.exp(noise.normal(0, 0.2, count)),
        "training/alpha": alpha,
        "training/alpha_loss": alpha * (gap + noise.normal(0, 0.1, count)),
        "training/sps": 9000 + noise.normal(0, 100, count),
    }
    write_config(
        folder, env_name="halfcheetah", algo="sac", num_envs=64, batch_size=512, grad_updates_per_step=64,
        max_replay_size=1_048_576, discounting=0.997, reward_scaling=30, learning_rate=6e-4, action_dim=6,
        num_timesteps=int(steps[-1]),
    )  # fmt: skip
    return write_events(folder, on(steps, columns))


def test_temperature_that_doubles_while_the_return_rises(tmp_path: Path) -> None:
    """Item 11 too: an actor loss of -15,000 is what a reward scaling of 30 makes of it."""
    p = np.linspace(0, 1, 100)
    path = brax(tmp_path, 2.8 + 3.1 * rise(p, 0.4, 0.15), 5000 * rise(p, 0.35, 0.12), 3 * np.exp(-p / 0.03))
    diagnosis = diagnosis_of(path)
    assert diagnosis.run.metrics["policy_loss"].values.min() < -14_000
    assert_quiet(diagnosis, ["ENT-05", "VAL-08", "OUT-10"], never=["VAL-07"])


def test_temperature_that_grows_without_end(tmp_path: Path) -> None:
    p = np.linspace(0, 1, 100)
    path = brax(tmp_path, 1.0 * np.exp(7 * p), 10 * np.sin(9 * p), np.full(p.size, -4.0))
    diagnosis = diagnosis_of(path)
    assert roots(diagnosis)[0] in {"ENT-05", "ENT-07"}
    assert fired(diagnosis)["ENT-05"].severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("tags", "framework"),
    [
        (
            ["train/ent_coef", "train/ent_coef_loss", "rollout/ep_rew_mean", "train/actor_loss"],
            "stable_baselines3",
        ),
        (
            ["train/ent_coef", "train/alpha_loss", "rollout/ep_rew_mean", "train/actor_loss"],
            "stable_baselines3",
        ),
        (["training/alpha", "training/alpha_loss", "eval/episode_reward", "training/actor_loss"], "brax"),
        (["Alpha", "Loss/alpha", "Reward", "Loss/policy"], "generic"),
    ],
)
def test_item_46_names_of_the_temperature(tmp_path: Path, tags: list[str], framework: str) -> None:
    steps = 1000.0 * np.arange(1, 51)
    tags = [*tags, "training/critic_loss" if framework == "brax" else "train/critic_loss"]
    run = run_of(write_events(tmp_path, on(steps, {tag: np.linspace(1, 0.2, 50) for tag in tags})))
    assert run.framework == framework
    assert run.metrics["entropy_coef"].tag == tags[0]
    assert run.metrics["entropy_coef_loss"].tag == tags[1]


def test_item_46_the_most_copied_home_made_sac(tmp_path: Path) -> None:
    """Tags, with their misspelling, that a hundred forks of one repository write; rewards are per episode."""
    updates, rounds = np.arange(100.0, 20_000.0, 100.0), np.arange(0.0, 100.0)
    tags = ["loss/critic_1", "loss/critic_2", "loss/policy", "loss/entropy_loss", "entropy_temprature/alpha"]
    falling = {tag: np.linspace(1, 0.2, updates.size) for tag in tags}
    rising = {"reward/train": np.linspace(-100, 900, rounds.size) + source(16).normal(0, 30, rounds.size)}
    run = run_of(write_events(tmp_path, on(updates, falling) | on(rounds, rising)))
    assert run.algorithm == "sac"
    assert run.metrics["entropy_coef"].tag == "entropy_temprature/alpha"
    assert run.metrics["episode_return"].steps[-1] == pytest.approx(updates[-1], rel=0.05)
    assert "entropy" not in run.metrics.series, "loss/entropy_loss is the temperature's loss, not the entropy"


def test_item_46_a_fixed_temperature_is_not_a_dead_metric(tmp_path: Path) -> None:
    """Tianshou logs a constant update/alpha of 0.05; the losses beside it are alive."""
    noise, count = source(15), 120
    steps = 10_000.0 * np.arange(1, count + 1)
    level = 4.5 + 8 * rise(np.linspace(0, 1, count), 0.4, 0.15)
    columns = {
        "train/env_step": steps,
        "train/returns_stat/mean": level + noise.normal(0, 0.8, count),
        "train/lens_stat/mean": 300 + noise.normal(0, 20, count),
        "test/returns_stat/mean": 96 + 550 * (level - 4.5) / 8 + noise.normal(0, 30, count),
    }
    updates = {
        "update/alpha": np.full(count, 0.05),
        "update/critic1_loss": 0.03 * np.exp(noise.normal(0, 0.3, count)),
        "update/critic2_loss": 0.03 * np.exp(noise.normal(0, 0.3, count)),
        "update/actor_loss": -1.5 - level / 10 + noise.normal(0, 0.05, count),
        "update/gradient_step": steps / 10,
    }
    write_events(tmp_path, on(steps, columns) | on(steps / 10, updates))
    write_config(tmp_path, algo_name="discrete_sac", task="SpaceInvadersNoFrameskip-v4", buffer_size=100_000)
    diagnosis = diagnosis_of(tmp_path)
    assert alarms(diagnosis) == []
    assert set(fired(diagnosis)).isdisjoint({"LOG-05", "ENT-04", "ENT-05", "OUT-10"})
    assert diagnosis.run.metrics["entropy_coef"].values.std() == 0
