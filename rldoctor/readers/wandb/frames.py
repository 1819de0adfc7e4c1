"""The framing of ``.wandb`` files: LevelDB's log format, with another checksum and a header of W&B's own.

    file   = ":W&B" | 0xBEE1 (2 bytes) | version (1 byte) | blocks of 32 KiB, the header in the first of them
    block  = chunks, then zeros where fewer than seven bytes are left
    chunk  = CRC32 of type and data (4 bytes) | length (2 bytes) | type (1 byte) | data

A record is one chunk (full), or a first, middle ones and a last. Every chunk checks itself, so after damage
reading goes on at the next chunk whose checksum is right.
"""

from __future__ import annotations

from binascii import crc32
from collections.abc import Iterator
from io import BufferedIOBase
from struct import Struct

from rldoctor.plain_data import dataclass
from rldoctor.readers.limits import RECORD_BYTES

HEADER = b":W&B\xe1\xbe\x00"
BLOCK = 32_768
_CHUNK = Struct("<IHB")
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
# Bytes whose checksum is tried in the search for the next chunk: a file made to look like chunks everywhere
# would else cost a second per block.
_TRIED = 128 << 20
# The checksum covers the type too: started from the sum of that byte.
_SEEDS = {kind: crc32(bytes([kind])) for kind in (_FULL, _FIRST, _MIDDLE, _LAST)}


@dataclass(slots=True)
class FrameDamage:
    """What was lost: ``places`` of ``size`` bytes in all, and whether the file ends inside a record."""

    places: int = 0
    size: int = 0
    cut: bool = False
    header: bool = False
    tried: int = 0


def records(stream: BufferedIOBase, damage: FrameDamage) -> Iterator[bytes]:
    """The records of an open file in order. Never raises on damage: it is counted in ``damage``."""
    parts: list[bytes] = []
    for kind, data in _chunks(stream, damage):
        if kind in (_FULL, _FIRST):
            _drop(parts, damage)
            parts = [data]
        # The rest of a record whose beginning is lost; the beginning was counted.
        elif not parts or kind == 0:
            _drop(parts, damage)
            parts = []
            continue
        else:
            parts.append(data)
        if len(parts) * BLOCK > RECORD_BYTES:
            damage.places += 1
            _drop(parts, damage)
            parts = []
        elif kind in (_FULL, _LAST):
            yield b"".join(parts)
            parts = []
    damage.cut = damage.cut or bool(parts)


def _drop(parts: list[bytes], damage: FrameDamage) -> None:
    damage.size += sum(map(len, parts))


def _chunks(stream: BufferedIOBase, damage: FrameDamage) -> Iterator[tuple[int, bytes]]:
    """Type and data of every readable chunk; type 0 where something between two is lost."""
    block = stream.read(BLOCK)
    damage.header = block[: len(HEADER)] != HEADER
    at = len(HEADER)
    while block:
        following = stream.read(BLOCK)
        yield from _in_block(block, at, damage, last=not following)
        block, at = following, 0


def _in_block(block: bytes, at: int, damage: FrameDamage, *, last: bool) -> Iterator[tuple[int, bytes]]:
    while len(block) - at >= _CHUNK.size:
        end = _end_of_chunk(block, at)
        if end:
            yield block[at + 6], block[at + _CHUNK.size : end]
            at = end
            continue
        found = _next_chunk(block, at + 1, damage)
        # Zeros up to the end: space that was given to the file and never written.
        if not found and not any(block[at:]):
            return
        # The last chunk of a file that still grows, or whose writer was killed, is no damage.
        damage.cut = damage.cut or (last and not found)
        if found or not last:
            damage.places += 1
            damage.size += (found or len(block)) - at
        yield 0, b""
        at = found or len(block)
    if last and any(block[at:]):
        damage.cut = True


def _next_chunk(block: bytes, at: int, damage: FrameDamage) -> int:
    """Where the next readable chunk of a block begins; 0 when there is none."""
    for start in range(at, len(block) - _CHUNK.size + 1):
        length, kind = block[start + 4] | block[start + 5] << 8, block[start + 6]
        if kind not in _SEEDS or start + _CHUNK.size + length > len(block):
            continue
        damage.tried += length
        if damage.tried > _TRIED:
            return 0
        if _end_of_chunk(block, start):
            return start
    return 0


def _end_of_chunk(block: bytes, at: int) -> int:
    """Where the chunk that begins at ``at`` ends; 0 when there is none with a right checksum."""
    if at + _CHUNK.size > len(block):
        return 0
    crc, length, kind = _CHUNK.unpack_from(block, at)
    end = at + _CHUNK.size + length
    seed = _SEEDS.get(kind)
    if seed is None or end > len(block) or crc32(block[at + _CHUNK.size : end], seed) != crc:
        return 0
    return int(end)
