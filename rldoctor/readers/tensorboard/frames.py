"""Record framing of event files (TFRecord): from bytes to record positions, in bounded memory.

    record = length (8 bytes, little-endian) | masked CRC of these | payload | masked CRC of the payload

A 12-byte header checks itself, so after damage reading goes on at the next valid header.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import field
from errno import ENXIO
from io import RawIOBase
from struct import Struct
from typing import TYPE_CHECKING

import numpy as np

from rldoctor.plain_data import dataclass
from rldoctor.readers.limits import RECORD_BYTES
from rldoctor.readers.tensorboard.crc import SMALL_LENGTH, masked_crc, small_length_crcs
from rldoctor.readers.tensorboard.cursors import propose_positions

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH_BYTES = 2 << 20
"""Bytes decoded at a time: large enough that numpy's call overhead vanishes."""

PADDING = 1024
"""Readable bytes behind the last record: fixed-width gathers may look past its end."""

HEADER = 12
_CANDIDATES = 100
FRAME = 16
_length_at = Struct("<Q").unpack_from
_crc_at = Struct("<I").unpack_from


@dataclass(frozen=True, slots=True)
class Batch:
    """Complete records of one stretch of a file.

    ``data`` is the buffer (uint8, with ``PADDING`` bytes to spare), valid until the next batch is asked for.
    ``starts`` (payload positions in ``data``) and ``lengths`` have shape (m,), int64. The first record is
    number ``first`` of the file, ``data[0]`` byte ``offset`` of the file. Headers have been verified.
    """

    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    first: int
    offset: int


@dataclass(frozen=True, slots=True)
class DamagedBytes:
    """Bytes that could not be read: ``kind`` is a slug, ``offset`` the place in the file, ``size`` bytes."""

    kind: str
    offset: int
    size: int


@dataclass(slots=True)
class FrameReader:
    """Iterates over the batches of one open event file; ``damage`` fills up on the way.

    ``stream`` must be unbuffered and readable. Never raises on damaged content. A file that grows while it is
    read is read up to wherever it ended at that time. ``size_hint`` is the size of the file, if known.
    """

    stream: RawIOBase
    size_hint: int = BATCH_BYTES
    damage: list[DamagedBytes] = field(default_factory=list)
    records: int = 0
    _buffer: bytearray = field(default_factory=bytearray)
    _filled: int = 0
    _offset: int = 0

    def __post_init__(self) -> None:
        """Small files get a small buffer: clearing two megabytes costs more than reading them."""
        self._buffer = bytearray(min(BATCH_BYTES, max(self.size_hint, 1 << 12)) + PADDING)

    def __iter__(self) -> Iterator[Batch]:
        """Batches in file order."""
        while True:
            at_end = not self._fill()
            data = np.frombuffer(self._buffer, dtype=np.uint8)
            positions, stop = walk(self._buffer, data, self._filled)
            if len(positions):
                ends = np.append(positions[1:], stop)
                yield Batch(data, positions + HEADER, ends - positions - FRAME, self.records, self._offset)
                self.records += len(positions)
            self._keep_from(stop)
            # What is left begins with no valid header and no piece of one: more bytes would not mend it.
            if (
                (self._filled and not is_incomplete(self._buffer, self._filled))
                or self._claims_too_much()
                or (at_end and self._hides_records())
            ):
                at_end = not self._resynchronise()
            if at_end:
                self._report_tail()
                return

    def _claims_too_much(self) -> bool:
        """Whether the record at the front is longer than any that is worth keeping in memory."""
        return self._filled >= HEADER and _length_at(self._buffer, 0)[0] > RECORD_BYTES

    def _hides_records(self) -> bool:
        """Whether a whole record, its payload's checksum right, begins within the one the file ends in."""
        at = HEADER
        # A few headers by chance; thousands would be made to be looked at.
        for _ in range(_CANDIDATES):
            at = next_header(self._buffer, at, self._filled)
            if at < 0:
                break
            end = at + HEADER + _length_at(self._buffer, at)[0]
            payload = bytes(self._buffer[at + HEADER : end])
            if end + 4 <= self._filled and masked_crc(payload) == _crc_at(self._buffer, end)[0]:
                return True
            at += 1
        return False

    def _fill(self) -> bool:
        """Read on; False at the end of the file. The buffer grows when one record does not fit in it."""
        if self._filled == len(self._buffer) - PADDING:
            self._buffer = self._buffer + bytearray(len(self._buffer))
        with memoryview(self._buffer) as view:
            got = self.stream.readinto(view[self._filled : len(view) - PADDING]) or 0
        self._filled += got
        return got > 0

    def _keep_from(self, position: int) -> None:
        """Move what stands at and behind ``position`` to the front of the buffer."""
        self._buffer[: self._filled - position] = self._buffer[position : self._filled]
        self._filled -= position
        self._offset += position

    def _resynchronise(self) -> bool:
        """Skip to the next valid header and say how much was lost; False when there is none."""
        start, zeros = self._offset, True
        # The header at 0 is the one that is wrong.
        skip = 1
        while True:
            found = next_header(self._buffer, skip, self._filled)
            # Without a hit the last eleven bytes stay: a header may begin in them and end in the next read.
            lost = self._filled - HEADER + 1 if found < 0 else found
            zeros = zeros and self._buffer.count(0, 0, lost) == lost
            if found >= 0:
                self._keep_from(found)
                self.damage.append(DamagedBytes("bad-length", start, self._offset - start))
                return True
            self._keep_from(lost)
            skip = 0
            if zeros:
                self._skip_hole()
            if not self._fill():
                zeros = zeros and self._buffer.count(0, 0, self._filled) == self._filled
                size = self._offset + self._filled - start
                self.damage.append(DamagedBytes("zero-tail" if zeros else "bad-tail", start, size))
                self._filled = 0
                return False

    def _skip_hole(self) -> None:
        """Go to where a file that was extended and not filled in has bytes again: it may be any size."""
        here = self._offset + self._filled
        try:
            there = self.stream.seek(here, os.SEEK_DATA)
        except (OSError, ValueError, AttributeError) as error:
            # No data up to the end; any other error is that of a system or stream that knows no holes.
            there = self.stream.seek(0, os.SEEK_END) if getattr(error, "errno", 0) == ENXIO else here
        if there > here:
            self._offset, self._filled = there, 0

    def _report_tail(self) -> None:
        """The file ended inside a record."""
        if self._filled:
            self.damage.append(DamagedBytes("truncated", self._offset, self._filled))


