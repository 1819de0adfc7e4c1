"""Grids and placed metrics that rules share are what each rule would have made for itself."""

from __future__ import annotations

import numpy as np

from rldoctor.engine.grid import Shared, carry_forward
from rldoctor.model.series import Series

STEPS = np.arange(1.0, 41.0)
FINE = Series("fine", STEPS, STEPS * 2, "fine")
COARSE = Series("coarse", STEPS[::4].copy(), STEPS[::4] * 3, "coarse")


def test_equal_steps_are_one_grid() -> None:
    shared = Shared()
    assert shared.grid(STEPS) is STEPS
    assert shared.grid(STEPS.copy()) is STEPS
    assert shared.grid(STEPS + 1) is not STEPS


def test_parts_of_a_grid_are_made_once() -> None:
    shared = Shared()
    part = shared.after(STEPS, 5)
    assert part.tolist() == STEPS[5:].tolist()
    assert shared.after(STEPS, 5) is part


def test_a_metric_is_placed_once_and_cut_like_its_grid() -> None:
    shared = Shared()
    whole = shared.placed("coarse", COARSE, STEPS, 0)
    np.testing.assert_array_equal(whole, carry_forward(COARSE, STEPS))
    part = shared.placed("coarse", COARSE, STEPS, 5)
    np.testing.assert_array_equal(part, np.asarray(whole)[5:])
    assert shared.placed("coarse", COARSE, STEPS, 5) is part
    assert np.asarray(shared.placed("fine", FINE, STEPS, 0)).tolist() == FINE.values.tolist()


def test_what_was_not_logged_is_nan() -> None:
    assert np.isnan(np.asarray(Shared().placed("x", None, STEPS, 0)))
