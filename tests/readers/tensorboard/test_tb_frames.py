from io import FileIO
from pathlib import Path

import numpy as np
import pytest

from rldoctor.readers.tensorboard import cursors, frames
from rldoctor.readers.tensorboard.crc import masked_crc
from rldoctor.readers.tensorboard.frames import DamagedBytes, FrameReader, walk


def record(payload: bytes) -> bytes:
    header = len(payload).to_bytes(8, "little")
    return (
        header
        + masked_crc(header).to_bytes(4, "little")
        + payload
        + masked_crc(payload).to_bytes(4, "little")
    )


def read(path: Path) -> tuple[list[bytes], list[DamagedBytes]]:
    payloads = []
    with FileIO(path) as stream:
        reader = FrameReader(stream)
        for batch in reader:
            for start, length in zip(batch.starts.tolist(), batch.lengths.tolist(), strict=True):
                payloads.append(batch.data[start : start + length].tobytes())
        assert reader.records == len(payloads)
    return payloads, reader.damage


@pytest.fixture
def payloads() -> list[bytes]:
    rng = np.random.default_rng(3)
    return [rng.integers(0, 256, int(size), dtype=np.uint8).tobytes() for size in rng.integers(0, 120, 3000)]


def test_many_batches(tmp_path, payloads, monkeypatch):
    monkeypatch.setattr(frames, "BATCH_BYTES", 5000)
    path = tmp_path / "events"
    path.write_bytes(b"".join(map(record, payloads)))
    assert read(path) == (payloads, [])


def test_a_record_larger_than_the_buffer(tmp_path, monkeypatch):
    monkeypatch.setattr(frames, "BATCH_BYTES", 5000)
    path = tmp_path / "events"
    wanted = [b"a" * 10, bytes(range(256)) * 300, b"b" * 10]
    path.write_bytes(b"".join(map(record, wanted)))
    assert read(path) == (wanted, [])


def test_cursors_agree_with_the_loop(payloads):
    content = bytearray(b"".join(map(record, payloads)) + bytes(frames.PADDING))
    filled = len(content) - frames.PADDING
    data = np.frombuffer(content, dtype=np.uint8)
    for cut in (filled, filled - 1, filled - 7, filled - 300):
        proposal = cursors.propose_positions(data, cut)
        looped = frames._walk_one_by_one(content, cut)
        assert proposal is not None
        assert proposal[0].tolist() == looped[0].tolist()
        assert proposal[1] == looped[1]


def test_event_files_inside_a_record_do_not_mislead_the_cursors(tmp_path):
    inner = b"".join(record(b"x" * 40) for _ in range(2000))
    wanted = [b"before", inner, *[b"y" * 50] * 500]
    path = tmp_path / "events"
    path.write_bytes(b"".join(map(record, wanted)))
    assert read(path) == (wanted, [])


@pytest.mark.parametrize("cut", [1, 4, 5, 15, 16, 20, 40])
def test_truncated_tail_is_reported(tmp_path, payloads, cut):
    content = b"".join(map(record, payloads)) + record(b"z" * 50)
    path = tmp_path / "events"
    path.write_bytes(content[:-cut])
    got, damage = read(path)
    assert got == payloads
    assert damage == [DamagedBytes("truncated", len(content) - 66, 66 - cut)]


@pytest.mark.parametrize("position", [0, 3, 7, 8, 11])
def test_bad_header_resynchronises(tmp_path, payloads, position):
    parts = [bytearray(record(payload)) for payload in payloads]
    parts[1000][position] ^= 0x40
    path = tmp_path / "events"
    path.write_bytes(b"".join(parts))
    got, damage = read(path)
    assert got == payloads[:1000] + payloads[1001:]
    offset = sum(map(len, parts[:1000]))
    assert damage == [DamagedBytes("bad-length", offset, len(parts[1000]))]


def test_bad_header_at_a_batch_border(tmp_path, payloads, monkeypatch):
    parts = [bytearray(record(payload)) for payload in payloads]
    for k in (10, 90, 91, 2000, 2999):
        parts[k][8] ^= 1
    path = tmp_path / "events"
    path.write_bytes(b"".join(parts))
    whole = read(path)
    for size in (4096, 4099, 5003):
        monkeypatch.setattr(frames, "BATCH_BYTES", size)
        assert read(path) == whole
    assert len(whole[0]) == len(payloads) - 5
    assert [item.kind for item in whole[1]] == ["bad-length"] * 3 + ["bad-tail"]


def test_zero_tail(tmp_path, payloads):
    content = b"".join(map(record, payloads))
    path = tmp_path / "events"
    path.write_bytes(content + bytes(4096))
    assert read(path) == (payloads, [DamagedBytes("zero-tail", len(content), 4096)])


def test_empty_file_and_random_bytes(tmp_path):
    path = tmp_path / "events"
    path.write_bytes(b"")
    assert read(path) == ([], [])
    path.write_bytes(np.random.default_rng(0).integers(0, 256, 100_000, dtype=np.uint8).tobytes())
    assert read(path) == ([], [DamagedBytes("bad-tail", 0, 100_000)])


def test_file_that_grows_while_it_is_read(tmp_path, payloads, monkeypatch):
    monkeypatch.setattr(frames, "BATCH_BYTES", 4096)
    path = tmp_path / "events"
    half = b"".join(map(record, payloads[:1500]))
    path.write_bytes(half[:-3])
    got = 0
    with FileIO(path) as stream, path.open("ab") as writer:
        reader = FrameReader(stream, len(half))
        for number, batch in enumerate(reader):
            got += len(batch.starts)
            if number == 2:
                writer.write(half[-3:] + b"".join(map(record, payloads[1500:])))
                writer.flush()
    assert got == len(payloads)
    assert reader.damage == []


def test_walk_stops_before_a_bad_header_in_a_small_buffer():
    good = record(b"abc")
    content = bytearray(good + b"\x01" * 40 + bytes(frames.PADDING))
    positions, stop = walk(content, np.frombuffer(content, dtype=np.uint8), len(good) + 40)
    assert positions.tolist() == [0]
    assert stop == len(good)
