"""MLflow's two stores, as mlflow 3.17.2 wrote them."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from every import every
from tracker_files import (
    LOSSES,
    RETURNS,
    STEPS,
    codes,
    named,
    read_or_refused,
    series,
    settings,
    state,
    unpacked,
)

from rldoctor.errors import ReadError
from rldoctor.model.raw import RawRun
from rldoctor.readers.discover import find_runs
from rldoctor.readers.mlflow.run_folder import points_of

BOTH = ("mlflow_files", "mlflow_sqlite")


def child_folder(root: Path) -> Path:
    """The folder of the run ``child`` in the file store."""
    return next(path.parents[1] for path in root.rglob("mlflow.runName") if path.read_text() == "child")


@every("store", BOTH)
def test_runs_with_metrics_are_found_and_deleted_ones_and_bare_parents_are_not(
    store: str, tmp_path: Path
) -> None:
    runs = find_runs(unpacked(store, tmp_path))
    assert {str(settings(run)["run.name"]) for run in runs} == {"child", "no step", "failed"}
    assert all(run.id.rpartition("/")[2] == settings(run)["run.name"] for run in runs)
    assert not runs.failures


@every("store", BOTH)
def test_numbers_steps_parameters_and_names_are_as_logged(store: str, tmp_path: Path) -> None:
    run = named(unpacked(store, tmp_path), "child")
    returns, loss = series(run, "rollout/ep_rew_mean"), series(run, "train/loss")
    assert (returns.steps.tolist(), returns.values.tolist()) == (STEPS, RETURNS)
    # A step that was logged again stays: which of them counts is not the reader's to say.
    np.testing.assert_array_equal(loss.values, [*LOSSES, 5.0, 6.0])
    assert loss.steps.tolist() == [*STEPS, 100.0, 100.0]
    assert loss.wall is not None
    assert 1.5e9 < loss.wall[0] < 3e9
    found = settings(run)
    assert (found["learning_rate"], found["net"], found["nothing"], found["team"]) == (
        3e-4,
        [64, 64],
        None,
        "rl",
    )
    assert found["run.experiment"] == "rl exp"
    assert len(str(found["run.parent"])) == 32
    assert not any(key.startswith("mlflow.") for key in found)


@every("store", BOTH)
def test_a_metric_without_steps_is_numbered_and_that_is_said(store: str, tmp_path: Path) -> None:
    run = named(unpacked(store, tmp_path), "no step")
    loss = series(run, "loss")
    assert (loss.axis, loss.steps.tolist()) == ("row", list(range(12)))
    np.testing.assert_array_equal(loss.values, LOSSES)
    assert "rows-numbered" in codes(run)


@every("store", BOTH)
def test_a_failed_run_says_so(store: str, tmp_path: Path) -> None:
    (note,) = (
        note for note in named(unpacked(store, tmp_path), "failed").notes if note.code == "mlflow-ended"
    )
    assert "failed" in note.text


@every("store", BOTH)
def test_reading_changes_nothing(store: str, tmp_path: Path) -> None:
    root = unpacked(store, tmp_path)
    before = state(root)
    find_runs(root)
    assert state(root) == before


def test_a_missing_database_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no such file"):
        find_runs(tmp_path / "mlflow.db")
    assert list(tmp_path.iterdir()) == []


def test_databases_of_other_programs_are_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "optuna.db") as database:
        database.execute("CREATE TABLE studies (study_id INTEGER, study_name TEXT)")
        database.execute("CREATE TABLE metrics (name TEXT, number REAL)")
    (tmp_path / "empty.db").write_bytes(b"")
    (tmp_path / "Thumbs.db").write_bytes(bytes(1000))
    with pytest.raises(ReadError, match="no training run found"):
        find_runs(tmp_path)


def test_what_stands_only_in_the_write_ahead_log_is_read_without_a_change(tmp_path: Path) -> None:
    root = unpacked("mlflow_sqlite", tmp_path)
    writer = sqlite3.connect(root / "mlflow.db")
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("PRAGMA wal_autocheckpoint = 0")
    (run_id,) = writer.execute("SELECT run_uuid FROM runs WHERE name = 'child'").fetchone()
    writer.execute("INSERT INTO metrics VALUES ('late', 7.0, 1, ?, 9, 0)", (run_id,))
    writer.commit()
    # A copy beside an open writer, as a killed training leaves it.
    killed = tmp_path / "killed"
    shutil.copytree(root, killed)
    writer.close()
    assert (killed / "mlflow.db-wal").stat().st_size > 0
    before = state(killed)
    run = named(killed, "child")
    assert series(run, "late").values.tolist() == [7.0]
    assert "sqlite-journal" in codes(run)
    assert state(killed) == before


def test_a_database_in_wal_mode_without_its_log_gets_no_files(tmp_path: Path) -> None:
    root = unpacked("mlflow_sqlite", tmp_path)
    with sqlite3.connect(root / "mlflow.db") as database:
        database.execute("PRAGMA journal_mode = WAL")
    database.close()
    assert [path.name for path in root.iterdir()] == ["mlflow.db"]
    assert len(find_runs(root / "mlflow.db")) == 3
    assert [path.name for path in root.iterdir()] == ["mlflow.db"]


def test_a_metric_file_cut_at_every_byte(tmp_path: Path) -> None:
    root = child_folder(unpacked("mlflow_files", tmp_path))
    data = (root / "metrics/train/loss").read_bytes()
    whole = points_of(data)[0].values
    for size in range(len(data)):
        (root / "metrics/train/loss").write_bytes(data[:size])
        (run,) = find_runs(root)
        kept = [part.values.tolist() for part in run.series if part.tag == "train/loss"] or [[]]
        assert str(kept[0]) == str(whole[: len(kept[0])])
        assert len(kept[0]) == data[:size].count(b"\n")
        assert codes(run) & {"truncated-file", "no-rows"} or data[size - 1 : size] == b"\n"


def test_damaged_lines_and_files_are_counted(tmp_path: Path) -> None:
    root = child_folder(unpacked("mlflow_files", tmp_path))
    loss = root / "metrics/train/loss"
    lines = loss.read_bytes().splitlines(keepends=True)
    loss.write_bytes(b"".join([lines[0], b"\xff\x00 garbage\n", b"1 2 3 4 5\n", *lines[1:]]))
    (root / "meta.yaml").write_bytes((root / "meta.yaml").read_bytes()[:120] + b"\nrun_id: abc\n\xff: [")
    (run,) = find_runs(root)
    assert {"bad-lines", "broken-config"} <= codes(run)
    assert series(run, "train/loss").values.size == len(LOSSES) + 3
    shutil.rmtree(root / "metrics")
    with pytest.raises(ReadError, match="without a metric"):
        find_runs(root)


def points(runs: list[RawRun]) -> int:
    return sum(part.values.size for run in runs for part in run.series)


def test_a_database_cut_and_flipped_anywhere_gives_what_is_left(tmp_path: Path) -> None:
    path = unpacked("mlflow_sqlite", tmp_path) / "mlflow.db"
    data = path.read_bytes()
    whole = points(list(find_runs(path)))
    chance = random.Random(3)
    sizes = [*range(0, 200, 20), *(chance.randrange(len(data)) for _ in range(25))]
    for size in sizes:
        path.write_bytes(data[:size])
        assert points(read_or_refused(path)) <= whole
    for _ in range(60):
        at, length = chance.randrange(len(data)), chance.choice([1, 1, 40, 4096])
        path.write_bytes(data[:at] + chance.randbytes(length) + data[at + length :])
        assert points(read_or_refused(path)) <= whole


def test_a_name_in_the_schema_that_is_no_text_is_damage(tmp_path: Path) -> None:
    """SQLite quotes the name in its error, which Python then cannot decode. Found by fuzzing."""
    path = unpacked("mlflow_sqlite", tmp_path) / "mlflow.db"
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE ", b"CREATE TABL\xd4 "))
    with pytest.raises(ReadError, match="damaged database"):
        find_runs(path)


def test_a_record_that_claims_more_than_memory_is_damage(tmp_path: Path) -> None:
    """What is left of an input that fuzzing found: SQLite raises MemoryError where its schema is read."""
    pages = bytearray(7 * 512)
    pages[:16] = b"SQLite format 3\0"
    pages[16:24] = b"\x02\0\0\0\0\x40\x20\x20"  # pages of 512 bytes
    pages[100], pages[111] = 5, 7  # the schema is on page 7
    pages[6 * 512 : 6 * 512 + 10] = b"\x0d\0\0\0\x05\0\0\0\x01\x9f"
    pages[6 * 512 + 0x19F : 6 * 512 + 0x1A8] = b"\xff\xff\xff\xff\xff\xff\x6c\0\x65"
    path = tmp_path / "mlflow.db"
    path.write_bytes(pages)
    with pytest.raises(MemoryError), closing(sqlite3.connect(path)) as database:
        database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    with pytest.raises(ReadError, match="damaged database"):
        find_runs(path)


def test_rows_before_and_after_a_bad_page_are_kept(tmp_path: Path) -> None:
    path = unpacked("mlflow_sqlite", tmp_path) / "mlflow.db"
    with sqlite3.connect(path) as database:
        (run_id,) = database.execute("SELECT run_uuid FROM runs WHERE name = 'child'").fetchone()
        rows = [("long", float(i), i, run_id, i, 0) for i in range(2000)]
        database.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", rows)
    database.close()
    data = bytearray(path.read_bytes())
    size = int.from_bytes(data[16:18], "big")
    # Leaves of the table (13 is their mark) with our rows in them; the middle one gets a header of nonsense.
    starts = range(size, len(data), size)
    pages = [at // size for at in starts if data[at] == 13 and b"long" in data[at : at + size]]
    bad = pages[len(pages) // 2]
    data[bad * size : bad * size + 8] = b"\xff" * 8
    path.write_bytes(data)
    run = named(path.parent, "child")
    values = series(run, "long").values
    assert 1000 < values.size < 2000
    assert values[0] == 0.0
    assert values[-1] == 1999.0
    (note,) = (note for note in run.notes if note.code == "damaged-database")
    assert "lost" in note.text


@every("status", ["[1]", "{a: 1}", ".nan", "text", "true"])
def test_a_state_that_is_none_costs_nothing(status: str, tmp_path: Path) -> None:
    meta = child_folder(unpacked("mlflow_files", tmp_path)) / "meta.yaml"
    lines = [line for line in meta.read_text().splitlines() if not line.startswith("status:")]
    meta.write_text("\n".join([*lines, f"status: {status}"]) + "\n")
    assert series(named(tmp_path, "child"), "rollout/ep_rew_mean").values.tolist() == RETURNS


def test_a_damaged_description_of_a_run_is_a_loss_that_is_said(tmp_path: Path) -> None:
    meta = child_folder(unpacked("mlflow_files", tmp_path)) / "meta.yaml"
    meta.write_text(meta.read_text() + "x: [\n")
    assert any(note.code == "broken-config" and note.lost for note in named(tmp_path, "child").notes)
