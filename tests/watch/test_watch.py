"""The watch over logs that real writers grow: what it says, when, and what it does not say."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

import rldoctor
from rldoctor import cli
from rldoctor.commands.options import Options
from rldoctor.commands.watch import watch
from rldoctor.watch.growth import fingerprint
from rldoctor.watch.pace import RAREST, Pace

ROOT = Path(rldoctor.__file__).parents[1]
RUNS = ROOT / "reference_runs"
HEALTHY = RUNS / "healthy" / "ppo-InvertedPendulum-v5-0"

pytestmark = pytest.mark.skipif(not HEALTHY.is_dir(), reason="no bundled reference runs beside the package")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def scalars():
    """``(step, tag, value)`` of a real healthy run, in the order in which it was logged."""
    run = rldoctor.load(HEALTHY).runs[0]
    rows = [
        (float(step), series.tag, float(value))
        for series in run.metrics.series.values()
        if not series.attributes.get("provenance")
        for step, value in zip(series.steps, series.values, strict=True)
    ]
    return sorted(rows, key=lambda row: row[:2])


class Training:
    """Writes a run with TensorBoard's own writer, part by part."""

    def __init__(self, folder, rows, **options):
        self.folder, self.rows = Path(folder), rows
        self.last = max(step for step, _, _ in rows)
        self.done = 0.0
        self.options = options
        self.writer = None

    def begin(self):
        pytest.importorskip("torch", reason="the event files are written by torch")
        from torch.utils.tensorboard import SummaryWriter

        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(HEALTHY / "config.json", self.folder)
        self.writer = SummaryWriter(str(self.folder), **self.options)

    def rotate(self):
        """A second event file that goes on where the first one ends, as after a resumed job."""
        self.writer.close()
        time.sleep(1.1)  # the name of an event file holds the second
        self.begin()

    def until(self, share, change=lambda tag, value: value):
        """Write up to a share of the run, values passed through ``change``."""
        if self.writer is None:
            self.begin()
        for step, tag, value in self.rows:
            if self.done < step <= share * self.last:
                self.writer.add_scalar(tag, change(tag, value), int(step))
        self.done = share * self.last
        self.writer.flush()

    def fail(self):
        """A good third, then not a number."""
        self.until(0.3)
        self.until(0.5, diverged)


def diverged(tag, value):
    """What a log looks like after the weights became NaN."""
    return np.nan if tag.startswith("train/") else value


def play(*acts):
    """A ``sleep`` that does one act per look, and then is interrupted as by Ctrl-C."""
    left = list(acts)

    def sleep(seconds):
        assert seconds > 0
        if not left:
            raise KeyboardInterrupt
        left.pop(0)()

    return sleep


def nothing():
    """The time between two looks in which nothing is written."""


@pytest.fixture
def watched(capfd):
    def run(folder, *acts, **options):
        code = watch(str(folder), Options(), every=1, sleep=play(*acts), **options)
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return code, out.splitlines(), err

    return run


def heads(lines):
    """The headlines of the news without the time: ``run NEW critical: NUM-01 ...``."""
    words = ("NEW ", "WORSE ", "GONE:", "RESTARTED:")
    return [line[17:] for line in lines if any(f" {word}" in line for word in words)]


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


