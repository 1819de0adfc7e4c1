"""The short notation for test series: ``"0.012x99 0.09x49 ~0.004"``.

=============  ==========================================================================
``a``          one point
``axN``        a and N more like it: N + 1 points (so for ``_xN``, ``nanxN``, ``infxN`` too)
``a+bxN``      a and N more, each b further; ``a-bxN`` each b less, ``a*bxN`` each times b
``_``          no point
``nan inf``    logged as NaN, infinite (``-inf``)
``~s``         at the end: Gaussian noise of standard deviation s; ``~s%``: s percent of each value
=============  ==========================================================================
"""

from __future__ import annotations

import re
from hashlib import sha256

import numpy as np

from rldoctor.errors import ExpressionError
from rldoctor.model.raw import BoolArray, FloatArray
from rldoctor.patterns import pattern

MAX_POINTS = 100_000
_NUMBER = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_SIZE = _NUMBER.removeprefix("[-+]?")
_PART = pattern(
    rf"(?P<start>{_NUMBER}|_|nan|[-+]?inf)(?:(?P<sign>[-+*])(?P<step>{_SIZE}))?(?:x(?P<more>[0-9]+))?"
)
_NOISE = pattern(rf"~(?P<size>{_SIZE})(?P<relative>%?)")


def series(text: str, seed: str = "") -> tuple[FloatArray, BoolArray]:
    """Values and which of them exist, both of shape (n,); values that do not exist are NaN.

    ``seed`` is any text: the same text gives the same noise on every machine.

    Raises:
        ExpressionError: a part is not in the notation (``offset`` says which), or there are too many points.
    """
    words = list(re.finditer(r"\S+", text))
    noise = _NOISE.fullmatch(words[-1][0]) if words else None
    parts = [_part(word) for word in (words[:-1] if noise else words)]
    if not parts:
        raise ExpressionError("a series needs at least one point")
    if sum(part.size for part in parts) > MAX_POINTS:
        raise ExpressionError(f"more than {MAX_POINTS} points")
    values = np.concatenate(parts)
    exists = np.concatenate(
        [np.full(part.size, not word[0].startswith("_")) for part, word in zip(parts, words, strict=False)]
    )
    if noise:
        spread = float(noise["size"]) * (np.abs(values) / 100 if noise["relative"] else 1.0)
        values = values + spread * _generator(seed).standard_normal(values.size)
    return values, exists


def _part(word: re.Match[str]) -> FloatArray:
    match = _PART.fullmatch(word[0])
    if match is None or (match["step"] and (match["more"] is None or match["start"] == "_")):
        raise ExpressionError(
            f"'{word[0]}' is not part of a series, such as 0.1, 0.1x99 or 5-0.01x98", offset=word.start()
        )
    if len(match["more"] or "") > 6 or int(match["more"] or 0) >= MAX_POINTS:
        raise ExpressionError(f"'{word[0]}' has more than {MAX_POINTS} points", offset=word.start())
    start = float("nan") if match["start"] == "_" else float(match["start"])
    index = np.arange(int(match["more"] or 0) + 1, dtype=np.float64)
    if match["step"] is None:
        return np.full(index.size, start)
    with np.errstate(all="ignore"):
        if match["sign"] == "*":
            return np.asarray(start * float(match["step"]) ** index, dtype=np.float64)
        return np.asarray(start + float(match["sign"] + match["step"]) * index, dtype=np.float64)


def _generator(seed: str) -> np.random.Generator:
    """Noise that depends on the text alone (``hash()`` changes from one process to the next)."""
    return np.random.Generator(np.random.PCG64(int.from_bytes(sha256(seed.encode()).digest()[:8], "big")))
