"""``rldoctor analyze`` of many runs: processes, reports written run by run, runs that are lost."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest

from rldoctor.cli import run
from rldoctor.commands import analyze
from rldoctor.commands.judging_part import JudgePart
from rldoctor.readers.run_folders import RunFolders, run_folders
from rldoctor.report.results import read_results

RUNS = Path(__file__).parents[2] / "reference_runs"
FIXTURES = Path(__file__).parents[1] / "readers" / "trackers" / "fixtures"
NAMES = (
    "ppo-Pendulum-v1-0",
    "ppo-Pendulum-v1-1",
    "a2c-CartPole-v1-0",
    "dqn-CartPole-v1-0",
    "ppo-Reacher-v5-0",
)
FORMATS = ("json", "jsonl", "junit")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five runs, the copy of one of them (its twin), and a log that cannot be read."""
    root = tmp_path_factory.mktemp("many") / "runs"
    for name in NAMES:
        shutil.copytree(RUNS / "healthy" / name, root / name)
    shutil.copytree(RUNS / "healthy" / NAMES[0], root / "again")
    (root / "broken").mkdir()
    (root / "broken" / "events.out.tfevents.1.x").write_bytes(b"no event")
    return root


def reports(tree: Path, into: Path, *options: str, formats: tuple[str, ...] = FORMATS) -> dict[str, bytes]:
    into.mkdir()
    wanted = [word for name in formats for word in ("-f", name, "-o", str(into / name))]
    assert run(["analyze", str(tree), "--fail-on", "never", *options, *wanted]) == 0
    return {name: (into / name).read_bytes() for name in formats}


