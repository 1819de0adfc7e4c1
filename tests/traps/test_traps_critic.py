"""Explained variance that misleads (items 1, 2, 21 and 41 of the traps seen in real logs)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from trap_logs import (
    Floats,
    alarms,
    assert_quiet,
    diagnosis_of,
    episodes,
    fired,
    outcome,
    rise,
    roots,
    source,
    write_config,
    write_sb3,
    write_table,
)

from rldoctor.model.finding import Outcome, Severity


def pendulum(solved: bool) -> tuple[Floats, dict[str, Floats]]:
    """PPO on a pole that falls at once or stays up for 1,000 steps of reward 1."""
    steps = 2048.0 * np.arange(1, 99)
    progress, noise = steps / steps[-1], source(1)
    level = (
        (lambda step: 7 + 993 * float(rise(np.array(step / steps[-1]), 0.2, 0.03)))
        if solved
        else lambda _: 22
    )
    spread = 0.0 if solved else 6.0
    returns, lengths = episodes(steps, level, level, spread, seed=2)
    done = rise(progress, 0.35, 0.02) if solved else np.zeros_like(progress)
    unsolved_ev = 0.8 * rise(progress, 0.05, 0.02) if solved else -3.0
    variance = (1 - done) * unsolved_ev - done * np.abs(9 * noise.standard_t(2, steps.size)).clip(0.1, 45)
    loss = np.exp(noise.normal(0, 0.3, steps.size)) * (2e-8 * done + (1 - done) * (20.0 if solved else 0.5))
    columns = {
        "rollout/ep_rew_mean": np.minimum(returns, 1000) if solved else returns,
        "rollout/ep_len_mean": np.minimum(lengths, 1000),
        "train/approx_kl": np.abs(0.006 + noise.normal(0, 0.002, steps.size)),
        "train/clip_fraction": np.abs(0.06 + noise.normal(0, 0.02, steps.size)),
        "train/entropy_loss": -1.4 + 0.8 * progress + noise.normal(0, 0.01, steps.size),
        "train/std": 1.0 - 0.5 * progress,
        "train/explained_variance": variance + noise.normal(0, 0.3, steps.size) * (1 - done),
        "train/learning_rate": np.full(steps.size, 3e-4),
        "train/policy_gradient_loss": -0.005 + noise.normal(0, 0.002, steps.size),
        "train/value_loss": loss,
    }
    return steps, columns


def test_negative_explained_variance_of_a_solved_run_is_not_a_fault(tmp_path: Path) -> None:
    steps, columns = pendulum(solved=True)
    assert columns["train/explained_variance"].min() < -20
    write_config(tmp_path, algo="ppo", env_id="InvertedPendulum-v5", n_steps=2048, total_timesteps=200_704)
    diagnosis = diagnosis_of(write_sb3(tmp_path, steps, columns, ("csv", "tensorboard")))
    assert_quiet(diagnosis, ["VAL-01", "OUT-10", "POL-01", "OUT-02"])


def test_negative_explained_variance_with_errors_and_no_progress_is(tmp_path: Path) -> None:
    steps, columns = pendulum(solved=False)
    write_config(tmp_path, algo="ppo", env_id="InvertedPendulum-v5", n_steps=2048, total_timesteps=200_704)
    diagnosis = diagnosis_of(write_sb3(tmp_path, steps, columns, ("csv", "tensorboard")))
    assert fired(diagnosis)["VAL-01"].severity >= Severity.ERROR
    assert "OUT-10" in fired(diagnosis)


def cartpole_a2c() -> tuple[Floats, dict[str, Floats]]:
    """A2C to the cap of 500: explained variance of small rollouts falls to minus 11,540, sometimes NaN."""
    steps = 2000.0 * np.arange(1, 251)
    progress, noise = steps / steps[-1], source(3)
    level = lambda step: 20 + 480 * float(rise(np.array(step / steps[-1]), 0.3))  # noqa: E731
    returns, lengths = episodes(steps, level, level, 25.0, seed=4)
    returns = np.minimum(returns, 500)
    early = progress < 0.2
    variance = np.where(
        early, -135 * noise.standard_exponential(steps.size), noise.normal(-0.2, 0.8, steps.size)
    )
    variance[[7, 31]] = -11_540.0, -2_300.0
    columns = {
        "rollout/ep_rew_mean": returns,
        "rollout/ep_len_mean": np.minimum(lengths, 500),
        "train/entropy_loss": -0.69 + 0.25 * progress + noise.normal(0, 0.02, steps.size),
        "train/explained_variance": variance,
        "train/learning_rate": np.full(steps.size, 7e-4),
        "train/policy_loss": noise.normal(0.5, 2.0, steps.size) * (1 - 0.9 * progress),
        "train/value_loss": 8.0 * np.exp(-6 * progress) * np.exp(noise.normal(0, 0.5, steps.size)) + 1e-3,
    }
    return steps, columns


def blank_as_nan(path: Path, tag: str, rows: list[int]) -> None:
    """What the csv writer of the logger leaves when a recorded value is NaN: the text ``nan``."""
    lines = path.read_text().splitlines()
    place = lines[0].split(",").index(tag)
    for row in rows:
        cells = lines[row + 1].split(",")
        cells[place] = "nan"
        lines[row + 1] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n")


def test_explained_variance_of_small_rollouts_in_a_solved_run(tmp_path: Path) -> None:
    steps, columns = cartpole_a2c()
    write_config(tmp_path, algo="a2c", env_id="CartPole-v1", n_steps=5, n_envs=8, total_timesteps=500_000)
    write_sb3(tmp_path, steps, columns)
    blank_as_nan(tmp_path / "progress.csv", "train/explained_variance", list(range(180, 196)))
    diagnosis = diagnosis_of(tmp_path)
    assert_quiet(diagnosis, ["VAL-01", "OUT-10", "NUM-01"])
    variance = diagnosis.run.metrics["explained_variance"].values
    assert int(np.isnan(variance).sum()) == 16, "the literal nan cells are read as logged"


def test_nan_in_a_loss_is_the_other_thing(tmp_path: Path) -> None:
    steps, columns = cartpole_a2c()
    write_config(tmp_path, algo="a2c", env_id="CartPole-v1", n_steps=5, n_envs=8, total_timesteps=500_000)
    write_sb3(tmp_path, steps, columns)
    blank_as_nan(tmp_path / "progress.csv", "train/value_loss", list(range(150, 250)))
    diagnosis = diagnosis_of(tmp_path)
    assert roots(diagnosis)[0] == "NUM-01"
    assert fired(diagnosis)["NUM-01"].onset == pytest.approx(302_000, abs=2000)


def trpo_walk(learns: bool, tiny: float = 1.0) -> dict[str, Floats]:
    """Columns of a TRPO learner that prints EpRewMean, meankl and ev_tdlam_before once per iteration."""
    count = 400
    progress, noise = np.linspace(0, 1, count), source(15)
    reward = (
        tiny * (1 + (24 * rise(progress, 0.5, 0.15) if learns else 0)) * np.exp(noise.normal(0, 0.1, count))
    )
    variance = 0.95 - 1.1 * progress if learns else np.full(count, -3.7)
    return {
        "EpRewMean": np.round(reward, 8),
        "EpLenMean": np.full(count, 33.0) + noise.normal(0, 1, count),
        "TimestepsSoFar": 1250.0 * np.arange(1, count + 1),
        "meankl": 0.0098 + noise.normal(0, 2e-4, count),
        "entropy": 40.0 - 4 * progress + noise.normal(0, 0.05, count),
        "entloss": np.zeros(count),
        "surrgain": np.abs(noise.normal(0.02, 0.005, count)),
        "optimgain": np.abs(noise.normal(0.02, 0.005, count)),
        "ev_tdlam_before": variance + noise.normal(0, 0.05 if learns else 0.8, count),
        "vf_loss": tiny * tiny * 0.3 * np.exp(noise.normal(0, 0.2, count)),
    }


def test_explained_variance_that_falls_below_zero_while_the_return_rises(tmp_path: Path) -> None:
    write_table(tmp_path / "progress.csv", trpo_walk(learns=True))
    diagnosis = diagnosis_of(write_config(tmp_path, algo="trpo", env="walk"))
    assert_quiet(diagnosis, ["OUT-10", "VAL-01"])
    assert diagnosis.run.metrics["episode_return"].axis == "env_steps"


def test_a_dead_reward_is_judged_on_the_reward_and_not_on_a_healthy_kl(tmp_path: Path) -> None:
    """Item 21: TRPO scales its step to the KL limit, so KL 0.01 says nothing about a reward of 1e-4."""
    write_table(tmp_path / "progress.csv", trpo_walk(learns=False, tiny=1e-4))
    write_config(tmp_path, algo="trpo", env="imitation", exp_reward=True, gamma=0.995)
    diagnosis = diagnosis_of(tmp_path)
    assert roots(diagnosis)[0] in {"REW-02", "REW-03"}
    assert {"REW-02", "OUT-10"} <= set(fired(diagnosis))
    assert outcome(diagnosis, "POL-01") is not Outcome.FIRED
    assert "ENT-01" not in fired(diagnosis), "entropy moves from 40 to 36"


def pong(entropy: Floats, kl: Floats, variance: Floats, level: Floats) -> dict[str, Floats]:
    """Columns of RLlib's progress.csv for PPO on Pong: 1,000 iterations of 4,800 steps."""
    count, noise = entropy.size, source(6)
    learner = "info/learner/default_policy/learner_stats"
    return {
        "episode_reward_max": level + 1,
        "episode_reward_min": np.maximum(level - 1, -21),
        "episode_reward_mean": level,
        "episode_len_mean": 800 + 40 * (level + 21) + noise.normal(0, 5, count) * (level > -21),
        "timesteps_total": 4800.0 * np.arange(1, count + 1),
        "training_iteration": np.arange(1.0, count + 1),
        "time_total_s": 9.0 * np.arange(1, count + 1),
        f"{learner}/cur_kl_coeff": np.maximum(0.2 * 0.5 ** np.arange(count), 3.6e-16),
        f"{learner}/cur_lr": np.full(count, 5e-5),
        f"{learner}/total_loss": 0.02 + noise.normal(0, 0.005, count),
        f"{learner}/policy_loss": noise.normal(-0.005, 0.003, count) * (entropy > 0),
        f"{learner}/vf_loss": 0.02 * np.exp(noise.normal(0, 0.3, count)),
        f"{learner}/vf_explained_var": variance,
        f"{learner}/kl": kl,
        f"{learner}/entropy": entropy,
        f"{learner}/entropy_coeff": np.zeros(count),
    }


