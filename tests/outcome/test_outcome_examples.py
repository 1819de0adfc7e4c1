"""Runs that the six older ideas of an outcome got wrong, built from their numbers (docs/outcome.md)."""

from __future__ import annotations

import numpy as np
import pytest

from rldoctor.model.outcome import Curve, NaturalScale, OutcomeKind, Source, TaskScale
from rldoctor.outcome import combine, judge
from rldoctor.outcome.judging import JudgedCurve
from rldoctor.outcome.rows import prepare
from rldoctor.outcome.scales import measure_of


def noise(count: int, size: float = 1.0, seed: int = 0) -> np.ndarray:
    return size * np.random.default_rng(seed).standard_normal(count)


def curve(values: np.ndarray, step: float = 1.0, **more) -> Curve:
    return Curve(np.arange(1, len(values) + 1) * step, values, **more)


def test_two_good_epochs_before_a_floor_are_a_fall(criteria) -> None:
    found = judge(curve(np.append([54.0, 54.2], 29.4 + noise(198, 0.1))), criteria)
    assert found.kind is OutcomeKind.FELL
    assert found.probability > 0.9
    assert found.onset == pytest.approx(2, abs=1)
    assert (found.start.value, found.end.value) == (pytest.approx(54.1, abs=1), pytest.approx(29.4, abs=0.1))


def test_one_lucky_first_point_is_no_fall(criteria) -> None:
    found = judge(curve(np.append([54.0], 29.4 + noise(199, 0.1))), criteria)
    assert found.kind is OutcomeKind.FLAT


def test_a_constant_return_is_flat_with_certainty(criteria) -> None:
    found = judge(curve(np.full(1000, -99.9), 999.0), criteria)
    assert (found.kind, found.probability) == (OutcomeKind.FLAT, 1.0)
    assert "1,000 equal values" in found.texts


def test_a_significant_rise_by_a_thousandth_of_the_reward_is_flat(criteria) -> None:
    values = 500 * 3e-5 * (np.linspace(1, 14, 100) + noise(100, 0.3))
    assert judge(curve(values, 5000), criteria).kind.gained, "by itself it rises"
    found = judge(curve(values, 5000), criteria, NaturalScale(0, 500, "reward"))
    assert found.kind is OutcomeKind.FLAT
    assert found.measure.name == "natural"
    assert "on the scale of the reward" in found.measure.sentence


def test_success_of_seven_to_fourteen_percent_is_flat(criteria) -> None:
    values = np.linspace(0.07, 0.14, 100) + noise(100, 0.01)
    assert judge(curve(values, metric="success_rate"), criteria, NaturalScale(0, 1)).kind is OutcomeKind.FLAT


def test_learning_to_stand_still_is_no_gain(criteria) -> None:
    values = -16 - 34 * np.exp(-np.arange(100) / 25) + noise(100, 1.5)
    scale = TaskScale(random=-33, nothing=0, solved=90, name="MountainCarContinuous-v0")
    found = judge(curve(values, 999), criteria, scale)
    assert found.kind is OutcomeKind.FLAT
    assert found.measure.name == "task"
    assert found.probability > 0.9


def test_a_rescaled_reward_is_not_measured_by_its_task(criteria) -> None:
    values = -0.012 + noise(100, 0.002)
    found = judge(curve(values, 200), criteria, TaskScale(random=-1200, nothing=-1200, reference=-150))
    assert found.kind is OutcomeKind.FLAT
    assert found.measure.name == "own"
    assert "another unit" in found.measure.sentence


def test_training_falls_while_evaluation_stays(criteria) -> None:
    rise = np.clip(np.arange(120) / 60, 0, 1)
    training = 9349 * rise - (9349 - 4087) * np.clip((np.arange(120) - 90) / 15, 0, 1) + noise(120, 150)
    evaluation = 9262 * np.clip(np.arange(40) / 20, 0, 1) + noise(40, 100, 1)
    found = [
        judge(curve(training, 1e4), criteria),
        judge(curve(evaluation, 3e4, source=Source.EVALUATION, metric="eval_return"), criteria),
    ]
    assert [one.kind for one in found] == [OutcomeKind.LOST, OutcomeKind.KEPT]
    run = combine(found)
    assert run.kind is OutcomeKind.KEPT
    assert "exploration noise" in run.disagreement
    assert "training (episode return): rose and was lost again" in run.disagreement
    assert run.deciding.source is Source.EVALUATION


