"""The short cuts of the common record against the plain way of saying the same."""

from __future__ import annotations

import numpy as np
import pytest

from rldoctor.readers.tensorboard import common_record, read_event_file
from rldoctor.readers.tensorboard.common_record import MAX_LENGTH


def test_the_width_of_a_varint_is_where_its_last_byte_stands():
    bits = np.array([1 << (8 * k + 7) for k in range(8)], dtype=np.uint64)
    assert common_record._bytes_up_to(bits).tolist() == [1, 2, 3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize("count", [1, 3, 16])
def test_the_bytes_of_a_word_that_belong_to_a_tag(count):
    inside = common_record._bytes_inside(count)
    for size in range(min(8 * count, MAX_LENGTH) + 1):
        octets = np.ascontiguousarray(inside[:, size]).view(np.uint8)
        assert octets.tolist() == [255] * size + [0] * (8 * count - size)


def test_one_piece_of_a_tag_and_many_give_the_same(tmp_path, monkeypatch):
    """A file in one batch is not copied, one of many batches is joined: the points are the same."""
    from rldoctor.readers.tensorboard import frames

    writer = pytest.importorskip("tensorboardX").SummaryWriter(str(tmp_path))
    for step in (*range(120, 140), *range(16380, 16390), 3, *range(5)):
        for tag in ("a", "some/longer tag", "ä"):
            writer.add_scalar(tag, step / 3, step, walltime=1.7e9 + step)
    writer.close()
    (path,) = tmp_path.iterdir()
    whole = read_event_file(path)
    monkeypatch.setattr(frames, "BATCH_BYTES", 300)
    monkeypatch.setattr(frames.FrameReader, "__post_init__", small)
    parts = read_event_file(path)
    assert list(whole.scalars) == list(parts.scalars)
    for tag, columns in whole.scalars.items():
        for name in ("steps", "wall", "values", "records"):
            assert getattr(columns, name).tolist() == getattr(parts.scalars[tag], name).tolist(), (tag, name)
            assert getattr(columns, name).dtype == getattr(parts.scalars[tag], name).dtype


def small(self):
    from rldoctor.readers.tensorboard import frames

    self._buffer = bytearray(300 + frames.PADDING)
