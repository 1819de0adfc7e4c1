"""Q values that mislead: the wrong Q is logged, a large one is fine, a spike heals (items 9 to 12 and 22)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from trap_logs import (
    Floats,
    alarms,
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


def lane_td3(folder: Path, explodes: bool) -> Path:
    """A home-made TD3: replay Q and critic loss look alike in both, the own Q of the actor does not."""
    count, noise = 150, source(51)
    steps = 25_000 + 100.0 * np.arange(1, count + 1)
    p = np.linspace(0, 1, count)
    replay_q = 16 + 64 * rise(p, 0.4, 0.2) + noise.normal(0, 4, count)
    own_q = 2.3 * np.exp(30.1 * p) if explodes else replay_q * 1.1
    gradient = np.where(p < 0.03, 1e-3, 0.0) if explodes else 0.4 * np.exp(noise.normal(0, 0.3, count))
    updates = {
        "train/q1_value": replay_q,
        "train/q2_value": replay_q + noise.normal(0, 0.5, count),
        "train/critic_loss": 90 * np.exp(-2 * p + noise.normal(0, 0.3, count)),
        "train/actor_loss": -own_q,
        "debug/actor_q_mean": own_q,
        "train/actor_grad_norm": gradient,
    }
    rounds = 600
    finished = np.arange(0.0, rounds)
    late = rise(finished / rounds, 0.6, 0.02) if explodes else -0.5 * rise(finished / rounds, 0.7, 0.1)
    returns = 900 - 760 * late + noise.normal(0, 120, rounds)
    done = {
        "train/episode_reward": returns,
        "train/episode_length": np.maximum(3, 58 - 54 * late + noise.normal(0, 4, rounds)).round(),
    }
    write_config(
        folder, algo="td3", gamma=0.99, tau=0.005, batch_size=256, buffer_size=97_000, learning_starts=25_000
    )
    return write_events(folder, on(steps, updates) | on(finished, done))


def test_the_q_that_explodes_is_not_the_q_that_is_logged(tmp_path: Path) -> None:
    diagnosis = diagnosis_of(lane_td3(tmp_path, explodes=True))
    assert diagnosis.run.metrics["q_mean"].values.max() < 110, "the replay Q looks fine"
    assert diagnosis.run.metrics["q_policy_mean"].values.max() > 2e13
    assert roots(diagnosis)[0] == "VAL-08"
    assert fired(diagnosis)["VAL-08"].severity is Severity.CRITICAL
    # The first episodes are the best ones: nothing was gained before the fall.
    assert {"OUT-02", "OUT-04"} & set(fired(diagnosis))


def test_an_actor_gradient_of_exactly_zero_is_found(tmp_path: Path) -> None:
    diagnosis = diagnosis_of(lane_td3(tmp_path, explodes=True))
    assert outcome(diagnosis, "NUM-03") is Outcome.FIRED
    assert "NUM-03" not in roots(diagnosis), "it follows from the exploding Q"


def test_the_same_log_with_a_sane_actor(tmp_path: Path) -> None:
    assert_quiet(
        diagnosis_of(lane_td3(tmp_path, explodes=False)), ["VAL-08", "OUT-02"], never=["NUM-03", "VAL-09"]
    )


def test_what_the_author_wrote_beside_the_log_changes_nothing(tmp_path: Path) -> None:
    """Item 22: notes that call such a run validated are no evidence."""
    (tmp_path / "SYSTEMATIC_ANALYSIS.md").write_text(
        "# VALIDATED\nAll systems healthy, ready for 1M steps.\n"
    )
    (tmp_path / "README.txt").write_text("status: healthy\n")
    assert roots(diagnosis_of(lane_td3(tmp_path, explodes=True)))[0] == "VAL-08"


def spinning_ddpg(q: Floats, loss: Floats, train: Floats, test: Floats, length: float) -> dict[str, Floats]:
    """progress.txt of Spinning Up's DDPG, one row per 5,000 interactions."""
    count, noise = q.size, source(52)
    return {
        "Epoch": np.arange(1.0, count + 1),
        "AverageEpRet": train + noise.normal(0, 0.03, count) * np.abs(train),
        "StdEpRet": np.abs(train) * 0.2,
        "MaxEpRet": train * 1.3,
        "MinEpRet": train * 0.7,
        "AverageTestEpRet": test + noise.normal(0, 0.01, count) * np.abs(test),
        "StdTestEpRet": np.abs(test) * 0.05,
        "MaxTestEpRet": test * 1.05,
        "MinTestEpRet": test * 0.95,
        "EpLen": np.full(count, length),
        "TestEpLen": np.full(count, 1000.0),
        "TotalEnvInteracts": 5000.0 * np.arange(1, count + 1),
        "AverageQVals": q,
        "StdQVals": np.abs(q) * 0.1,
        "MaxQVals": q * 1.4,
        "MinQVals": q * 0.6,
        "LossPi": -q,
        "LossQ": loss,
        "Time": 60.0 * np.arange(1, count + 1),
    }


def write_spinning(folder: Path, columns: dict[str, Floats], env: str) -> Path:
    write_table(folder / "progress.txt", columns, "\t")
    config = {"exp_name": "ddpg", "env_name": env, "gamma": 0.99, "polyak": 0.995, "replay_size": 1_000_000}
    return write_config(
        folder, **config, start_steps=10_000, update_after=1000, batch_size=100, act_noise=0.1
    )


