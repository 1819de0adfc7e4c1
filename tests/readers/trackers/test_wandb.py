"""W&B's binary logs and folders, on files that wandb 0.31.0 and 0.19.11 wrote."""

from __future__ import annotations

import io
import random
from binascii import crc32
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
    said_or_whole,
    series,
    settings,
    state,
    the_file,
    unpacked,
)

from rldoctor.api import load
from rldoctor.errors import ReadError
from rldoctor.model.raw import RawRun
from rldoctor.readers.discover import find_runs
from rldoctor.readers.wandb import frames
from rldoctor.readers.wandb.binary import read_binary
from rldoctor.readers.wandb.frames import BLOCK, HEADER
from rldoctor.readers.wandb.messages import NoMessageError, items

BOTH = ("wandb", "wandb_old")
LOSS = {"damaged-records", "truncated-file", "damaged-header"}


@every("version", BOTH)
def test_history_configuration_name_and_tags_are_read(version: str, tmp_path: Path) -> None:
    run = named(unpacked(version, tmp_path), "full")
    assert series(run, "rollout/ep_rew_mean").values.tolist() == RETURNS
    np.testing.assert_array_equal(series(run, "train/loss").values, LOSSES)
    assert series(run, "global_step").values.tolist() == STEPS
    assert series(run, "eval/success_rate").steps.tolist() == [2, 5, 8, 11]
    assert series(run, "nested.b.c").values.tolist() == [2.0 * i for i in range(12)]
    assert series(run, "flag").values[:3].tolist() == [1.0, 0.0, 1.0]
    found = settings(run)
    assert found["learning_rate"] == 3e-4
    assert found["net.sizes"] == [64, 64]
    assert found["late"] is True
    about = {"run.id": "aaaaaaaa", "run.project": "rl", "run.group": "g", "run.description": "a note"}
    assert about.items() <= found.items()
    assert found["run.tags"] in (["base", "v1"], ["baseline", "v1"])
    wall = series(run, "train/loss").wall
    assert wall is not None
    assert bool((np.diff(wall) >= 0).all())


@every("version", BOTH)
def test_what_is_no_number_is_named_and_last_values_are_kept(version: str, tmp_path: Path) -> None:
    run = named(unpacked(version, tmp_path), "full")
    (note,) = (note for note in run.notes if note.code == "wandb-not-scalar")
    assert note.tags == ("hist", "word")
    assert not any(part.tag.startswith("hist") for part in run.series)
    best = series(run, "best")
    assert (best.steps.tolist(), best.values.tolist()) == ([11.0], [33.75])


@every("version", BOTH)
def test_records_longer_than_a_block_and_the_exit_code(version: str, tmp_path: Path) -> None:
    root = unpacked(version, tmp_path)
    assert the_file(root, "*bbb.wandb").stat().st_size > 3 * BLOCK
    run = named(root, "long")
    assert series(run, "_step").values.tolist() == [100.0 * (i + 1) for i in range(250)]
    assert series(run, "train/metric_2").values.tolist() == pytest.approx(
        [100.0 * (i + 1) / 3 for i in range(250)]
    )
    assert "wandb-exit-code" in codes(run)
    assert not codes(run) & LOSS


@every("version", BOTH)
def test_a_killed_run_says_that_it_was_never_finished(version: str, tmp_path: Path) -> None:
    run = named(unpacked(version, tmp_path), "killed")
    loss = series(run, "train/loss").values
    assert loss.tolist() == [i / 2 for i in range(loss.size)]
    assert loss.size > 50
    assert "wandb-not-finished" in codes(run)


def test_a_folder_is_read_without_a_change(tmp_path: Path) -> None:
    root = unpacked("wandb", tmp_path)
    before = state(root)
    assert len(find_runs(root)) == 3
    assert state(root) == before


