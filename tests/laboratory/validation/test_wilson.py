"""Wilson's interval against values from the literature and from the formula worked out by hand."""

from __future__ import annotations

import math

import pytest

from laboratory.validation.wilson import wilson


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17, table I, method 3 (score, no continuity correction).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        # z = 1.96: (3.5 + 1.9208 - 1.96 * sqrt(7 * 1 / 8 + 0.9604)) / (8 + 3.8416) and so on.
        (7, 8, 0.5291, 0.9776),
        (8, 8, 0.6756, 1.0),
    ],
)
def test_known_intervals(hits: int, of: int, low: float, high: float) -> None:
    interval = wilson(hits, of, 0.95)
    assert interval is not None
    assert interval == pytest.approx((low, high), abs=5e-5)


def test_the_ends_solve_the_equation_they_come_from() -> None:
    """An end p of the interval is where the observed share is z standard errors of p away from p."""
    for end in wilson(5, 12, 0.9) or ():
        assert abs(5 / 12 - end) / math.sqrt(end * (1 - end) / 12) == pytest.approx(1.6448536)


def test_nothing_counted_has_no_interval() -> None:
    assert wilson(0, 0, 0.95) is None


@pytest.mark.parametrize("of", [1, 2, 7, 1000])
def test_the_ends_stay_in_range_and_hold_the_share(of: int) -> None:
    for hits in range(of + 1):
        low, high = wilson(hits, of, 0.95) or (2.0, -1.0)
        assert 0.0 <= low <= hits / of <= high <= 1.0