def test_reports_do_not_depend_on_the_number_of_processes(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = reports(tree, tmp_path / "1", "--jobs", "1")
    three = reports(tree, tmp_path / "3", "--jobs", "3")
    # As before there were parts: the tree read at once, the runs judged one after the other.
    monkeypatch.setattr(analyze, "several", lambda *_: False)
    whole = reports(tree, tmp_path / "whole")
    assert one == three == whole
    document = json.loads(one["json"])
    assert [entry["id"] for entry in document["runs"]] == sorted([*NAMES, "again"])
    assert len(document["failures"]) == 1
    twins = [entry["id"] for entry in document["runs"] if any(n["code"] == "twin" for n in entry["notes"])]
    assert twins == [NAMES[0]]
    lines = [json.loads(line) for line in one["jsonl"].splitlines()]
    assert [line.get("verdict") for line in lines] == [*(r["verdict"] for r in document["runs"]), None]
    assert "broken" in lines[-1]["failure"]


@pytest.mark.parametrize("store", ["wandb", "wandb_old", "mlflow_files"])
def test_a_store_with_a_folder_for_each_run_is_taken_apart(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nested, killed and equal runs, the remains of others, and one that is damaged."""
    tree = tmp_path / "runs"
    with zipfile.ZipFile(FIXTURES / f"{store}.zip") as archive:
        for copy in ("a", "b"):
            archive.extractall(tree / copy)
    log = next(iter(sorted(tree.rglob("*.wandb")) or sorted(tree.rglob("metrics/loss"))))
    log.write_bytes(log.read_bytes()[:-5])
    parts, _ = run_folders(str(tree))
    assert len(parts) >= 6
    one = reports(tree, tmp_path / "1", "--jobs", "1")
    three = reports(tree, tmp_path / "3", "--jobs", "3")
    monkeypatch.setattr(analyze, "several", lambda *_: False)
    assert one == three == reports(tree, tmp_path / "whole")
    # With any other log in the tree, of which its runs may be the copies, it is read as a whole.
    shutil.copytree(RUNS / "healthy" / NAMES[0], tree / "other")
    assert len(run_folders(str(tree))[0]) == 1


def test_reports_of_all_runs_together_do_not_depend_on_it_either(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    formats = ("json", "markdown", "terminal", "github")
    three = reports(tree, tmp_path / "3", "--jobs", "3", formats=formats)
    monkeypatch.setattr(analyze, "several", lambda *_: False)
    assert three == reports(tree, tmp_path / "whole", formats=formats)


def test_the_exit_code_does_not_depend_on_it(tree: Path, tmp_path: Path) -> None:
    shutil.copytree(RUNS / "faulty" / "alpha-fixed-high", tmp_path / "runs" / "sick")
    for name in NAMES[:4]:
        shutil.copytree(RUNS / "healthy" / name, tmp_path / "runs" / name)
    out = str(tmp_path / "out.json")
    codes = [
        run(["analyze", str(tmp_path / "runs"), "-f", "json", "-o", out, *more])
        for more in (["--jobs", "1"], ["--jobs", "3"], ["--jobs", "3", "--fail-on", "never"])
    ]
    assert codes == [1, 1, 0]
    assert run(["analyze", str(tree), "-f", "json", "-o", out, "--min-coverage", "0.99", "--jobs", "3"]) == 3
    assert run(["analyze", str(tree), "-f", "json", "-o", out, "--strict", "--jobs", "3"]) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="children are found in /proc")
def test_a_process_that_is_killed_costs_no_run(tree: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    command = [sys.executable, "-m", "rldoctor", "analyze", str(tree), "--jobs", "2", "--fail-on", "never"]
    with subprocess.Popen([*command, "-f", "json", "-o", str(out)], stderr=subprocess.DEVNULL) as started:
        children = Path(f"/proc/{started.pid}/task/{started.pid}/children")
        deadline, killed = time.monotonic() + 60, 0
        while not killed and time.monotonic() < deadline and started.poll() is None:
            if found := children.read_text().split():
                killed = int(found[0])
                os.kill(killed, signal.SIGKILL)
        code = started.wait(timeout=120)
    assert killed
    assert code == 0
    assert [entry["id"] for entry in json.loads(out.read_text())["runs"]] == sorted([*NAMES, "again"])


def test_runs_that_take_too_long_are_told(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.json"
    command = ["analyze", str(tree), "-f", "json", "-o", str(out), "--jobs", "1"]
    assert run([*command, "--timeout-per-run", "0.0001"]) == 2
    assert "stopped after 0.0001 s (--timeout-per-run)" in capsys.readouterr().err
    document = json.loads(out.read_text())
    assert document["runs"] == []
    assert document["failures"][0] == f"no run under {tree} could be judged"
    assert len(document["failures"]) == 1 + 7
    assert all("stopped after 0.0001 s" in text for text in document["failures"][1:])
    assert run([*command, "--timeout-per-run", "300", "--fail-on", "never"]) == 0
    assert len(json.loads(out.read_text())["runs"]) == 6


@pytest.mark.parametrize("which", ["tree", "one run", "no run"])
def test_a_report_of_no_run_says_what_failed(
    which: str, tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = {"tree": tree, "one run": tree / NAMES[0], "no run": tree / "broken"}[which]
    limit = [] if which == "no run" else ["--timeout-per-run", "0.0001"]
    names = ("out.json", "out.jsonl", "out.xml", "out.md", "out.parquet", "out.html")
    if not find_spec("pyarrow"):
        names = tuple(name for name in names if name != "out.parquet")
    outputs = [word for name in names for word in ("-o", str(tmp_path / name))]
    assert run(["analyze", str(path), *limit, *outputs]) == 2
    said = "broken" if which == "no run" else "stopped after 0.0001 s (--timeout-per-run)"
    failures = json.loads((tmp_path / "out.json").read_text())["failures"]
    assert failures
    assert any(said in text for text in failures)
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [line["failure"] for line in lines] == failures
    suites = ElementTree.parse(tmp_path / "out.xml").getroot()
    # Nothing was judged: a case that is skipped would pass in CI.
    assert suites.get("errors") == suites.get("tests") == str(len(failures))
    assert said in (tmp_path / "out.md").read_text()
    if "out.parquet" in names:
        assert read_results(tmp_path / "out.parquet").failures == failures
    assert not (tmp_path / "out.html").exists()
    assert "out.html was not written: no run could be judged" in capsys.readouterr().err


def test_a_log_that_could_not_be_read_is_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "runs" / "result.json"
    log.parent.mkdir()
    log.write_text('{"training_iteration": 1, "episode_rew')
    assert run(["analyze", str(log.parent), "-o", str(log)]) == 2
    assert "it would be overwritten" in capsys.readouterr().err
    assert log.read_text() == '{"training_iteration": 1, "episode_rew'


def test_what_was_done_before_ctrl_c_is_reported(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    judge, seen = JudgePart.__call__, list[str]()

    def interrupted(
        self: JudgePart, part: RunFolders, skip: frozenset[str], say: Callable[[str], None]
    ) -> bytes:
        seen.append(part.shown)
        if len(seen) == 4:
            signal.raise_signal(signal.SIGINT)
        return judge(self, part, skip, say)

    monkeypatch.setattr(JudgePart, "__call__", interrupted)
    out = tmp_path / "out.json"
    assert run(["analyze", str(tree), "-f", "json", "-o", str(out), "--jobs", "1"]) == 130
    document = json.loads(out.read_text())
    assert len(document["runs"]) + len(document["failures"]) - 1 == 3
    assert document["failures"][-1] == "interrupted: 4 of 7 parts were not looked at"
    assert "interrupted" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("--jobs", "0"), ("--jobs", "two"), ("--timeout-per-run", "-1")])
def test_wrong_numbers_are_refused(
    tree: Path, words: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["analyze", str(tree), *words]) == 2
    assert f"{words[0]} {words[1]}: expected" in capsys.readouterr().err
