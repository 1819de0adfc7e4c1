"""Conditions over time: for, bridge, onset."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rldoctor.engine.intervals import active_mask, intervals, runs_of_true, span_steps
from rldoctor.model.finding import Interval
from rldoctor.rulebook.schema import Span

GRID = np.arange(0.0, 100.0, 10.0)


def mask(text: str) -> np.ndarray:
    return np.array([letter == "#" for letter in text])


def test_an_interval_runs_from_first_to_last_true_point() -> None:
    assert intervals(mask(".###......"), GRID) == [Interval(10, 30)]


def test_an_interval_that_reaches_the_last_point_is_open() -> None:
    assert intervals(mask(".......###"), GRID) == [Interval(70, 90, open=True)]


def test_shorter_than_for_is_no_interval() -> None:
    assert intervals(mask(".##...####"), GRID, hold=30) == [Interval(60, 90, open=True)]


def test_a_gap_up_to_bridge_does_not_end_an_interval() -> None:
    assert intervals(mask("###.###..."), GRID, bridge=20) == [Interval(0, 60)]
    assert intervals(mask("###..##..."), GRID, bridge=20) == [Interval(0, 20), Interval(50, 60)]


def test_no_points_no_intervals() -> None:
    assert intervals(np.zeros(0, dtype=bool), np.empty(0)) == []


@pytest.mark.parametrize(
    ("span", "steps"),
    [(Span("share", 0.1), 100.0), (Span("steps", 25.0), 25.0), (Span("points", 4.0), 30.0), (None, 0.0)],
)
def test_spans_in_steps(span: Span | None, steps: float) -> None:
    assert span_steps(span, GRID, 1000.0) == steps


@given(st.lists(st.booleans(), max_size=60))
def test_stretches_cover_exactly_the_true_points(values: list[bool]) -> None:
    truth = np.array(values, dtype=bool)
    rebuilt = np.zeros(truth.shape, dtype=bool)
    for first, last in runs_of_true(truth):
        rebuilt[first : last + 1] = True
    assert (rebuilt == truth).all()


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(0, 5))
def test_intervals_without_for_cover_every_true_point(values: list[bool], bridge: int) -> None:
    truth = np.array(values, dtype=bool)
    grid = np.arange(truth.size, dtype=np.float64)
    covered = active_mask(intervals(truth, grid, bridge=float(bridge)), grid)
    assert covered[truth].all()
