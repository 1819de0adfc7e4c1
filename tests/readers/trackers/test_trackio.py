"""trackio's databases, as trackio 0.43.0 wrote them, and with the tables of its first versions."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from tracker_files import LOSSES, RETURNS, STEPS, codes, named, series, settings, state, the_file, unpacked

from rldoctor.readers.discover import find_runs


def test_every_run_of_a_project_is_read_with_its_configuration(tmp_path: Path) -> None:
    root = unpacked("trackio", tmp_path)
    before = state(root)
    run = named(root, "first")
    assert series(run, "rollout/ep_rew_mean").values.tolist() == RETURNS
    np.testing.assert_array_equal(series(run, "train/loss").values, LOSSES)
    assert series(run, "step").values.tolist() == STEPS
    assert series(run, "nested.a").values.tolist() == list(range(12))
    assert series(run, "eval/success_rate").steps.tolist() == [2, 5, 8, 11]
    found = settings(run)
    assert (found["learning_rate"], found["net.sizes"], found["run.project"]) == (3e-4, [64, 64], "rlproj")
    assert not any(key.startswith("_") for key in found)
    assert series(named(root, "second"), "step").values.tolist() == list(range(12))
    assert state(root) == before


def test_texts_and_damaged_rows_are_said(tmp_path: Path) -> None:
    path = the_file(unpacked("trackio", tmp_path), "*.db")
    with sqlite3.connect(path) as database:
        database.execute("UPDATE metrics SET metrics = x'7b22612261' WHERE run_name = 'first' AND step = 300")
    database.close()
    run = named(path.parent, "first")
    assert {"bad-lines", "text-column"} <= codes(run)
    assert series(run, "train/loss").values.size == 11


def test_the_tables_of_the_first_versions(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "old.db") as database:
        database.execute(
            "CREATE TABLE metrics (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT NOT NULL, "
            "run_name TEXT NOT NULL, step INTEGER NOT NULL, metrics TEXT NOT NULL)"
        )
        for i in range(5):
            row = ("2025-08-01T00:00:00", f"run-{i % 2}", i // 2, json.dumps({"loss": i / 2}))
            database.execute(
                "INSERT INTO metrics (timestamp, run_name, step, metrics) VALUES (?, ?, ?, ?)", row
            )
    database.close()
    runs = find_runs(tmp_path)
    assert [series(run, "loss").values.tolist() for run in runs] == [[0.0, 1.0, 2.0], [0.5, 1.5]]


def test_a_text_or_a_number_that_has_no_place_costs_itself_only(tmp_path: Path) -> None:
    path = the_file(unpacked("trackio", tmp_path), "*.db")
    with sqlite3.connect(path) as database:
        for step, row in ((300, '{"train/loss": "\\ud800"}'), (400, f'{{"train/loss": {"9" * 400}}}')):
            where = "WHERE run_name = 'first' AND step = ?"
            database.execute(f"UPDATE metrics SET metrics = ? {where}", (row, step))
    database.close()
    loss = series(named(path.parent, "first"), "train/loss").values
    assert loss.size == 11
    assert loss.dtype == np.float64
    assert np.isposinf(loss[2])


def _database(path: Path, cells: Sequence[str | bytes]) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE metrics (run_name, step, timestamp, metrics)")
        rows = [("run", step, "2026-01-01T00:00:00", cell) for step, cell in enumerate(cells)]
        database.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?)", rows)
        database.commit()


def test_two_halves_of_damaged_cells_do_not_make_one_row(tmp_path: Path) -> None:
    """Joined with commas the second and third cell are an object, and the fourth two."""
    _database(tmp_path / "a.db", ['{"a": 1}', '{"a": 2', '"b": 3}', '{"a": 4}, {"a": 5}', '{"a": 6}'])
    (run,) = find_runs(tmp_path)
    assert [part.tag for part in run.series] == ["a", "step"]
    assert series(run, "a").steps.tolist() == [0, 4]
    assert series(run, "a").values.tolist() == [1.0, 6.0]
    assert "bad-lines" in codes(run)


@pytest.mark.parametrize("orjson", [True, False])
def test_with_orjson_and_without_it_the_same_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, orjson: bool
) -> None:
    if orjson:
        pytest.importorskip("orjson")
    else:
        monkeypatch.setitem(sys.modules, "orjson", None)
    values = [
        "0.1",
        "-0",
        "1e999",
        "NaN",
        "-Infinity",
        "18446744073709551617",
        "9" * 400,
        "1.7976931348623157e308",
    ]
    values += [repr(float(one)) for one in np.random.default_rng(0).normal(size=200) * 10.0 ** np.arange(200)]
    _database(tmp_path / "a.db", [f'{{"a": {value}, "b": 1}}' for value in values])
    (run,) = find_runs(tmp_path)
    whole = [json.loads(value) if len(value) < 400 else np.inf for value in values]
    np.testing.assert_array_equal(series(run, "a").values, np.array(whole, np.float64))


def test_a_name_that_is_no_utf_8_is_read_with_a_mark(tmp_path: Path) -> None:
    _database(tmp_path / "a.db", ['{"a": 1}', '{"a": 2}'])
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        database.execute("UPDATE metrics SET run_name = CAST(x'72ff' AS TEXT)")
        database.commit()
    (run,) = find_runs(tmp_path)
    assert settings(run)["run.name"] == "r\N{REPLACEMENT CHARACTER}"
    assert series(run, "a").values.tolist() == [1.0, 2.0]
