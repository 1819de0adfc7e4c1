"""How a number is written for a person, everywhere in the program."""

from __future__ import annotations

import math

from rldoctor.patterns import pattern

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
    # Two digits of some hundreds are written as 1.1e+02.
    whole = spec == ".0f" or ("e+" in text and abs(value) < 1e6)
    return f"{float(text):,.0f}" if whole else text


# `1 steps`, with what may stand between: `1 gradient steps`. Not `0.1 steps`, nor `-1 steps`.
_ONE = pattern(
    r"(?<![\w.,/-])1 ((?:gradient |environment |action |learning )?)"
    r"(step|update|environment|dimension|episode|metric|point|row|term|epoch|drop|transition|sample|minibatche)s\b"
)
# Hundreds and thousands with an exponent, as a format of few digits writes them.
_LARGE = pattern(r"\b\d(?:\.\d+)?e\+0[2-5]\b")


def singular(text: str) -> str:
    """One of a thing is not several."""
    # Few texts speak of one thing, and the pattern takes 0.5 ms to compile.
    if "1 " not in text:
        return text
    return _ONE.sub(
        lambda part: f"1 {part[1]}{part[2].removesuffix('e') if part[2].endswith('che') else part[2]}", text
    )


def plain(text: str) -> str:
    """A sentence of arithmetic as people write it: ``2,050`` for 2.05e+03, one step for one of them."""
    return singular(_LARGE.sub(lambda found: f"{float(found[0]):,.0f}", text) if "e+0" in text else text)


def _digits(size: float) -> int:
    """Significant digits: of 0.9 to 1 so many that two of the distance to one are told."""
    if not 0.9 < size < 1:
        return DIGITS
    return max(DIGITS, 1 - math.floor(math.log10(1 - size)))
