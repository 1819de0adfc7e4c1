"""One of each broken file beside five good runs: five diagnoses, and every loss said in every format."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from every import every
from hostile_logs import ALONE, BESIDE, good_run, record

from rldoctor import cli

# Each breaks a run of its own; of the rest of them nothing is lost: a value becomes text or words.
LOST_BESIDE = (
    "corrupt model.zip",
    "zip of a 300 MB version",
    "npz that claims 800 GB",
    "yaml 400 digits",
    "yaml merge bomb",
    "yaml nested",
    "json nested",
    "FIFO train_history.json",
    "FIFO config.yaml",
    "FIFO output.log",
    "FIFO events",
    "device config.yaml",
)
LOST_ALONE = ("device progress.csv", "FIFO progress.csv", "sparse progress.csv", "csv of 2,000,000 columns")
GOOD = 5


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for number in range(GOOD):
        good_run(root / f"good{number}")
    for number, name in enumerate((*LOST_BESIDE, *LOST_ALONE)):
        folder = root / f"broken{number:02}"
        folder.mkdir()
        {**BESIDE, **ALONE}[name](folder)
    (root / "cut").mkdir()
    (root / "cut" / "metrics.jsonl").write_text('{"step": 1, "reward": 1.5}\n' * 40 + '{"step": 4')
    (root / "bytes").mkdir()
    (root / "bytes" / "events.out.tfevents.1").write_bytes(record(b"\x09" + bytes(8)) + b"\xff" * 99)
    return root


def broken_names(root: Path) -> list[str]:
    return sorted(one.name for one in root.iterdir() if not one.name.startswith("good"))


@every("format", ["json", "html", "junit", "markdown", "github", "terminal"])
def test_five_diagnoses_and_every_loss(format: str, tree: Path, tmp_path: Path, capsys) -> None:
    target = tmp_path / "report"
    code = cli.run(["analyze", str(tree), "-f", format, "-o", str(target), "--fail-on", "never"])
    assert code == 0
    said = target.read_text()
    assert all(f"good{number}" in said for number in range(GOOD))
    # Of many runs the terminal lists the first losses, and says how many more there are.
    names = broken_names(tree) if format != "terminal" else broken_names(tree)[:3]
    missing = [name for name in names if name not in said.replace("\\", "")]
    assert missing == []
    assert "bug" not in capsys.readouterr().err


def test_the_json_report_names_what_was_lost_and_where(tree: Path, capsys) -> None:
    assert cli.run(["analyze", str(tree), "-f", "json", "--fail-on", "never"]) == 0
    report = json.loads(capsys.readouterr().out)
    verdicts = {run["id"]: run["verdict"] for run in report["runs"]}
    assert {verdicts[f"good{number}"] for number in range(GOOD)} == {"healthy"}
    lost = {run["id"]: [note["text"] for note in run["notes"] if note["lost"]] for run in report["runs"]}
    told = "\n".join(report["failures"])
    silent = [name for name in broken_names(tree) if not lost.get(name) and f"/{name}" not in told]
    assert silent == []
    assert not any(lost[f"good{number}"] for number in range(GOOD))


def test_the_quiet_report_says_losses_in_the_line_of_their_run(tree: Path, capsys) -> None:
    assert cli.run(["analyze", str(tree), "-q", "--fail-on", "never"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (cut,) = [line for line in lines if "/cut: " in line]
    assert "1 loss in the log: metrics.jsonl: the last line is cut off" in cut
    assert any(line.startswith("not read: ") and "broken" in line for line in lines)


def test_strict_makes_a_loss_an_exit_code(tree: Path, tmp_path: Path, capsys) -> None:
    words = ["analyze", str(tree / "cut"), "--fail-on", "never", "-q"]
    assert cli.run(words) == 0
    assert cli.run([*words, "--strict", "--write-baseline", str(tmp_path / "b.json")]) == 2
    assert "--strict: 1 loss" in capsys.readouterr().err
    assert not (tmp_path / "b.json").exists()
    assert cli.run(["analyze", str(tree / "good0"), "--fail-on", "never", "-q", "--strict"]) == 0
    assert cli.run(["inspect", str(tree / "cut"), "--strict"]) == 2
    assert cli.run(["compare", str(tree / "good0"), str(tree / "cut"), "--fail-on", "never", "--strict"]) == 2


def test_junit_fails_under_strict_and_skips_without(tree: Path, tmp_path: Path) -> None:
    found = {}
    for strict in ((), ("--strict",)):
        target = tmp_path / f"report{len(strict)}.xml"
        cli.run(["analyze", str(tree), "-o", str(target), "--fail-on", "never", *strict])
        suites = Xml.parse(target).getroot()
        cases = [case for case in suites.iter("testcase") if "completely" in (case.get("name") or "")]
        found[bool(strict)] = [case[0].tag for case in cases]
        not_read = [suite for suite in suites if suite.get("name") == "rldoctor: not read"]
        assert len(not_read) == 1
        assert int(not_read[0].get("tests", "0")) == len(not_read[0])
    assert set(found[False]) == {"skipped"}
    assert set(found[True]) == {"failure"}


def test_compare_says_what_each_arm_is_judged_without(tree: Path, capsys) -> None:
    cli.run(["compare", str(tree / "good0"), str(tree / "cut"), "-f", "json", "--fail-on", "never"])
    notes = json.loads(capsys.readouterr().out)["notes"]
    assert any("candidate cut" in note and "not read completely" in note for note in notes)


def test_watch_says_a_loss_once_and_is_silent_of_a_row_that_is_being_written(tmp_path: Path, capsys) -> None:
    run = good_run(tmp_path / "run")
    text = (run / "progress.csv").read_text()
    (run / "progress.csv").write_text(text + "1")
    (run / "config.yaml").write_text("a: [")
    cli.run(["watch", str(run), "--once"])
    said = capsys.readouterr().err
    assert said.count("not read completely") == 1
    assert "config.yaml" in said
