"""How a number is written for a person, everywhere in the program."""

from __future__ import annotations

import math

DIGITS = 3


def number_text(value: float | None) -> str:
    """Three significant digits, thousands separated, an exponent only where it helps.

    Whole numbers are written in full; of a share near one the digits that set it apart (0.9995 is not 1).
    None and NaN read ``unknown``, infinity ``infinite``.
    """
    if value is None or math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "infinite" if value > 0 else "-infinite"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    if 1e3 <= abs(value) < 1e6:
        return f"{float(f'{value:.{DIGITS}g}'):,.0f}"
    return f"{value:.{_digits(abs(value))}g}"


def in_format(value: float, spec: str) -> str:
    """A finite number in a format of Python, but thousands are separated and never an exponent instead."""
    if 1e3 <= abs(value) < 1e6 and spec.endswith("g"):
        return number_text(value)
    text = format(value, spec)
    return f"{float(text):,.0f}" if spec == ".0f" else text


def _digits(size: float) -> int:
    """Significant digits: of 0.9 to 1 so many that two of the distance to one are told."""
    if not 0.9 < size < 1:
        return DIGITS
    return max(DIGITS, 1 - math.floor(math.log10(1 - size)))
