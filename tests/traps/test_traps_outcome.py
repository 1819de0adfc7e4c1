"""Returns that mislead: flat because solved, late, stochastic (items 13, 14 and 15)."""

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
    outcome,
    rise,
    source,
    write_config,
    write_sb3,
    write_table,
)

from rldoctor.model.finding import Outcome, Severity

# task: level at the start, level of the solved task, scatter of an episode, steps of an episode, cap
SOLVED = {
    "Reacher-v4": (-45.0, -7.0, 3.0, 50.0, None),
    "Pendulum-v1": (-1300.0, -150.0, 90.0, 200.0, None),
    "CartPole-v1": (20.0, 520.0, 12.0, 0.0, 500.0),
    "PongNoFrameskip-v4": (-20.5, 20.4, 0.7, 2500.0, 21.0),
    "Acrobot-v1": (-450.0, -84.0, 20.0, 100.0, None),
}


def ppo(
    folder: Path, env: str, level: Floats, spread: float, length: Floats, cap: float | None, every: float
) -> Path:
    """PPO of SB3 with healthy internals and a given return."""
    count, noise = level.size, source(61)
    steps = every * np.arange(1, count + 1)
    returns, lengths = episodes(
        steps,
        lambda at: float(np.interp(at, steps, level)),
        lambda at: float(np.interp(at, steps, length)),
        spread,
        seed=62,
    )
    p = steps / steps[-1]
    columns = {
        "rollout/ep_rew_mean": returns if cap is None else np.minimum(returns, cap),
        "rollout/ep_len_mean": lengths,
        "train/approx_kl": np.abs(0.009 + noise.normal(0, 0.002, count)),
        "train/clip_fraction": np.abs(0.1 + noise.normal(0, 0.02, count)),
        "train/entropy_loss": -1.4 + 0.6 * p + noise.normal(0, 0.01, count),
        "train/explained_variance": 0.85 + noise.normal(0, 0.05, count),
        "train/learning_rate": np.full(count, 3e-4),
        "train/loss": 2.5 + noise.normal(0, 0.5, count),
        "train/policy_gradient_loss": noise.normal(-0.008, 0.002, count),
        "train/value_loss": 5 * np.exp(noise.normal(0, 0.3, count)),
    }
    write_config(folder, algo="ppo", env_id=env, n_steps=2048, total_timesteps=int(steps[-1]))
    return write_sb3(folder, steps, columns)


@pytest.mark.parametrize("env", SOLVED)
def test_a_plateau_of_a_solved_task_is_no_fault(tmp_path: Path, env: str) -> None:
    start, end, spread, episode, cap = SOLVED[env]
    p = np.linspace(0, 1, 150)
    level = start + (end - start) * rise(p, 0.2, 0.04)
    length = np.full(150, episode) if episode else np.minimum(np.maximum(level, 8), cap or 1e9)
    diagnosis = diagnosis_of(ppo(tmp_path, env, level, spread, length, cap, 8192.0))
    assert_quiet(diagnosis, ["OUT-02", "OUT-04", "OUT-10"], never=["OUT-06", "OUT-07", "REW-04"])
    assert diagnosis.verdict in {"healthy", "info"}


@pytest.mark.parametrize("env", SOLVED)
def test_the_same_plateau_from_the_first_step_on(tmp_path: Path, env: str) -> None:
    start, _, spread, episode, _ = SOLVED[env]
    level = np.full(150, start)
    diagnosis = diagnosis_of(ppo(tmp_path, env, level, spread, np.full(150, episode or 20.0), None, 8192.0))
    assert fired(diagnosis)["OUT-10"].severity is Severity.ERROR


def test_the_plateau_of_a_walker_at_its_time_limit(tmp_path: Path) -> None:
    """rsl_rl: 21.6 from a third of the run on, episodes at the limit of 1,001 steps from 8 % on."""
    p = np.linspace(0, 1, 150)
    level, length = -0.2 + 21.8 * rise(p, 0.2, 0.05), 15 + 986 * rise(p, 0.06, 0.01)
    diagnosis = diagnosis_of(ppo(tmp_path, "go2", level, 0.6, length, None, 98_304.0))
    assert_quiet(diagnosis, ["OUT-02", "OUT-07", "OUT-10"])


