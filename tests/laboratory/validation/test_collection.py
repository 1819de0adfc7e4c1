"""`rules validate` on real runs of the bundled collection, as a user calls it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import rldoctor
from rldoctor import cli
from rldoctor.yamlio import load_yaml

STORE = Path(rldoctor.__file__).parents[1] / "reference_runs"
CHOSEN = (
    "faulty/frozen-actor/ppo-Hopper-v5-1",
    "faulty/reward-zero/ppo-Hopper-v5-0",
    "healthy/ppo-Hopper-v5-0",
    "healthy/ppo-Hopper-v5-1",
)
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("runs")
    for name in CHOSEN:
        shutil.copytree(STORE / name, made / name)
    return made


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> tuple[int, str, str]:
        code = cli.run(["rules", "validate", *map(str, arguments)])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return run


@pytest.fixture(scope="module")
def record(collection: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The record and the page of the small collection."""
    where = tmp_path_factory.mktemp("figures")
    paths = where / "validation.json", where / "validation.md"
    assert (
        cli.run(
            ["rules", "validate", "--runs", str(collection), "--json", str(paths[0]), "--into", str(paths[1])]
        )
        == 0
    )
    return paths


def test_the_figures_are_those_of_the_runs(record: tuple[Path, Path]) -> None:
    figures = json.loads(record[0].read_text())
    assert figures["runs"]["all"] == {"healthy": 2, "sick": 2, "hidden": 0, "unlabelled": 0}
    assert figures["runs"]["hold"] == {"healthy": 1, "sick": 1, "hidden": 0, "unlabelled": 0}
    assert figures["diagnosis"]["all"]["root_first"] == {
        "hits": 2, "of": 2, "runs": 2, "share": 1.0, "low": 0.3424, "high": 1.0,
    }  # fmt: skip
    rule = figures["rules"]["POL-01"]
    assert rule["status"] == "tested"
    assert (rule["hold"]["recall"]["hits"], rule["tune"]["recall"]["of"]) == (1, 0)
    assert rule["all"]["false_alarms"]["hits"] == 0
    assert figures["rules"]["ENT-07"]["all"]["false_alarms"] == {
        "hits": 0, "of": 0, "runs": 2, "share": None, "low": None, "high": None,
    }  # fmt: skip
    assert figures["misses"] == figures["errors"] == []


def test_the_page_shows_counts_and_intervals(record: tuple[Path, Path]) -> None:
    page = record[1].read_text()
    assert "| [POL-01](rules/POL-01.md) | tested | 1 of 1 (21-100 %) |" in page
    assert "| frozen-actor | 1 | 1 of 1 (21-100 %) |" in page
    assert "{" not in page


def test_nothing_is_written_into_a_collection_that_is_named(
    call: Call, collection: Path, tmp_path: Path
) -> None:
    before = sorted(collection.rglob("*"))
    code, out, _ = call("--runs", collection, "--table")
    assert code == 0
    assert sorted(collection.rglob("*")) == before
    assert list(tmp_path.iterdir()) == []
    assert "faulty/frozen-actor/ppo-Hopper-v5-1  (hold, shows)\n    verdict critical\n" in out
    assert "    roots   POL-01 critical" in out


def test_check_holds_on_the_same_runs_in_two_processes(
    call: Call, collection: Path, record: tuple[Path, Path]
) -> None:
    code, out, err = call(
        "--runs", collection, "--json", record[0], "--into", record[1], "--check", "--jobs", 2
    )
    assert (code, err) == (0, "")
    assert "worse" not in out


def test_check_fails_and_says_which_figure_got_worse(
    call: Call, collection: Path, record: tuple[Path, Path], tmp_path: Path
) -> None:
    figures = json.loads(record[0].read_text())
    figures["rules"]["POL-06"]["all"]["recall"] |= {"hits": 3, "of": 3}
    figures["rules"]["REW-01"]["tune"]["recall"] |= {"hits": 3, "of": 2}
    figures["rules"]["POL-01"]["status"] = "stable"
    better = tmp_path / "validation.json"
    better.write_text(json.dumps(figures))
    code, out, err = call("--runs", collection, "--json", better, "--check")
    assert code == 1
    assert "2 figures got worse:" in out
    assert "    rules REW-01 recall (tune): 3 of 2, now 1 of 1" in out
    assert "    rules POL-01 status: stable, now tested" in out
    assert "out of date" in out
    assert "rldoctor rules validate" in err


def test_check_fails_when_the_runs_are_not_those_of_the_record_or_nobody_judged_one(
    call: Call, collection: Path, record: tuple[Path, Path], tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    for name in CHOSEN[1:3]:
        shutil.copytree(collection / name, runs / name)
    label = runs / CHOSEN[1] / "run.yaml"
    label.write_text(label.read_text().replace("shows: true", "shows: null"))
    assert load_yaml(label)["shows"] is None
    code, out, _ = call("--runs", runs, "--json", record[0], "--check")
    assert code == 1
    assert f"{record[0]} is out of date" in out
    assert f"1 runs have a planted fault and no 'shows':\n    {CHOSEN[1]}" in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "no labelled run"),
        ("label: sick\n", "'label' must be healthy or faulty"),
        ("label: faulty\nfault: x\n", "the label is not complete"),
        ("label: [\n", "run.yaml:"),
    ],
)
def test_a_collection_that_cannot_be_scored_is_one_message(
    call: Call, tmp_path: Path, text: str | None, said: str
) -> None:
    runs = tmp_path / "runs"
    (runs / "one").mkdir(parents=True)
    if text is not None:
        (runs / "one" / "run.yaml").write_text(text)
    code, _, err = call("--runs", runs, "--table")
    assert code == 2
    assert said in err


def test_a_labelled_folder_without_a_log_is_one_message(call: Call, tmp_path: Path) -> None:
    (tmp_path / "runs" / "one").mkdir(parents=True)
    shutil.copy(STORE / CHOSEN[0] / "run.yaml", tmp_path / "runs" / "one")
    code, _, err = call("--runs", tmp_path / "runs", "--table")
    assert code == 2
    assert err.startswith("error: ")


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_check_against_no_record_is_one_message(
    call: Call, collection: Path, tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "v.json").write_text(content)
    code, _, err = call("--runs", collection, "--json", tmp_path / "v.json", "--check")
    assert code == 2
    assert "v.json: no record of a validation" in err


def test_check_of_a_named_collection_needs_a_record(call: Call, collection: Path) -> None:
    code, _, err = call("--runs", collection, "--check")
    assert code == 2
    assert "--json FILE" in err


def test_the_built_in_rules_carry_the_committed_record() -> None:
    from rldoctor import api

    record = json.loads((STORE / "validation.json").read_text())["rules"]
    rules = [rule for rule in api.rules() if rule.code in record]
    assert len(rules) > 80
    assert [rule.code for rule in rules if rule.measured is None] == []
    assert [rule.code for rule in rules if rule.status != record[rule.code]["status"]] == []