def test_q_explodes_while_the_tested_policy_is_perfect(tmp_path: Path) -> None:
    """Item 10: a real explosion, and the policy still balances; one is said, the other is not denied."""
    p = np.linspace(0, 1, 200)
    q = 80 * np.exp(13 * rise(p, 0.6, 0.15))
    columns = spinning_ddpg(
        q, 0.1 * q * q, 60 + 600 * rise(p, 0.2, 0.08), 90 + 9110 * rise(p, 0.2, 0.05), 75.0
    )
    diagnosis = diagnosis_of(write_spinning(tmp_path, columns, "InvertedDoublePendulum-v2"))
    assert "VAL-08" in fired(diagnosis)
    assert set(fired(diagnosis)).isdisjoint({"OUT-02", "OUT-04", "OUT-08", "OUT-10"})


def test_large_q_that_the_rewards_allow(tmp_path: Path) -> None:
    """Item 11: HalfCheetah at 11 per step has Q = 1,100, and the critic loss grows with the return."""
    p, noise = np.linspace(0, 1, 200), source(53)
    level = -200 + 11_200 * rise(p, 0.35, 0.15)
    q = 1100 * rise(p, 0.42, 0.16)
    loss = (0.8 + 130 * rise(p, 0.4, 0.15)) * np.exp(noise.normal(0, 0.2, 200))
    columns = spinning_ddpg(q, loss, level, level * 1.05, 1000.0)
    diagnosis = diagnosis_of(write_spinning(tmp_path, columns, "HalfCheetah-v2"))
    assert_quiet(diagnosis, ["VAL-07", "VAL-08", "OUT-10", "OUT-08"], never=["VAL-09"])


def test_the_same_q_with_a_return_that_stays(tmp_path: Path) -> None:
    p = np.linspace(0, 1, 200)
    q = 3 * np.exp(11 * p)
    columns = spinning_ddpg(q, 0.1 * q * q, np.full(200, -200.0), np.full(200, -210.0), 1000.0)
    diagnosis = diagnosis_of(write_spinning(tmp_path, columns, "HalfCheetah-v2"))
    # Rewards that are all negative cannot be worth more than nothing, whatever else is wrong with Q.
    assert roots(diagnosis)[0] in {"VAL-08", "VAL-09", "VAL-14"}
    assert fired(diagnosis)["VAL-08"].severity is Severity.CRITICAL
    assert "OUT-10" in fired(diagnosis)


def test_an_early_spike_of_q_that_heals(tmp_path: Path) -> None:
    """Item 12: Q reached 10,030 after 4 % of the run, came back to 350, and the hopper learnt to hop."""
    p, noise = np.linspace(0, 1, 250), source(54)
    q = 10_000 * np.exp(-(((p - 0.04) / 0.015) ** 2)) + 350 * rise(p, 0.1, 0.03)
    level = 20 + 2600 * rise(p, 0.45, 0.12) * np.exp(noise.normal(0, 0.15, 250))
    columns = spinning_ddpg(q, 1 + 0.02 * q, level, level, 600.0)
    diagnosis = diagnosis_of(write_spinning(tmp_path, columns, "Hopper-v2"))
    assert diagnosis.run.metrics["q_mean"].values.max() > 9000
    assert alarms(diagnosis) == []
    assert set(fired(diagnosis)).isdisjoint({"VAL-08", "OUT-02", "OUT-10"})


def breakout(folder: Path, loss: Floats, level: Floats) -> Path:
    """DQN of SB3: the loss is in units of clipped rewards and grows with what there is to predict."""
    count = loss.size
    steps = 40_000.0 * np.arange(1, count + 1)
    returns, lengths = episodes(
        steps, lambda at: float(np.interp(at, steps, level)), lambda _: 900.0, 8.0, seed=55
    )
    columns = {
        "rollout/ep_rew_mean": returns,
        "rollout/ep_len_mean": lengths,
        "rollout/exploration_rate": np.maximum(1 - steps / 4e5, 0.01),
        "time/fps": np.full(count, 200.0),
        "train/learning_rate": np.full(count, 1e-4),
        "train/loss": loss,
        "train/n_updates": steps / 4,
    }
    write_config(
        folder, algo="dqn", env_id="BreakoutNoFrameskip-v4", gamma=0.99, total_timesteps=int(steps[-1])
    )
    return write_sb3(folder, steps, columns)


def test_a_critic_loss_that_grows_with_the_return(tmp_path: Path) -> None:
    p, noise = np.linspace(0, 1, 120), source(56)
    loss = (0.3 + 29 * rise(p, 0.5, 0.15)) * np.exp(noise.normal(0, 0.3, 120))
    assert_quiet(diagnosis_of(breakout(tmp_path, loss, 1 + 57 * rise(p, 0.5, 0.15))), ["VAL-08", "OUT-10"])


def test_a_critic_loss_that_grows_without_the_return(tmp_path: Path) -> None:
    p, noise = np.linspace(0, 1, 120), source(57)
    loss = 0.3 * np.exp(28 * p + noise.normal(0, 0.3, 120))
    diagnosis = diagnosis_of(breakout(tmp_path, loss, np.full(120, 1.2)))
    assert "VAL-08" in fired(diagnosis)
    assert "VAL-08" in roots(diagnosis)
    onset = fired(diagnosis)["VAL-08"].onset
    assert onset is not None
    assert onset < 2_400_000
