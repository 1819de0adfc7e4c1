"""``rldoctor reference`` end to end: parallel seeds, repeatability, resuming, Ctrl-C, HER, TRPO."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from rldoctor import cli
from rldoctor.errors import UsageError
from rldoctor.training.catalog import task_for
from rldoctor.training.console import jobs_of, listing, parse
from rldoctor.training.control import Control, Status
from rldoctor.training.plan import Plan
from rldoctor.training.screen import said

pytest.importorskip("stable_baselines3")

CLOCK = {"time/fps", "time/time_elapsed"}
ROOT = Path(__file__).parents[2]
TINY = ["--set", "n_steps=64", "--set", "n_epochs=1", "--n-envs", "2", "--no-diagnosis"]
PPO = Plan("ppo", "Pendulum-v1", steps=1024, hyper={"n_steps": 64, "n_epochs": 1}, diagnostics=True)
SAC = {"batch_size": 16, "policy_kwargs": {"net_arch": [16]}, "learning_starts": 50, "buffer_size": 2000}


def table(folder):
    with (folder / "progress.csv").open(newline="", encoding="utf-8") as file:
        return [{k: v for k, v in row.items() if k not in CLOCK} for row in csv.DictReader(file)]


def call(*words):
    command = [sys.executable, "-m", "rldoctor", "reference", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=300)


@pytest.mark.slow
def test_seeds_in_parallel_log_evaluate_and_end_with_a_diagnosis(tmp_path):
    words = ["--env", "Pendulum-v1", "--algo", "ppo", "--steps", "4096", "--seeds", "2", *TINY[:-1]]
    done = call(*words, "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "ppo-Pendulum-v1-1" in done.stdout, "the diagnosis names both runs"
    assert done.stderr.count("done  4,096/4,096") == 2
    assert "\x1b[" not in done.stderr, "no bars in a pipe"
    first, second = (table(tmp_path / f"ppo-Pendulum-v1-{seed}") for seed in (0, 1))
    assert first != second
    assert any(row.get("eval/mean_reward") for row in first)
    assert any(row.get("rldoctor/advantage_std_raw") for row in first)
    assert json.loads((tmp_path / "ppo-Pendulum-v1-1" / "config.json").read_text())["seed"] == 1
    assert not (tmp_path / "ppo-Pendulum-v1-0" / "checkpoint").exists()
    again = call(*words, "--out", str(tmp_path))
    assert again.returncode == 2
    assert "already holds a run" in again.stderr


def test_the_same_seed_gives_the_same_log_with_everything_on(tmp_path):
    from rldoctor.training.train import train

    plan = Plan("sac", "Pendulum-v1", steps=420, hyper=SAC, diagnostics=True)
    for name in ("a", "b"):
        train(plan, tmp_path / name, Control(evaluate=True, checkpoints=True))
    assert table(tmp_path / "a") == table(tmp_path / "b")


@pytest.mark.parametrize(
    "plan", [PPO, replace(PPO, normalize=True), Plan("sac", "Pendulum-v1", 700, hyper=SAC)]
)
def test_a_run_goes_on_from_its_checkpoint(plan, tmp_path):
    from rldoctor.training.train import train

    asked = []
    seen = Control(checkpoints=True, stop=lambda: len(asked) > 400 or asked.append(0))
    first = train(plan, tmp_path, seen)
    assert 0 < first.steps < plan.steps
    before = table(tmp_path)
    second = train(plan, tmp_path, Control(checkpoints=True, resume=True))
    assert second.steps >= plan.steps
    after = table(tmp_path)
    known = [{k: float(v) for k, v in row.items() if v} for row in before]
    assert [{k: float(v) for k, v in row.items() if v} for row in after[: len(before)]] == known
    steps = [int(float(row["time/total_timesteps"])) for row in after if row["time/total_timesteps"]]
    assert steps == sorted(set(steps))
    assert steps[-1] > first.steps
    assert not (tmp_path / "checkpoint").exists()


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_done_and_resume_finishes_it(tmp_path):
    words = ["--env", "Pendulum-v1", "--algo", "ppo", "--steps", "200000", *TINY, "--out", str(tmp_path)]
    command = [sys.executable, "-m", "rldoctor", "reference", *words]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    folder = tmp_path / "ppo-Pendulum-v1-0"
    until = time.monotonic() + 120
    while time.monotonic() < until and not ((folder / "progress.csv").exists() and table(folder)):
        time.sleep(0.2)
    os.kill(running.pid, signal.SIGINT)
    _, told = running.communicate(timeout=100)
    assert running.returncode == 130, told
    assert "--resume" in told
    assert "Traceback" not in told
    rows = len(table(folder))
    assert rows >= 1
    assert (folder / "checkpoint" / "model.zip").exists()
    words[words.index("--steps") + 1] = str(rows * 128 + 512)
    done = call(*words, "--resume")
    assert done.returncode == 0, done.stderr
    assert len(table(folder)) > rows


def test_hindsight_is_used_where_the_reward_is_sparse_and_only_there():
    pytest.importorskip("gymnasium_robotics")
    from rldoctor.training.train import build_model, settings

    small = {"buffer_size": 1000, "learning_starts": 100}
    plan = task_for("sac", "FetchReach-v4").plan().with_hyper(**small)
    sparse = build_model(plan)
    assert settings(plan, sparse)["replay_buffer_class"] == "HerReplayBuffer"
    assert type(sparse.policy).__name__ == "MultiInputPolicy"
    untuned = Plan("td3", "FetchReach-v4", 100, hyper=small)
    assert type(build_model(untuned).replay_buffer).__name__ == "HerReplayBuffer"
    off = type(build_model(untuned.with_hyper(her=False)).replay_buffer).__name__
    assert off == "DictReplayBuffer"
    dense = Plan("sac", "FetchReachDense-v4", 100, hyper=small)
    assert type(build_model(dense).replay_buffer).__name__ == "DictReplayBuffer"


def test_trpo_comes_from_sb3_contrib(tmp_path):
    from rldoctor.training.train import train

    plan = Plan("trpo", "Pendulum-v1", steps=256, hyper={"n_steps": 128}, diagnostics=True)
    train(plan, tmp_path)
    last = table(tmp_path)[-1]
    assert last["train/is_line_search_success"]
    assert float(last["rldoctor/entropy"]) > 0


def test_options_become_plans(tmp_path):
    words = [
        "--env",
        "Pendulum-v1",
        "--algo",
        "ppo",
        "--fault",
        "lr-zero",
        "--seeds",
        "3",
        "--first-seed",
        "4",
    ]
    jobs = jobs_of(parse([*words, "--n-envs", "2", "--set", "gamma=0.8", "--out", str(tmp_path)]))
    assert [job.plan.seed for job in jobs] == [4, 5, 6]
    assert jobs[0].out == tmp_path / "lr-zero" / "ppo-Pendulum-v1-4"
    plan = jobs[0].plan
    assert (plan.n_envs, plan.hyper["gamma"], plan.hyper["learning_rate"]) == (2, 0.8, 1e-7)
    assert plan.diagnostics


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "which task"),
        (["--env", "X", "--seeds", "0"], "not at least 1"),
        (["--env", "X", "--algo", "dreamer"], "invalid choice"),
    ],
)
def test_wrong_options_are_usage_errors(words, message):
    with pytest.raises(UsageError, match=message):
        parse(words)


def test_an_unknown_environment_is_one_clear_line(tmp_path, capfd):
    words = ["reference", "--env", "NoSuchTask-v9", "--out", str(tmp_path), "--steps", "100"]
    assert cli.run(words) == 2
    told = capfd.readouterr().err
    assert "NoSuchTask" in told
    assert "Traceback" not in told


def test_the_list_shows_every_task_and_fault():
    text = listing()
    assert "FetchReachDense-v4" in text
    assert "reward-exp-sharp" in text


def test_a_status_says_only_what_is_known():
    assert said(Status(0, 1000, 2000)) == "1,000/2,000"
    full = Status(0, 2000, 2000, "done", -3.456, 0.75, 1234.0)
    assert said(full) == "done  2,000/2,000  return -3.456  success 75 %  1,234 fps"


@pytest.mark.parametrize("command", ["reference", "throughput"])
def test_a_gpu_that_is_not_there_is_an_error_and_no_training_on_the_cpu(command, tmp_path):
    words = [
        sys.executable,
        "-m",
        "rldoctor",
        command,
        "--env",
        "Pendulum-v1",
        "--algo",
        "ppo",
        "--device",
        "cuda",
    ]
    words += ["--out", str(tmp_path)] if command == "reference" else []
    # Hides a GPU where the tests run on one.
    blind = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        words, capture_output=True, text=True, cwd=ROOT, check=False, timeout=120, env=blind
    )
    assert done.returncode == 2
    assert "finds no CUDA device" in done.stderr
    assert "--device auto" in done.stderr
    assert not list(tmp_path.iterdir())
