"""The common record, all tags of a batch at once: one ``simple_value``, as torch and tensorboardX write it.

    09 wall time (8) | 10 step (varint) | 2a n | 0a n-2 | 0a size | tag | 15 value (4)

Given its length and the width of its step, such a record has every field in a known place, counted from its
start or from its end, so the records of a batch need no grouping by length: each field is one gather. (A step
of 0 is not written at all.) What looks different in any byte is left to ``columns.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from rldoctor.readers.tensorboard.blocks import (
    ByteWords,
    Flags,
    Index,
    Piece,
    TagGroups,
    group_words,
    runs_of,
)
from rldoctor.readers.tensorboard.crc import byte_terms, crc_rows, masked
from rldoctor.readers.tensorboard.frames import Batch

if TYPE_CHECKING:
    from numpy.typing import NDArray

Octets: TypeAlias = "NDArray[np.uint8]"

MAX_LENGTH = 127
"""Longer records need two bytes for an inner length."""

_WALL, _STEP_KEY = 1, 9
_EVENT, _STEP, _SUMMARY, _VALUE = 0x09, 0x10, 0x2A, 0x15
_INNER = _SUMMARY | 0x0A << 16 | 0x0A << 32
_ENDS = np.array([1 << (8 * k + 7) for k in range(7)], dtype=np.uint64)
_ALL_ENDS = np.bitwise_or.reduce(_ENDS)
_LOW_BYTES = np.array([(1 << 8 * k) - 1 for k in range(9)], dtype=np.uint64)


class Records(NamedTuple):
    """Plain records: arrays of shape (n,), positions in ``data``. ``varint`` holds the bytes of the step."""

    data: Octets
    rows: Index
    start: Index
    length: Index
    wall: ByteWords
    width: Index
    varint: ByteWords
    tag_at: Index
    tag_size: Index
    value: NDArray[np.uint32]

    def select(self, keep: Flags) -> Records:
        """The records where ``keep`` is True."""
        if not keep.size:
            return self
        columns: Sequence[Any] = self[1:]
        # The rows that are not kept mostly stand at the front (version of the file, settings): a slice
        # copies nothing, and with nothing dropped it is the whole.
        first, behind = int(keep.argmax()), keep.size - int(keep[::-1].argmax())
        part = slice(first, behind) if bool(keep[first:behind].all()) else keep
        return Records(self.data, *(column[part] for column in columns))


def read_plain(batch: Batch) -> tuple[list[tuple[bytes, Piece]], list[int], Index]:
    """Pieces by tag bytes; rows with a wrong payload checksum; rows that have to be read otherwise."""
    records = _plain_records(batch)
    left = np.ones(batch.lengths.size, dtype=bool)
    if not records.rows.size:
        return [], [], np.flatnonzero(left)
    groups, same_tag = group_words(_keys(records))
    right = _checksums_right(records, groups)
    left[records.rows[same_tag]] = False
    corrupt = records.rows[same_tag & ~right].tolist()
    good = same_tag & right
    order = groups.order if bool(good.all()) else groups.order[good[groups.order]]
    return list(_pieces(records, groups, order, batch.first)), corrupt, np.flatnonzero(left)


def _plain_records(batch: Batch) -> Records:
    """Find the plain records, checking every byte that makes them so."""
    start, length, rows = batch.starts, batch.lengths, np.arange(batch.lengths.size)
    if int(length.max()) > MAX_LENGTH:
        rows = np.flatnonzero(length <= MAX_LENGTH)
        start, length = start[rows], length[rows]
    word = _words_of(batch.data)
    window = word[start + _STEP_KEY]
    key, raw = window & np.uint64(0xFF), window >> np.uint64(8)
    # A varint ends at its first byte with a clear top bit, which is the lowest bit set here. A step of more
    # than seven bytes has none (a negative one takes ten), and its record is left to ``columns.py``.
    end = ~raw & _ALL_ENDS
    end &= ~end + np.uint64(1)
    stepped = key == _STEP
    width = np.where(stepped, _bytes_up_to(end), 0)
    varint = np.where(stepped, raw & (end | end - np.uint64(1)), np.uint64(0))
    inner_at = start + _STEP_KEY + np.where(stepped, width + 1, 0)
    inner = length - (inner_at - start) - 2
    # The value is the last field: five bytes from the end, however long the step and the tag are.
    tail = word[np.maximum(start + length - 5, 0)]
    is_plain = (batch.data[start] == _EVENT) & (stepped & (end > 0) | (key == _SUMMARY)) & (inner >= 9)
    is_plain &= (word[inner_at] & _LOW_BYTES[6]) == _inner_header(inner)
    is_plain &= (tail & np.uint64(0xFF)) == _VALUE
    value = (tail >> np.uint64(8)).astype(np.uint32)
    tag_at, tag_size = inner_at + 6, inner - 9
    wall = word[start + _WALL]
    return Records(batch.data, rows, start, length, wall, width, varint, tag_at, tag_size, value).select(
        is_plain
    )


def _bytes_up_to(bit: ByteWords) -> Index:
    """Bytes up to and including the one whose top bit is the only one of ``bit``; 0 bits give no width.

    A power of two is exact as a float, and its exponent, 1023 more than the number of the bit, is the upper
    twelve bits of it: three passes over the column, where a search among the seven powers takes ten.
    """
    exponent = bit.astype(np.float64).view(np.int64) >> 52
    return (exponent - (1023 - 1)) >> 3


def _words_of(data: Octets) -> ByteWords:
    """The eight bytes at every position, as overlapping little-endian words."""
    return np.ndarray((data.size - 7,), "<u8", data, 0, (1,))


def _inner_header(inner: Index) -> ByteWords:
    """The six bytes between step and tag: three keys and three sizes, the outer of which is ``inner``."""
    sizes = inner << 8 | (inner - 2) << 24 | (inner - 9) << 40
    return sizes.view(np.uint64) | np.uint64(_INNER)


def _keys(records: Records) -> ByteWords:
    """What has to be equal for two records to differ in numbers only: tag, its size, width of the step."""
    word = _words_of(records.data)
    count = -(-int(records.tag_size.max()) // 8)
    keys = np.empty((1 + count, records.rows.size), dtype=np.uint64)
    keys[0] = (records.tag_size << 8 | records.width).view(np.uint64)
    inside = _bytes_inside(count)
    for k in range(count):
        np.bitwise_and(word[records.tag_at + 8 * k], inside[k].take(records.tag_size), out=keys[1 + k])
    return keys


@lru_cache(maxsize=32)
def _bytes_inside(count: int) -> ByteWords:
    """Shape (count, MAX_LENGTH + 1): which bytes of word ``k`` belong to a tag of each size.

    One look-up per word and record, instead of computing it for each.
    """
    size = np.arange(MAX_LENGTH + 1)
    inside: ByteWords = _LOW_BYTES[np.clip(size - 8 * np.arange(count)[:, None], 0, 8)]
    return inside


def _checksums_right(records: Records, groups: TagGroups) -> Flags:
    """Whether the payload checksum of each record is right.

    Bytes of numbers are looked up per record, unless they are the same in all; the rest once per group.
    """
    length = records.length
    varying = int(np.bitwise_or.reduce(records.wall ^ records.wall[0]))
    wall_bytes = [k for k in range(8) if varying >> 8 * k & 0xFF]
    # A CRC is linear: a record's is that of its group's first with the varying bytes blanked, XOR one table
    # entry per varying byte. The tag, two thirds of the bytes, is summed once per group.
    state = _head_states(records, groups.heads, wall_bytes)[groups.owner]
    for k in wall_bytes:
        state ^= byte_terms(records.wall >> np.uint64(8 * k), length - 1 - _WALL - k)
    for k in range(int(records.width.max())):
        state ^= byte_terms(records.varint >> np.uint64(8 * k), length - 2 - _STEP_KEY - k)
    for k in range(4):
        state ^= byte_terms(records.value >> np.uint32(8 * k), 3 - k)
    stored = np.ndarray((records.data.size - 3,), "<u4", records.data, 0, (1,))
    right: Flags = masked(state) == stored[records.start + length]
    return right


def _head_states(records: Records, heads: Index, wall_bytes: list[int]) -> NDArray[np.uint32]:
    """Checksums of the first record of each group with its varying bytes set to zero."""
    length = records.length[heads][:, None]
    longest = int(length.max())
    place = np.arange(longest) - (longest - length)  # position in the record; negative in front of it
    octets = records.data[np.maximum(records.start[heads][:, None] + place, 0)]
    in_step = (place > _STEP_KEY) & (place <= _STEP_KEY + records.width[heads][:, None])
    blank = (place < 0) | in_step | (place >= length - 4) | np.isin(place - _WALL, wall_bytes)
    octets[blank] = 0
    return crc_rows(octets, length[:, 0])


def _pieces(records: Records, groups: TagGroups, order: Index, first: int) -> Iterator[tuple[bytes, Piece]]:
    """The columns of the records in ``order``, cut into one piece per group."""
    if not order.size:
        return
    numbers = (records.rows[order] + first).astype(np.uint32)
    steps, wall = _steps(records)[order], records.wall.view(np.float64)[order]
    values = records.value.view(np.float32)[order]
    owner = groups.owner[order]
    for start, end in runs_of(owner):
        head = groups.heads[owner[start]]
        at, size = int(records.tag_at[head]), int(records.tag_size[head])
        tag = records.data[at : at + size].tobytes()
        yield tag, Piece(numbers[start:end], steps[start:end], wall[start:end], values[start:end])


def _steps(records: Records) -> NDArray[np.int64]:
    """Seven bits of each byte of the varint."""
    steps = np.zeros(records.rows.size, dtype=np.uint64)
    for k in range(int(records.width.max())):
        steps |= (records.varint >> np.uint64(8 * k) & np.uint64(0x7F)) << np.uint64(7 * k)
    return steps.view(np.int64)
