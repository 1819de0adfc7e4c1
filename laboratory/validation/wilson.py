"""The interval of a share that was counted."""

from __future__ import annotations

import math
from statistics import NormalDist


def wilson(hits: int, of: int, confidence: float) -> tuple[float, float] | None:
    """Wilson's score interval of ``hits / of``, both ends in [0, 1]; None when ``of`` is 0.

    Unlike the usual normal interval it does not shrink to nothing at 0 and at 1, where few runs say least.
    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 1927.
    """
    if not of:
        return None
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share, square = hits / of, z * z / of
    middle = share + square / 2
    half = z * math.sqrt((share * (1 - share) + square / 4) / of)
    low, high = (middle - half) / (1 + square), (middle + half) / (1 + square)
    # At 0 and 1 one end is exact; rounding would put it a hair outside.
    return (0.0 if hits == 0 else max(0.0, low), 1.0 if hits == of else min(1.0, high))
