"""Uncertainty of a difference between two arms: a stratified bootstrap over seeds, honest for few of them.

Runs are resampled with replacement within each arm, the scheme of Agarwal et al. 2021 ("Deep reinforcement
learning at the edge of the statistical precipice", the ``rliable`` library) for one task. With two to five
seeds the plain percentile interval is far too narrow (two against two seeds: it excludes zero in a third of
all equal arms), so three things are added:

* deviations are widened by sqrt(n / (n - 1)): resampling n values has (n - 1) / n of their variance;
* and by Student's t over the normal quantile, at the Welch-Satterthwaite degrees of freedom: the spread
  itself is only estimated from those few runs;
* seeds that agree by luck are not believed to be closer than the noise within one run.

An arm with a single run borrows the spread of the other arm.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist

import numpy as np

from rldoctor.language.functions.statistics import incomplete_beta
from rldoctor.model.raw import FloatArray
from rldoctor.plain_data import dataclass

Statistic = Callable[[FloatArray], FloatArray]
# Any number would do; a fixed one makes a verdict reproducible, and a gate that flips between two calls is
# of no use.
_SEED = 20210830


@dataclass(frozen=True, slots=True)
class Sample:
    """Levels of the runs of one arm, shape (n,), and their standard errors within a run (NaN: unknown)."""

    levels: FloatArray
    errors: FloatArray

    @property
    def within(self) -> float:
        """Mean squared standard error within a run; 0.0 where it is not known."""
        # Mean of squares: variances add, standard errors do not.
        known = self.errors[np.isfinite(self.errors)]
        return float(np.mean(known**2)) if known.size else 0.0

    @property
    def variance(self) -> float:
        """Variance over seeds, shape n >= 2; NaN for a single run."""
        # n - 1, as the mean is estimated from the same few runs; with two seeds it doubles the variance.
        return float(np.var(self.levels, ddof=1)) if self.levels.size > 1 else float("nan")


@dataclass(frozen=True, slots=True)
class ConfidenceInterval:
    """A difference with its standard error and bounds; ``degrees`` of freedom behind the spread."""

    difference: float
    error: float
    low: float
    high: float
    degrees: float


def mean(levels: FloatArray) -> FloatArray:
    """Mean over the last axis."""
    return np.asarray(levels.mean(axis=-1))


def interquartile_mean(levels: FloatArray) -> FloatArray:
    """Mean over the last axis without its lowest and highest quarter (rounded down, as ``rliable`` does)."""
    # Below four runs nothing is cut and this is the mean; the caller asks for it from `iqm_seeds` on.
    cut = levels.shape[-1] // 4
    ordered = np.sort(levels, axis=-1)
    return np.asarray(ordered[..., cut : levels.shape[-1] - cut].mean(axis=-1))


def bootstrap(
    base: Sample, candidate: Sample, *, statistic: Statistic, significance: float, draws: int
) -> ConfidenceInterval:
    """Difference candidate - base of a statistic over seeds, with a two-sided interval.

    At least one arm has two runs or more. The generator is seeded: the same arms give the same interval.
    """
    variances = _variances(base, candidate)
    # Variances of the two means, which also weigh the degrees of freedom below.
    shares = [variances[0] / base.levels.size, variances[1] / candidate.levels.size]
    degrees = _degrees(shares, (base.levels.size, candidate.levels.size))
    generator = np.random.default_rng(_SEED)
    moved = [
        _deviations(sample, variance, statistic, draws, generator)
        for sample, variance in zip((base, candidate), variances, strict=True)
    ]
    # Percentiles of the deviations, and not of the statistic itself: only deviations can be widened around
    # the observed difference.
    upper = 1 - significance / 2
    widened = (moved[1] - moved[0]) * student_quantile(upper, degrees) / NormalDist().inv_cdf(upper)
    difference = float(statistic(candidate.levels)) - float(statistic(base.levels))
    low, high = (difference + float(bound) for bound in np.quantile(widened, [1 - upper, upper]))
    return ConfidenceInterval(difference, float(np.sqrt(sum(shares))), low, high, degrees)


def _variances(base: Sample, candidate: Sample) -> tuple[float, float]:
    """Variance over seeds of each arm, at least the noise within a run; a single run borrows the other's."""
    # Three seeds that agree by chance would make every difference certain. The noise within a run is a
    # floor that seeds cannot go below.
    own = [base.variance, candidate.variance]
    borrowed = [other if np.isnan(mine) else mine for mine, other in zip(own, own[::-1], strict=True)]
    return max(borrowed[0], base.within), max(borrowed[1], candidate.within)


def _deviations(
    sample: Sample, variance: float, statistic: Statistic, draws: int, generator: np.random.Generator
) -> FloatArray:
    """Deviations of the resampled statistic from the observed one, shape (draws,)."""
    n = sample.levels.size
    # Nothing to resample: a normal deviation with the borrowed variance, which is what the bootstrap of a
    # mean approaches.
    if n == 1:
        return np.asarray(generator.standard_normal(draws) * np.sqrt(variance))
    chosen = sample.levels[generator.integers(0, n, (draws, n))]
    # Where the floor is higher than what the seeds show, the difference is added as noise to every draw:
    # the resampled values alone can only show their own spread.
    missing = np.sqrt(max(0.0, variance - sample.variance))
    chosen = chosen + missing * generator.standard_normal((draws, n))
    return np.asarray((statistic(chosen) - float(statistic(sample.levels))) * np.sqrt(n / (n - 1)))


def _degrees(shares: list[float], sizes: tuple[int, int]) -> float:
    """Welch-Satterthwaite degrees of freedom; a single run has borrowed those of the other arm."""
    # Welch: the arms need not be equally noisy, and a regression often is the noisier one.
    free = [size - 1 for size in sizes]
    if 0 in free:
        return float(max(free))
    total = sum(shares)
    # No spread at all in either arm (deterministic runs): the plain sum, as the weights are 0 / 0.
    if total <= 0:
        return float(sum(free))
    return total**2 / sum(share**2 / one for share, one in zip(shares, free, strict=True))


def student_quantile(probability: float, degrees: float) -> float:
    """Quantile of Student's t above the median (``probability`` > 0.5), by bisection."""
    tail = 2 * (1 - probability)
    # Bisection on the tail instead of an inverse incomplete beta: 60 halvings are exact to a double, and
    # there is nothing to get wrong.
    low, high = 0.0, 1.0
    while student_tails(high, degrees) > tail and high < 1e9:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if student_tails(middle, degrees) > tail else (low, middle)
    return (low + high) / 2


def student_tails(t: float, degrees: float) -> float:
    """Two-sided tail probability of Student's t."""
    return incomplete_beta(degrees / (degrees + t * t), degrees / 2, 0.5) if t else 1.0
