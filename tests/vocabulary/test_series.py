"""Steps become strictly increasing; what that took is counted."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rldoctor.vocabulary.axis import largest
from rldoctor.vocabulary.series import Points, clean

NAN = float("nan")
INFINITY = float("inf")


def cleaned(steps, values, *, average=False, wall=None):
    walls = None if wall is None else np.array(wall, dtype=float)
    return clean(Points(np.array(steps, dtype=float), np.array(values, dtype=float), walls), average=average)


def test_clean_points_stay_as_they_are():
    found = cleaned([1, 2, 3], [NAN, 5, 6], wall=[7, 8, 9])
    assert found.points.steps.tolist() == [1, 2, 3]
    assert np.isnan(found.points.values[0])
    assert found.points.wall.tolist() == [7, 8, 9]
    assert found.superseded == found.stray == found.merged == 0


def test_equal_steps_keep_the_last_or_the_mean_without_nan():
    assert cleaned([1, 1, 2], [1, 3, 5]).points.values.tolist() == [3, 5]
    assert cleaned([1, 1, 2], [1, 3, 5], average=True).points.values.tolist() == [2, 5]
    found = cleaned([1, 1, 2, 2, 3], [NAN, 3, NAN, NAN, NAN], average=True)
    assert found.points.values[0] == 3
    assert np.isnan(found.points.values[1:]).all()
    assert found.merged == 2


def test_a_resumed_run_supersedes_what_was_logged_from_there_on():
    found = cleaned([1, 2, 3, 4, 3, 4, 5], [1, 2, 3, 4, 30, 40, 50])
    assert found.points.steps.tolist() == [1, 2, 3, 4, 5]
    assert found.points.values.tolist() == [1, 2, 30, 40, 50]
    assert found.superseded == 1  # the point at 4; the one at 3 is merged
    assert found.merged == 1


def test_a_single_write_far_back_does_not_wipe_out_the_run():
    found = cleaned([*range(1, 101), 0], [*range(1, 101), 7])
    assert found.points.steps.size == 100
    assert found.stray == 1
    assert found.superseded == 0


def test_how_much_a_stretch_may_displace_grows_with_its_length():
    """Back to step 40 of 100 displaces 60 points: a resumed run where enough follow, else a stray write."""
    run = [*range(1, 101)]
    for length, stray in ((2, 2), (3, 0), (4, 0)):
        found = cleaned([*run, *range(40, 40 + length)], range(100 + length))
        assert (found.stray, found.superseded > 0) == (stray, not stray), length


def test_interleaved_writers_are_sorted():
    found = cleaned([2, 1, 4, 3, 6, 5, 8, 7, 10, 9], range(10))
    assert found.sorted_
    assert found.points.steps.tolist() == list(range(1, 11))


def test_points_without_a_step_are_counted():
    found = cleaned([1, NAN, 3], [1, 2, 3])
    assert found.unplaced == 1
    assert found.points.values.tolist() == [1, 3]


def test_nothing_stays_nothing():
    assert cleaned([], []).points.steps.size == 0


@given(
    st.lists(st.tuples(st.integers(0, 30), st.floats(allow_nan=True, width=32)), max_size=60), st.booleans()
)
def test_steps_always_end_up_strictly_increasing(rows, average):
    steps = [step for step, _ in rows]
    found = cleaned(steps, [value for _, value in rows], average=average)
    assert bool((np.diff(found.points.steps) > 0).all())
    assert set(found.points.steps.tolist()) <= set(map(float, steps))
    assert found.points.steps.size + found.superseded + found.stray + found.merged == len(rows)


STEPS = st.lists(st.sampled_from([-INFINITY, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, NAN, INFINITY]), max_size=6)


@given(STEPS, st.booleans(), st.booleans())
def test_series_taken_as_they_are_are_those_that_cleaning_would_not_change(steps, average, ordered):
    """The short way for steps in order against the long way, which has to give the same."""
    steps = sorted(set(steps)) if ordered else steps
    points = Points(np.array(steps, dtype=float), np.arange(len(steps)) * 1.0, np.arange(len(steps)) + 5.0)
    quick = clean(points, average=average)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Points, "in_order", lambda _: False)
        slow = clean(points, average=average)
    for one in fields(Points):
        assert getattr(quick.points, one.name).tolist() == getattr(slow.points, one.name).tolist()
    assert replace(quick, points=points) == replace(slow, points=points)


@given(STEPS.filter(len))
@pytest.mark.filterwarnings("ignore:All-NaN")
def test_the_largest_step_is_numpys(steps):
    np.testing.assert_equal(largest(np.array(steps)), float(np.nanmax(steps)))
