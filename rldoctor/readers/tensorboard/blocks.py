"""Records of one byte layout as a block of 64-bit words, and the columns cut out of it.

``words[k]`` holds bytes 8k..8k+7 of every record of the block (what lies behind a record's end is masked
out). Working on whole words along the records keeps every step a few vectorised operations.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from rldoctor.plain_data import dataclass
from rldoctor.readers.tensorboard.crc import byte_terms, crc_rows, masked
from rldoctor.readers.tensorboard.wire import Layout, Slot

if TYPE_CHECKING:
    from numpy.typing import NDArray

ByteWords: TypeAlias = "NDArray[np.uint64]"
Index: TypeAlias = "NDArray[np.intp]"
Flags: TypeAlias = "NDArray[np.bool_]"

# 2**64 divided by the golden ratio, the usual factor for hashing by multiplication.
_HASH_FACTOR = 0x9E3779B97F4A7C15


@dataclass(frozen=True, slots=True)
class Piece:
    """Points of one tag in file order: record numbers, steps, wall times, values; shape (n,) each."""

    records: NDArray[np.uint32]
    steps: NDArray[np.int64]
    wall: NDArray[np.float64]
    values: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Masks:
    """Bits of a record that tell its structure, its tags, its numbers; shape (words, 1) each."""

    structure: ByteWords
    tags: ByteWords
    numbers: ByteWords
    tag_words: slice


@dataclass(frozen=True, slots=True)
class TagGroups:
    """Records by tag: an ordering, the group of each record, the first record of each group."""

    order: Index
    owner: Index
    heads: Index


@dataclass(frozen=True, slots=True)
class Block:
    """Records of one layout: ``words`` of shape (words, n), their ``rows`` in the batch, shape (n,)."""

    words: ByteWords
    rows: Index
    layout: Layout

    def read(self, first: int) -> tuple[list[tuple[bytes, Piece]], Flags, Flags]:
        """Pieces by tag bytes; which records are done; which of these have a wrong checksum.

        ``first`` is the record number of row 0. Not done are records whose tag only shares its hash with
        another tag: they have to be given again.
        """
        masks = masks_of(self.layout)
        tags = self.words[masks.tag_words] & masks.tags[masks.tag_words]
        groups, same_tag = group_words(tags)
        right = self._checksums_right(groups)
        good = same_tag & right
        order = groups.order
        chosen = order if bool(good.all()) else order[good[order]]
        return list(self._pieces(groups, chosen, first)), same_tag, same_tag & ~right

    def _checksums_right(self, groups: TagGroups) -> Flags:
        """Whether the payload checksum of each record is right.

        Only bytes of numbers that vary at all are looked up per record; the rest is summed once per tag.
        """
        length, numbers = self.layout.length, masks_of(self.layout).numbers
        varying = np.bitwise_or.reduce((self.words ^ self.words[:, :1]) & numbers, axis=1)
        places = np.flatnonzero(varying.view(np.uint8))
        octets = self.words.view(np.uint8).reshape(len(self.words), -1, 8)
        fixed = octets[:, groups.heads].transpose(1, 0, 2).reshape(groups.heads.size, -1)[:, :length]
        # A zero byte adds nothing to a CRC, so these places can be added record by record below.
        fixed[:, places] = 0
        state = crc_rows(fixed)[groups.owner]
        for k in places.tolist():
            state ^= byte_terms(octets[k >> 3, :, k & 7], length - 1 - k)
        right: Flags = masked(state) == self._field(length, 4).astype(np.uint32)
        return right

    def _pieces(self, groups: TagGroups, chosen: Index, first: int) -> Iterator[tuple[bytes, Piece]]:
        """Cut the columns of the chosen records (ordered by tag) into one piece per tag and slot."""
        if not chosen.size:
            return
        records = (self.rows[chosen] + first).astype(np.uint32)
        steps, wall = self._steps()[chosen], self._wall()[chosen]
        columns = [self._values(slot)[chosen] for slot in self.layout.slots]
        owner = groups.owner[chosen]
        for start, end in runs_of(owner):
            head = self.words[:, groups.heads[owner[start]]].tobytes()
            for slot, values in zip(self.layout.slots, columns, strict=True):
                piece = Piece(records[start:end], steps[start:end], wall[start:end], values[start:end])
                yield head[slot.tag_start : slot.tag_end], piece

    def _field(self, at: int, size: int) -> ByteWords:
        """The little-endian number of ``size`` <= 8 bytes at byte ``at``, in 64 bits (dirty above)."""
        k, shift = divmod(at, 8)
        low: ByteWords = self.words[k] >> np.uint64(8 * shift)
        if shift + size > 8:
            low |= self.words[k + 1] << np.uint64(64 - 8 * shift)
        return low

    def _wall(self) -> NDArray[np.float64]:
        """Wall times; 0.0 where the layout has none."""
        at = self.layout.wall
        return self._field(at, 8).view(np.float64) if at >= 0 else np.zeros(self.rows.size)

    def _values(self, slot: Slot) -> NDArray[Any]:
        """The values of one slot, in the type they are stored in."""
        size = np.dtype(slot.kind).itemsize
        return self._field(slot.at, size).astype(f"<u{size}").view(slot.kind)

    def _steps(self) -> NDArray[np.int64]:
        """Decode the step varints: seven bits a byte, two's complement in ten bytes when negative."""
        steps = np.zeros(self.rows.size, dtype=np.uint64)
        for k in range(self.layout.step_width):
            part = self._field(self.layout.step + k, 1) & np.uint64(0x7F)
            steps |= part << np.uint64(7 * k)
        return steps.view(np.int64)


