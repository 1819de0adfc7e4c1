"""The intervals of ``compare`` against ``arch``, the bootstrap under ``rliable`` (ADR 0005).

For one task rliable's stratified bootstrap resamples the runs of each arm independently, which is arch's
``IndependentSamplesBootstrap``. Ours is its percentile interval, stretched for few seeds.
"""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from rldoctor.comparison.bootstrap import (
    Sample,
    Statistic,
    bootstrap,
    interquartile_mean,
    mean,
    student_quantile,
)

Floats = npt.NDArray[np.float64]
DRAWS = 2000
# Monte Carlo error of a 95 % bound from 2,000 draws, as a share of the interval's width: measured 1 to 2 %.
SLACK = 0.05


def sample(levels: Floats) -> Sample:
    return Sample(levels, np.full(levels.size, math.nan))


def arms(seed: int, base: int, candidate: int, shift: float = 0.0) -> tuple[Floats, Floats]:
    rng = np.random.default_rng([seed, base, candidate])
    return rng.normal(100.0, 10.0, base), rng.normal(100.0 + shift, 15.0, candidate)


@cache
def arch() -> Any:
    """Imported when it is used: it brings scipy and statsmodels along, seconds of every collection."""
    return pytest.importorskip("arch.bootstrap")


def percentile(base: Floats, candidate: Floats, statistic: Statistic) -> tuple[float, float]:
    """arch's 95 % percentile interval of the difference."""
    draws = arch().IndependentSamplesBootstrap(base, candidate, seed=np.random.default_rng(7))
    difference = lambda one, two: np.array([float(statistic(two)) - float(statistic(one))])  # noqa: E731
    low, high = draws.conf_int(difference, reps=DRAWS, method="percentile", size=0.95).ravel()
    return float(low), float(high)


@pytest.mark.parametrize("statistic", [mean, interquartile_mean])
@pytest.mark.parametrize(("seeds", "shift"), [(5, 0.0), (10, -20.0), (20, 0.0)])
def test_ours_is_the_percentile_interval_stretched_for_few_seeds(
    statistic: Statistic, seeds: int, shift: float
) -> None:
    base, candidate = arms(1, seeds, seeds, shift)
    ours = bootstrap(
        sample(base), sample(candidate), statistic=statistic, significance=0.05, draws=20 * DRAWS
    )
    low, high = percentile(base, candidate, statistic)
    stretch = (
        math.sqrt(seeds / (seeds - 1)) * student_quantile(0.975, ours.degrees) / NormalDist().inv_cdf(0.975)
    )
    width = (high - low) * stretch
    assert ours.low == pytest.approx(ours.difference + stretch * (low - ours.difference), abs=SLACK * width)
    assert ours.high == pytest.approx(ours.difference + stretch * (high - ours.difference), abs=SLACK * width)


def test_with_many_seeds_the_two_agree_whatever_their_numbers() -> None:
    base, candidate = arms(2, 60, 90, 5.0)
    ours = bootstrap(sample(base), sample(candidate), statistic=mean, significance=0.05, draws=20 * DRAWS)
    low, high = percentile(base, candidate, mean)
    assert (ours.low, ours.high) == pytest.approx((low, high), abs=SLACK * (high - low))


def test_for_many_seeds_it_is_welchs_interval() -> None:
    """An independent check of the width, by formula: difference +- t x standard error."""
    base, candidate = arms(3, 12, 8)
    ours = bootstrap(sample(base), sample(candidate), statistic=mean, significance=0.05, draws=20 * DRAWS)
    stats = pytest.importorskip("scipy.stats")
    welch = stats.ttest_ind(candidate, base, equal_var=False)
    assert ours.degrees == pytest.approx(float(welch.df))
    wanted = welch.confidence_interval(0.95)
    width = float(wanted.high - wanted.low)
    assert (ours.low, ours.high) == pytest.approx(
        (float(wanted.low), float(wanted.high)), abs=2 * SLACK * width
    )


def test_the_interquartile_mean_is_that_of_rliable() -> None:
    """rliable: ``scipy.stats.trim_mean(scores, proportiontocut=0.25)``."""
    stats = pytest.importorskip("scipy.stats")
    for size in range(1, 14):
        levels = np.random.default_rng(size).normal(size=size)
        assert float(interquartile_mean(levels)) == pytest.approx(float(stats.trim_mean(levels, 0.25)))


def test_students_quantiles_are_those_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    for degrees in (1.0, 1.7, 2.0, 4.5, 30.0, 1e4):
        assert student_quantile(0.975, degrees) == pytest.approx(float(stats.t.ppf(0.975, degrees)), rel=1e-6)


def test_two_seeds_per_arm_need_the_stretch() -> None:
    """Equal arms: the plain interval excludes zero in about a third of the cases, ours in at most a tenth."""
    plain = ours = 0
    for seed in range(40):
        base, candidate = (np.random.default_rng([seed, arm]).normal(100.0, 10.0, 2) for arm in (0, 1))
        draws = arch().IndependentSamplesBootstrap(base, candidate, seed=np.random.default_rng(seed))
        low, high = draws.conf_int(
            lambda one, two: np.array([two.mean() - one.mean()]), reps=200, method="percentile"
        ).ravel()
        plain += not low <= 0 <= high
        found = bootstrap(sample(base), sample(candidate), statistic=mean, significance=0.05, draws=1000)
        ours += not found.low <= 0 <= found.high
    assert plain >= 8
    assert ours <= 4
