"""Names that mislead: of files, columns and tags (items 32, 36, 43, 44, 49 and 54)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from trap_logs import alarms, diagnosis_of, on, rise, run_of, source, write_events, write_table

from rldoctor.api import load

POINTS = 120


def test_item_32_steps_that_are_lengths_of_episodes(tmp_path: Path) -> None:
    """``episodes,rewards,steps``: the last column is how long the episode was, not when it ended."""
    noise = source(131)
    p = np.linspace(0, 1, POINTS)
    lengths = np.round(30 + 150 * rise(p, 0.5) + noise.normal(0, 4, POINTS))
    columns = {"episodes": np.arange(POINTS), "rewards": lengths + 0.0, "steps": lengths}
    run = run_of(write_table(tmp_path / "res.csv", columns))
    returns = run.metrics["episode_return"]
    assert np.all(np.diff(returns.steps) > 0), "a length that goes up and down is no axis"
    assert returns.values.tolist() == lengths.tolist()


NAMES = (
    "events.out.tfevents.1700000000.李智",
    "events.out.tfevents.1700000000.desktop-viktorm-3090",
    "events.out.tfevents.1700000000.shashanks-MacBook-Air-2.local.4711.0",
    "events.out.tfevents.1700000000.c317-004.ls6.tacc.utexas.edu.1.2",
    "events.out.tfevents.1700000000.host.profile-empty.99.0.v2",
)


@pytest.mark.parametrize("name", NAMES)
def test_item_36_names_of_event_files(tmp_path: Path, name: str) -> None:
    steps = 1000.0 * np.arange(1, 31)
    folder = tmp_path / "2019-11-14 10:20:15.656305"
    write_events(folder, on(steps, {"rollout/ep_rew_mean": steps / 100, "train/approx_kl": steps * 0 + 0.01}))
    (file,) = folder.glob("events*")
    file.rename(folder / name)
    run = run_of(tmp_path)
    assert (run.framework, len(run.metrics["episode_return"])) == ("stable_baselines3", 30)


@pytest.mark.parametrize(
    "name", ["progress(100k, 0.4epsilon).csv", "progress_dqn_slices4(Arch:16; learn:1e-3; starts:250k).csv"]
)
def test_item_36_names_of_tables(tmp_path: Path, name: str) -> None:
    steps = 1000.0 * np.arange(1, 31)
    columns = {
        "time/total_timesteps": steps,
        "rollout/ep_rew_mean": steps / 100,
        "train/loss": steps * 0 + 0.1,
    }
    write_table(tmp_path / name, columns)
    run = run_of(tmp_path)
    assert run.metrics["episode_return"].steps.tolist() == steps.tolist()
    assert run_of(tmp_path / name).metrics["episode_return"].steps.tolist() == steps.tolist()


@pytest.mark.parametrize(
    ("columns", "wanted"),
    [
        (
            ("total-env-interacts", "average-episode-return", "pi-loss", "kl", "entropy-coeff"),
            {"episode_return"},
        ),
        (
            ("TimestepsSoFar", "EpRewMean", "meankl", "ev_tdlam_before", "entropy"),
            {"episode_return", "entropy"},
        ),
        (("timestep", "cumulative reward", "policy_loss"), {"policy_loss"}),
        (("TotalEnvInteracts", "AverageEpRet", "AverageQ1Vals", "LossQ"), {"episode_return", "q_mean"}),
    ],
)
def test_item_43_columns_in_a_spelling_of_their_own(
    tmp_path: Path, columns: tuple[str, ...], wanted: set[str]
) -> None:
    steps = 1000.0 * np.arange(1, 31)
    write_table(tmp_path / "progress.csv", {columns[0]: steps} | dict.fromkeys(columns[1:], steps / 100000.0))
    run = run_of(tmp_path)
    assert wanted <= set(run.metrics.series)
    assert run.metrics[min(wanted)].steps.tolist() == steps.tolist()


def test_item_44_the_iteration_inside_the_tag(tmp_path: Path) -> None:
    """A tag per block of iterations: nothing to diagnose, and no thousand findings either."""
    steps = np.arange(1.0, 11.0)
    tags = {f"pi_loss_{1000 * i}_{1000 * (i + 1)}": steps * 0.1 + i for i in range(200)}
    tags |= {f"q_loss_{1000 * i}_{1000 * (i + 1)}": steps * 0.1 + i for i in range(200)}
    diagnosis = diagnosis_of(write_events(tmp_path, on(steps, tags)))
    assert diagnosis.verdict in {"not_enough_data", "error"}
    assert set(alarms(diagnosis)) <= {"LOG-01"}


def test_item_49_clocks_of_a_sweep_are_no_metrics(tmp_path: Path) -> None:
    noise = source(132)
    steps = 1000.0 * np.arange(1, POINTS + 1)
    columns = {
        "_step": np.arange(POINTS),
        "_runtime": 54_151 + np.arange(POINTS) * 7.0,
        "_timestamp": 1.7e9 + np.arange(POINTS) * 7.0,
        "global_step": steps,
        "charts/episodic_return": 10 + 100 * rise(steps / steps[-1], 0.5) + noise.normal(0, 2, POINTS),
    }
    run = run_of(write_table(tmp_path / "wandb_history.csv", columns))
    returns = run.metrics["episode_return"]
    assert returns.steps.tolist() == steps.tolist(), "neither the row nor the clock is the axis"
    assert not {"_runtime", "_timestamp"} & {
        one.tag for one in run.metrics.series.values() if one.name != "wall_time"
    }


def test_item_54_contexts_and_copies_of_the_last_point(tmp_path: Path) -> None:
    """Brax with Aim: every metric again as ``final/...`` with one point, train and eval under one name."""
    sdk = pytest.importorskip("aim.sdk.repo")
    from aim import Run

    sdk.Repo(str(tmp_path), init=True).close()
    run = Run(repo=str(tmp_path), system_tracking_interval=None, capture_terminal_logs=False)
    for index in range(1, 41):
        for subset, level in (("train", 1.0), ("eval", 5.0)):
            run.track(level * index, name="episode_return", step=1000 * index, context={"subset": subset})
        run.track(0.5, name="__system__cpu", step=index)
    run.track(-1.0, name="final/episode_return", step=40_000)
    run["hparams"] = {"algo": "sac"}
    run.close()
    (read,) = load(tmp_path).runs
    assert len(read.metrics["episode_return"]) == 40
    assert read.metrics["episode_return"].values[-1] == 40.0, "the copy of the last point is not appended"
    assert read.metrics["eval_return"].values[-1] == 200.0
    for tag in ("episode_return", "train/episode_return"):
        (mine,) = load(tmp_path, tag_map={tag: "reward_per_step"}).runs
        assert "reward_per_step" in mine.metrics.series, f"--map {tag}=..."
