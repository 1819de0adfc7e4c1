"""How large the difference is, how certain, and what that makes of the candidate."""

from __future__ import annotations

import math

import numpy as np

from rldoctor.comparison.bootstrap import Sample, bootstrap, interquartile_mean, mean
from rldoctor.comparison.criteria import CompareCriteria
from rldoctor.comparison.levels import Compared
from rldoctor.model.comparison import Effect, RunLevel, Summary, Verdict
from rldoctor.model.numbers import number_text

# A level that is so many times another is told as that: 1,700 % higher says less than 18 times.
TIMES = 3
_NOISE = {
    "seeds": "the spread over seeds",
    "runs": "the noise within the runs",
    "summary": "the two standard deviations",
}


def effect_of_numbers(base: Summary, candidate: Summary, criteria: CompareCriteria) -> Effect:
    """The effect when only mean and standard deviation of each arm are known, each counting as one run."""
    difference = candidate.mean - base.mean
    # Each counts as one run: how many seeds or episodes stand behind a mean that somebody typed is not
    # known, and dividing by their number would make it certain.
    error = math.hypot(base.std, candidate.std)
    limit = criteria["z_limit"]
    return Effect(
        metric="outcome",
        method="summary",
        statistic="mean",
        base=base.mean,
        candidate=candidate.mean,
        difference=difference,
        ratio=_ratio(candidate.mean, base.mean),
        scale=abs(base.mean),
        drop=_share(-difference, abs(base.mean)),
        error=error,
        z=_share(difference, error),
        low=difference - limit * error,
        high=difference + limit * error,
        confidence=_normal_confidence(limit),
    )


def effect_of_runs(compared: Compared, criteria: CompareCriteria) -> Effect:
    """The effect between logged arms: bootstrap over seeds if an arm has several, else noise within runs."""
    fewest, most = sorted(len(levels) for levels in (compared.base, compared.candidate))
    # The error within a run is a floor for the spread over seeds; one that rests on few points is noise and
    # would only blur it. Without seeds it is all there is.
    known = criteria["error_points"] if most > 1 else 0.0
    samples = [_sample(levels, known) for levels in (compared.base, compared.candidate)]
    # Both arms by the same statistic, so the smaller arm decides which: of few runs there is nothing to
    # trim.
    robust = fewest >= criteria["iqm_seeds"]
    statistic = interquartile_mean if robust else mean
    base, candidate = (float(statistic(sample.levels)) for sample in samples)
    difference = candidate - base
    if most > 1:
        found = bootstrap(
            *samples,
            statistic=statistic,
            significance=criteria["significance"],
            draws=criteria.whole("draws"),
        )
        error, low, high = found.error, found.low, found.high
        confidence = 1 - criteria["significance"]
    else:
        error = math.hypot(float(samples[0].errors[0]), float(samples[1].errors[0]))
        reach = criteria["z_limit"] * error
        low, high, confidence = (
            difference - reach,
            difference + reach,
            _normal_confidence(criteria["z_limit"]),
        )
    # A drop is told in shares of what was gained, too: a return from -1,000 to -10 that falls back to -500
    # lost half of its progress and not 4,900 %.
    scale = max(abs(base), abs(base - float(np.mean([level.start for level in compared.base]))))
    several = fewest > 1
    return Effect(
        metric=compared.metric,
        method="seeds" if most > 1 else "runs",
        statistic="iqm" if robust else "mean",
        base=base,
        candidate=candidate,
        difference=difference,
        ratio=_ratio(candidate, base),
        scale=scale,
        drop=_share(-difference, scale),
        error=error,
        z=_share(difference, error),
        low=low,
        high=high,
        confidence=confidence,
        window=compared.window,
        base_levels=compared.base,
        candidate_levels=compared.candidate,
        standardised=_standardised(difference, *samples) if several else None,
        improvement=_improvement(*samples) if several else None,
    )


def judge(effect: Effect, criteria: CompareCriteria) -> tuple[Verdict, str]:
    """The verdict with its reason in one sentence."""
    # Before everything else: without a noise neither certainty nor similarity can be claimed.
    if not math.isfinite(effect.error):
        return Verdict.UNKNOWN, "too few points in the final window to know how noisy the outcome is"
    # Size before certainty. With many seeds a difference of 0.1 % is certain, and no regression that
    # anybody would roll back.
    certain = effect.low > 0 or effect.high < 0
    size = difference_text(effect)
    if abs(effect.drop) <= criteria["drop"]:
        return Verdict.SIMILAR, _small(effect, criteria, size)
    if certain:
        verdict = Verdict.REGRESSION if effect.drop > 0 else Verdict.IMPROVEMENT
        return verdict, f"the candidate is {size}: {_noise_of(effect)} cannot explain that"
    return Verdict.UNCLEAR, f"the candidate is {size}, but {_noise_of(effect)} could explain that"


def difference_text(effect: Effect, base: str = "the base") -> str:
    """``96% lower than the base``; of a level that is negative or near zero, by how much, and of what.

    A share of a negative level would read the wrong way round: -1,180 is not 18 % lower than -998.
    """
    way = "lower" if effect.drop > 0 else "higher"
    share = f"{abs(effect.drop):.0%}"
    if effect.base > 0 and effect.scale == effect.base and effect.ratio >= TIMES:
        return f"{number_text(effect.ratio)} times {base}"
    if effect.base > 0 and effect.scale == effect.base:
        return f"{share} {way} than {base}"
    of = "its size" if effect.scale == abs(effect.base) else "what it had gained"
    return f"{number_text(abs(effect.difference))} {way} than {base}, {share} of {of}"


def _small(effect: Effect, criteria: CompareCriteria, size: str) -> str:
    # `Similar` is no proof of equality: what loss the interval still allows is said along with it.
    worst = _share(-effect.low, effect.scale)
    text = f"the candidate is {size}: within the {criteria['drop']:.0%} that are not called a difference"
    if worst > criteria["drop"]:
        text += f"; a loss of up to {worst:.0%} cannot be excluded"
    return text


def _noise_of(effect: Effect) -> str:
    return _NOISE[effect.method]


def _sample(levels: tuple[RunLevel, ...], known: float) -> Sample:
    """The levels of an arm; an error that rests on fewer than ``known`` points is not used."""
    # NaN where too few points stand behind it; the bootstrap leaves those out.
    errors = [one.error if one.points >= known else math.nan for one in levels]
    return Sample(np.array([one.value for one in levels]), np.array(errors))


def _standardised(difference: float, base: Sample, candidate: Sample) -> float:
    """Difference in pooled standard deviations over seeds (Cohen's d)."""
    free = [base.levels.size - 1, candidate.levels.size - 1]
    pooled = math.sqrt((free[0] * base.variance + free[1] * candidate.variance) / sum(free))
    return _share(difference, pooled)


def _improvement(base: Sample, candidate: Sample) -> float:
    """Chance that a run of the candidate beats a run of the base, ties counting half."""
    # Over all pairs, as in Agarwal et al.: no assumption about the shape of either arm.
    gap = candidate.levels[:, None] - base.levels[None, :]
    return float(np.mean((gap > 0) + 0.5 * (gap == 0)))


def _ratio(candidate: float, base: float) -> float:
    return candidate / base if base else float("nan")


def _share(part: float, whole: float) -> float:
    """``part / whole``; infinite when there is nothing to measure a difference with, 0.0 without one."""
    if whole:
        return part / whole
    return math.copysign(math.inf, part) if part else 0.0


def _normal_confidence(z: float) -> float:
    return math.erf(z / math.sqrt(2))
