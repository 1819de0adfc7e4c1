"""The effect: how often equal arms are called different, and how often different ones are found."""

import math

import numpy as np
import pytest
from arms import CRITERIA, arm

from rldoctor.comparison.bootstrap import (
    Sample,
    bootstrap,
    interquartile_mean,
    mean,
    student_quantile,
)
from rldoctor.comparison.effect import effect_of_numbers, effect_of_runs, judge
from rldoctor.comparison.levels import compare_levels
from rldoctor.comparison.seeds import seed_spread
from rldoctor.model.comparison import RunLevel, Summary, Verdict


def effect_between(base, candidate):
    compared = compare_levels(base, candidate, {}, CRITERIA, success_first=False)
    return effect_of_runs(compared, CRITERIA)


def verdict_between(base, candidate):
    return judge(effect_between(base, candidate), CRITERIA)[0]


def sample(levels):
    return Sample(np.array(levels, dtype=float), np.full(len(levels), math.nan))


def false_alarms(base, candidate, spread):
    """Verdicts over 40 pairs of arms that differ in nothing but luck."""
    for seed in range(40):
        rng = np.random.default_rng([seed, base, candidate, int(100 * spread)])
        yield verdict_between(
            arm("base", rng, base, seed_sd=spread), arm("candidate", rng, candidate, seed_sd=spread)
        )


def test_two_equal_arms_of_two_seeds_are_no_regression_in_38_of_40():
    assert list(false_alarms(2, 2, 0.1)).count(Verdict.REGRESSION) <= 2


@pytest.mark.parametrize(("base", "candidate"), [(2, 2), (3, 3), (5, 5), (5, 1), (2, 5)])
def test_equal_arms_are_no_regression_in_114_of_120(base, candidate):
    """Whatever the spread over seeds; the interval is two-sided at 5 %, so about 3 of 120 are expected."""
    verdicts = [one for spread in (0.02, 0.1, 0.25) for one in false_alarms(base, candidate, spread)]
    assert len(verdicts) == 120
    assert verdicts.count(Verdict.REGRESSION) <= 6
    assert verdicts.count(Verdict.IMPROVEMENT) <= 6


@pytest.mark.parametrize(("seeds", "spread", "least"), [(2, 0.02, 36), (3, 0.1, 34), (5, 0.1, 39)])
def test_an_arm_that_is_40_percent_worse_is_found(seeds, spread, least):
    found = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        base = arm("base", rng, seeds, seed_sd=spread)
        found += verdict_between(base, arm("candidate", rng, seeds, level=120.0, seed_sd=spread)) is (
            Verdict.REGRESSION
        )
    assert found >= least


def test_a_large_drop_among_noisy_seeds_is_unclear_not_similar():
    rng = np.random.default_rng(3)
    base, worse = arm("base", rng, 2, seed_sd=0.02), arm("candidate", rng, 2, level=120.0, seed_sd=0.6)
    verdict, reason = judge(effect_between(base, worse), CRITERIA)
    assert verdict is Verdict.UNCLEAR
    assert "could explain" in reason


def test_one_run_per_arm_uses_the_noise_within_the_runs():
    rng = np.random.default_rng(0)
    effect = effect_between(arm("base", rng, 1), arm("candidate", rng, 1, level=60.0))
    assert effect.method == "runs"
    assert effect.standardised is None
    assert effect.z < -3
    assert effect.confidence == pytest.approx(0.9973, abs=1e-4)
    assert effect.high == pytest.approx(effect.difference + 3 * effect.error)


def test_means_and_deviations_give_the_z_of_the_catalogue():
    effect = effect_of_numbers(Summary(861.47, 52.73), Summary(209.51, 23.00), CRITERIA)
    assert effect.z == pytest.approx(-11.33, abs=0.01)
    assert effect.drop == pytest.approx(0.7568, abs=1e-4)
    assert judge(effect, CRITERIA)[0] is Verdict.REGRESSION


def test_a_third_of_a_deviation_is_no_improvement():
    effect = effect_of_numbers(Summary(897, 41), Summary(913, 26), CRITERIA)
    assert effect.z == pytest.approx(0.33, abs=0.01)
    assert judge(effect, CRITERIA)[0] is Verdict.SIMILAR


