"""Masked CRC32C, the checksum of TFRecord files, over whole columns of records at once.

A CRC is linear over XOR: the checksum of a record is a constant of its length XOR one table entry per byte,
where the entry depends only on the byte and on how many bytes follow it. So a column of bytes that stand at
the same place in many records costs one table look-up per record, and bytes that are the same in all of
them (tag, structure) need to be summed only once.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

U8: TypeAlias = "NDArray[np.uint8]"
U32: TypeAlias = "NDArray[np.uint32]"

BLOCK = 512
"""Rows of the position table, and so the longest record the column path can check."""

_SHORT = 128
SMALL_LENGTH = 1 << 16
"""Record lengths below this have their checksum in one table."""

# Castagnoli's polynomial, bits reversed.
_POLYNOMIAL = np.uint32(0x82F63B78)
# TFRecord stores checksums masked, as LevelDB does: a CRC over data that holds CRCs is a poor check.
_MASK_DELTA = 0xA282EAD8
_ONES = 0xFFFFFFFF


def tables_for(length: int) -> U32:
    """Position tables for records of so many bytes: a scalar has less than a hundred, and each row costs."""
    return position_tables(_SHORT if length <= _SHORT else BLOCK)


@cache
def position_tables(rows: int = BLOCK) -> U32:
    """Shape (rows, 256): entry [k, b] is what byte ``b`` adds to the state when ``k`` bytes follow it."""
    first: U32 = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        first = (first >> np.uint32(1)) ^ (_POLYNOMIAL * (first & np.uint32(1)))
    tables = np.empty((rows, 256), dtype=np.uint32)
    tables[0] = first
    for k in range(1, rows):
        # One more byte behind it means one more zero byte through the register.
        previous = tables[k - 1]
        tables[k] = first[previous & 0xFF] ^ (previous >> 8)
    return tables


@cache
def _zero_states() -> U32:
    """Shape (BLOCK + 1,): the state after ``n`` zero bytes, from the all-ones start."""
    # Python's whole numbers: one at a time numpy's take ten times as long.
    first = tables_for(1)[0].tolist()
    states = [_ONES]
    for _ in range(BLOCK):
        states.append(first[states[-1] & 0xFF] ^ states[-1] >> 8)
    return np.array(states, dtype=np.uint32)


def masked(crc: U32) -> U32:
    """The form stored in files: rotated right by 15 bits plus a constant (modulo 2**32)."""
    return ((crc >> np.uint32(15)) | (crc << np.uint32(17))) + np.uint32(_MASK_DELTA)


def crc_rows(rows: U8, lengths: NDArray[np.intp] | None = None) -> U32:
    """CRC32C of each row of ``rows``, shape (m, n) with n <= BLOCK; returns shape (m,).

    With ``lengths``, shape (m,), a row holds that many bytes, at its end, and zeros before.
    """
    n = rows.shape[1]
    entries = tables_for(n)[np.arange(n - 1, -1, -1), rows]
    state: U32 = np.bitwise_xor.reduce(entries, axis=1)
    return state ^ _zero_states()[n if lengths is None else lengths] ^ np.uint32(_ONES)


def byte_terms(column: NDArray[np.unsignedinteger[Any]], following: NDArray[np.intp] | int) -> U32:
    """What one byte of each record adds to the CRC of that record.

    ``column`` has shape (m,), of which the lowest eight bits are used; ``following`` says how many bytes of
    the record follow that byte, shape (m,) or one number for all. Returns shape (m,).
    """
    index = column.astype(np.uint8).astype(np.intp)
    index += following * 256
    # mode="clip" only because numpy's default mode buffers; no index is out of range.
    longest = following if isinstance(following, int) else int(following.max(initial=0))
    terms: U32 = tables_for(longest + 1).ravel().take(index, mode="clip")
    return terms


def crc_bytes(data: bytes) -> int:
    """CRC32C of one byte string of any length, by blocks (about 5 ns per byte)."""
    if len(data) <= BLOCK:
        return int(crc_rows(np.frombuffer(data, dtype=np.uint8).reshape(1, -1))[0])
    # Zero bytes in front add nothing, so the first block can be padded; the all-ones start of the state is
    # the same as inverting the first four bytes.
    padded = np.zeros(-(-len(data) // BLOCK) * BLOCK, dtype=np.uint8)
    padded[-len(data) :] = np.frombuffer(data, dtype=np.uint8)
    padded[-len(data) : padded.size - len(data) + 4] ^= 0xFF
    places = np.arange(BLOCK - 1, -1, -1)
    state = 0
    for start in range(0, padded.size, BLOCK * BLOCK):
        blocks = padded[start : start + BLOCK * BLOCK].reshape(-1, BLOCK)
        terms = np.bitwise_xor.reduce(position_tables()[places, blocks], axis=1)
        state = _fold(state, terms)
    return state ^ _ONES


def _fold(state: int, terms: U32) -> int:
    """The state after the blocks whose own contributions are ``terms``."""
    # The state is XORed into the first four bytes of a block, followed by BLOCK - 1 to BLOCK - 4 others.
    shift = [table.tolist() for table in position_tables()[BLOCK - 4 :]]
    for term in terms.tolist():
        state = (
            term
            ^ shift[3][state & 0xFF]
            ^ shift[2][state >> 8 & 0xFF]
            ^ shift[1][state >> 16 & 0xFF]
            ^ shift[0][state >> 24]
        )
    return state


def masked_crc(data: bytes) -> int:
    """Masked CRC32C of one byte string, as it stands in the file."""
    crc = crc_bytes(data)
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & _ONES


@cache
def small_length_crcs() -> U32:
    """Shape (SMALL_LENGTH,): the masked CRC of the 8-byte little-endian record length n."""
    tables = tables_for(8)
    # A row for each higher byte of the length, a column for each lower one: no entry is looked up.
    lower: U32 = tables[7] ^ _zero_states()[8] ^ np.uint32(_ONES)
    return masked(tables[6][:, np.newaxis] ^ lower).ravel()
