"""Exactness: against EventAccumulator, and against what was handed to the real writers."""

from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2
from tensorboard.util import tensor_util

from rldoctor.readers.tensorboard import ScalarColumns, read_event_file, read_scalars
from rldoctor.readers.tensorboard import columns as column_path

Summary, Event = summary_pb2.Summary, event_pb2.Event


def accumulated(path: Path) -> dict[str, list[tuple[float, int, float]]]:
    peer = EventAccumulator(str(path), size_guidance={"scalars": 0, "tensors": 0})
    peer.Reload()
    found = {
        tag: [(item.wall_time, item.step, item.value) for item in peer.Scalars(tag)]
        for tag in peer.Tags()["scalars"]
    }
    for tag in peer.Tags()["tensors"]:
        points = [
            (item.wall_time, item.step, tensor_util.make_ndarray(item.tensor_proto))
            for item in peer.Tensors(tag)
        ]
        if points[0][2].dtype.kind in "fiu":
            found[tag] = [(wall, step, float(value)) for wall, step, value in points]
    return found


def points(series: ScalarColumns) -> list[tuple[float, int, float]]:
    return list(zip(series.wall.tolist(), series.steps.tolist(), series.values.tolist(), strict=True))


def assert_same(path: Path) -> None:
    ours, peers = read_scalars(path), accumulated(path)
    assert ours.keys() == peers.keys()
    for tag in peers:
        assert repr(points(ours[tag])) == repr(peers[tag]), tag  # repr: NaN equals NaN, -0.0 is not 0.0