def test_a_certain_but_small_drop_is_no_regression():
    effect = effect_of_numbers(Summary(100, 0.1), Summary(95, 0.1), CRITERIA)
    assert effect.z < -30
    assert judge(effect, CRITERIA)[0] is Verdict.SIMILAR


def test_a_small_drop_that_may_be_large_says_so():
    verdict, reason = judge(effect_of_numbers(Summary(100, 20), Summary(97, 20), CRITERIA), CRITERIA)
    assert verdict is Verdict.SIMILAR
    assert "cannot be excluded" in reason


def test_negative_returns_are_judged_by_what_was_gained():
    """-150 against -170 after learning from -1200 is 2 % of the gain, not 13 %."""
    rng = np.random.default_rng(0)

    def shifted(name, offset):
        made = arm(name, rng, 3, level=1050.0, seed_sd=0.001, noise=0.001)
        for run in made.runs:
            run.metrics["episode_return"].values[:] += -1220.0 + offset
        return made

    effect = effect_between(shifted("base", 0.0), shifted("candidate", -20.0))
    assert effect.difference == pytest.approx(-20, abs=3)
    assert effect.drop < 0.03


def test_runs_of_unequal_length_are_compared_at_equal_steps():
    rng = np.random.default_rng(0)
    base, short = arm("base", rng, 2, seed_sd=0.02), arm("candidate", rng, 2, seed_sd=0.02)
    cut = tuple(_cut(run, 60) for run in short.runs)
    short = type(short)(short.name, short.path, cut)
    compared = compare_levels(base, short, {}, CRITERIA, success_first=False)
    assert compared.window[1] == 120_000
    assert any("ends at step 120,000 of 300,000" in note for note in compared.notes)
    full = compare_levels(base, base, {}, CRITERIA, success_first=False)
    assert compared.base[0].value < full.base[0].value


def _cut(run, points):
    from dataclasses import replace

    from rldoctor.model.frame import MetricFrame

    series = {
        name: replace(one, steps=one.steps[:points], values=one.values[:points])
        for name, one in run.metrics.series.items()
    }
    return replace(run, metrics=MetricFrame(series))


def test_two_separated_pairs_are_not_enough_where_a_plain_bootstrap_says_they_are():
    """Two against two: the smallest candidate beats the largest base in one of six equal arms."""
    found = bootstrap(sample([100, 120]), sample([70, 95]), statistic=mean, significance=0.05, draws=4000)
    assert found.low < 0 < found.high
    assert found.difference == -27.5


def test_the_interval_is_the_same_every_time():
    arms = sample([100, 120, 110]), sample([70, 95, 80])
    first, second = (bootstrap(*arms, statistic=mean, significance=0.05, draws=500) for _ in range(2))
    assert first == second


def test_seeds_that_agree_by_luck_are_not_closer_than_their_noise():
    lucky = Sample(np.array([100.0, 100.0]), np.array([20.0, 20.0]))
    other = Sample(np.array([80.0, 80.0]), np.array([20.0, 20.0]))
    found = bootstrap(lucky, other, statistic=mean, significance=0.05, draws=4000)
    assert found.error == pytest.approx(20.0)
    assert found.high > 0


def test_the_interquartile_mean_ignores_a_failed_seed():
    assert float(interquartile_mean(np.array([100.0, 101.0, 102.0, 0.0]))) == 100.5
    assert interquartile_mean(np.zeros((7, 5))).shape == (7,)


@pytest.mark.parametrize(("degrees", "expected"), [(1, 12.706), (2, 4.303), (4, 2.776), (30, 2.042)])
def test_student_quantiles(degrees, expected):
    assert student_quantile(0.975, degrees) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("values", "high", "bimodal"),
    [
        ([100, 105, 95], False, False),
        ([100, 180, 95], True, False),
        ([100, 101, 60, 61], True, True),
        ([100, 101, 99, 98], False, False),
    ],
)
def test_seed_variance(values, high, bimodal):
    levels = [RunLevel(str(i), value, 1.0, 5.0, 0.0) for i, value in enumerate(values)]
    spread = seed_spread("base", levels, CRITERIA)
    assert (spread.high_variance, spread.bimodal) == (high, bimodal)


def test_two_runs_say_nothing_about_seed_variance():
    assert seed_spread("base", [RunLevel("a", 1, 1, 1, 0), RunLevel("b", 9, 1, 1, 0)], CRITERIA) is None