def walk(buffer: bytearray, data: NDArray[np.uint8], filled: int) -> tuple[NDArray[np.int64], int]:
    """Positions of the complete records with a valid header in ``buffer[:filled]``, and where they end."""
    # The proposal is fast and may be wrong; a valid header where each record ends proves it right.
    proposal = propose_positions(data, filled)
    if proposal is not None and _headers_valid(data, *proposal) == len(proposal[0]):
        return proposal
    # Checked after the loop, all at once: a checksum per record would cost more than the walk.
    positions, stop = _walk_one_by_one(buffer, filled)
    valid = _headers_valid(data, positions, stop)
    if valid < len(positions):
        return positions[:valid], int(positions[valid])
    return positions, stop


def _walk_one_by_one(buffer: bytearray, filled: int) -> tuple[NDArray[np.int64], int]:
    """Follow the lengths from record to record without checking them."""
    positions: list[int] = []
    position = 0
    while position + FRAME <= filled:
        end = position + FRAME + _length_at(buffer, position)[0]
        if end > filled:
            break
        positions.append(position)
        position = end
    return np.array(positions, dtype=np.int64), position


def _headers_valid(data: NDArray[np.uint8], positions: NDArray[np.int64], stop: int) -> int:
    """How many of the records, from the first on, have a header that checks itself."""
    if not len(positions):
        return 0
    lengths = np.append(positions[1:], stop) - positions - FRAME
    stored = np.ndarray((data.size - 3,), dtype="<u4", buffer=data, strides=(1,))[positions + 8]
    written = np.ndarray((data.size - 7,), dtype="<i8", buffer=data, strides=(1,))[positions]
    small = lengths < SMALL_LENGTH
    # The lengths are distances between positions: that each record ends where the next begins is checked too.
    right = (small_length_crcs()[np.where(small, lengths, 0)] == stored) & (written == lengths)
    for k in np.flatnonzero(~small):
        header = int(lengths[k]).to_bytes(8, "little")
        right[k] = written[k] == lengths[k] and masked_crc(header) == stored[k]
    return len(right) if bool(right.all()) else int(np.argmin(right))


def header_valid(data: bytes | bytearray, position: int = 0) -> bool:
    """Whether the 12 bytes at ``position`` are a record header (the magic number of an event file)."""
    if len(data) < position + HEADER:
        return False
    return masked_crc(bytes(data[position : position + 8])) == int(_crc_at(data, position + 8)[0])


def is_incomplete(buffer: bytearray, filled: int) -> bool:
    """Whether the buffer starts with a record, or a header, that more bytes could complete."""
    return filled < HEADER or header_valid(buffer)


def next_header(buffer: bytearray, start: int, filled: int) -> int:
    """Position of the first valid header in ``buffer[start:filled]``, or -1.

    Only lengths below ``SMALL_LENGTH`` are looked for: six zero bytes make the search cheap and certain.
    """
    count = filled - start - HEADER + 1
    if count <= 0:
        return -1
    lengths = np.ndarray((count,), dtype="<u8", buffer=buffer, offset=start, strides=(1,))
    stored = np.ndarray((count,), dtype="<u4", buffer=buffer, offset=start + 8, strides=(1,))
    places = np.flatnonzero(lengths < SMALL_LENGTH)
    hits = places[small_length_crcs()[lengths[places].astype(np.intp)] == stored[places]]
    return start + int(hits[0]) if hits.size else -1