def width_of(length: int) -> int:
    """Words that cover a payload of ``length`` bytes and its checksum."""
    return -(-(length + 4) // 8)


def equal_words(words: ByteWords, other: ByteWords, mask: ByteWords) -> Flags:
    """Records that equal ``other``, shape (words, 1), where ``mask`` has bits; shape (n,)."""
    equal: Flags = np.bitwise_or.reduce((words ^ other) & mask, axis=0) == 0
    return equal


def runs_of(keys: NDArray[Any]) -> Iterator[tuple[int, int]]:
    """Bounds of the runs of equal keys (``keys`` is not empty)."""
    bounds = np.flatnonzero(keys[1:] != keys[:-1]) + 1
    return pairwise([0, *bounds.tolist(), keys.size])


@lru_cache(maxsize=4096)
def masks_of(layout: Layout) -> Masks:
    """Which bits tell what. The top bit of a step byte says whether another follows: that is structure."""
    octets = np.zeros((3, 8 * width_of(layout.length)), dtype=np.uint8)
    structure, tags, numbers = octets
    structure[: layout.length] = 0xFF
    for start, size in _number_fields(layout):
        numbers[start : start + size] = 0xFF
    for slot in layout.slots:
        tags[slot.tag_start : slot.tag_end] = 0xFF
    structure &= ~(numbers | tags)
    structure[layout.step : layout.step + layout.step_width] = 0x80
    tag_words = slice(layout.slots[0].tag_start // 8, -(-layout.slots[-1].tag_end // 8))
    words = octets.view(np.uint64)[:, :, None]
    return Masks(words[0], words[1], words[2], tag_words)


def _number_fields(layout: Layout) -> Iterator[tuple[int, int]]:
    """Start and size in bytes of wall time, step and every value."""
    if layout.wall >= 0:
        yield layout.wall, 8
    if layout.step >= 0:
        yield layout.step, layout.step_width
    for slot in layout.slots:
        yield slot.at, np.dtype(slot.kind).itemsize


def group_words(words: ByteWords) -> tuple[TagGroups, Flags]:
    """Group records by their ``words``, shape (k, n), and which records equal the first of their group.

    Grouped by a 16-bit hash: numpy sorts such keys in one pass, whatever their order. The few records that
    only share the hash with the first of the group are the caller's to put aside.
    """
    # A factor per word, so that equal words at other places differ; odd, as an even one would lose bits.
    factors = np.arange(1, len(words) + 1, dtype=np.uint64)[:, None] * np.uint64(_HASH_FACTOR) | np.uint64(1)
    hashes = np.add.reduce(words * factors, axis=0)
    mixed = (hashes ^ hashes >> np.uint64(29)) * np.uint64(_HASH_FACTOR)
    # The upper bits of a product depend on all bits below them, the lower ones do not.
    keys = (mixed >> np.uint64(48)).astype(np.uint16)
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    new = np.append(True, ordered[1:] != ordered[:-1])
    owner = np.empty(order.size, dtype=np.intp)
    owner[order] = np.cumsum(new) - 1
    heads = order[new]
    same: Flags = (words == words[:, heads].take(owner, axis=1)).all(axis=0)
    return TagGroups(order, owner, heads), same
