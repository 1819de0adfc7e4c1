"""How a number is written for a person, everywhere in the program."""

from __future__ import annotations

import math


def number_text(value: float | None) -> str:
    """Four significant digits, thousands separated, an exponent only where it helps.

    None and NaN read ``unknown``, infinity ``infinite``.
    """
    if value is None or math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "infinite" if value > 0 else "-infinite"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    if 1e3 <= abs(value) < 1e6:
        return f"{float(f'{value:.4g}'):,.0f}"
    return f"{value:.4g}" if 1e-3 <= abs(value) < 1e3 else f"{value:.3g}"
