"""Files that mislead: many, disagreeing, configurations as text (items 33, 42, 47 and 48)."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trap_logs import (
    START,
    alarms,
    assert_quiet,
    diagnosis_of,
    fired,
    on,
    rise,
    run_of,
    source,
    write_events,
    write_table,
)

from rldoctor.api import load


def test_fifteen_files_of_which_nine_are_empty(tmp_path: Path) -> None:
    """Item 33: aborted starts leave files with a header only; the run is in the others, in order."""
    writers = pytest.importorskip("torch.utils.tensorboard")
    noise = source(111)
    for part in range(9):
        writers.SummaryWriter(str(tmp_path), filename_suffix=f".empty{part}").close()
    for part in range(6):
        steps = 2048.0 * (np.arange(1, 51) + 50 * part)
        p = steps / (2048 * 300)
        columns = {
            "train/approx_kl": np.abs(0.008 + noise.normal(0, 0.002, 50)),
            "train/clip_fraction": np.abs(0.1 + noise.normal(0, 0.02, 50)),
            "train/entropy_loss": -1.4 + 0.5 * p,
            "train/explained_variance": 0.85 + noise.normal(0, 0.05, 50),
            "train/value_loss": 5 * np.exp(noise.normal(0, 0.3, 50)),
            "rollout/ep_rew_mean": -200 + 400 * rise(p, 0.4, 0.1) + noise.normal(0, 3, 50),
            "rollout/ep_len_mean": np.full(50, 200.0),
        }
        write_events(tmp_path, on(steps, columns), begin=4000.0 * (part + 1))
    assert len(list(tmp_path.glob("events*"))) == 15
    diagnosis = diagnosis_of(tmp_path)
    assert len(diagnosis.run.metrics["episode_return"]) == 300
    assert_quiet(diagnosis, ["OUT-02", "OUT-10", "LOG-03"])


def test_two_files_of_one_run_that_disagree_on_its_length(tmp_path: Path) -> None:
    """Item 48: monitor.csv holds 1.5 million steps, progress.csv 500,000; neither is stretched."""
    noise = source(112)
    count, rounds = 250, 3000
    p = np.linspace(0, 1, count)
    write_table(
        tmp_path / "progress.csv",
        {
            "EpRewMean": 30 + 300 * rise(p, 0.4, 0.1) + noise.normal(0, 5, count),
            "EpLenMean": np.full(count, 500.0),
            "TimestepsSoFar": 2000.0 * np.arange(1, count + 1),
            "EpisodesSoFar": 4.0 * np.arange(1, count + 1),
            "meankl": 0.0095 + noise.normal(0, 2e-4, count),
            "entropy": 8.5 - 4 * p,
            "optimgain": np.abs(noise.normal(0.02, 0.005, count)),
            "ev_tdlam_before": 0.8 + noise.normal(0, 0.05, count),
        },
    )
    with (tmp_path / "monitor.csv").open("w", newline="") as file:
        file.write(f"#{json.dumps({'t_start': START, 'env_id': 'Walk-v0'})}\n")
        writer = csv.writer(file)
        writer.writerow(["r", "l", "t"])
        levels = 30 + 300 * rise(np.linspace(0, 1, rounds), 0.4, 0.1) + noise.normal(0, 15, rounds)
        writer.writerows((round(float(level), 3), 500, round(1.5 * at, 3)) for at, level in enumerate(levels))
    for run in load(tmp_path).runs:
        metric = run.metrics["episode_return"]
        assert metric.steps[-1] in {500_000.0, 1_500_000.0}
        assert (
            run.metrics.series.keys() & {"approx_kl"} == set()
            or run.metrics["approx_kl"].steps[-1] == 500_000
        )
    diagnosis = diagnosis_of(tmp_path)
    assert alarms(diagnosis) == []
    assert "OUT-02" not in fired(diagnosis)


def small_sac(folder: Path) -> Path:
    """Enough of a SAC log for the configuration to matter."""
    steps, noise = 1000.0 * np.arange(1, 101), source(113)
    p = steps / steps[-1]
    columns = {
        "rollout/ep_rew_mean": 4 + 2300 * rise(p, 0.5, 0.1) + noise.normal(0, 20, 100),
        "rollout/ep_len_mean": np.full(100, 300.0),
        "train/actor_loss": -40 * rise(p, 0.5, 0.1),
        "train/critic_loss": np.exp(noise.normal(0, 0.3, 100)),
        "train/ent_coef": 0.01 + 0.99 * np.exp(-p / 0.05),
        "train/ent_coef_loss": np.log(0.01 + 0.99 * np.exp(-p / 0.05)) * noise.normal(0, 0.2, 100),
    }
    return write_events(folder, on(steps, columns))


def test_a_configuration_of_python_reprs(tmp_path: Path) -> None:
    """Item 47: a dictionary as text inside JSON, numbers as text inside that, a schedule as a call."""
    params = (
        "{'learning_rate': 'lr_schedule(0.0005,1e-06,2)', 'buffer_size': '300000', 'batch_size': '256', "
        "'ent_coef': 'auto', 'gamma': '0.98', 'tau': '0.02', 'train_freq': '64', 'gradient_steps': '64'}"
    )
    config = {"algorithm": "SAC", "algorithm_params": params, "state": ["steer", "throttle"]}
    small_sac(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(config))
    run = run_of(tmp_path)
    assert run.algorithm == "sac"
    assert run.config.number("buffer_capacity") == 300_000
    assert run.config.number("tau") == 0.02
    assert run.config.number("gradient_steps") == 64
    assert run.config.number("learning_rate") in {None, 5e-4}, "a schedule is a text, or its first value"
    assert_quiet(diagnosis_of(tmp_path), ["OFF-06", "OUT-10"])


def test_a_wrong_value_in_such_a_configuration_is_found(tmp_path: Path) -> None:
    params = "{'buffer_size': '300000', 'batch_size': '256', 'tau': '0.995', 'gamma': '0.98'}"
    small_sac(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"algorithm": "SAC", "algorithm_params": params}))
    assert "OFF-06" in fired(diagnosis_of(tmp_path))


def test_the_configuration_of_spinning_up(tmp_path: Path) -> None:
    """Item 47: config.json is indented with tabs and holds object reprs."""
    count, noise = 120, source(114)
    p = np.linspace(0, 1, count)
    write_table(
        tmp_path / "progress.txt",
        {
            "Epoch": np.arange(1.0, count + 1),
            "AverageEpRet": -200 + 5000 * rise(p, 0.4, 0.1) + noise.normal(0, 60, count),
            "AverageTestEpRet": -200 + 5200 * rise(p, 0.4, 0.1) + noise.normal(0, 60, count),
            "EpLen": np.full(count, 1000.0),
            "TestEpLen": np.full(count, 1000.0),
            "TotalEnvInteracts": 4000.0 * np.arange(1, count + 1),
            "AverageQ1Vals": 450 * rise(p, 0.45, 0.1),
            "AverageQ2Vals": 450 * rise(p, 0.45, 0.1),
            "LossPi": -450 * rise(p, 0.45, 0.1),
            "LossQ": 5 * np.exp(noise.normal(0, 0.3, count)),
            "Time": 30.0 * np.arange(1, count + 1),
        },
        "\t",
    )
    lines = [
        '{"ac_kwargs":\t{"hidden_sizes":\t[256, 256]},',
        '"actor_critic":\t"MLPActorCritic",',
        '"env_fn":\t"<function <lambda> at 0x7f2b1c0d5e18>",',
        '"exp_name":\t"td3",',
        '"logger":\t{"<EpochLogger object at 0x7f2b1c0a2f60>":\t{"epoch_dict":\t{}}},',
        '"polyak":\t0.995, "gamma":\t0.99, "replay_size":\t1000000,',
        '"start_steps":\t10000, "act_noise":\t0.1,',
        '"epochs":\t120, "steps_per_epoch":\t4000, "seed":\t0}',
    ]
    (tmp_path / "config.json").write_text("\n".join(lines))
    diagnosis = diagnosis_of(tmp_path)
    assert diagnosis.run.algorithm == "td3"
    assert diagnosis.run.config.number("tau") == pytest.approx(0.005)
    assert diagnosis.run.config.number("total_env_steps") == 480_000
    assert_quiet(diagnosis, ["OFF-06", "VAL-07", "VAL-08", "OUT-10"])


@pytest.mark.parametrize("middle", ["default_policy", "default_policy/learner_stats"])
def test_item_42_two_spellings_of_the_learner(tmp_path: Path, middle: str) -> None:
    count = 60
    columns: dict[str, Any] = {
        "episode_reward_mean": np.linspace(-20, 5, count),
        "timesteps_total": 4000.0 * np.arange(1, count + 1),
        "training_iteration": np.arange(1.0, count + 1),
        "time_total_s": np.arange(1.0, count + 1),
        **{f"info/learner/{middle}/{name}": np.full(count, 0.01) for name in ("kl", "entropy", "vf_loss")},
        "info/learner/default_policy/learner_stats/cur_kl_coeff": 0.2 * 0.5 ** np.arange(count),
        "date": ["2021-05-01_10-00-00"] * count,
        "hostname": ["node-3"] * count,
        "hist_stats/episode_lengths": ["[812, 790, 1024]"] * count,
    }
    run = run_of(write_table(tmp_path / "progress.csv", columns).parent)
    assert (run.framework, run.algorithm) == ("rllib", "ppo")
    assert run.metrics["approx_kl"].tag == f"info/learner/{middle}/kl"
    assert {"entropy", "value_loss", "kl_coef", "episode_return"} <= run.metrics.series.keys()
    assert run.axis == "env_steps"