def test_latest_run_is_not_read_twice_and_a_file_can_be_named(tmp_path: Path) -> None:
    root = unpacked("wandb", tmp_path) / "wandb"
    (root / "latest-run").symlink_to(next(root.glob("*aaaaaaaa")))
    assert len(find_runs(root)) == 3
    (run,) = find_runs(the_file(root, "offline*/*aaa.wandb"))
    assert run.id == "run-aaaaaaaa.wandb/full"


def read_or_none(path: Path) -> RawRun | None:
    """The run in a file; None where it is refused in words. Any other exception fails the test."""
    try:
        return read_binary(path)
    except ReadError:
        return None


def test_cut_at_every_byte(tmp_path: Path) -> None:
    data = the_file(unpacked("wandb", tmp_path), "*aaa.wandb").read_bytes()
    path = tmp_path / "cut.wandb"
    path.write_bytes(data)
    whole = read_binary(path)
    rows = []
    # Every byte of the first rows, then often enough to meet every record.
    for size in [*range(3000), *range(3000, len(data), 11), len(data) - 1]:
        path.write_bytes(data[:size])
        run = read_or_none(path)
        if run is None:
            rows.append(0)
            continue
        # A cut between two records is a file that is still being written.
        assert codes(run) & {"truncated-file", "wandb-not-finished"}
        rows.append(max((part.values.size for part in run.series), default=0))
    assert rows == sorted(rows)
    assert rows[-1] == max(part.values.size for part in whole.series)


def test_every_byte_flipped_is_said(tmp_path: Path) -> None:
    data = the_file(unpacked("wandb", tmp_path), "*aaa.wandb").read_bytes()
    path = tmp_path / "flipped.wandb"
    path.write_bytes(data)
    whole = read_binary(path)
    for at in [*range(600), *range(600, len(data), 13)]:
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x41]) + data[at + 1 :])
        run = read_binary(path)
        assert codes(run) & LOSS, at
        said_or_whole(run, whole, LOSS)
        kept = series(run, "train/loss").values.size
        # One record at most is lost: a row of the history, or nothing of it.
        assert kept >= len(LOSSES) - 1, at


def test_noise_in_a_long_file_costs_what_it_covers(tmp_path: Path) -> None:
    path = the_file(unpacked("wandb", tmp_path), "*bbb.wandb")
    data, whole = path.read_bytes(), read_binary(path)
    chance = random.Random(7)
    for _ in range(30):
        at, size = chance.randrange(len(data) - 5000), chance.randrange(1, 5000)
        path.write_bytes(data[:at] + chance.randbytes(size) + data[at + size :])
        (run,) = read_or_refused(path)
        said_or_whole(run, whole, LOSS)
        steps = series(run, "_step").values
        assert steps.size >= 250 - size // 200 - 3
        assert bool((np.diff(steps) > 0).all())


def test_a_lost_block_and_zeros_at_the_end(tmp_path: Path) -> None:
    path = the_file(unpacked("wandb", tmp_path), "*bbb.wandb")
    data = path.read_bytes()
    path.write_bytes(data[:BLOCK] + bytes(BLOCK) + data[2 * BLOCK :])
    run = read_binary(path)
    assert 0 < series(run, "_step").values.size < 250
    (note,) = (note for note in run.notes if note.code == "damaged-records")
    assert "records are lost" in note.text
    path.write_bytes(data + bytes(4096))
    assert series(read_binary(path), "_step").values.size == 250


def test_a_run_in_which_nothing_was_logged_says_how_it_ended(tmp_path: Path) -> None:
    path = the_file(unpacked("wandb", tmp_path), "*bbb.wandb")
    first = frames.records(io.BytesIO(path.read_bytes()), frames.FrameDamage())
    about = [record for record in first if b"train/" not in record and b"rollout/" not in record]
    data = bytearray(HEADER)
    for record in about:
        crc = crc32(record, crc32(b"\x01"))
        data += crc.to_bytes(4, "little") + len(record).to_bytes(2, "little") + b"\x01" + record
    assert len(data) < BLOCK
    path.write_bytes(data)
    with pytest.raises(ReadError, match=r"no metric was logged \(.*exit code 3"):
        find_runs(path)


