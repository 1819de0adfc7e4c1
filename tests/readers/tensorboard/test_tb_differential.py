"""Event files against protobuf itself: records that were changed, with checksums that fit the change."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from every import every
from hostile_logs import event, record
from hypothesis import given, settings
from hypothesis import strategies as st

from rldoctor.readers.tensorboard.eventfile import read_event_file
from rldoctor.readers.tensorboard.reader import TensorBoardReader

pytest.importorskip("tensorboard")
from google.protobuf.message import DecodeError
from tensorboard.compat.proto import event_pb2

START = record(b"\x09" + bytes(8))
GOOD = b"".join(record(event(b"loss", step, 1.0 + step)) for step in range(50))


def read(path: Path, data: bytes):
    path.write_bytes(data)
    return read_event_file(path)


@every("length", [10_000, 10**6, 1 << 30, 1 << 40, (1 << 62) + 1])
def test_a_length_that_lies_with_a_right_checksum_costs_its_own_record_only(
    length: int, tmp_path: Path
) -> None:
    found = read(tmp_path / "x.tfevents", START + GOOD + record(b"abc", length) + GOOD)
    assert len(found.scalars["loss"]) == 100
    assert [(one.kind, one.size) for one in found.damage] == [("bad-length", 19)]


def test_a_record_that_is_being_written_is_still_a_cut_tail(tmp_path: Path) -> None:
    for size in range(1, 40):
        found = read(tmp_path / "x.tfevents", START + GOOD + record(event(b"loss", 60, 1.0))[:size])
        assert [one.kind for one in found.damage] == ["truncated"], size
        assert len(found.scalars["loss"]) == 50


def test_a_tensor_of_a_type_that_does_not_exist_costs_its_record_only(tmp_path: Path) -> None:
    made = event_pb2.Event(wall_time=1.0, step=3)
    value = made.summary.value.add(tag="x")
    value.tensor.dtype = 21
    value.tensor.tensor_content = b"\0\0\0\0"
    found = read(tmp_path / "x.tfevents", START + GOOD + record(made.SerializeToString()) + GOOD)
    assert len(found.scalars["loss"]) == 100
    assert found.unparsable == 1


def serialised(tag: str, step: int, number: float, kind: str) -> bytes:
    made = event_pb2.Event(wall_time=1e9, step=step)
    value = made.summary.value.add(tag=tag)
    if kind == "simple":
        value.simple_value = number
    else:
        value.metadata.plugin_data.plugin_name = "scalars"
        value.tensor.dtype = 1 if kind == "float" else 2
        if kind == "float":
            value.tensor.float_val.append(number)
        else:
            value.tensor.tensor_content = struct.pack("<d", number)
    return made.SerializeToString()


EVENTS = st.builds(
    serialised,
    st.sampled_from(["loss", "train/value_loss", "x" * 130, ""]),
    st.sampled_from([0, 1, 127, 128, 2**20, 2**40, -1, 2**62]),
    st.floats(-1e6, 1e6, width=32),
    st.sampled_from(["simple", "float", "double"]),
)


def expected(payload: bytes) -> list[tuple[str, int]] | None:
    """Tags and steps of the numbers in an event; None where protobuf refuses it."""
    try:
        made = event_pb2.Event.FromString(payload)
    except DecodeError:
        return None
    return [(value.tag, made.step) for value in made.summary.value if value.HasField("simple_value")]


@settings(max_examples=400)
@given(st.lists(EVENTS, min_size=1, max_size=3), st.data())
def test_what_protobuf_refuses_is_counted_and_what_it_reads_is_read(payloads, data) -> None:
    changed = bytearray(payloads[0])
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(0, len(changed) - 1))
        changed[place] = data.draw(st.integers(0, 255))
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        found = read(Path(folder) / "x.tfevents", START + b"".join(map(record, [bytes(changed), *payloads])))
    truth = [expected(payload) for payload in (bytes(changed), *payloads)]
    logged = sum(len(columns) for columns in found.scalars.values())
    # A tag that is no UTF-8 is kept with a note, where protobuf refuses the event: the number is evidence.
    strange = sum(len(found.scalars[tag]) for tag in found.strange_tags)
    for wanted in truth:
        for tag, step in wanted or ():
            assert step in found.scalars[tag].steps
    # Either counted as unreadable, kept under a strange tag, or without any number that could be read.
    refused = truth.count(None)
    readable = sum(one is not None for one in truth[1:])
    assert logged >= readable
    if truth[0] is None and logged - strange > len(payloads):
        raise AssertionError(f"{refused} refused, but {logged} points were read: {bytes(changed).hex()}")


@settings(max_examples=300)
@given(st.binary(max_size=400), st.integers(0, len(START + GOOD)))
def test_bytes_put_in_anywhere_never_raise_and_never_change_a_value(noise: bytes, place: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        whole = START + GOOD
        found = read(Path(folder) / "x.tfevents", whole[:place] + noise + whole[place:])
    points = found.scalars.get("loss")
    assert points is None or all(
        1.0 + step == value for step, value in zip(points.steps, points.values, strict=True)
    )


@every("place", range(0, len(START + GOOD), 7))
def test_every_cut_is_read_up_to_it_and_said(place: int, tmp_path: Path) -> None:
    path = tmp_path / "events.out.tfevents.1"
    path.write_bytes((START + GOOD)[:place])
    if place <= len(START):
        return
    (run,) = TensorBoardReader().read(tmp_path, [path.name])
    records = (place - len(START)) // len(record(event(b"loss", 1, 1.0)))
    kept = sum(len(one.values) for one in run.series)
    assert kept <= records + 1
    whole = place in cuts()
    assert whole or any(note.lost for note in run.notes)


def cuts() -> set[int]:
    """Where a record ends."""
    ends, at = set(), len(START)
    for step in range(51):
        ends.add(at)
        at += len(record(event(b"loss", step, 1.0)))
    return ends
