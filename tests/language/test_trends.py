"""Trend functions: right on what has a trend, quiet on noise, also on noise that was averaged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from every import every

from rldoctor.language.evaluator import Scope, evaluate
from rldoctor.language.functions.base import CallContext
from rldoctor.language.functions.statistics import (
    average_ranks,
    correlation_p,
    effective_size,
    exact_p,
    incomplete_beta,
    rank_correlation,
    spread,
    theil_sen,
)
from rldoctor.language.functions.trends import MAX_BINS, independent_points, trend_p
from rldoctor.language.parser import parse

NAN, INF = float("nan"), float("inf")
Array = np.ndarray[Any, Any]
SEEDS = 200


def moving_mean(values: Array, width: int) -> Array:
    total = np.cumsum(np.concatenate([[0.0], values]))
    end = np.arange(1, values.size + 1)
    begin = np.maximum(end - width, 0)
    return (total[end] - total[begin]) / (end - begin)


def value(text: str, x: Any, steps: Any = None, spacing: float = 0.0) -> Any:
    series = np.asarray(x, dtype=np.float64)
    grid = np.arange(1.0, series.size + 1) if steps is None else np.asarray(steps, dtype=np.float64)
    return evaluate(parse(text), Scope(grid, {"x": series}, spacing={"x": spacing}))


def found(values: list[Array], spacing: float, steps: Array | None = None) -> float:
    """Share of the series in which a trend is found at 5 %."""
    grid = np.arange(float(values[0].size)) if steps is None else steps
    return float(np.mean([trend_p(CallContext(grid, spacing), one) < 0.05 for one in values]))


def test_a_bin_with_one_point_counts_and_an_empty_one_does_not() -> None:
    """A logger that wrote ten times as often in the second half: each half is 150 bins all the same."""
    steps = np.concatenate([np.arange(0.0, 1500.0, 10.0), np.arange(1500.0, 3000.0)])
    at, means = independent_points(CallContext(steps, 0.0), steps, None)
    assert at.size == MAX_BINS
    assert (at[:3].tolist(), at[-2:].tolist()) == ([0.0, 10.0, 20.0], [2984.5, 2994.5])
    assert means.tolist() == at.tolist()
    apart = np.concatenate([np.arange(0.0, 400.0), [3000.0]])
    assert independent_points(CallContext(apart, 0.0), apart, None)[0][-1] == 3000


def noise_series(points: int, width: int, slope: float = 0.0) -> list[Array]:
    line = slope * np.linspace(0, 1, points)
    return [
        moving_mean(np.random.default_rng(seed).standard_normal(points) + line, width)
        for seed in range(SEEDS)
    ]


def test_plain_rank_tests_cry_wolf_on_a_moving_mean() -> None:
    """What the two defences are for: without them most of the noise is a trend."""
    plain = [correlation_p(rank_correlation(one), one.size) for one in noise_series(1000, 100)]
    assert np.mean(np.array(plain) < 0.05) > 0.6


@every(
    ("points", "width", "spacing"),
    [
        (30, 1, 0),
        (300, 1, 0),
        (3000, 1, 0),
        (1000, 100, 100),
        (3000, 100, 100),
        (1000, 100, 0),
        (3000, 100, 0),
        (300, 10, 0),
    ],
)
def test_noise_is_no_trend(points: int, width: int, spacing: float) -> None:
    assert found(noise_series(points, width), spacing) <= 0.1


@pytest.mark.parametrize(
    ("points", "width", "spacing"), [(300, 1, 0), (1000, 100, 100), (3000, 100, 0), (3000, 100, 100)]
)
def test_a_true_trend_is_found(points: int, width: int, spacing: float) -> None:
    assert found(noise_series(points, width, slope=2.0), spacing) >= 0.9


def test_an_sb3_return_curve() -> None:
    """300,000 steps of 200-step episodes, a 100-episode mean written every 2048 steps."""
    steps = np.arange(2048.0, 300_000, 2048)
    episode = (steps // 200).astype(int) - 1
    for slope, least, most in ((0.0, 0.0, 0.1), (2.0, 0.95, 1.0)):
        curves = [one[episode] for one in noise_series(1500, 100, slope)]
        assert least <= found(curves, 20_000.0, steps) <= most


def test_autocorrelated_noise_is_no_trend() -> None:
    series = []
    for seed in range(SEEDS):
        shocks = np.random.default_rng(seed).standard_normal(300)
        series.append(np.convolve(shocks, 0.9 ** np.arange(60))[:300])
    assert found(series, 0.0) <= 0.1


def test_direction_and_ties() -> None:
    assert value("trend(x)", [1, 2, 3, 4]) == 1
    assert value("trend(x)", [4, 3, 2, 1]) == -1
    assert value("trend(x)", [5, 5, 5, 5]) == 0
    assert value("trend_p(x)", [5, 5, 5, 5]) == 1
    assert value("trend(x)", [0, 0, 1, 1]) == pytest.approx(0.894427191)
    assert value("trend(x, where=x > 1)", [9, 2, 3, 4]) == pytest.approx(-0.2)


@pytest.mark.parametrize("x", [[], [1], [1, 2], [NAN] * 9, [INF] * 9])
def test_too_little_is_nan(x: list[float]) -> None:
    for name in ("trend", "trend_p", "noise"):
        assert np.isnan(value(f"{name}(x)", x)), name


def test_nothing_is_nan() -> None:
    for name in ("trend", "trend_p", "slope", "change", "noise", "doublings"):
        assert np.isnan(value(f"{name}(x)", [])), name
    assert value("independent(x)", []) == 0
    assert np.isnan(value("slope(x)", [1]))
    assert np.isnan(value("trend_p(x)", [1, 2, 3])), "three points are no evidence"


def test_a_scalar_has_no_trend() -> None:
    assert evaluate(parse("trend(3)"), Scope(np.arange(9.0))) == 0


def test_slope_is_per_step_and_robust() -> None:
    x = 3 * np.arange(0, 100, 2.0) + 1
    x[::5] = 1e6
    assert value("slope(x)", x, np.arange(0, 100, 2.0)) == pytest.approx(3, rel=0.05)
    assert value("slope(x)", 0.5 * np.arange(5000.0)) == pytest.approx(0.5)


def test_change_compares_the_quarters() -> None:
    assert value("change(x)", [1, 1, 5, 5, 9, 9, 9, 9]) == pytest.approx(8)
    assert value("change(x)", [7]) == 0


def test_doublings_compare_the_tenths() -> None:
    assert value("doublings(x)", 2.0 ** np.arange(11)) == pytest.approx(9)
    assert value("doublings(x)", [1, -8]) == 3
    assert value("doublings(x)", [0, 1]) > 1000
    assert value("doublings(x)", [0, 0]) == 0


@pytest.mark.parametrize("points", [10, 30, 300, 5000])
def test_noise_is_the_standard_deviation_around_the_local_level(points: int) -> None:
    level = 50 * np.sin(np.linspace(0, 3, points)) if points >= 300 else np.zeros(points)
    sizes = [
        value("noise(x)", level + 2 * np.random.default_rng(seed).standard_normal(points))
        for seed in range(60)
    ]
    assert np.mean(sizes) == pytest.approx(2, rel=0.1 if points > 10 else 0.2)


def test_noise_skips_outliers_and_thins_averages() -> None:
    x = np.random.default_rng(0).standard_normal(400)
    spiky = x.copy()
    spiky[::40] = 1e9
    assert value("noise(x)", spiky) == pytest.approx(1, rel=0.25)
    mean = moving_mean(np.random.default_rng(1).standard_normal(4000), 50)
    assert value("noise(x)", mean, spacing=50) == pytest.approx(1 / np.sqrt(50), rel=0.3)
    assert value("noise(x)", mean) < 0.7 / np.sqrt(50), "neighbours share what was averaged"
    assert value("noise(x)", [3.0] * 50) == 0


def test_noise_of_a_moving_mean_with_few_windows() -> None:
    sizes = []
    for seed in range(40):
        mean = moving_mean(np.random.default_rng(seed).standard_normal(500), 100)
        sizes.append(value("noise(x)", mean[100:], steps=np.arange(100.0, 500.0), spacing=100))
    assert np.mean(sizes) == pytest.approx(1 / np.sqrt(100), rel=0.1)
    assert np.isnan(value("noise(x)", [1, 2], spacing=100))
    assert value("noise(x)", [1, 1, 1], steps=[5, 5, 5], spacing=100) == 0, "no division by zero"


def test_noise_of_a_mean_over_all_episodes_so_far() -> None:
    """A run that ends before its window is full; the start is the first tenth."""
    steps = np.arange(1.0, 41.0)
    for rise in (0.0, 0.1):  # a trend of four standard deviations over the run is no noise
        sizes = []
        for seed in range(60):
            single = np.random.default_rng(seed).standard_normal(40) + rise * steps
            sizes.append(value("noise(x)", np.cumsum(single) / steps, steps=steps, spacing=100))
        assert np.mean(sizes) == pytest.approx(1 / np.sqrt(2.95), rel=0.1)


def test_points_are_thinned_from_the_end() -> None:
    steps, values = independent_points(CallContext(np.arange(10.0), 3.0), np.arange(10.0), None)
    assert steps.tolist() == values.tolist() == [0, 3, 6, 9]
    steps, _ = independent_points(CallContext(np.array([0.0, 1, 2, 50, 99, 100]), 10.0), np.zeros(6), None)
    assert steps.tolist() == [2, 50, 100]
    assert independent_points(CallContext(np.arange(9.0), INF), np.zeros(9), None)[0].tolist() == [8]


def test_many_points_are_averaged_into_bins() -> None:
    grid = np.arange(30_000.0)
    for spacing in (0.0, 5.0):
        steps, values = independent_points(CallContext(grid, spacing), grid * 2, None)
        assert steps.size == MAX_BINS
        assert np.allclose(values, steps * 2)
    steps, values = independent_points(CallContext(grid), np.where(grid < 200, 1e308, 1.0), None)
    assert steps.size == MAX_BINS - 2, "sums that overflow are left out"
    assert (values == 1).all()


def test_points_at_one_step_do_not_divide_by_zero() -> None:
    steps, _ = independent_points(CallContext(np.zeros(400)), np.arange(400.0), None)
    assert steps.tolist() == [0]


def test_average_ranks() -> None:
    assert average_ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1, 3.5, 2]


def test_effective_size() -> None:
    assert effective_size(np.arange(5.0)) == 5
    assert effective_size(np.arange(300.0) ** 3) == 300, "a smooth rise is no autocorrelation"
    assert effective_size(np.zeros(50)) == 50
    assert effective_size(np.sin(np.arange(300) / 30)) < 5
    assert effective_size(np.random.default_rng(0).standard_normal(200)) > 120


def test_effective_size_of_a_short_series() -> None:
    """Below 20 points the lag-1 sum is divided by 0.8 n: n - 4 would be half of 8 points and double it.

    By hand: ranks 1.5, 3.5, 6, 5, 1.5, 3.5, 7, 8 around their line have the lag-1 share 0.23996, so
    (8 * 0.23996 + 2) / 6.4 = 0.61245, and 8 * (1 - 0.61245) / (1 + 0.61245) = 1.9228 points.
    """
    assert effective_size(np.array([1.0, 2, 4, 3, 1, 2, 5, 6])) == pytest.approx(1.92277, abs=1e-5)
    # At 20 points both divisors are 16; above, n - 4 is the larger one.
    sizes = [effective_size(np.random.default_rng(seed).standard_normal(8)) for seed in range(200)]
    assert 5 < np.mean(sizes) < 7, "eight points of noise are worth most of eight"


# Reference values of scipy.stats.t.sf and scipy.special.betainc.
@pytest.mark.parametrize(
    ("r", "n", "p"), [(0.5, 20, 0.0247696), (0.3, 100, 0.0024257), (0.05, 300, 0.388165), (0.0, 10, 1.0)]
)
def test_p_value_of_a_correlation(r: float, n: float, p: float) -> None:
    assert correlation_p(r, n) == pytest.approx(p, rel=1e-4)
    assert correlation_p(-r, n) == correlation_p(r, n)


def test_p_values_at_the_edges() -> None:
    assert np.isnan(correlation_p(NAN, 100))
    assert np.isnan(correlation_p(0.9, 3.9))
    assert correlation_p(1.0, 5) == pytest.approx(2 / 120)
    assert correlation_p(1.0, 300) < 1e-300
    assert exact_p(1.0, 5) == pytest.approx(2 / 120)
    assert exact_p(-0.9, 5) == pytest.approx(10 / 120)
    assert exact_p(0.5, 8) == exact_p(0.5, 3) == 0


def test_incomplete_beta() -> None:
    assert incomplete_beta(0, 2, 3) == 0
    assert incomplete_beta(1, 2, 3) == 1
    assert incomplete_beta(0.5, 2, 2) == pytest.approx(0.5)
    assert incomplete_beta(0.2, 2, 3) == pytest.approx(0.1808)
    assert incomplete_beta(0.8, 2, 3) == pytest.approx(0.9728)
    assert incomplete_beta(0.3, 1, 1) == pytest.approx(0.3)
    assert incomplete_beta(0.5, 1e6, 1e6) == pytest.approx(0.5, abs=0.01), (
        "ends after a fixed number of steps"
    )


def test_theil_sen_and_spread() -> None:
    assert theil_sen(np.array([0.0, 2, 4]), np.array([1.0, 5, 9])) == 2
    assert np.isnan(theil_sen(np.array([0.0]), np.array([1.0])))
    assert spread(np.array([-1.0, 0, 1])) == pytest.approx(1.4826)