def write_pong(folder: Path, columns: dict[str, Floats]) -> Path:
    """Ten iterations pass before the first episode ends: literal nan in the episode columns."""
    for name in ("episode_reward_max", "episode_reward_min", "episode_reward_mean", "episode_len_mean"):
        columns[name][:10] = np.nan
    write_table(folder / "progress.csv", columns)
    (folder / "params.json").write_text(
        '{"env": "PongNoFrameskip-v4", "lr": 5e-05, "num_workers": 4, "seed": 0}'
    )
    return folder


def test_a_critic_that_fits_a_constant_does_not_hide_a_dead_policy(tmp_path: Path) -> None:
    """Item 2: explained variance 0.98, entropy and KL exactly 0, reward -21."""
    count, noise = 400, source(7)
    dead = np.zeros(count)
    columns = pong(dead, 2e-8 * noise.random(count), 0.977 + noise.normal(0, 0.004, count), dead - 21)
    diagnosis = diagnosis_of(write_pong(tmp_path, columns))
    assert roots(diagnosis)[0] in {"POL-01", "ENT-02"}
    assert {"POL-01", "ENT-02", "OUT-10"} <= set(fired(diagnosis))
    causes = {cause.id: cause.likely for cause in fired(diagnosis)["POL-01"].causes}
    assert causes["collapsed-policy"], "not a learning rate and not a wiring fault"


