"""The statistics behind the trend functions, in numpy alone (scipy.stats takes 0.7 s to import)."""

from __future__ import annotations

from functools import lru_cache
from itertools import permutations
from math import exp, lgamma, log, log1p

import numpy as np

from rldoctor.model.arrays import median
from rldoctor.model.raw import FloatArray

# Median absolute deviation of a normal distribution times this is its standard deviation.
MAD_TO_STD = 1.4826
# sqrt(pi / 2): of the mean absolute deviation of a normal distribution.
MEAN_TO_STD = 1.2533
_EXACT_POINTS = 7
_LENTZ_STEPS = 300
_TINY = 1e-300


def average_ranks(values: FloatArray) -> FloatArray:
    """Ranks 1..n, equal values sharing the mean of their ranks."""
    # Ties share their mean rank: returns of sparse tasks are mostly 0, and ranks in order of appearance
    # would make a trend of them.
    _, group, size = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(size)
    return np.asarray((last - (size - 1) / 2)[group], dtype=np.float64)


def rank_correlation(values: FloatArray) -> float:
    """Spearman correlation of the values with their order: 0.0 for constants, NaN for fewer than three."""
    if values.size < 3:
        return float("nan")
    ranks = average_ranks(values)
    ranks -= ranks.mean()
    order = np.arange(values.size) - (values.size - 1) / 2
    scale = float(np.sqrt((ranks**2).sum() * (order**2).sum()))
    # A constant has no order, so its correlation is 0 and not 0 / 0: a flat return is not an unknown one.
    return float(np.clip((ranks * order).sum() / scale, -1.0, 1.0)) if scale > 0 else 0.0


def effective_size(values: FloatArray) -> float:
    """How many independent points the values are worth: n(1-r)/(1+r), r their lag-1 autocorrelation.

    Averages that no metadata tells of show as autocorrelation of the ranks around their straight line
    (ranks, so that a bent but rising curve is no autocorrelation). A line fitted to n points of noise
    leaves r about -2/n, which is added back.
    """
    n = values.size
    # Below six points an autocorrelation is noise itself; the exact p-value covers these lengths.
    if n < 6:
        return float(n)
    ranks = average_ranks(values)
    order = np.arange(n) - (n - 1) / 2
    residual = ranks - ranks.mean()
    residual -= order * (residual @ order) / (order @ order)
    power = float(residual @ residual)
    # Points on a straight line leave no residual to correlate; they are as independent as their number
    # says.
    if power <= 1e-9 * n**3:
        return float(n)
    # After a fitted line the expected r is about r - (2 + 4 r) / n;
    # this is the inverse. Below 20 points it runs away, which 0.8 n stops.
    lag_one = (float(residual[1:] @ residual[:-1]) / power * n + 2) / max(n - 4, 0.8 * n)
    # Alternating series (r < 0) would be worth more points than they have.
    lag_one = min(max(lag_one, 0.0), 1.0)
    return max(1.0, n * (1 - lag_one) / (1 + lag_one))


def correlation_p(correlation: float, n: float) -> float:
    """Two-sided p-value of a rank correlation over ``n`` independent points; NaN below four points.

    Student's t, but never less than the share of the perfectly ordered among all orders of n points.
    """
    if np.isnan(correlation) or n < 4:
        return float("nan")
    freedom = n - 2
    # Student's t promises p-values far below one in n! for perfectly ordered points; no permutation test
    # could.
    least = exp(log(2) - lgamma(n + 1))
    return max(incomplete_beta(1 - correlation**2, freedom / 2, 0.5), least)


def exact_p(correlation: float, n: int) -> float:
    """Two-sided p-value among all orders of 4 to 7 points, where Student's t says too little; 0.0 above."""
    if not 4 <= n <= _EXACT_POINTS:
        return 0.0
    # The tolerance keeps orders with the very same correlation, rounded differently, on the same side.
    return float((_all_correlations(n) >= abs(correlation) - 1e-9).mean())


@lru_cache(maxsize=_EXACT_POINTS)
def _all_correlations(n: int) -> FloatArray:
    """Absolute rank correlations of every order of n points, shape (n!,)."""
    orders = np.array(list(permutations(range(n))), dtype=np.float64) - (n - 1) / 2
    return np.asarray(np.abs(orders @ orders[0]) / (orders[0] @ orders[0]), dtype=np.float64)


def incomplete_beta(x: float, a: float, b: float) -> float:
    """Regularised incomplete beta function I_x(a, b) for 0 <= x <= 1, by its continued fraction."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    # The fraction converges fast on this side of the mean only; the other is 1 minus its mirror image.
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(1 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    return front * _continued_fraction(x, a, b) / a


def _continued_fraction(x: float, a: float, b: float) -> float:
    """Lentz's method; a fixed number of steps at most, each term closer than the last."""
    upper, lower = 1.0, 1 / (1 - (a + b) * x / (a + 1) or _TINY)
    result = lower
    for m in range(1, _LENTZ_STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        before = result
        for term in (even, odd):
            lower = 1 / (1 + term * lower or _TINY)
            upper = 1 + term / upper or _TINY
            result *= lower * upper
        if abs(result - before) <= 1e-14 * abs(result):
            break
    return result


def theil_sen(steps: FloatArray, values: FloatArray) -> float:
    """Median slope over all pairs of points; NaN for fewer than two. Memory grows with the square of n."""
    if values.size < 2:
        return float("nan")
    # Theil-Sen: the median over all pairs is unmoved by up to 29 % outliers, where least squares follows a
    # single diverged loss. The callers thin to 300 points, 45,000 pairs.
    first, second = np.triu_indices(values.size, k=1)
    return median((values[second] - values[first]) / (steps[second] - steps[first]))


def spread(residuals: FloatArray) -> float:
    """Standard deviation of normal residuals, estimated so that outliers do not count.

    Where more than half of them are equal (returns of a few levels: 0, 0.01, 0.02), their median distance is
    0 and no measure of noise; the mean distance is taken, as for Iglewicz and Hoaglin's modified z-scores.
    """
    # The median distance, since an episode of -10,000 among returns of 200 is no noise of the others.
    distance = np.abs(residuals - median(residuals))
    return MAD_TO_STD * median(distance) or MEAN_TO_STD * float(np.mean(distance))
