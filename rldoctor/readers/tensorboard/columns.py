"""Scalar records of one batch, read as columns.

Training logs repeat themselves: records of the same length mostly have the same structure, and among these the
records of one tag differ only in wall time, step and value. So

1. group the records by length and copy each group into a dense matrix, one record a row;
2. parse one row (``wire.py``); every other row whose structural bytes are equal has the same layout;
3. group these by their tag bytes (a hash orders them, a comparison of the bytes themselves decides);
4. take wall time, step and value as strided columns, and the payload checksums from the same columns.

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
from rldoctor.readers.tensorboard.wire import Layout, parse_event

Words = NDArray[np.uint64]
Index = NDArray[np.intp]

MAX_MISSES = 8
"""Rows of one length that may lack a layout before the rest of that length is left to the slow path."""

_HASH_FACTOR = 0x9E3779B97F4A7C15


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
    """64-bit masks over the words of a record: bytes that fix the structure, bytes of tags; and the CRC's split."""

    structure: Words
    tags: Words
    fixed: Words
    variable: tuple[int, ...]


def read_columns(batch: Batch) -> BatchColumns:
    """Read every record of the batch that is a plain scalar event."""
    out = BatchColumns()
    for length, rows in _by_length(batch.lengths):
        if length > BLOCK:
            out.slow.extend(rows.tolist())
            continue
        width = -(-(length + 4) // 8) * 8
        records = np.ndarray((batch.data.size - width + 1,), f"V{width}", batch.data, strides=(1,))
        words = records[batch.starts[rows]].view("<u8").reshape(rows.size, width // 8)
        _read_length(out, batch.first, words, rows, length)
    return out


def _by_length(lengths: NDArray[np.int64]) -> Iterator[tuple[int, Index]]:
    """Rows of each length, in file order."""
    # 16-bit keys get numpy's radix sort: one pass whatever the order. The cap only has to exceed BLOCK.
    keys = np.minimum(lengths, BLOCK + 1).astype(np.uint16)
    order = np.argsort(keys, kind="stable")
    for start, end in _runs(keys[order]):
        yield int(keys[order[start]]), order[start:end]


def _runs(keys: NDArray[np.generic]) -> Iterator[tuple[int, int]]:
    """Bounds of the runs of equal keys."""
    bounds = np.flatnonzero(keys[1:] != keys[:-1]) + 1
    edges = [0, *bounds.tolist(), keys.size]
    return zip(edges[:-1], edges[1:], strict=True)


def _read_length(out: BatchColumns, first: int, words: Words, rows: Index, length: int) -> None:
    """Peel layout after layout off the records of one length."""
    misses = 0
    while rows.size:
        layout = parse_event(words[0].tobytes()[:length])
        if not isinstance(layout, Layout):
            misses += 1
            taken = 1 if misses < MAX_MISSES else rows.size
            out.slow.extend(rows[:taken].tolist())
            words, rows = words[taken:], rows[taken:]
            continue
        masks = _masks(layout)
        same = _equal(words, words[0], masks.structure)
        if bool(same.all()):
            words, rows = _read_layout(out, first, words, rows, layout, masks)
        else:
            left = _read_layout(out, first, words[same], rows[same], layout, masks)
            words, rows = _join((words[~same], rows[~same]), left)


def _join(one: tuple[Words, Index], other: tuple[Words, Index]) -> tuple[Words, Index]:
    """Both sets of rows."""
    return np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1]])


def _equal(words: Words, head: Words, mask: Words) -> NDArray[np.bool_]:
    """Rows that equal ``head`` wherever ``mask`` has a bit set."""
    different = np.zeros(len(words), dtype=np.uint64)
    for k in np.flatnonzero(mask):
        different |= (words[:, k] ^ head[k]) & mask[k]
    return different == 0


