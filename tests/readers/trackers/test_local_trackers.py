"""DVCLive, ClearML offline, Sacred, Lightning's CSVLogger, Neptune's export, as the libraries wrote them."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from every import every
from tracker_files import (
    LOSSES,
    RETURNS,
    STEPS,
    codes,
    find_or_refuse,
    named,
    read_or_refused,
    series,
    settings,
    state,
    the_file,
    unpacked,
)

from rldoctor.errors import MissingExtraError, ReadError
from rldoctor.readers.discover import find_runs

DAMAGE = {
    "truncated-file",
    "bad-lines",
    "unreadable-file",
    "bad-cells",
    "no-rows",
    "ragged-rows",
    "blank-column",
}


@every("name, key", [("dvclive", "net.sizes"), ("clearml", "net.sizes"), ("sacred", "net.sizes")])
def test_numbers_and_configuration_are_as_logged(name: str, key: str, tmp_path: Path) -> None:
    root = unpacked(name, tmp_path)
    before = state(root)
    run = find_runs(root).runs[0]
    assert run.format == name
    returns = series(run, "rollout/ep_rew_mean")
    assert returns.values.tolist() == RETURNS
    # ClearML's library writes 0.0 for what is not finite.
    losses = np.nan_to_num(LOSSES, nan=0, posinf=0, neginf=0) if name == "clearml" else np.array(LOSSES)
    np.testing.assert_array_equal(series(run, "train/loss").values, losses)
    assert series(run, "eval/success_rate").values.size == 4
    assert (settings(run)["learning_rate"], settings(run)[key]) == (3e-4, [64, 64])
    assert state(root) == before


def test_dvclive_counts_steps_by_itself_so_they_are_a_column(tmp_path: Path) -> None:
    (run,) = find_runs(unpacked("dvclive", tmp_path))
    assert series(run, "step").values.tolist() == list(range(12))
    assert {part.axis for part in run.series} == {"row"}
    assert series(run, "eval/success_rate").steps.tolist() == [2, 5, 8, 11]


def test_dvclive_damage_costs_one_metric(tmp_path: Path) -> None:
    root = unpacked("dvclive", tmp_path)
    path = the_file(root, "loss.tsv")
    data = path.read_bytes()
    for size in range(len(data)):
        path.write_bytes(data[:size])
        run = read_or_refused(root)[0]
        kept = [part.values for part in run.series if part.tag == "train/loss"]
        whole = sum(part.size for part in kept)
        if whole < 12 and not data[:size].endswith(b"\n"):
            assert codes(run) & DAMAGE, size
        assert series(run, "rollout/ep_rew_mean").values.tolist() == RETURNS


def test_clearml_reads_the_zip_where_the_folder_is_gone_and_says_what_zeros_are(tmp_path: Path) -> None:
    root = unpacked("clearml", tmp_path)
    (run,) = find_runs(root)
    assert series(run, "Summary/final").steps.tolist() == [STEPS[-1]]
    (note,) = (note for note in run.notes if note.code == "clearml-zeros")
    assert note.tags == ("train/loss",)
    folder = the_file(root, "task.json").parent
    shutil.rmtree(folder)
    (zipped,) = find_runs(root)
    assert [part.tag for part in zipped.series] == [part.tag for part in run.series]
    path = the_file(root, "*.zip")
    data = path.read_bytes()
    for size in range(0, len(data), 97):
        path.write_bytes(data[:size])
        assert find_or_refuse(root) is None


def test_clearml_cut_at_every_byte(tmp_path: Path) -> None:
    root = unpacked("clearml", tmp_path)
    path = the_file(root, "metrics.jsonl")
    data = path.read_bytes()
    for size in range(0, len(data), 29):
        path.write_bytes(data[:size])
        for run in read_or_refused(path.parent):
            assert codes(run) & DAMAGE or data[size - 1 : size] == b"\n"


def test_sacred_says_how_a_run_ended_and_reads_info_beside_it(tmp_path: Path) -> None:
    root = unpacked("sacred", tmp_path)
    good, failed = find_runs(root)
    assert settings(good)["run.experiment"] == "rl_sacred"
    assert "sacred-ended" not in codes(good)
    assert "sacred-ended" in codes(failed)
    assert series(good, "train/loss").steps.tolist() == STEPS
    (root / "1/info.json").write_text(
        json.dumps({"return_mean": [1.0, 2.0, 3.0], "return_mean_T": [1, 2, 3]})
    )
    good, _ = find_runs(root)
    assert {"return_mean", "train/loss"} <= good.tags()


def test_sacred_cut_while_it_was_rewritten_is_told(tmp_path: Path) -> None:
    root = unpacked("sacred", tmp_path)
    shutil.rmtree(root / "2")
    path = root / "1/metrics.json"
    data = path.read_bytes()
    for size in range(0, len(data) - 1, 41):
        path.write_bytes(data[:size])
        with pytest.raises(ReadError, match=r"metrics\.json: no JSON object"):
            find_runs(root)
    path.write_bytes(data)
    (root / "1/run.json").write_bytes(b'{"experiment": ')
    (run,) = find_runs(root)
    assert "broken-config" in codes(run)


def test_lightning_rows_of_training_and_validation(tmp_path: Path) -> None:
    (run,) = find_runs(unpacked("lightning", tmp_path))
    assert series(run, "rollout/ep_rew_mean").values.tolist() == RETURNS
    np.testing.assert_array_equal(series(run, "train/loss").values, LOSSES)
    assert series(run, "eval/success_rate").values.size == 4
    assert settings(run)["learning_rate"] == 3e-4


def test_neptune_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = unpacked("neptune", tmp_path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match="needs pyarrow") as caught:
        find_runs(root)
    assert caught.value.hint == "pip install pyarrow"


def test_other_parquet_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "data.parquet").write_bytes(b"PAR1" + bytes(100) + b"PAR1")
    (tmp_path / "short.parquet").write_bytes(b"PA")
    with pytest.raises(ReadError, match="no training run found"):
        find_runs(tmp_path)


def test_neptune_runs_in_parts(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    root = unpacked("neptune", tmp_path)
    before = state(root)
    run = named(root, "run RL-1")
    assert series(run, "rollout/ep_rew_mean").values.tolist() == RETURNS
    assert series(run, "train/loss").steps.tolist() == STEPS
    np.testing.assert_array_equal(series(run, "train/loss").values, LOSSES)
    assert "monitoring/cpu" not in run.tags()
    assert settings(run)["parameters.learning_rate"] == 3e-4
    assert len(find_runs(root)) == 2
    assert state(root) == before
    path = the_file(root, "RL-1*part_2*")
    data = path.read_bytes()
    for size in range(0, len(data), 211):
        path.write_bytes(data[:size])
        assert len(read_or_refused(root)) == 2
    for at in range(0, len(data), 211):
        path.write_bytes(data[:at] + b"\xff" + data[at + 1 :])
        read_or_refused(root)
