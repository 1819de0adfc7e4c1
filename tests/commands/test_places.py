"""Nothing that was given is written over, by whatever spelling; an old report survives every failure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from every import every

from rldoctor import cli
from rldoctor.files import write_whole

ROWS = "time/total_timesteps,rollout/ep_rew_mean\n" + "".join(f"{2048 * n},{n}\n" for n in range(1, 40))


@pytest.fixture
def run(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    here = tmp_path / "run"
    (here / "sub").mkdir(parents=True)
    (here / "progress.csv").write_text(ROWS)
    (here / "config.yaml").write_text("gamma: 0.99\n")
    (here / "policy.pt").write_text("weights")
    (here / "link.json").symlink_to("progress.csv")
    os.link(here / "progress.csv", here / "hard.json")
    (tmp_path / "folder").symlink_to(here)
    return here


def kept(run: Path) -> bool:
    """Whether everything in the folder is as it was."""
    files = [(run / name).read_text() for name in ("progress.csv", "config.yaml", "policy.pt")]
    return files == [ROWS, "gamma: 0.99\n", "weights"]


DESTROYING = [
    ("run/progress.csv", "run/progress.csv"),
    ("run", "run/progress.csv"),
    ("run", "run/sub/../progress.csv"),
    ("run", "./run/./progress.csv"),
    ("run", "folder/progress.csv"),
    ("run", "run/link.json"),
    ("run", "run/hard.json"),
    ("run", "run/config.yaml"),
    ("run", "run/policy.pt"),
    ("folder", "run/config.yaml"),
]


@every("option", ["-o", "--write-baseline"])
def test_an_output_that_is_an_input_is_refused_and_nothing_is_written(option, run, capsys):
    for path, target in DESTROYING:
        assert cli.run(["analyze", path, "-f", "json", option, target, "--fail-on", "never"]) == 2, target
        assert "error: " in capsys.readouterr().err
        assert kept(run), target


@every("target", ["run/progress.csv", "run/config.yaml", "folder/config.yaml"])
def test_compare_overwrites_neither_arm(target, run):
    assert cli.run(["compare", "run", "run", "-f", "json", "-o", target]) == 2
    assert kept(run)


@every(
    ("first", "second"),
    [
        ("a.json", "./a.json"),
        ("a.json", "run/../a.json"),
        ("a.json", "A.json"),
        ("run/a.json", "folder/a.json"),
    ],
)
def test_two_outputs_that_are_one_file_are_refused(first, second, run, tmp_path):
    assert cli.run(["analyze", "run", "-f", "json", "-o", first, "-f", "html", "-o", second]) == 2
    assert not (tmp_path / "a.json").exists()


def test_a_configuration_the_settings_and_the_baseline_are_not_overwritten(run, tmp_path):
    for name in ("given.yaml", "rldoctor.toml", "base.json"):
        (tmp_path / name).write_text("")
    (tmp_path / "base.json").write_text('{"schema": 1, "runs": []}')
    more = ["--config", "given.yaml", "--baseline", "base.json", "--fail-on", "never"]
    for name in ("given.yaml", "rldoctor.toml", "base.json"):
        before = (tmp_path / name).read_text()
        assert cli.run(["analyze", "run", *more, "-f", "json", "-o", name]) == 2
        assert (tmp_path / name).read_text() == before


def test_a_baseline_may_be_brought_up_to_date_and_an_earlier_report_replaced(run):
    words = ["analyze", "run", "--fail-on", "never", "-f", "html", "-o", "run/report.html"]
    assert cli.run([*words, "--write-baseline", "base.json"]) == 0
    assert cli.run([*words, "--baseline", "base.json", "--write-baseline", "base.json"]) == 0
    assert kept(run)


def test_a_report_that_cannot_be_written_leaves_the_others_and_the_old_one(run, tmp_path, capsys):
    old = tmp_path / "old"
    old.mkdir()
    words = [
        "analyze",
        "run",
        "--fail-on",
        "never",
        "-f",
        "json",
        "-o",
        "old",
        "-f",
        "html",
        "-o",
        "new.html",
    ]
    assert cli.run(words) == 2
    assert (tmp_path / "new.html").read_text().startswith("<!DOCTYPE html")
    assert "cannot write old" in capsys.readouterr().err


def test_a_write_that_fails_half_way_leaves_the_old_file_and_no_rest(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_whole("new \ud800", path)
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["report.json"]


def test_a_pipe_or_a_device_is_never_replaced_by_a_file(run, tmp_path, capsys):
    """As root a table for ``/dev/null`` took its place."""
    pytest.importorskip("pyarrow")
    os.mkfifo(tmp_path / "pipe")
    assert cli.run(["analyze", "run", "--fail-on", "never", "-f", "parquet", "-o", "pipe"]) == 2
    assert "cannot write pipe: not a regular file but a pipe" in capsys.readouterr().err
    with pytest.raises(OSError, match="not a regular file"):
        write_whole("text", tmp_path / "pipe")
    assert [one.name for one in tmp_path.iterdir() if one.is_fifo()] == ["pipe"]
    assert not list(tmp_path.glob("*.part"))


def test_a_reference_is_not_written_over_another_file(run, capsys):
    words = ["reference", "build", "run", "--name", "config", "--out", "out", "--set", "env=MyEnv-v0"]
    Path("out").mkdir()
    Path("out/config.json").write_text('{"gamma": 0.99}')
    assert cli.run([*words, "--algorithm", "ppo"]) == 2
    assert Path("out/config.json").read_text() == '{"gamma": 0.99}'


def process(words: str) -> tuple[int, str]:
    """Exit code and standard error of a command whose standard output is what the shell makes of it."""
    command = f"{sys.executable} -m rldoctor {words}"
    script = f"{command}; exit $?" if "|" not in words else f"set -o pipefail; {command}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@every("format", ["terminal", "json", "html"])
def test_output_that_nobody_takes(format, run):
    analyze = f"analyze run --fail-on never -f {format}"
    assert process(f"{analyze} | true") == (141, "")
    assert process(f"{analyze} >&-") == (141, "")
    code, said = process(f"{analyze} >/dev/full")
    assert code == 2
    assert said.startswith("error: standard output cannot be written: No space left")
    assert "bug" not in said