def test_a_run_whose_explained_variance_is_exactly_zero(tmp_path: Path) -> None:
    """Item 2, the other dead form: nothing to predict, nothing learnt."""
    count, noise = 400, source(8)
    flat = np.full(count, 1.791)
    columns = pong(flat, 1e-6 * noise.random(count), 1e-9 * noise.normal(size=count), np.full(count, -20.4))
    columns["episode_reward_mean"] += noise.normal(0, 0.1, count)
    diagnosis = diagnosis_of(write_pong(tmp_path, columns))
    assert {"POL-01", "OUT-10"} <= set(fired(diagnosis))


def test_the_same_explained_variance_in_a_run_that_learns(tmp_path: Path) -> None:
    """Items 2 and 42: nan before the first finished episode, KL coefficient underflowing to 3.6e-16."""
    count, noise = 400, source(9)
    progress = np.linspace(0, 1, count)
    level = -20.9 + 38 * rise(progress, 0.5, 0.1) + noise.normal(0, 0.3, count)
    columns = pong(
        1.75 - 0.9 * progress + noise.normal(0, 0.02, count),
        0.012 + np.abs(noise.normal(0, 0.002, count)),
        0.95 + noise.normal(0, 0.01, count),
        np.clip(level, -21, 21),
    )
    diagnosis = diagnosis_of(write_pong(tmp_path, columns))
    assert_quiet(diagnosis, ["POL-01", "ENT-02", "OUT-10", "NUM-01"])
    assert alarms(diagnosis) == []
