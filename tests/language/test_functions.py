"""Every function of the library: what it computes, and what it does with NaN, infinity and nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from every import every
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rldoctor.language.evaluator import Scope, evaluate
from rldoctor.language.functions import FUNCTIONS
from rldoctor.language.functions.rolling import _by_sorted_list, _by_sorting, rolling_mean, rolling_median
from rldoctor.language.parser import parse

NAN, INF = float("nan"), float("inf")


def value(text: str, x: Any = (), steps: Any = None, **names: Any) -> Any:
    series = np.asarray(x, dtype=np.float64)
    grid = np.arange(1.0, series.size + 1) if steps is None else np.asarray(steps, dtype=np.float64)
    return evaluate(parse(text), Scope(grid, {"x": series, "nothing": NAN, **names}))


def same(found: Any, expected: Any) -> bool:
    return np.array_equal(np.asarray(found, dtype=float), np.asarray(expected, dtype=float), equal_nan=True)


@every(
    ("text", "x", "expected"),
    [
        ("abs(x)", [-1, NAN, INF], [1, NAN, INF]),
        ("log(x)", [1, 0, -1], [0, -INF, NAN]),
        ("log2(x)", [8], [3]),
        ("log10(x)", [100], [2]),
        ("exp(x)", [0, 1e9], [1, INF]),
        ("sqrt(x)", [4, -1], [2, NAN]),
        ("square(x)", [-3], [9]),
        ("sign(x)", [-3, 0, NAN], [-1, 0, NAN]),
        ("minimum(x, 2, 1.5)", [1, 2, NAN], [1, 1.5, NAN]),
        ("maximum(x, 2)", [1, 3], [2, 3]),
        ("clip(x, 0, 1)", [-1, 0.5, 2, NAN], [0, 0.5, 1, NAN]),
        ("where(x > 1, x, 0)", [1, 2, NAN], [0, 2, 0]),
        ("is_nan(x)", [1, NAN, INF], [False, True, False]),
        ("is_finite(x)", [1, NAN, INF], [True, False, False]),
        ("coalesce(x, nothing, 7)", [1, NAN], [1, 7]),
        ("coalesce(nothing, nothing)", [], NAN),
        ("fill(x, 0)", [1, NAN], [1, 0]),
        ("true_if_unknown(nothing, x > 1)", [0, 2], [True, True]),
        ("true_if_unknown(x, x > 1)", [NAN, 2], [False, True]),
        ("true_if_unknown(x, x > 1)", [NAN, INF], [True, True]),
        ("true_if_unknown(nothing, nothing > 1)", [1], True),
        ("false_if_unknown(nothing, not x > 1)", [0, 2], [False, False]),
        ("false_if_unknown(x, not x > 1)", [NAN, 2], [True, False]),
        ("false_if_unknown(nothing, not nothing > 1)", [1], False),
        ("how_many(x > 1, x > 2, nothing)", [1, 2, 3, NAN], [0, 1, 2, 0]),
        ("how_many(true, false)", [], 1),
        ("points_so_far(x)", [NAN, 1, INF, 2], [0, 1, 1, 2]),
        ("points_so_far(nothing)", [1, 2], [0, 0]),
        ("interquantile(x, 0.25)", [1, 2, 3, 4, 5], 2),
        ("interquantile(x, 0.25, where=x < 4)", [1, 2, 3, 4, 5], 1),
        ("interquantile(x, 0)", [NAN], NAN),
        ("interquantile(x, nothing)", [1, 2], NAN),
        ("known(x)", [NAN, INF], False),
        ("known(x)", [NAN, 0], True),
        ("known(nothing)", [1], False),
        ("any(x > 1)", [1, 2], True),
        ("any(x > 1)", [], False),
        ("any(x > 1, where=x < 2)", [1, 2], False),
        ("all(x > 0)", [1, 2], True),
        ("all(x > 0)", [], False),
        ("all(x > 1, where=x > 1.5)", [1, 2], True),
        ("any(true)", [], True),
        ("sig(x, 2)", [0.0123, -98765, NAN, INF, 0], [0.012, -99000, NAN, INF, 0]),
        ("sig(x, 0)", [123], [100]),
        ("sig(x, nothing)", [123], [NAN]),
        ("sig(x, 1 / 0)", [0.1], [0.1]),
        ("sig(123.4, 2)", [], 120),
        ("round_up(x)", [1, 1.1, 2, 3, 5.1, 0.21, 0.2, 1e-9, 9.9e20], [1, 2, 2, 5, 10, 0.5, 0.2, 1e-9, 1e21]),
        ("round_up(x)", [0, NAN, INF, -3], [0, NAN, INF, -5]),
        ("round_up(0.0003)", [], 0.0005),
    ],
)
def test_per_point(text: str, x: list[float], expected: object) -> None:
    assert same(value(text, x), expected)


def test_windows_go_by_steps() -> None:
    steps = [0, 1, 2, 3, 100]
    x = np.arange(5.0)
    assert value("head(0.5)", x, steps).tolist() == [True, True, True, True, False]
    assert value("tail(0.5)", x, steps).tolist() == [False, False, False, False, True]
    assert value("between(0.01, 0.02)", x, steps).tolist() == [False, True, True, False, False]
    assert value("after(2)", x, steps).tolist() == [False, False, True, True, True]
    assert value("before(2)", x, steps).tolist() == [True, True, False, False, False]
    assert not value("head(nothing) or after(nothing)", x, steps).any()
    assert value("head(0.5)", []).shape == (0,)


@every(
    ("text", "x", "expected"),
    [
        ("smooth(x, span=2)", [1, 3, NAN, 5, NAN, NAN], [1, 2, 3, 5, 5, NAN]),
        ("smooth(x, span=0)", [1, 3], [1, 3]),
        ("smooth(x, span=99)", [1, 3], [1, 2]),
        ("smooth(x, span=nothing)", [1, 3], [NAN, NAN]),
        ("smooth(x, span=-1)", [1], [NAN]),
        ("smooth(x, span=1 / 0)", [1, 3], [1, 2]),
        ("smooth(x, span=x)", [1, 3], [NAN, NAN]),
        ("smooth(2, span=2)", [1, 3], [2, 2]),
        ("smooth(x, span=2)", [1e20, 1, 1, 1], [1e20, (1e20 + 1) / 2, 1, 1]),
        ("smooth(x, span=2)", [INF, 1, 1], [INF, INF, 1]),
        ("rolling_median(x, span=3)", [1, 9, 2, NAN, 3], [1, 5, 2, 5.5, 2.5]),
        ("rolling_median(x, span=nothing)", [1], [NAN]),
        ("rolling_median(x, span=2)", [INF, INF, -INF], [INF, INF, NAN]),
        ("running_max(x)", [NAN, 1, NAN, 3, 2], [NAN, 1, 1, 3, 3]),
        ("running_min(x)", [3, 1, NAN], [3, 1, 1]),
        ("diff(x)", [1, 4, NAN], [NAN, 3, NAN]),
        ("lag(x, 2)", [1, 2, 3], [NAN, NAN, 1]),
        ("lag(x, 0)", [1, 2], [1, 2]),
        ("lag(x, 9)", [1, 2], [NAN, NAN]),
        ("lag(x, -1)", [1, 2], [NAN, NAN]),
        ("cumsum(x)", [1, NAN, 2], [1, 1, 3]),
    ],
)
def test_along_the_series(text: str, x: list[float], expected: list[float]) -> None:
    assert same(value(text, x), expected)


def test_rate_is_per_step() -> None:
    assert same(value("rate(x)", [1, 5, 5], [10, 12, 20]), [NAN, 2, 0])


@pytest.mark.parametrize(
    "name", [name for name in FUNCTIONS if name in ("smooth", "rolling_median", "cumsum", "diff")]
)
def test_along_functions_of_nothing(name: str) -> None:
    call = f"{name}(x, span=3)" if FUNCTIONS[name].widens else f"{name}(x)"
    assert value(call, []).shape == (0,)


_SERIES = arrays(np.float64, st.integers(0, 60), elements=st.one_of(st.floats(-1e6, 1e6), st.just(NAN)))


@settings(max_examples=60)
@given(_SERIES, st.integers(1, 12))
def test_rolling_windows_agree_with_the_plain_definition(x: np.ndarray[Any, Any], span: int) -> None:
    windows = [x[max(0, end - span + 1) : end + 1] for end in range(x.size)]
    windows = [window[~np.isnan(window)] for window in windows]
    mean = [window.mean() if window.size else NAN for window in windows]
    median = [np.median(window) if window.size else NAN for window in windows]
    with np.errstate(invalid="ignore"):
        found = rolling_mean(x, span)
    assert np.allclose(found, mean, equal_nan=True, rtol=1e-9, atol=1e-6)
    assert np.allclose(rolling_median(x, span), median, equal_nan=True)
    assert same(_by_sorted_list(x, span), rolling_median(x, span))


def test_wide_medians_take_the_sorted_list() -> None:
    x = np.random.default_rng(0).standard_normal(500)
    assert same(rolling_median(x, 100), _by_sorting(x, 100))


@every(
    ("text", "x", "expected"),
    [
        ("count(x)", [1, NAN, INF], 2),
        ("count(x > 1)", [1, 2, 3], 2),
        ("count(x > 1, where=x < 3)", [1, 2, 3], 1),
        ("count(nothing)", [1], 0),
        ("median(x)", [1, NAN, 5, 3], 3),
        ("median(x, where=x > 1)", [1, 5, 3], 4),
        ("median(x, where=x > 9)", [1], NAN),
        ("median(nothing)", [1], NAN),
        ("median(7)", [], 7),
        ("median(7, where=x > 0)", [1, -1], 7),
        ("median(x, where=true)", [1, 3], 2),
        ("median(x, where=false)", [1, 3], NAN),
        ("mean(x)", [1, 2, NAN], 1.5),
        ("sum(x)", [1, 2, NAN], 3),
        ("sum(x)", [NAN], NAN),
        ("min(x)", [2, 1, NAN], 1),
        ("max(x)", [2, INF, NAN], INF),
        ("std(x)", [1, 3], 1),
        ("first(x)", [NAN, 2, 3], 2),
        ("last(x)", [2, 3, NAN], 3),
        ("distinct(x)", [1, 1, 2, NAN], 2),
        ("distinct(x)", [], NAN),
        ("quantile(x, 0.25)", [1, 2, 3, 4, 5], 2),
        ("quantile(x, 0.5)", [1, 2], 1.5),
        ("quantile(x, 9)", [1, 2], 2),
        ("quantile(x, 0)", [-INF, 2], -INF),
        ("quantile(x, 0.5)", [1, INF], INF),
        ("quantile(x, nothing)", [1], NAN),
        ("quantile(x, 0.5)", [], NAN),
        ("fraction(x > 1)", [1, 2, NAN, 4], 0.5),
        ("fraction(x > 1, where=x > 0)", [1, 2, NAN, 4], 2 / 3),
        ("fraction(x > 1)", [], NAN),
        ("share(x > 1)", [2], 1),
        ("share(x > 1)", [], NAN),
        ("share(x > 1, where=false)", [2, 3], NAN),
        ("share(true)", [1, 2], 1),
    ],
)
def test_reductions(text: str, x: list[float], expected: float) -> None:
    assert value(text, x) == pytest.approx(expected, nan_ok=True)


def test_share_goes_by_steps_and_fraction_by_points() -> None:
    x, steps = [1, 1, 1, 0], [0, 1, 2, 10]
    assert value("fraction(x > 0)", x, steps) == 0.75
    assert value("share(x > 0)", x, steps) == pytest.approx((0.5 + 1 + 4.5) / (0.5 + 1 + 4.5 + 4))
    assert value("share(x > 0, where=after(2))", x, steps) == pytest.approx(4.5 / 8.5)
