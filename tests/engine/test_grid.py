"""Alignment of series on a rule's grid: carried forward, then stale, then absent."""

from __future__ import annotations

import numpy as np

from rldoctor.engine.grid import carry_forward, median_gap, on_grid
from rldoctor.model.series import Series


def series(steps: list[float], values: list[float]) -> Series:
    return Series("x", np.array(steps), np.array(values), "x")


def test_the_latest_value_at_or_before_a_step_is_used() -> None:
    found = carry_forward(series([10, 20, 30], [1, 2, 3]), np.array([5.0, 10.0, 15.0, 30.0, 35.0]))
    assert np.isnan(found[0])
    assert found[1:].tolist() == [1, 1, 3, 3]


def test_a_value_older_than_three_gaps_is_absent() -> None:
    grid = np.arange(10.0, 101.0, 10.0)
    found = carry_forward(series([10, 20], [1, 2]), grid)
    assert found[:5].tolist() == [1, 2, 2, 2, 2]
    assert np.isnan(found[5:]).all()


def test_a_sparse_metric_is_not_stale_between_its_own_points() -> None:
    sparse = series([0, 1000, 2000], [1, 2, 3])
    assert np.isfinite(carry_forward(sparse, np.arange(0.0, 2000.0, 10.0))).all()


def test_a_metric_that_was_not_logged_is_a_nan() -> None:
    grid = np.array([1.0, 2.0])
    placed = on_grid({"x": series([1, 2], [5, 6])}, ["x", "y"], grid)
    assert np.asarray(placed["x"]).tolist() == [5, 6]
    assert np.isnan(placed["y"])


def test_an_empty_series_is_absent_everywhere() -> None:
    assert np.isnan(carry_forward(series([], []), np.array([1.0, 2.0]))).all()


def test_gap_of_a_single_point_is_zero() -> None:
    assert median_gap(np.array([3.0])) == 0.0
