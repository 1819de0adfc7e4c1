"""Whole numbers drawn at random, always the same: those of ``numpy.random.default_rng(20210830).integers``.

``numpy.random`` is a tenth of what importing numpy takes (for seeds from the system it loads OpenSSL), and
numpy keeps its streams only as long as it finds no better ones, while a judgement must not change with the
version of numpy. So the generator, PCG64 (O'Neill 2014), and the way to a range, Lemire's (2019), stand here;
the tests hold them against numpy's.
"""

from __future__ import annotations

from collections.abc import Iterator

_MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645
# What numpy's SeedSequence makes of the seed.
_STATE = 247353035084626354985863660657617295049
_INCREMENT = 25175711910025259646443340052055943963
_32, _64, _128 = (1 << 32) - 1, (1 << 64) - 1, (1 << 128) - 1


def words() -> Iterator[int]:
    """The stream: numbers of 32 bits, the lower half of each word of 64 first."""
    state = _STATE
    while True:
        state = (state * _MULTIPLIER + _INCREMENT) & _128
        folded, turn = (state >> 64 ^ state) & _64, state >> 122
        word = (folded >> turn | folded << 64 - turn) & _64
        yield word & _32
        yield word >> 32


def integers(stream: Iterator[int], high: int, count: int) -> list[int]:
    """``count`` numbers from 0 up to, not including, ``high``, which has at most 32 bits."""
    if high == 1:
        return [0] * count  # takes nothing from the stream, as in numpy
    # The upper half of word x high is in the range; a few words are left out, as 2^32 / high is not whole.
    unfair = (_32 + 1) % high
    found: list[int] = []
    while len(found) < count:
        product = next(stream) * high
        if product & _32 >= unfair:
            found.append(product >> 32)
    return found
