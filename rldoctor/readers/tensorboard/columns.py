"""Scalar records of one batch, read as columns.

Training logs repeat themselves: records of the same length mostly have the same structure, and among these the
records of one tag differ only in wall time, step and value. So

1. group the records by length, and lay each group out as 64-bit words: ``words[k]`` holds bytes 8k..8k+7 of
   every record (what lies behind a record's end is masked out);
2. parse the first record (``wire.py``); every other one whose structural bytes are equal has the same layout;
3. group these by their tag bytes (a hash orders them, a comparison of the bytes themselves decides);
4. cut wall time, step and value out of the words, and compute the payload checksums from the same words.

What has no such layout is handed back for the protobuf parser.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rldoctor.readers.tensorboard.crc import BLOCK, byte_terms, crc_rows, masked
from rldoctor.readers.tensorboard.frames import Batch
from rldoctor.readers.tensorboard.wire import Layout, Slot, parse_event

Words = NDArray[np.uint64]
Index = NDArray[np.intp]
Flags = NDArray[np.bool_]

MAX_MISSES = 8
"""Rows of one length that may lack a layout before the rest of that length is left to the slow path."""

_HASH_FACTOR = 0x9E3779B97F4A7C15
_ALL = np.full((1, 1), 0xFFFFFFFFFFFFFFFF, dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive points of one tag: record numbers in the file, steps, wall times, values; shape (n,) each."""

    records: NDArray[np.uint32]
    steps: NDArray[np.int64]
    wall: NDArray[np.float64]
    values: NDArray[np.generic]


@dataclass(slots=True)
class BatchColumns:
    """What one batch gave: pieces by tag bytes, rows left to the slow path, rows with a wrong payload checksum."""

    pieces: list[tuple[bytes, Piece]] = field(default_factory=list)
    slow: list[int] = field(default_factory=list)
    corrupt: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Masks:
    """Bits of a record that tell its structure, its tags, its numbers; shape (words, 1) each."""

    structure: Words
    tags: Words
    numbers: Words
    tag_words: slice


def read_columns(batch: Batch) -> BatchColumns:
    """Read every record of the batch that is a plain scalar event."""
    out = BatchColumns()
    for length, rows in _by_length(batch.lengths):
        if length > BLOCK:
            out.slow.extend(rows.tolist())
        else:
            _read_length(out, batch.first, _words(batch, rows, length), rows, length)
    return out


def _by_length(lengths: NDArray[np.int64]) -> Iterator[tuple[int, Index]]:
    """Rows of each length, in file order; those longer than BLOCK together."""
    # 16-bit keys get numpy's radix sort: one pass whatever the order.
    keys = np.minimum(lengths, BLOCK + 1).astype(np.uint16)
    order = np.argsort(keys, kind="stable")
    for start, end in _runs(keys[order]):
        yield int(keys[order[start]]), order[start:end]


def _runs(keys: NDArray[np.generic]) -> Iterator[tuple[int, int]]:
    """Bounds of the runs of equal keys."""
    bounds = np.flatnonzero(keys[1:] != keys[:-1]) + 1
    edges = [0, *bounds.tolist(), keys.size]
    return zip(edges[:-1], edges[1:], strict=True)