@lru_cache(maxsize=4096)
def _masks(layout: Layout) -> _Masks:
    """Which bits of a record tell its structure, which its tags, which vary."""
    width = -(-(layout.length + 4) // 8) * 8
    structure = np.zeros(width, dtype=np.uint8)
    structure[: layout.length] = 0xFF
    tags = np.zeros_like(structure)
    variable: list[int] = []
    for start, size in _numbers(layout):
        structure[start : start + size] = 0
        variable.extend(range(start, start + size))
    for slot in layout.slots:
        tags[slot.tag_start : slot.tag_end] = 0xFF
    structure[tags > 0] = 0
    fixed = structure | tags
    # The top bit of a step byte says whether another follows: the width of the step is structure.
    structure[layout.step : layout.step + layout.step_width] = 0x80
    return _Masks(structure.view("<u8"), tags.view("<u8"), fixed.view("<u8"), tuple(variable))


def _numbers(layout: Layout) -> Iterator[tuple[int, int]]:
    """Start and size of every stretch of bytes that varies within a tag."""
    if layout.wall >= 0:
        yield layout.wall, 8
    if layout.step >= 0:
        yield layout.step, layout.step_width
    for slot in layout.slots:
        yield slot.at, np.dtype(slot.kind).itemsize


def _read_layout(
    out: BatchColumns, first: int, words: Words, rows: Index, layout: Layout, masks: _Masks
) -> tuple[Words, Index]:
    """Read the rows of one layout; returns the rows whose tag collided with another in the hash."""
    words, rows, starts = _sort_by_tag(words, rows, masks.tags)
    owner = np.repeat(np.arange(starts.size), np.diff(np.append(starts, rows.size)))
    heads = words[starts]
    strangers = np.zeros(rows.size, dtype=bool)
    if starts.size > 1:
        for k in np.flatnonzero(masks.tags):
            strangers |= (words[:, k] ^ heads[owner, k]) & masks.tags[k] != 0
    else:
        strangers = ~_equal(words, heads[0], masks.tags)
    right = _payload_checked(words, heads, owner, layout, masks)
    out.corrupt.extend(rows[~right & ~strangers].tolist())
    keep = right & ~strangers
    if bool(keep.all()):
        _emit(out, first, words, rows, owner, heads, layout)
        return words[:0], rows[:0]
    _emit(out, first, words[keep], rows[keep], owner[keep], heads, layout)
    return words[strangers], rows[strangers]


def _sort_by_tag(words: Words, rows: Index, mask: Words) -> tuple[Words, Index, Index]:
    """Rows ordered by a 16-bit hash of their tag bytes (stable), and where each hash starts."""
    key = np.zeros(rows.size, dtype=np.uint64)
    for k in np.flatnonzero(mask):
        key = (key ^ (words[:, k] & mask[k])) * np.uint64(_HASH_FACTOR)
        key ^= key >> np.uint64(32)
    if bool((key == key[0]).all()):
        return words, rows, np.zeros(1, dtype=np.intp)
    short = (key >> np.uint64(16)).astype(np.uint16)
    order = np.argsort(short, kind="stable")
    short = short[order]
    starts = np.append(0, np.flatnonzero(short[1:] != short[:-1]) + 1)
    return words[order], rows[order], starts


def _payload_checked(
    words: Words, heads: Words, owner: Index, layout: Layout, masks: _Masks
) -> NDArray[np.bool_]:
    """Whether the payload checksum of each row is right.

    Rows of one owner share all bytes but the variable ones, so these alone are looked up per row.
    """
    length = layout.length
    state = crc_rows((heads & masks.fixed).view(np.uint8)[:, :length])[owner]
    octets = words.view(np.uint8)
    for k in masks.variable:
        state ^= byte_terms(octets[:, k], length - 1 - k)
    return masked(state) == _column(words, length, "<u4")


def _column(words: Words, at: int, kind: str) -> NDArray[np.generic]:
    """The numbers of type ``kind`` at byte ``at`` of every row."""
    return np.ndarray((len(words),), kind, np.ascontiguousarray(words), at, (words.shape[1] * 8,)).copy()


def _emit(
    out: BatchColumns, first: int, words: Words, rows: Index, owner: Index, heads: Words, layout: Layout
) -> None:
    """Cut the columns into one piece per tag."""
    if not rows.size:
        return
    wall = _column(words, layout.wall, "<f8") if layout.wall >= 0 else np.zeros(rows.size)
    steps = _steps(words, layout)
    records = (rows + first).astype(np.uint32)
    columns = [_column(words, slot.at, slot.kind) for slot in layout.slots]
    for start, end in _runs(owner):
        head = heads[owner[start]].tobytes()
        for slot, values in zip(layout.slots, columns, strict=True):
            piece = Piece(records[start:end], steps[start:end], wall[start:end].view("<f8"), values[start:end])
            out.pieces.append((head[slot.tag_start : slot.tag_end], piece))


def _steps(words: Words, layout: Layout) -> NDArray[np.int64]:
    """Decode the step varints: seven bits a byte, two's complement in ten bytes when negative."""
    steps = np.zeros(len(words), dtype=np.uint64)
    octets = words.view(np.uint8)
    for k in range(layout.step_width):
        part = (octets[:, layout.step + k] & 0x7F).astype(np.uint64)
        steps |= part << np.uint64(7 * k)
    return steps.view(np.int64)
