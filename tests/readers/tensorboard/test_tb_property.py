import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rldoctor.readers.tensorboard import read_event_file

tags = st.text(min_size=1, max_size=12).filter(lambda tag: "/" not in tag[:1])
steps = st.one_of(st.integers(0, 300), st.integers(-(2**63), 2**63 - 1))
points = st.lists(st.tuples(tags, st.floats(width=32), steps, st.floats(0, 2e9)), min_size=1, max_size=60)


def written(directory: str, series: list[tuple[str, float, int, float]]) -> Path:
    tensorboard = pytest.importorskip("torch.utils.tensorboard")
    writer = tensorboard.SummaryWriter(directory)
    for tag, value, step, wall in series:
        writer.add_scalar(tag, value, step, walltime=wall or 1.0)
    writer.close()
    (path,) = Path(directory).iterdir()
    return path


@settings(max_examples=60)
@given(points)
def test_round_trip_is_exact(series):
    with tempfile.TemporaryDirectory() as directory:
        file = read_event_file(written(directory, series))
    wanted: dict[str, list[tuple[float, int, float]]] = {}
    for tag, value, step, wall in series:
        wanted.setdefault(tag, []).append((wall or 1.0, step, float(np.float32(value))))
    assert set(file.scalars) == set(wanted)
    for tag, expected in wanted.items():
        got = file.scalars[tag]
        assert repr(
            list(zip(got.wall.tolist(), got.steps.tolist(), got.values.tolist(), strict=True))
        ) == repr(expected)


@settings(max_examples=60)
@given(points, st.data())
def test_truncation_never_raises_and_keeps_the_front(series, data):
    with tempfile.TemporaryDirectory() as directory:
        path = written(directory, series)
        content = path.read_bytes()
        whole = read_event_file(path)
        path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
        cut = read_event_file(path)
    assert cut.corrupt == 0
    assert cut.records <= whole.records
    for tag, columns in cut.scalars.items():
        n = len(columns)
        assert columns.steps.tolist() == whole.scalars[tag].steps[:n].tolist()
        assert repr(columns.values.tolist()) == repr(whole.scalars[tag].values[:n].tolist())


@settings(max_examples=100)
@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_bytes_are_survived(front, back):
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "events.out.tfevents.1")
        path.write_bytes(front)
        assert read_event_file(path).size == len(front)
        path.write_bytes(front + b"\x18\0\0\0\0\0\0\0\xa3\x7f\x4b\x22" + back)
        assert read_event_file(path).size == len(front) + 12 + len(back)