def _width(length: int) -> int:
    """Words that cover a payload and its checksum."""
    return -(-(length + 4) // 8)


def _words(batch: Batch, rows: Index, length: int) -> Words:
    """Payload and checksum of ``rows`` as words, shape (words, rows)."""
    width = _width(length)
    records = np.ndarray((batch.data.size - 8 * width + 1,), f"V{8 * width}", batch.data, 0, (1,))
    table = records[batch.starts[rows]].view("<u8").reshape(rows.size, width)
    return np.ascontiguousarray(table.T)


def _read_length(out: BatchColumns, first: int, words: Words, rows: Index, length: int) -> None:
    """Peel layout after layout off the records of one length."""
    misses = 0
    while rows.size:
        layout = parse_event(words[:, 0].tobytes()[:length])
        if isinstance(layout, Layout):
            same = _equal(words, words[:, :1], _masks(layout).structure)
            done = np.zeros(rows.size, dtype=bool)
            part = words if bool(same.all()) else words.compress(same, axis=1)
            done[same] = _read_layout(out, first, part, rows[same], layout)
        else:
            misses += 1
            done = np.arange(rows.size) < (1 if misses < MAX_MISSES else rows.size)
            out.slow.extend(rows[done].tolist())
        if bool(done.all()):
            return
        words, rows = words.compress(~done, axis=1), rows[~done]


def _equal(words: Words, head: Words, mask: Words) -> Flags:
    """Records that equal ``head`` (shape (words, 1) or that of ``words``) where ``mask`` has bits."""
    return np.bitwise_or.reduce((words ^ head) & mask, axis=0) == 0


@lru_cache(maxsize=4096)
def _masks(layout: Layout) -> _Masks:
    """Which bits tell what. The top bit of a step byte says whether another follows: that is structure."""
    numbers = np.zeros(8 * _width(layout.length), dtype=np.uint8)
    tags, structure = np.zeros_like(numbers), np.zeros_like(numbers)
    structure[: layout.length] = 0xFF
    for start, size in _number_fields(layout):
        numbers[start : start + size] = 0xFF
    for slot in layout.slots:
        tags[slot.tag_start : slot.tag_end] = 0xFF
    structure &= ~(numbers | tags)
    structure[layout.step : layout.step + layout.step_width] = 0x80
    bounds = slice(layout.slots[0].tag_start // 8, -(-layout.slots[-1].tag_end // 8))
    as_words = [part.view("<u8").reshape(-1, 1) for part in (structure, tags, numbers)]
    return _Masks(*as_words, tag_words=bounds)


def _number_fields(layout: Layout) -> Iterator[tuple[int, int]]:
    """Start and size in bytes of wall time, step and every value."""
    if layout.wall >= 0:
        yield layout.wall, 8
    if layout.step >= 0:
        yield layout.step, layout.step_width
    for slot in layout.slots:
        yield slot.at, np.dtype(slot.kind).itemsize


def _read_layout(out: BatchColumns, first: int, words: Words, rows: Index, layout: Layout) -> Flags:
    """Read the records of one layout; returns which are done (not those whose tag's hash met another's)."""
    masks = _masks(layout)
    tags = words[masks.tag_words] & masks.tags[masks.tag_words]
    order, owner, heads = _group_by_tag(tags)
    same_tag = _equal(tags, tags[:, heads[owner]], _ALL)
    right = _payload_right(words, owner, heads, layout)
    out.corrupt.extend(rows[same_tag & ~right].tolist())
    good = same_tag & right
    chosen = order if bool(good.all()) else order[good[order]]
    _emit(out, first, words, rows, chosen, owner, heads, layout)
    return same_tag


def _group_by_tag(tags: Words) -> tuple[Index, Index, Index]:
    """Order by a 16-bit hash of the tags (stable), the group of each record, the first record of each group."""
    factors = np.arange(1, len(tags) + 1, dtype=np.uint64)[:, None] * np.uint64(_HASH_FACTOR) | np.uint64(1)
    hashes = np.add.reduce(tags * factors, axis=0)
    short = ((hashes ^ hashes >> np.uint64(29)) * np.uint64(_HASH_FACTOR) >> np.uint64(48)).astype(np.uint16)
    order = np.argsort(short, kind="stable")
    ordered = short[order]
    new = np.append(True, ordered[1:] != ordered[:-1])
    owner = np.empty(order.size, dtype=np.intp)
    owner[order] = np.cumsum(new) - 1
    return order, owner, order[new]


def _payload_right(words: Words, owner: Index, heads: Index, layout: Layout) -> Flags:
    """Whether the payload checksum of each record is right.

    Only bytes of numbers that vary at all are looked up per record; the rest is summed once per tag.
    """
    length = layout.length
    varying = np.bitwise_or.reduce((words ^ words[:, :1]) & _masks(layout).numbers, axis=1)
    places = np.flatnonzero(varying.view(np.uint8))
    octets = words.view(np.uint8).reshape(len(words), -1, 8)
    fixed = octets[:, heads].transpose(1, 0, 2).reshape(heads.size, -1)[:, :length]
    fixed[:, places] = 0
    state = crc_rows(fixed)[owner] ^ byte_terms(octets[places >> 3, :, places & 7], length - 1 - places)
    return masked(state) == _field(words, length, 4).astype(np.uint32)


def _field(words: Words, at: int, size: int) -> Words:
    """The little-endian number of ``size`` <= 8 bytes at byte ``at`` of every record, in 64 bits (dirty above)."""
    k, shift = divmod(at, 8)
    if shift == 0:
        return words[k]
    low = words[k] >> np.uint64(8 * shift)
    return low if shift + size <= 8 else low | words[k + 1] << np.uint64(64 - 8 * shift)


def _numbers(words: Words, slot: Slot) -> NDArray[np.generic]:
    """The values of one slot."""
    size = np.dtype(slot.kind).itemsize
    return _field(words, slot.at, size).astype(f"<u{size}").view(slot.kind)


def _emit(
    out: BatchColumns,
    first: int,
    words: Words,
    rows: Index,
    chosen: Index,
    owner: Index,
    heads: Index,
    layout: Layout,
) -> None:
    """Cut the columns of the chosen records (ordered by tag) into one piece per tag."""
    records = (rows[chosen] + first).astype(np.uint32)
    steps = _steps(words, layout)[chosen]
    wall = np.zeros(chosen.size)
    if layout.wall >= 0:
        wall = _field(words, layout.wall, 8).view("<f8")[chosen]
    values = [_numbers(words, slot)[chosen] for slot in layout.slots]
    for start, end in _runs(owner[chosen]) if chosen.size else ():
        head = words[:, heads[owner[chosen[start]]]].tobytes()
        for slot, column in zip(layout.slots, values, strict=True):
            piece = Piece(records[start:end], steps[start:end], wall[start:end], column[start:end])
            out.pieces.append((head[slot.tag_start : slot.tag_end], piece))


def _steps(words: Words, layout: Layout) -> NDArray[np.int64]:
    """Decode the step varints: seven bits a byte, two's complement in ten bytes when negative."""
    steps = np.zeros(words.shape[1], dtype=np.uint64)
    for k in range(layout.step_width):
        part = _field(words, layout.step + k, 1) & np.uint64(0x7F)
        steps |= part << np.uint64(7 * k)
    return steps.view(np.int64)