class Receiver(BaseHTTPRequestHandler):
    """Keeps what is posted; answers 500 as often as the server says."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        refuse = self.server.refuse > 0
        self.server.refuse -= refuse
        if not refuse:
            self.server.got.append((self.headers["Content-Type"], json.loads(body)))
        self.send_response(500 if refuse else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    made = HTTPServer(("127.0.0.1", 0), Receiver)
    made.got, made.refuse = [], 0
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()


def test_the_webhook_gets_every_piece_of_news_even_after_a_failure(tmp_path, scalars, watched, server):
    training = Training(tmp_path / "exp", scalars)
    server.refuse = 1
    url = f"http://127.0.0.1:{server.server_port}/secret-token"
    code, out, err = watched(training.folder, training.fail, nothing, nothing, webhook=url)
    assert code == 130
    assert err.count("answered 500") == 1
    assert "secret-token" not in err
    assert [message["content"] for _, message in server.got] == heads(out_as_heads(out))
    kind, first = server.got[0]
    assert kind == "application/json"
    assert (first["change"], first["verdict"], first["schema"]) == ("new", "critical", 1)
    assert (first["finding"]["code"], first["finding"]["severity"]) == ("NUM-01", "critical")
    assert first["finding"]["severity_before"] is None
    assert first["run"]["id"] == "exp"
    assert first["step"] == pytest.approx(0.5 * training.last, rel=0.1)


def out_as_heads(lines):
    """The printed headlines hold ``run NEW ...``, the messages ``run: NEW ...``."""
    marked = []
    for line in lines:
        for word in ("NEW ", "WORSE ", "GONE:"):
            line = line.replace(f" {word}", f": {word}", 1) if f" {word}" in line[17:60] else line
        marked.append(line)
    return marked


def test_a_dead_webhook_never_ends_the_watch(tmp_path, scalars, watched):
    training = Training(tmp_path / "exp", scalars)
    code, out, err = watched(
        training.folder,
        training.fail,
        nothing,
        webhook="http://127.0.0.1:9/nobody",
    )
    assert code == 130
    assert heads(out)
    assert err.count("warning: webhook at 127.0.0.1") == 1


def test_a_watch_that_is_started_again_goes_on_where_it_was(tmp_path, scalars, watched):
    training, state = Training(tmp_path / "exp", scalars), str(tmp_path / "watch.json")
    _, out, _ = watched(training.folder, lambda: training.until(0.4), nothing, state=state)
    assert heads(out) == []
    training.until(0.5, diverged)  # while nobody watched
    _, out, _ = watched(training.folder, nothing, state=state)
    first = heads(out)
    assert first[0].startswith("exp NEW critical: NUM-01")
    _, out, _ = watched(training.folder, nothing, lambda: training.until(0.6, diverged), nothing, state=state)
    assert not set(first) & set(heads(out)), "told by the watch before"
    training.writer.close()
    shutil.rmtree(training.folder)
    Training(tmp_path / "exp", scalars).until(0.3)
    _, out, _ = watched(training.folder, nothing, state=state)
    assert "RESTARTED" in heads(out)[0]
    assert sorted(part.name for part in tmp_path.iterdir()) == ["exp", "watch.json"]


def test_single_looks_with_a_state_tell_only_what_is_new(tmp_path, scalars, capfd):
    training = Training(tmp_path / "exp", scalars)
    training.until(0.4)
    look = ["watch", str(training.folder), "--once", "--exit-on", "critical", "--state", "seen.json"]
    assert cli.run(look) == 0
    training.until(0.5, diverged)
    codes = [cli.run(look) for _ in range(3)]
    assert codes == [1, 1, 1], "the code says where the run stands, not what is new"
    assert capfd.readouterr().out.count("NEW critical: NUM-01") == 1


def test_what_a_webhook_missed_is_sent_by_the_next_watch(tmp_path, scalars, watched, server):
    training, state = Training(tmp_path / "exp", scalars), str(tmp_path / "watch.json")
    training.fail()
    server.refuse = 1
    url = f"http://127.0.0.1:{server.server_port}/secret-token"
    watched(training.folder, webhook=url, state=state)
    assert server.got == []
    assert "secret-token" not in Path(state).read_text()
    _, out, _ = watched(training.folder, webhook=url, state=state)
    assert heads(out) == []
    assert server.got[0][1]["finding"]["code"] == "NUM-01"


def test_a_state_that_cannot_be_written_never_ends_the_watch(tmp_path, scalars, watched):
    training, folder = Training(tmp_path / "exp", scalars), tmp_path / "states"
    folder.mkdir()
    code, out, err = watched(
        training.folder,
        lambda: shutil.rmtree(folder),
        training.fail,
        nothing,
        state=str(folder / "s.json"),
    )
    assert code == 130
    assert heads(out)
    assert err.count("warning: --state") == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "watch.json: "),
        ("[]", "is no state"),
        ('{"schema": 2}', "is no state"),
        ('{"schema": 1, "watched": "/elsewhere", "runs": {}, "unsent": []}', "is that of /elsewhere"),
        ('{"schema": 1, "watched": "HERE", "runs": {"a": {"told": 3}}, "unsent": []}', "is damaged"),
        ('{"schema": 1, "watched": "HERE", "runs": [], "unsent": []}', "is damaged"),
    ],
)
def test_a_file_that_is_no_state_of_this_watch_is_an_error(tmp_path, content, says, capsys):
    (tmp_path / "watch.json").write_text(content.replace("HERE", str(tmp_path / "exp")))
    assert cli.run(["watch", str(tmp_path / "exp"), "--once", "--state", "watch.json"]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(("state", "says"), [("exp/s.json", "lies in"), ("none/s.json", "does not exist")])
def test_a_state_is_never_written_into_the_run(tmp_path, state, says, capsys):
    (tmp_path / "exp").mkdir()
    assert cli.run(["watch", "exp", "--once", "--state", state]) == 2
    assert says in capsys.readouterr().err
    assert list((tmp_path / "exp").iterdir()) == []


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
