"""The window and the number of points behind a measured value."""

from __future__ import annotations

import numpy as np

from rldoctor.engine.rule_constants import condition_of
from rldoctor.engine.scene import window
from rldoctor.language.evaluator import Scope
from rldoctor.language.parser import parse

STEPS = np.arange(10.0, 110.0, 10.0)
SCOPE = Scope(STEPS, {"x": STEPS, "late": STEPS > 70}, {}, {}, {}, float("nan"))


def test_the_condition_is_found_through_a_let() -> None:
    lets = {"typical": parse("median(abs(x), where=late)")}
    assert condition_of(parse("typical"), lets) == parse("late")


def test_two_conditions_are_no_single_window() -> None:
    assert condition_of(parse("median(x, where=late) - median(x, where=head(0.1))"), {}) is None


def test_window_and_points_of_a_condition() -> None:
    assert window(parse("median(x, where=late)"), {}, SCOPE) == ((80.0, 100.0), 3)


def test_without_a_condition_the_whole_grid_counts() -> None:
    assert window(parse("median(x)"), {}, SCOPE) == ((10.0, 100.0), 10)


def test_no_grid_no_window() -> None:
    assert window(parse("1"), {}, Scope(np.empty(0), {}, {}, {}, {}, float("nan"))) == (None, 0)
