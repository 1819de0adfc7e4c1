"""Scalar records of one batch, read as columns.

Records with one ``simple_value``, nearly all of most logs, are taken by ``common_record.py``. The others
(tensor scalars, several values in one event, long tags, negative steps) are read by what all training logs
are: repetitive. Records of the same length mostly have the same structure, and among these the records of one
tag differ only in wall time, step and value. So

1. group the records by length, and lay each group out as 64-bit words (``blocks.py``);
2. parse the first record (``wire.py``); every other one with equal structural bytes has the same layout;
3. group these by their tag bytes (a hash orders them, a comparison of the bytes themselves decides);
4. cut wall time, step and value out of the words, and compute the payload checksums from the same words.

What has no such layout is handed back for the protobuf parser.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import TYPE_CHECKING

import numpy as np

from rldoctor.plain_data import dataclass
from rldoctor.readers.tensorboard.blocks import (
    Block,
    ByteWords,
    Index,
    Piece,
    equal_words,
    masks_of,
    runs_of,
    width_of,
)
from rldoctor.readers.tensorboard.common_record import read_plain
from rldoctor.readers.tensorboard.crc import BLOCK
from rldoctor.readers.tensorboard.frames import Batch
from rldoctor.readers.tensorboard.wire import Layout, parse_event

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_MISSES = 8
"""Records of one length that may lack a layout before the rest of that length is left to the slow path."""


@dataclass(slots=True)
class BatchColumns:
    """What one batch gave: pieces by tag bytes, rows for the slow path, rows with a wrong checksum."""

    pieces: list[tuple[bytes, Piece]] = field(default_factory=list)
    slow: list[int] = field(default_factory=list)
    corrupt: list[int] = field(default_factory=list)


def read_columns(batch: Batch) -> BatchColumns:
    """Read every record of the batch that is a plain scalar event."""
    pieces, corrupt, left = read_plain(batch)
    out = BatchColumns(pieces, corrupt=corrupt)
    for length, rows in _by_length(batch.lengths, left):
        # The checksum tables end there, and a record of this length is rarely a scalar.
        if length > BLOCK:
            out.slow.extend(rows.tolist())
        else:
            _read_length(out, batch.first, _words(batch, rows, length), rows, length)
    return out


def _by_length(lengths: NDArray[np.int64], rows: Index) -> Iterator[tuple[int, Index]]:
    """Those of ``rows`` that have each length, in file order; those longer than BLOCK together."""
    if not rows.size:
        return
    # 16-bit keys get numpy's radix sort: one pass whatever the order.
    keys = np.minimum(lengths[rows], BLOCK + 1).astype(np.uint16)
    order = np.argsort(keys, kind="stable")
    for start, end in runs_of(keys[order]):
        yield int(keys[order[start]]), rows[order[start:end]]


def _words(batch: Batch, rows: Index, length: int) -> ByteWords:
    """Payload and checksum of ``rows`` as words, shape (words, rows)."""
    width = width_of(length)
    # A type without a meaning, as wide as a record: one gather copies whole records from any position.
    kind = f"V{8 * width}"
    records = np.ndarray((batch.data.size - 8 * width + 1,), kind, batch.data, 0, (1,))
    table = records[batch.starts[rows]].view(np.uint64).reshape(rows.size, width)
    # Word by word instead of record by record: whatever follows runs along one word of all records.
    return np.ascontiguousarray(table.T)


def _read_length(out: BatchColumns, first: int, words: ByteWords, rows: Index, length: int) -> None:
    """Peel layout after layout off the records of one length."""
    misses = 0
    while rows.size:
        layout = parse_event(words[:, 0].tobytes()[:length])
        if isinstance(layout, Layout):
            done = _read_layout(out, first, words, rows, layout)
        else:
            misses += 1
            done = np.arange(rows.size) < (1 if misses < MAX_MISSES else rows.size)
            out.slow.extend(rows[done].tolist())
        if bool(done.all()):
            return
        words, rows = words.compress(~done, axis=1), rows[~done]


def _read_layout(
    out: BatchColumns, first: int, words: ByteWords, rows: Index, layout: Layout
) -> NDArray[np.bool_]:
    """Read the records that have the layout of the first one; returns which are done."""
    same = equal_words(words, words[:, :1], masks_of(layout).structure)
    if not bool(same.all()):
        words, rows = words.compress(same, axis=1), rows[same]
    pieces, done, corrupt = Block(words, rows, layout).read(first)
    out.pieces += pieces
    out.corrupt += rows[corrupt].tolist()
    same[same] = done
    return same
