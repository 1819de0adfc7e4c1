"""The Aim reader on damaged, unfinished and odd runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from aim_repos import codes, crash_run, entries, named, open_run, read, tree_hash

from rldoctor.readers.aim.snapshot import Snapshot

POINTS = 800


def chunk(project: Path, name: str, part: str) -> Path:
    """The RocksDB folder of the run called ``name``."""
    short = named(read(project), name).id
    return next(
        path for path in (project / ".aim" / part / "chunks").iterdir() if path.name.startswith(short)
    )


def one_table(root: Path) -> Path:
    """The only table of a new run ``large``: metric ``early`` in its first half, ``late`` in its second."""
    import aimrocks

    run = open_run(root)
    run.name = "large"
    run["hparams"] = {"gamma": 0.99}
    for name in ("early", "late"):
        for i in range(POINTS):
            run.track(float(i), name=name, step=i)
    run.close()
    del run  # the SDK closes its files when the last reference goes
    folder = chunk(root, "large", "seqs")
    store = aimrocks.DB(str(folder), aimrocks.Options(), read_only=False)
    store.flush()
    store.compact_range()
    del store
    (table,) = folder.glob("*.sst")
    return table


def test_a_crashed_run_is_read_to_its_last_point_and_noted(blank: Path) -> None:
    crash_run(blank)
    before = tree_hash(blank)
    (run,) = read(blank)
    (loss,) = run.series
    np.testing.assert_array_equal(loss.steps, np.arange(300) * 10.0)
    np.testing.assert_array_equal(loss.values, np.arange(300.0))
    note = next(note for note in run.notes if note.code == "aim-run-not-closed")
    assert "UTC" in note.text
    assert tree_hash(blank) == before


def test_a_missing_table_is_named_and_the_parameters_are_kept(blank: Path) -> None:
    table = one_table(blank)
    table.unlink()
    (run,) = read(blank)
    note = next(note for note in run.notes if note.code == "aim-metric-unreadable")
    assert note.tags == ("early", "late")
    assert note.text.endswith(f"{table.name} is missing")
    assert "rldoctor-aim-" not in note.text
    assert {setting.key for setting in run.settings} >= {"hparams.gamma", "run.name"}


def test_a_corrupt_table_costs_only_the_metrics_in_the_corrupt_part(blank: Path) -> None:
    table = one_table(blank)
    damaged = bytearray(table.read_bytes())
    damaged[len(damaged) // 4] ^= 0xFF
    table.write_bytes(damaged)
    (run,) = read(blank)
    note = next(note for note in run.notes if note.code == "aim-metric-unreadable")
    assert note.tags == ("early",)
    (late,) = run.series
    np.testing.assert_array_equal(late.values, np.arange(POINTS))


def test_a_run_without_its_tables_is_kept_with_its_parameters(project: Path) -> None:
    shutil.rmtree(chunk(project, "first", "seqs"))
    runs = read(project)
    damaged = named(runs, "first")
    assert damaged.series == []
    assert any(setting.key == "hparams.seed" for setting in damaged.settings)
    assert "aim-metric-unreadable" in codes(damaged)
    assert len(named(runs, "second").series) == 4


def test_damaged_run_metadata_leaves_the_other_runs_alone(project: Path) -> None:
    for path in chunk(project, "first", "meta").iterdir():
        path.write_bytes(b"\0" * 64)
    runs = read(project)
    assert len(runs) == 2
    damaged = named(runs, "first") if any(s.key == "run.name" for s in runs[0].settings) else runs[-1]
    assert damaged.series == []
    assert any(note.level == "warning" for note in damaged.notes)
    assert len(named(runs, "second").series) == 4


def test_a_run_without_metrics_is_returned_with_a_note(blank: Path) -> None:
    run = open_run(blank)
    run["lr"] = 0.1
    run.close()
    (found,) = read(blank)
    assert found.series == []
    assert "aim-no-metrics" in codes(found)
    assert ("lr", 0.1) in [(setting.key, setting.value) for setting in found.settings]


def test_a_repository_copied_without_its_names_table_is_read(project: Path) -> None:
    (project / ".aim" / "run_metadata.sqlite").unlink()
    runs = read(project)
    assert [len(run.series) for run in runs] == [4, 4]
    for run in runs:
        note = next(note for note in run.notes if note.code == "aim-names-unreadable")
        assert "\n" not in note.text


def test_sequences_that_are_not_numbers_are_noted(blank: Path) -> None:
    from aim import Text

    run = open_run(blank)
    run.track(Text("hello"), name="remarks", step=0)
    run.track(1.0, name="loss", step=0)
    run.close()
    (found,) = read(blank)
    assert [series.tag for series in found.series] == ["loss"]
    assert next(note.tags for note in found.notes if note.code == "aim-not-scalar") == ("remarks",)


def test_a_point_of_which_only_a_part_was_written_shifts_nothing(project: Path) -> None:
    """A process killed between the writes of value and step leaves columns of unequal length."""
    from aim import Repo
    from aim.storage.context import Context

    folder = chunk(project, "first", "seqs")
    container = Repo(str(project)).request_container("seqs", folder.name, read_only=False)
    context = Context({"subset": "train"})
    container.tree().subtree(("seqs", "v2", "chunks", folder.name, context.idx, "loss")).array("val")[
        12345
    ] = 99.0
    del container
    run = named(read(project), "first")
    loss = next(s for s in run.series if s.tag == "loss" and s.context == {"subset": "train"})
    np.testing.assert_array_equal(loss.values, np.arange(40) * 0.5)
    np.testing.assert_array_equal(loss.steps, np.arange(40) * 100.0)
    assert "aim-incomplete-points" in codes(run)


def test_a_folder_that_keeps_changing_is_copied_with_a_note(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rldoctor.readers.aim import snapshot

    run_hash = chunk(project, "first", "seqs").name
    grow = project / ".aim" / "seqs" / "chunks" / run_hash / "000999.log"
    real = snapshot._listing

    def list_beside_a_writer(folder: Path) -> dict[str, int]:
        with grow.open("ab") as log:
            log.write(b"\0")
        return real(folder)

    monkeypatch.setattr(snapshot, "_listing", list_beside_a_writer)
    with Snapshot(project / ".aim") as copied, copied.stage(run_hash) as notes:
        assert [note.code for note in notes] == ["aim-live-copy"]
        assert entries(copied.repo / "seqs" / "chunks" / run_hash)


def test_a_large_run_says_what_was_copied(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rldoctor.readers.aim import snapshot

    monkeypatch.setattr(snapshot, "LARGE", 100)
    run_hash = chunk(project, "first", "seqs").name
    with Snapshot(project / ".aim") as copied, copied.stage(run_hash) as notes:
        assert {note.code for note in notes} == {"aim-large-copy"}


def test_a_file_that_vanishes_is_copied_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rldoctor.readers.aim import snapshot

    run_hash = chunk(project, "first", "seqs").name
    gone = project / ".aim" / "seqs" / "chunks" / run_hash / "000998.log"
    gone.write_bytes(b"\0")
    real = snapshot._listing

    def list_then_delete(folder: Path) -> dict[str, int]:
        names = real(folder)
        gone.unlink(missing_ok=True)
        return names

    monkeypatch.setattr(snapshot, "_listing", list_then_delete)
    with Snapshot(project / ".aim") as copied, copied.stage(run_hash) as notes:
        assert notes == []
        names = entries(copied.repo / "seqs" / "chunks" / run_hash)
        assert "000998.log" not in names
        assert "CURRENT" in names


LIVE = """
import sys, time
from aim import Run
run = Run(repo=sys.argv[1], system_tracking_interval=None, capture_terminal_logs=False)
for i in range(10**9):
    run.track(float(i), name="loss", step=i)
    if i == 500:
        print("ready", flush=True)
"""


def test_a_run_that_is_being_written_is_read_to_where_it_is(blank: Path) -> None:
    import subprocess
    import sys

    with subprocess.Popen([sys.executable, "-c", LIVE, str(blank)], stdout=subprocess.PIPE) as writer:
        try:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"ready\n"
            (run,) = read(blank)
            assert writer.poll() is None
        finally:
            writer.kill()
    (loss,) = run.series
    assert loss.steps.size >= 500
    np.testing.assert_array_equal(loss.steps, np.arange(loss.steps.size))
    np.testing.assert_array_equal(loss.values, loss.steps)
    assert "aim-run-not-closed" in codes(run)