@every("data", [b"", HEADER, b"GIF89a" + bytes(100), HEADER + bytes(60)], ids=range(4))
def test_a_file_without_a_record_is_refused_in_words(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "run-x.wandb").write_bytes(data)
    with pytest.raises(ReadError, match=r"run-x\.wandb: (a W&B log without a record|not a W&B log)"):
        find_runs(tmp_path)


def test_the_configuration_of_the_folder_fills_what_the_log_lacks(tmp_path: Path) -> None:
    path = the_file(unpacked("wandb", tmp_path), "*aaa.wandb")
    files = path.parent / "files"
    files.mkdir()
    text = "_wandb:\n  value: {}\ngamma:\n  desc: null\n  value: 0.9\nlearning_rate:\n  value: 7\n"
    (files / "config.yaml").write_text(text)
    found = settings(read_or_refused(path.parent)[0])
    assert (found["gamma"], found["learning_rate"]) == (0.9, 3e-4)
    data = bytearray(path.read_bytes())
    data[data.index(b"learning_rate")] ^= 1
    path.write_bytes(data)
    (run,) = find_runs(path.parent)
    assert settings(run)["learning_rate"] == 7


def cloud_folder(tmp_path: Path) -> Path:
    """What an online run leaves when its log was removed, as wandb 0.19 writes it."""
    files = tmp_path / "wandb" / "run-20260101_120000-zzzzzzzz" / "files"
    files.mkdir(parents=True)
    (files / "wandb-metadata.json").write_text('{"program": "train.py", "root": "/x"}')
    (files / "config.yaml").write_text("gamma:\n  value: 0.9\n")
    return files


def test_a_cloud_run_without_history_says_what_it_is_and_how_to_export(tmp_path: Path) -> None:
    files = cloud_folder(tmp_path)
    with pytest.raises(ReadError, match="history is on W&B's server") as caught:
        find_runs(tmp_path)
    assert "ENTITY/PROJECT/zzzzzzzz" in caught.value.hint
    (files / "wandb-summary.json").write_text('{"train/loss": 0.5, "reward": 3, "_wandb": {"runtime": 1}}')
    (run,) = find_runs(tmp_path)
    assert {"last-values", "wandb-no-history"} <= codes(run)
    assert series(run, "reward").values.tolist() == [3.0]
    assert settings(run)["gamma"] == 0.9
    (files / "output.log").write_text("".join(f"step: {i}, reward: {i * 2.0}\n" for i in range(9)))
    (run,) = find_runs(tmp_path)
    assert series(run, "reward").values.size == 9
    assert "wandb-no-history" in codes(run)


def test_an_exported_history_is_read_in_the_place_of_the_remains(tmp_path: Path) -> None:
    files = cloud_folder(tmp_path)
    rows = "".join(f'{{"_step": {i}, "reward": {i}.5}}\n' for i in range(9))
    (files / "wandb-history.jsonl").write_text(rows)
    (run,) = find_runs(tmp_path)
    assert series(run, "reward").values.size == 9
    assert "wandb-no-history" not in codes(run)


def test_the_step_metric_that_a_program_defines_is_its_axis(tmp_path: Path) -> None:
    (run,) = load(unpacked("wandb_defined", tmp_path)).runs
    assert run.axis == "env_steps"
    assert run.metrics["episode_return"].steps.tolist() == [2048.0 * (row + 1) for row in range(40)]
    # Not the rows that W&B counts itself.
    assert run.metrics["env_steps"].tag == "interactions_done"


@pytest.mark.parametrize("cut", [b"\x82\x01", b"\x82\x01\x05"])
def test_an_item_that_ends_with_the_mark_of_a_value(cut: bytes) -> None:
    """Found by fuzzing: a record cut behind the mark, where the length of the value would stand."""
    inner = b"\x12\x02ab" + cut
    data = bytes([0x0A, len(inner)]) + inner
    try:
        found = list(items(data))
    except NoMessageError:
        return
    assert all(name == b"ab" for name, _ in found)