def sb3_like(n: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    tags = ["rollout/ep_rew_mean", "time/fps", "train/loss", "train/kl12", "train/std_", "train/approx_kl"]
    for i in range(n):
        for tag in tags:
            yield tag, float(rng.normal()), (i + 1) * 2048, 1.7e9 + i * 1.37 + float(rng.random())


def test_torch_writer(write):
    assert_same(write(sb3_like(2000)))


def test_values_are_the_float32_that_was_written(write):
    values = [0.1, 1 / 3, 1e-30, -0.0, 16_777_217.0, 3e38]
    path = write([("v", value, k, 1.5e9 + k / 7) for k, value in enumerate(values)])
    columns = read_scalars(path)["v"]
    assert columns.values.tolist() == np.array(values, dtype=np.float32).astype(float).tolist()
    assert columns.wall.tolist() == [1.5e9 + k / 7 for k in range(len(values))]
    assert columns.values.dtype == columns.wall.dtype == np.float64
    assert columns.steps.dtype == np.int64


def test_nan_and_infinity_are_kept(write):
    path = write([("v", value, k, 1e9) for k, value in enumerate([1.0, np.nan, np.inf, -np.inf, 2.0])])
    assert repr(read_scalars(path)["v"].values.tolist()) == "[1.0, nan, inf, -inf, 2.0]"


def test_steps_none_negative_huge_and_back(write):
    steps = [None, 0, 1, 127, 128, 2**40, -1, -5_000_000, 3, 2**62, 200]
    path = write([("v", 1.0, step, 1e9 + k) for k, step in enumerate(steps)])
    assert read_scalars(path)["v"].steps.tolist() == [0 if step is None else step for step in steps]
    assert_same(path)


def test_file_order_is_kept_when_steps_go_back_across_widths(write):
    rng = np.random.default_rng(5)
    path = write(
        [("v", k, int(rng.integers(0, 1 << int(rng.integers(1, 40)))), 1e9 + k) for k in range(4000)]
    )
    columns = read_scalars(path)["v"]
    assert columns.values.tolist() == list(range(4000))
    assert_same(path)


def test_tensorboardx_writer(tmp_path):
    tensorboardx = pytest.importorskip("tensorboardX")
    writer = tensorboardx.SummaryWriter(str(tmp_path))
    for tag, value, step, wall in sb3_like(300):
        writer.add_scalar(tag, value, step, walltime=wall)
    writer.add_scalar("a tag", 1.0, None)
    writer.close()
    (path,) = tmp_path.iterdir()
    assert_same(path)


@pytest.mark.parametrize("double", [False, True])
def test_tensor_scalars_of_torch(tmp_path, double):
    tensorboard = pytest.importorskip("torch.utils.tensorboard")
    writer = tensorboard.SummaryWriter(str(tmp_path))
    for tag, value, step, wall in sb3_like(50):
        writer.add_scalar(tag, value, step, wall, new_style=True, double_precision=double)
    writer.close()
    (path,) = tmp_path.iterdir()
    assert_same(path)
    assert sum(map(len, read_scalars(path).values())) == 300


@pytest.mark.parametrize(
    "dtype", ["float16", "float32", "float64", "int8", "int32", "int64", "uint8", "bool"]
)
@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_tensors_of_every_type(write_events, dtype, shape):
    values = np.array([0, 1, 3, 100, 1], dtype=dtype)

    def event(k):
        tensor = tensor_util.make_tensor_proto(values[k].reshape(shape))
        return Event(
            wall_time=1e9 + k, step=k, summary=Summary(value=[Summary.Value(tag="t", tensor=tensor)])
        )

    columns = read_scalars(write_events(map(event, range(len(values)))))["t"]
    assert columns.values.tolist() == values.astype(float).tolist()
    assert columns.steps.tolist() == [0, 1, 2, 3, 4]


def test_tensor_content_and_several_values_in_one_event(write_events):
    def event(k):
        tensor = tensor_pb2.TensorProto(dtype=2, tensor_content=np.float64(k / 3).tobytes())
        values = [
            Summary.Value(tag="a", simple_value=k),
            Summary.Value(tag="bb", simple_value=-k),
            Summary.Value(tag="c", tensor=tensor),
        ]
        return Event(wall_time=k + 0.25, step=k * 100, summary=Summary(value=values))

    found = read_scalars(write_events(map(event, range(300))))
    assert found["a"].values.tolist() == list(range(300))
    assert found["bb"].values.tolist() == [-k for k in range(300)]
    assert found["c"].values.tolist() == [k / 3 for k in range(300)]
    assert found["c"].steps.tolist() == [k * 100 for k in range(300)]


def test_everything_else_is_passed_over(tmp_path):
    tensorboard = pytest.importorskip("torch.utils.tensorboard")
    writer = tensorboard.SummaryWriter(str(tmp_path))
    for k in range(30):
        writer.add_scalar("v", k, k)
        writer.add_histogram("h", np.arange(100.0) * k, k)
        writer.add_image("i", np.zeros((3, 8 + k, 8), dtype=np.uint8), k)
        writer.add_pr_curve("p", np.array([0, 1, 1]), np.array([0.1, 0.6, 0.9]), k)
        writer.add_text("note", "hello", k)
    writer.close()
    (path,) = tmp_path.iterdir()
    file = read_event_file(path)
    assert list(file.scalars) == ["v"]
    assert file.scalars["v"].values.tolist() == list(range(30))
    assert len(file.texts) == 30
    assert (file.corrupt, file.unparsable, file.damage) == (0, 0, [])


def test_thousands_of_tags_of_one_length(write):
    # Enough tags for the 16-bit hash to collide many times.
    path = write([(f"loss_{k % 5000:05d}", k, k, 1e9 + k) for k in range(10_000)])
    found = read_scalars(path)
    assert len(found) == 5000
    for k in (0, 1, 2500, 4999):
        assert found[f"loss_{k:05d}"].values.tolist() == [k, k + 5000]
    assert all(int(tag[5:]) == columns.steps[0] for tag, columns in found.items())


def test_tags_in_other_scripts_empty_and_long(write_events):
    tags = ["", "ребёнок/é", "x" * 100, "y" * 300, "z" * 5000]
    events = [
        Event(wall_time=1, step=k, summary=Summary(value=[Summary.Value(tag=tag, simple_value=k)]))
        for k in range(20)
        for tag in tags
    ]
    found = read_scalars(write_events(events))
    assert set(found) == set(tags)
    assert all(columns.values.tolist() == list(range(20)) for columns in found.values())


def test_tag_that_is_not_utf8(write, repaired):
    path = write([("ab_cd", k, k, 1e9) for k in range(10)] + [("fine", k, k, 1e9) for k in range(10)])
    repaired(path, b"ab_cd", b"ab\xffcd")
    file = read_event_file(path)
    assert sorted(file.scalars) == ["ab\ufffdcd", "fine"]
    assert file.scalars["ab\ufffdcd"].values.tolist() == list(range(10))
    assert file.strange_tags == ["ab\ufffdcd"]
    assert file.corrupt == 0


@pytest.fixture
def repaired():
    """Replace bytes in every record and make its checksum right again."""
    from rldoctor.readers.tensorboard.crc import masked_crc

    def _repair(path: Path, old: bytes, new: bytes) -> None:
        content, out, position = path.read_bytes(), b"", 0
        while position < len(content):
            size = int.from_bytes(content[position : position + 8], "little")
            payload = content[position + 12 : position + 12 + size].replace(old, new)
            out += content[position : position + 12] + payload + masked_crc(payload).to_bytes(4, "little")
            position += size + 16
        path.write_bytes(out)

    return _repair


@pytest.mark.parametrize("place", [3, 11, 15, 20, 26, 30])
def test_flipped_byte_costs_one_record(write, place):
    path = write([("tag/name", k, 1000 + k, 1e9 + k) for k in range(200)])
    content = bytearray(path.read_bytes())
    start = len(content) - 100 * _record_size(content)
    content[start + 12 + place] ^= 0x10
    path.write_bytes(content)
    file = read_event_file(path)
    assert file.corrupt == 1
    kept = file.scalars["tag/name"].values.tolist()
    assert kept == [k for k in range(200) if k != 100]


def _record_size(content: bytes) -> int:
    """Bytes of the last record, found by walking."""
    position = size = 0
    while position < len(content):
        size = int.from_bytes(content[position : position + 8], "little") + 16
        position += size
    return size


def test_many_flipped_bytes_never_give_a_wrong_number(write):
    path = write(sb3_like(300))
    good = {tag: set(points(columns)) for tag, columns in read_scalars(path).items()}
    rng = np.random.default_rng(0)
    clean = path.read_bytes()
    for _ in range(30):
        content = bytearray(clean)
        for place in rng.integers(200, len(content), 20):
            content[place] ^= 1 << int(rng.integers(0, 8))
        path.write_bytes(content)
        file = read_event_file(path)
        total = 0
        for tag, columns in file.scalars.items():
            assert set(points(columns)) <= good[tag]
            total += len(columns)
        assert 1800 - 20 - 1 <= total < 1800
        assert file.corrupt + len(file.damage) > 0


def test_header_only_file(write):
    file = read_event_file(write([]))
    assert file.records == 1
    assert file.scalars == {}
    assert file.is_event_file


def test_both_column_paths_agree(write, monkeypatch):
    rng = np.random.default_rng(8)
    tags = [f"t/{'x' * k}" for k in range(1, 90)]
    steps = rng.integers(0, 2**50, 3000) >> rng.integers(0, 50, 3000)
    path = write(
        [(tags[int(rng.integers(0, len(tags)))], k, int(steps[k]), 1e9 + k * 3000.5) for k in range(3000)]
    )
    content = bytearray(path.read_bytes())
    for place in rng.integers(200, len(content), 40):
        content[place] ^= 0x20
    path.write_bytes(content)
    fast = read_event_file(path)
    passed: list[int] = []

    def nothing_is_plain(batch):
        passed.append(batch.lengths.size)
        return [], [], np.arange(batch.lengths.size)

    monkeypatch.setattr(column_path, "read_plain", nothing_is_plain)
    slow = read_event_file(path)
    assert sum(passed) == slow.records == fast.records
    assert slow.corrupt + slow.unparsable == fast.corrupt + fast.unparsable > 10
    assert {tag: points(found) for tag, found in fast.scalars.items()} == {
        tag: points(found) for tag, found in slow.scalars.items()
    }
