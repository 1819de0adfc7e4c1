"""Whole numbers drawn at random, always the same: those of ``numpy.random.default_rng(20210830).integers``.

``numpy.random`` is a tenth of what importing numpy takes (for seeds from the system it loads OpenSSL), and
numpy keeps its streams only as long as it finds no better ones, while a judgement must not change with the
version of numpy. So the generator, PCG64 (O'Neill 2014), and the way to a range, Lemire's (2019), stand here;
the tests hold them against numpy's.
"""

from __future__ import annotations

import numpy as np

_MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645
# What numpy's SeedSequence makes of the seed.
_STATE = 247353035084626354985863660657617295049
_INCREMENT = 25175711910025259646443340052055943963
_32, _64, _128 = (1 << 32) - 1, (1 << 64) - 1, (1 << 128) - 1


class Lots:
    """A stream of draws, from its beginning. Words of 32 bits, the lower half of each of 64 bits first."""

    def __init__(self) -> None:
        """No word yet."""
        self._state, self._words = _STATE, np.empty(0, dtype=np.uint64)

    def integers(self, high: int, count: int) -> list[int]:
        """The next ``count`` numbers from 0 up to, not including, ``high``, which has at most 32 bits."""
        if high == 1:
            return [0] * count  # takes nothing from the stream, as in numpy
        # The upper half of word x high is in the range; a few words are passed over, as 2^32 / high is not
        # whole and some numbers would be likelier than others.
        unfair = np.uint64((_32 + 1) % high)
        fair = np.empty(0, dtype=np.intp)
        while len(fair) < count:
            self._draw(count - len(fair))
            products = self._words * np.uint64(high)
            fair = np.flatnonzero((products & np.uint64(_32)) >= unfair)[:count]
        self._words = self._words[fair[-1] + 1 :]
        found: list[int] = (products[fair] >> np.uint64(32)).tolist()
        return found

    def _draw(self, words: int) -> None:
        """Have at least so many more words."""
        state, drawn = self._state, []
        for _ in range(words // 2 + 1):
            state = (state * _MULTIPLIER + _INCREMENT) & _128
            folded, turn = (state >> 64 ^ state) & _64, state >> 122
            drawn.append((folded >> turn | folded << 64 - turn) & _64)
        self._state = state
        halves = np.array(drawn, dtype=np.uint64)
        pairs = np.stack([halves & np.uint64(_32), halves >> np.uint64(32)], axis=1)
        self._words = np.concatenate([self._words, pairs.ravel()])
