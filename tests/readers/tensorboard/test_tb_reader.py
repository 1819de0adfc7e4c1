import os
import shutil

import numpy as np
import pytest
from tb_files import ramp

from rldoctor.errors import ReadError
from rldoctor.readers.tensorboard import TensorBoardReader, read_event_file


def read(path, names=None):
    reader = TensorBoardReader()
    return reader.read(path, reader.claims(path, names or sorted(entry.name for entry in path.iterdir())))


def codes(run):
    return sorted(note.code for note in run.notes)


def test_claims_by_content_then_by_name(write, tmp_path):
    path = write(ramp("a", 0, 5000))
    directory = path.parent
    shutil.copy(path, directory / "renamed.bin")
    (directory / "events.out.tfevents.123.host").write_bytes(b"")
    (directory / "events.out.tfevents.9.李智.v2").write_bytes(b"junk")
    (directory / "progress.csv").write_text("a,b\n1,2\n")
    (directory / "tfevents").mkdir()
    names = sorted(entry.name for entry in directory.iterdir())
    claimed = TensorBoardReader().claims(directory, names)
    assert set(names) - set(claimed) == {"progress.csv", "tfevents"}
    assert TensorBoardReader().claims(directory, ["missing.csv"]) == []


def test_other_tfrecord_files_are_not_claimed(tmp_path):
    from test_tb_frames import record

    (tmp_path / "train.tfrecord").write_bytes(record(b"\x0a\x05hello"))
    assert TensorBoardReader().claims(tmp_path, ["train.tfrecord"]) == []


def test_a_run(write, tmp_path):
    path = write(ramp("loss", 0, 5000) + ramp("return", 0, 3000))
    (run,) = read(path.parent)
    assert (run.id, run.path, run.format, run.files) == ("run", path.parent, "tensorboard", [path.name])
    assert run.notes == []
    loss, returns = run.series
    assert (loss.tag, loss.axis, loss.source) == ("loss", "step", path.name)
    assert loss.steps.tolist() == loss.values.tolist() == list(range(0, 5001, 1000))
    assert loss.wall is not None
    assert loss.wall.tolist() == [1.7e9 + k for k in range(6)]
    assert len(returns.steps) == 4
    assert {part.dtype for part in (loss.steps, loss.values, loss.wall)} == {np.dtype(np.float64)}


def test_reading_writes_nothing(write):
    path = write(ramp("a", 0, 5000))
    before = [(entry.name, entry.stat().st_mtime_ns) for entry in path.parent.iterdir()]
    path.parent.chmod(0o555)
    try:
        read(path.parent)
    finally:
        path.parent.chmod(0o755)
    assert [(entry.name, entry.stat().st_mtime_ns) for entry in path.parent.iterdir()] == before


def test_damage_is_noted_and_the_rest_read(write):
    path = write(ramp("a", 0, 200_000))
    content = bytearray(path.read_bytes())
    content[3000] ^= 0xFF
    path.write_bytes(content[:-5])
    (run,) = read(path.parent)
    assert codes(run) in (["corrupt-records", "truncated-file"], ["bad-length", "truncated-file"])
    assert len(run.series[0].steps) == 199
    assert all(path.name in note.text for note in run.notes)


def test_bad_length_is_reported_with_its_offset(write):
    path = write(ramp("a", 100_000, 150_000))
    assert len(read_event_file(path).scalars["a"]) == 51
    content = bytearray(path.read_bytes())
    size = (len(content) - 88) // 51
    offset = len(content) - 10 * size
    content[offset + 1] ^= 0x0F
    path.write_bytes(content)
    (run,) = read(path.parent)
    (note,) = run.notes
    assert note.code == "bad-length"
    assert note.level == "warning"
    assert f"{size} bytes at offset {offset}" in note.text
    assert len(run.series[0].steps) == 50


def test_header_only_files_beside_a_run(write):
    for _ in range(6):
        path = write([])
    write(ramp("a", 0, 5000))
    (run,) = read(path.parent)
    assert codes(run) == ["files-without-scalars"]
    assert run.notes[0].text.startswith("6 files hold no scalars")
    assert run.notes[0].text.endswith("and 2 more")


def test_only_header_only_files(write):
    path = write([])
    write([])
    (run,) = read(path.parent)
    assert run.series == []
    assert codes(run) == ["no-scalars"]


def test_text_only_file_completes_the_settings_of_the_only_run(write, tmp_path):
    tensorboard = pytest.importorskip("torch.utils.tensorboard")
    path = write(ramp("a", 0, 5000))
    writer = tensorboard.SummaryWriter(str(path.parent))
    writer.add_text("hyperparameters", "|param|value|\n|-|-|\n|lr|0.5|")
    writer.close()
    (run,) = read(path.parent)
    assert [(setting.key, setting.value) for setting in run.settings] == [("lr", 0.5)]


def test_nothing_readable_is_one_clear_error(tmp_path):
    (tmp_path / "events.out.tfevents.1.a").write_bytes(b"")
    (tmp_path / "events.out.tfevents.2.b").write_bytes(b"\x00\x01random" * 50)
    with pytest.raises(ReadError, match="no readable TensorBoard event file") as error:
        read(tmp_path)
    assert "events.out.tfevents.1.a is empty" in str(error.value)
    assert "events.out.tfevents.2.b is no event file (400 bytes without a valid record)" in str(error.value)
    assert "copied completely" in error.value.hint


def test_foreign_file_beside_a_run_is_noted(write):
    path = write(ramp("a", 0, 5000))
    (path.parent / "events.out.tfevents.0.x").write_bytes(b"not an event file at all")
    (run,) = read(path.parent)
    assert codes(run) == ["not-an-event-file"]
    assert len(run.series[0].steps) == 6


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file_is_noted(write):
    path = write(ramp("a", 0, 5000))
    other = path.with_name("events.out.tfevents.0.x")
    other.write_bytes(b"x")
    other.chmod(0)
    (run,) = read(path.parent)
    assert codes(run) == ["unreadable-file"]


def test_missing_file_is_a_read_error(tmp_path):
    with pytest.raises(ReadError, match="No such file"):
        TensorBoardReader().read(tmp_path, ["events.out.tfevents.1"])


def test_stable_baselines3_log(tmp_path):
    logger = pytest.importorskip("stable_baselines3.common.logger")
    log = logger.configure(str(tmp_path / "PPO_1"), ["tensorboard", "csv"])
    for step in range(1, 6):
        log.record("train/loss", 1.0 / step)
        log.record("rollout/ep_rew_mean", float(step))
        log.dump(step * 2048)
    log.close()
    (run,) = read(tmp_path / "PPO_1")
    assert run.tags() == {"train/loss", "rollout/ep_rew_mean"}
    (series,) = [part for part in run.series if part.tag == "train/loss"]
    assert series.values.tolist() == [float(np.float32(1.0 / step)) for step in range(1, 6)]
