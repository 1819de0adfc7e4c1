"""Numbers and steps for people."""

from __future__ import annotations

import math

from rldoctor.model.numbers import number_text as number

__all__ = ["finite", "number", "percent", "plural", "step"]


def finite(value: float | None) -> float | None:
    """The number, or None where it is missing, NaN or infinite (JSON has no such values)."""
    return value if value is not None and math.isfinite(value) else None


def step(value: float | None) -> str:
    """A training step: ``204,800``; ``unknown`` when it is not known."""
    return "unknown" if finite(value) is None else f"{value:,.0f}"


def percent(share: float) -> str:
    """A share in [0, 1] as a percentage without needless digits."""
    return f"{100 * share:.0f}%"


def plural(count: int, noun: str, many: str = "") -> str:
    """``1 rule``, ``3 rules``."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"
