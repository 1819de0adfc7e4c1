"""What the runner writes and shows: Aim, evaluations, the normaliser, live progress, killed trainings."""

import csv
import os
import pty
import shutil
import signal
import struct
import subprocess
import sys
import time
from dataclasses import replace
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

import pytest

import rldoctor
from rldoctor.errors import UsageError
from rldoctor.training.console import control_of, parse
from rldoctor.training.control import Control
from rldoctor.training.plan import Plan

pytest.importorskip("stable_baselines3")

ROOT = Path(__file__).parents[2]
PPO = Plan("ppo", "Pendulum-v1", 3200, n_envs=2, hyper={"n_steps": 32, "n_epochs": 1}, diagnostics=True)


def table(folder):
    with (folder / "progress.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def only(path):
    (run,) = rldoctor.load(path)
    return run


@pytest.mark.slow
def test_the_aim_run_gets_the_diagnosis_of_the_event_file(tmp_path):
    pytest.importorskip("aim")
    from rldoctor.training.train import train

    sick = PPO.with_hyper(learning_rate=1e-7)
    train(sick, tmp_path / "run", Control(aim=tmp_path))
    events = tmp_path / "events"
    events.mkdir()
    for file in (*(tmp_path / "run").glob("events.*"), tmp_path / "run" / "config.json"):
        shutil.copy(file, events)
    logged, tracked = only(events), only(tmp_path / ".aim")
    assert (tracked.framework, tracked.algorithm, tracked.env) == ("stable_baselines3", "ppo", "Pendulum-v1")
    for name, series in logged.metrics.series.items():
        other = tracked.metrics.series[name]
        assert list(other.steps) == list(series.steps), name
        assert other.values == pytest.approx(series.values, rel=1e-5, nan_ok=True), name
    first, second = rldoctor.diagnose(logged), rldoctor.diagnose(tracked)
    outcomes = [{one.code: one.outcome for one in found.results} for found in (first, second)]
    assert outcomes[0] == outcomes[1]
    assert first.verdict == second.verdict
    codes = [root.finding.code for root in first.roots]
    assert codes == [root.finding.code for root in second.roots]
    assert codes, "a learning rate of 1e-7 is found in both"


@pytest.mark.slow
def test_a_resumed_training_goes_on_in_its_aim_run(tmp_path):
    pytest.importorskip("aim")
    from rldoctor.training.train import train

    asked = []
    out = tmp_path / "run"
    seen = Control(aim=tmp_path, tensorboard=False, checkpoints=True)
    train(PPO, out, replace(seen, stop=lambda: len(asked) > 800 or asked.append(0)))
    train(PPO, out, replace(seen, resume=True))
    assert not list(out.glob("events.*"))
    run = only(tmp_path / ".aim")
    assert run.last_step >= 3200
    steps = [float(row["time/total_timesteps"]) for row in table(out) if row["train/entropy_loss"]]
    assert list(run.metrics.series["entropy"].steps) == steps


def test_logs_are_chosen_by_name(tmp_path):
    words = ["--env", "Pendulum-v1", "--out", str(tmp_path), "--eval-every", "500"]
    usual = control_of(parse(words))
    assert (usual.tensorboard, usual.aim, usual.eval_every) == (True, None, 500)
    other = control_of(parse([*words, "--logs", "csv, aim"]))
    assert (other.tensorboard, other.aim) == (False, tmp_path)
    with pytest.raises(UsageError, match="wandb"):
        parse([*words, "--logs", "csv,wandb"])


def test_evaluations_come_as_often_as_asked_and_the_normaliser_is_kept(tmp_path):
    from rldoctor.training.train import train

    plan = replace(PPO, steps=640, normalize=True)
    train(plan, tmp_path, Control(evaluate=True, eval_every=128, checkpoints=True))
    assert sum(bool(row["eval/mean_reward"]) for row in table(tmp_path)) == 5
    # Without the statistics of its observations the policy is of no use.
    assert (tmp_path / "normaliser.pkl").exists()
    assert (tmp_path / "model.zip").exists()


LIVE = """
from rldoctor.commands.progress import watched
from rldoctor.training.control import Status
from rldoctor.training.screen import progress
import time
assert watched()
with progress([8, 19], 1_000_000, live=watched()) as show:
    for step in range(1, 6):
        show(Status(8, step * 100_000, 1_000_000, "training", -1234.5, 1.0, 12_345.0))
        show(Status(19, step * 190_000, 1_000_000, "training", -3.456, float("nan"), 640.0))
        time.sleep(0.3)
"""


@pytest.mark.parametrize("columns", [80, 140])
def test_a_person_sees_steps_return_success_speed_and_time_left_of_every_seed(columns):
    main, terminal = pty.openpty()
    ioctl(terminal, TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    known = {key: value for key, value in os.environ.items() if key not in ("CI", "COLUMNS", "NO_COLOR")}
    known |= {"TERM": "xterm", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.Popen([sys.executable, "-c", LIVE], stderr=terminal, cwd=ROOT, env=known)
    assert done.wait(60) == 0
    os.close(terminal)
    import re

    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", _all_of(main)).replace("\r", "\n")
    lines = [line for line in drawn.split("\n") if line.startswith("seed")]
    assert max(map(len, lines)) <= columns
    last = [line for line in lines if line.startswith("seed 8 ")][-1]
    for part in ("500,000", "return -1234", "success 100 %", "12,345 fps"):
        assert part in last
    assert re.search(r"\d:\d\d:\d\d", last), "time left"
    assert ("500,000/1,000,000" in last) == (columns > 80)
    assert "success" not in [line for line in lines if line.startswith("seed 19")][-1]


def _all_of(main):
    """Everything written to a terminal whose other end is closed."""
    parts = []
    while True:
        try:
            parts.append(os.read(main, 65536))
        except OSError:
            return b"".join(parts).decode()


@pytest.mark.slow
def test_a_killed_command_leaves_no_training_behind_and_resumes(tmp_path):
    words = ["--env", "Pendulum-v1", "--algo", "ppo", "--n-envs", "2", "--steps", "5000", "--no-diagnosis"]
    small = ["--set", "n_steps=64", "--set", "n_epochs=1", "--out", str(tmp_path)]
    command = [sys.executable, "-m", "rldoctor", "reference", *words, *small]
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=ROOT, start_new_session=True)
    folder = tmp_path / "ppo-Pendulum-v1-0"
    until = time.monotonic() + 120
    while time.monotonic() < until and not (folder / "checkpoint" / "model.zip").exists():
        time.sleep(0.05)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    while time.monotonic() < until + 60 and members(running.pid):
        time.sleep(0.1)
    assert not members(running.pid), "its trainings have ended"
    before = [row["time/total_timesteps"] for row in table(folder)]
    assert int(float(before[-1])) < 5000, "they did not run to the end"
    again = subprocess.run([*command, "--resume"], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert again.returncode == 0, again.stderr
    steps = [int(float(row["time/total_timesteps"])) for row in table(folder) if row["time/total_timesteps"]]
    assert steps == sorted(set(steps))
    assert steps[-1] >= 5000


def members(session):
    """Living processes of a session."""
    ask = ["ps", "-o", "stat=,pid=", "-s", str(session)]
    listed = subprocess.run(ask, capture_output=True, text=True, check=False).stdout
    return [line for line in listed.splitlines() if not line.lstrip().startswith("Z")]