@pytest.mark.parametrize("rows", [60, 100, 300])
def test_a_collapse_within_the_last_tenth_is_seen(criteria, rows: int) -> None:
    values = 140 * np.clip(np.arange(rows) / (0.4 * rows), 0.1, 1)
    late = rows // 10
    values[-late:] = np.append(np.full(late // 2, 15.0), np.linspace(15, 25, late - late // 2))
    found = judge(curve(values + noise(rows, 6)), criteria)
    assert found.kind is OutcomeKind.LOST
    assert found.onset == pytest.approx(rows - late, abs=0.05 * rows)


@pytest.mark.parametrize("values", [np.full(100, -5.617), np.append([-5.2], np.full(99, -5.617))])
def test_flat_evaluations_with_a_lucky_one_are_flat(criteria, values: np.ndarray) -> None:
    assert judge(curve(values), criteria).kind is OutcomeKind.FLAT


def test_a_small_drift_inside_the_noise_of_an_episode_is_flat(criteria) -> None:
    values = np.linspace(-370.6, -369.7, 100) + noise(100, 0.05)
    found = judge(
        curve(values, 20_000.0, window=100, spacing=20_000.0), criteria, TaskScale(-400, -400, -100)
    )
    assert found.kind is OutcomeKind.FLAT


def test_resets_at_every_hundredth_row_swing(criteria) -> None:
    saw = np.tile(np.linspace(0, 100, 100), 5)
    found = judge(curve(saw + noise(500, 3)), criteria)
    assert found.kind is OutcomeKind.SWINGING
    assert found.probability > 0.9


def test_a_rising_line_is_not_cut_into_reversals(criteria) -> None:
    found = judge(curve(np.linspace(0, 100, 200) + noise(200, 8)), criteria)
    assert found.kind is OutcomeKind.RISING
    assert found.probabilities[OutcomeKind.SWINGING] == 0


def test_solved_from_early_on(criteria) -> None:
    values = np.append(np.linspace(20, 500, 8), np.full(92, 499.0)) + noise(100, 0.5)
    assert judge(curve(values), criteria, TaskScale(22, 9, 500, 475)).kind is OutcomeKind.SOLVED


def test_a_curve_far_above_the_random_policy_was_learned_before_its_first_row(criteria) -> None:
    values = 800 + noise(200, 20)
    assert judge(curve(values), criteria).kind is OutcomeKind.FLAT
    assert (
        judge(curve(values), criteria, TaskScale(random=20, nothing=20, reference=1000)).kind
        is OutcomeKind.KEPT
    )


def test_79_of_1000_is_no_rise(criteria) -> None:
    values = np.linspace(5, 79, 100) + noise(100, 4)
    assert (
        judge(curve(values), criteria, TaskScale(random=5, nothing=5, reference=1000)).kind
        is OutcomeKind.FLAT
    )


def test_a_dip_below_the_start_that_was_made_good_is_not_flat(criteria) -> None:
    down, up = np.linspace(0, -28, 30), np.linspace(-28, 0, 30)
    values = np.concatenate([np.zeros(5), down, up, np.zeros(35)]) + noise(100)
    assert judge(curve(values, 2048), criteria).kind is OutcomeKind.EARLY


def test_on_a_known_task_a_dip_and_the_way_back_are_nothing(criteria) -> None:
    values = np.concatenate(
        [np.linspace(-1200, -1600, 30), np.linspace(-1600, -1200, 30), np.full(40, -1200)]
    )
    scale = TaskScale(random=-1200, reference=-150, name="Pendulum-v1")
    assert judge(curve(values + noise(100, 10), 2048), criteria, scale).kind is OutcomeKind.FLAT


def slow_learner(rows: int = 200) -> np.ndarray:
    """Up and partly down again for a while: a curve that slow noise could make too."""
    wander = np.cumsum(noise(rows, 35.0, seed=3))
    return np.linspace(100, 1100, rows) + wander - np.linspace(0, wander[-1], rows)


def test_rows_that_share_no_episode_have_no_slow_noise(criteria) -> None:
    found = judge(curve(slow_learner(), 5000, window=1), criteria)
    assert found.kind.gained
    assert found.autocorrelation <= 0.4


def test_a_mean_forgets_with_its_window(criteria) -> None:
    found = judge(curve(slow_learner(), 5000, window=100, spacing=20_000), criteria)
    assert found.kind.gained
    assert found.autocorrelation < 0.97


def test_whether_there_was_a_gain_comes_before_which(criteria) -> None:
    """Rising .3, kept .3 and flat .4: there was a gain, by .6."""
    shares = {OutcomeKind.RISING: 0.3, OutcomeKind.KEPT: 0.31, OutcomeKind.FLAT: 0.39}
    rows = prepare(curve(noise(10)), criteria)
    measure = measure_of(curve(noise(10)), None, rows, 1.0, criteria)
    assert JudgedCurve(curve(noise(10)), rows, measure, shares).kind is OutcomeKind.KEPT