def late_ant(folder: Path, until: float) -> Path:
    """Flat at -30 for seven eighths of ten million steps, then 2,301; the log is cut at ``until``."""
    p = np.linspace(0, 1, 250)
    level = -30 + 2400 * rise(p, 0.93, 0.015)
    keep = p <= until
    write_config(folder, algo="trpo", env_id="Ant-v3")
    path = ppo(folder, "Ant-v3", level[keep], 60.0, np.full(int(keep.sum()), 800.0), None, 40_000.0)
    return write_config(path, algo="trpo", env_id="Ant-v3", n_steps=2048, total_timesteps=10_000_000)


def test_a_late_take_off(tmp_path: Path) -> None:
    diagnosis = diagnosis_of(late_ant(tmp_path, 1.0))
    assert_quiet(diagnosis, ["OUT-10", "OUT-02"], never=["OUT-03", "OUT-04"])


def test_a_fifth_of_the_plan_is_too_early_to_call_it_dead(tmp_path: Path) -> None:
    diagnosis = diagnosis_of(late_ant(tmp_path, 0.2))
    assert outcome(diagnosis, "OUT-10") is Outcome.NOT_MEASURED
    assert "too early" in next(one.reason for one in diagnosis.results if one.code == "OUT-10")
    assert set(fired(diagnosis)).isdisjoint({"ENT-01", "OUT-03"})


def test_the_same_at_the_end_of_the_plan_is_dead(tmp_path: Path) -> None:
    path = late_ant(tmp_path, 0.85)
    write_config(path, algo="trpo", env_id="Ant-v3", n_steps=2048, total_timesteps=8_500_000)
    assert "OUT-10" in fired(diagnosis_of(path))


def sac_epochs(folder: Path, train: Floats, test: Floats) -> Path:
    """progress.txt of Spinning Up's SAC: stochastic training episodes beside deterministic tests."""
    count, noise = train.size, source(63)
    p = np.linspace(0, 1, count)
    columns = {
        "Epoch": np.arange(1.0, count + 1),
        "AverageEpRet": train + noise.normal(0, 0.6, count),
        "StdEpRet": np.full(count, 4.0),
        "AverageTestEpRet": test + noise.normal(0, 0.8, count),
        "StdTestEpRet": np.full(count, 2.0),
        "EpLen": np.full(count, 50.0),
        "TestEpLen": np.full(count, 50.0),
        "TotalEnvInteracts": 4000.0 * np.arange(1, count + 1),
        "AverageQ1Vals": -20 + 12 * p,
        "AverageQ2Vals": -20 + 12 * p,
        "AverageLogPi": 2.0 + noise.normal(0, 0.1, count),
        "LossPi": 18 - 11 * p,
        "LossQ": 0.3 * np.exp(noise.normal(0, 0.3, count)),
        "Time": 40.0 * np.arange(1, count + 1),
    }
    write_table(folder / "progress.txt", columns, "\t")
    return write_config(folder, exp_name="sac", env_name="Reacher-v2", gamma=0.99, alpha=0.2, polyak=0.995)


def test_a_noisy_policy_is_worse_than_the_tested_one(tmp_path: Path) -> None:
    p = np.linspace(0, 1, 120)
    learnt = rise(p, 0.2, 0.05)
    diagnosis = diagnosis_of(sac_epochs(tmp_path, -45 + 30.5 * learnt, -45 + 38.7 * learnt))
    assert_quiet(diagnosis, ["OUT-08", "OUT-10"])
    if "OUT-09" in fired(diagnosis):
        assert fired(diagnosis)["OUT-09"].severity is Severity.INFO


def test_a_tested_policy_that_is_worse_than_the_noisy_one(tmp_path: Path) -> None:
    p = np.linspace(0, 1, 120)
    learnt = rise(p, 0.2, 0.05)
    diagnosis = diagnosis_of(sac_epochs(tmp_path, -45 + 38.7 * learnt, -45 + 8 * learnt))
    assert "OUT-08" in fired(diagnosis)


def test_a_return_that_drops_to_nothing_again_and_again(tmp_path: Path) -> None:
    """A buffer that is emptied every hundred iterations: what was gained is lost each time."""
    p = np.linspace(0, 1, 400)
    level = 300 * (4 * p % 1)
    diagnosis = diagnosis_of(ppo(tmp_path, "Saw-v0", level, 20.0, np.full(400, 200.0), None, 20_480.0))
    assert "OUT-12" in fired(diagnosis)
    assert "OUT-10" not in fired(diagnosis)
