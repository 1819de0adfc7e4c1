"""The watch over logs that real writers grow: what it says, when, and what it does not say."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from watch_samples import HEALTHY, ROOT, Training, bundled, diverged, heads, nothing

from rldoctor import cli
from rldoctor.watch.growth import fingerprint
from rldoctor.watch.pace import RAREST, Pace

pytestmark = bundled


def test_a_planted_fault_is_told_once_and_the_healthy_part_not_at_all(tmp_path, scalars, watched):
    training = Training(tmp_path / "exp", scalars)
    code, out, err = watched(
        training.folder,
        lambda: training.until(0.2),
        lambda: training.until(0.4),
        lambda: training.until(0.6),
        lambda: training.until(0.7, diverged),
        lambda: training.until(0.8, diverged),
        lambda: training.until(0.9, diverged),
        nothing,
    )
    found = heads(out)
    assert code == 130
    assert [line for line in found if "NUM-01" in line] == [found[0]]
    assert found[0].startswith("exp NEW critical: NUM-01")
    position = next(i for i, line in enumerate(out) if "NUM-01" in line)
    told_at = float(out[position + 1].split("step ")[1].split(", since")[0].replace(",", ""))
    assert 0.6 * training.last < told_at <= 0.81 * training.last, "told at the second look that has it"
    assert any(line.startswith("  do: ") for line in out)
    assert out[-1].startswith("exp: step ")
    assert "critical" in out[-1]
    assert "waiting: nothing is at" in err
    assert "watching" in err
    assert "\x1b" not in "".join(out) + err


def test_a_rotated_log_is_one_run_and_a_deleted_one_begins_anew(tmp_path, scalars, watched):
    training = Training(tmp_path / "exp", scalars)
    again = Training(tmp_path / "exp", scalars)

    def deleted():
        training.writer.close()
        shutil.rmtree(training.folder)

    code, out, err = watched(
        training.folder,
        training.fail,
        training.rotate,
        lambda: training.until(0.8, diverged),
        nothing,
        deleted,
        lambda: again.until(0.3),
        lambda: again.until(0.6),
    )
    found = heads(out)
    assert code == 130
    assert len([line for line in found if "NUM-01" in line]) == 1
    assert all(line.startswith("exp ") for line in found)
    assert "RESTARTED" in found[-1]
    assert "critical" not in out[-1]
    assert "failed" not in err


def test_a_second_start_in_the_same_folder_does_not_repeat_the_first(tmp_path, scalars, watched):
    first, second = Training(tmp_path / "exp", scalars), Training(tmp_path / "exp", scalars)

    def start_again():
        first.writer.close()
        time.sleep(1.1)
        second.until(0.4)

    _, out, _ = watched(
        tmp_path / "exp",
        first.fail,
        nothing,
        start_again,
        nothing,
    )
    assert len([line for line in heads(out) if "NUM-01" in line]) == 1
    assert [line.split(":")[0] for line in out[-2:]] == ["exp#1", "exp#2"]


def test_a_table_that_is_written_anew_begins_anew(tmp_path, watched):
    rows = (HEALTHY / "progress.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    folder = tmp_path / "exp"
    folder.mkdir()
    shutil.copy(HEALTHY / "config.json", folder)

    def write(share):
        return lambda: (folder / "progress.csv").write_text("".join(rows[: 1 + int(share * (len(rows) - 1))]))

    write(0.6)()
    code, out, err = watched(folder, write(0.8), write(0.2), write(0.5), nothing)
    assert code == 130
    assert [line.split()[1].rstrip(":") for line in heads(out)] == ["RESTARTED"]
    assert "failed" not in err


def test_a_half_written_record_is_not_the_end(tmp_path, scalars, watched):
    training = Training(tmp_path / "exp", scalars)

    def half():
        training.writer.flush()
        events = next(training.folder.glob("events*"))
        (tmp_path / "whole").write_bytes(data := events.read_bytes())
        events.write_bytes(data[:-11])

    def rest():
        next(training.folder.glob("events*")).write_bytes((tmp_path / "whole").read_bytes())

    code, out, err = watched(training.folder, lambda: training.until(0.5), half, rest)
    assert code == 130
    assert heads(out) == []
    assert "failed" not in err


def test_exit_on_ends_with_1_and_once_does_not_wait(tmp_path, scalars, watched, capfd):
    training = Training(tmp_path / "exp", scalars)
    code, out, _ = watched(training.folder, training.fail, exit_on="critical")
    assert code == 1
    assert heads(out)[0].startswith("exp NEW critical: NUM-01")
    assert cli.run(["watch", str(training.folder), "--once", "--exit-on", "critical"]) == 1
    assert cli.run(["watch", str(training.folder), "--once"]) == 0
    assert capfd.readouterr().out.count("NEW critical: NUM-01 ") == 2
    assert cli.run(["watch", str(tmp_path / "nowhere"), "--once"]) == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--exit-on", "fatal"], "unknown value 'fatal'"),
        (["--every", "0"], "expected at least"),
        (["--every", "nan"], "expected at least"),
        (["--webhook", "file:///etc/passwd"], "expected an http"),
        (["--select", "NOPE-99"], "NOPE-99"),
    ],
)
def test_wrong_options_are_errors_at_once(arguments, says, capsys):
    assert cli.run(["watch", str(HEALTHY), *arguments]) == 2
    assert says in capsys.readouterr().err


def test_ctrl_c_ends_quietly_with_the_state():
    command = [sys.executable, "-u", "-m", "rldoctor", "watch", str(HEALTHY), "--every", "0.2"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    for line in process.stderr:
        if "nothing new is written" in line:  # it has looked, and looked again
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out.splitlines()[-1].startswith("ppo-InvertedPendulum-v5-0: step ")
    assert err == ""


def test_a_log_that_does_not_grow_is_not_read_and_asked_for_more_rarely(tmp_path):
    (tmp_path / "progress.csv").write_text("a,b\n1,2\n")
    (tmp_path / "loop").symlink_to(tmp_path)
    before = fingerprint(tmp_path)
    assert list(before) == [f"{tmp_path}/progress.csv"]
    assert fingerprint(tmp_path) == before
    assert fingerprint(f"{tmp_path}/*.csv") == before
    assert fingerprint(tmp_path / "not-there") == {}
    with (tmp_path / "progress.csv").open("a") as file:
        file.write("3,4\n")
    assert fingerprint(tmp_path) != before

    pace = Pace(10.0)
    assert pace.after(grew=True) == 10.0
    assert [pace.after(grew=False) for _ in range(4)] == [20.0, 40.0, 80.0, 80.0]
    assert pace.slowest
    assert RAREST == 8
    assert pace.after(grew=True, cost=30.0) == 120.0
