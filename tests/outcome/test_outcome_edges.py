"""Whatever is logged, the judgement is defined."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from rldoctor.model.outcome import Budget, Curve, NaturalScale, OutcomeKind, Source, TaskScale
from rldoctor.outcome import combine, judge

NAN, INF = float("nan"), float("inf")


def of(values, steps=None, **more) -> Curve:
    values = np.asarray(values, float)
    return Curve(
        np.arange(len(values), dtype=float) if steps is None else np.asarray(steps, float), values, **more
    )


def learner(rows: int = 100, size: float = 1.0, seed: int = 0) -> np.ndarray:
    rise = 10 / (1 + np.exp(-(np.arange(rows) - 0.4 * rows) / (0.05 * rows)))
    return rise + size * np.random.default_rng(seed).standard_normal(rows)


@pytest.mark.parametrize("values", [[], [NAN], [INF, -INF, NAN], [INF] * 50])
def test_nothing_finite_is_unknown(criteria, values) -> None:
    found = judge(of(values), criteria)
    assert (found.kind, found.probability, found.start) == (OutcomeKind.UNKNOWN, 1.0, None)
    assert "no finite value" in found.texts


@pytest.mark.parametrize("values", [[1.0], [1, 2], [1, 50, 100], [3, 3, 3, 3], [1, 2, 3, 4, 500]])
def test_a_few_points_are_early(criteria, values) -> None:
    found = judge(of(values), criteria, TaskScale(0, 0, 100))
    assert (found.kind, found.probability) == (OutcomeKind.EARLY, 1.0)
    assert (found.start.value, found.end.value) == (values[0], values[-1])


def test_a_goal_reached_in_the_first_episode_is_the_task(criteria) -> None:
    """It scores above the threshold, as published runs do; more than any of them is another reward."""
    values = [97, 60, 75, 85, *[92.0] * 60]
    best = TaskScale(random=-33, solved=90, reference=90, name="X", best=97)
    assert judge(of(values), criteria, best).kind is OutcomeKind.SOLVED
    unknown = judge(of([108, 107, 106, *[105.0] * 60]), criteria, best)
    assert unknown.measure.name == "own"


def test_few_equal_values_leave_a_doubt(criteria) -> None:
    found = judge(of([2.0] * 12), criteria)
    assert found.kind is OutcomeKind.FLAT
    assert found.probabilities[OutcomeKind.EARLY] == pytest.approx(3 / 12)


def test_values_that_are_not_finite_are_left_out_and_counted(criteria) -> None:
    values = learner()
    values[10:30] = NAN
    values[50] = INF
    found = judge(of(values), criteria)
    assert found.kind is OutcomeKind.KEPT
    assert found.points == 79
    assert "21 points were not finite and are left out" in found.texts


@pytest.mark.parametrize("rows", [8, 30, 100, 1000])
def test_a_curve_without_noise(criteria, rows: int) -> None:
    place = np.linspace(0, 1, rows)
    assert judge(of(np.where(place < 0.5, 0.0, 100.0)), criteria).kind in (
        OutcomeKind.KEPT,
        OutcomeKind.EARLY,
    )
    if rows >= 30:
        assert judge(of(100 * place), criteria).kind is OutcomeKind.RISING
        assert judge(of(100 / (1 + np.exp(-(place - 0.4) * 20))), criteria).kind is OutcomeKind.KEPT
        assert judge(of(100 * (1 - np.abs(2 * place - 1))), criteria).kind is OutcomeKind.LOST
        assert judge(of(-100 * place), criteria).kind is OutcomeKind.FELL


def test_a_rise_by_a_fiftieth_of_its_level_is_no_learning(criteria) -> None:
    noise = 0.3 * np.random.default_rng(5).standard_normal(100)
    small = judge(of(np.linspace(-500.0, -488.0, 100) + noise), criteria)
    large = judge(of(np.linspace(-500.0, -400.0, 100) + noise), criteria)
    assert small.kind not in (OutcomeKind.RISING, OutcomeKind.KEPT)
    assert large.kind is OutcomeKind.RISING


def test_a_gain_that_is_gone_is_lost_however_noisy_single_episodes_are(criteria) -> None:
    # A2C on CartPole; the mean over a hundred episodes makes one episode's noise look larger than the gain.
    means = [34, 57, 86, 112, 139, 169, 196, 215, 229, 237, 241, 238, 241, 243, 249, 258, 212, 85, 47, 54]
    found = judge(of(means, 3200.0 * np.arange(1, 21), window=100, spacing=20000.0), criteria)
    assert found.kind is OutcomeKind.LOST


def test_shuffled_and_repeated_steps(criteria) -> None:
    values, steps = learner(), np.arange(100.0)
    order = np.random.default_rng(1).permutation(100)
    plain = judge(of(values, steps), criteria)
    mixed = judge(of(values[order], steps[order]), criteria)
    twice = judge(of(np.concatenate([values, values]), np.concatenate([steps, steps])), criteria)
    assert plain.to_dict() == mixed.to_dict()
    assert plain.kind is twice.kind
    assert judge(of(values, np.zeros(100)), criteria).kind is OutcomeKind.EARLY, "one step is one point"


def test_results_that_are_held_until_the_next_are_no_steps(criteria) -> None:
    held = np.repeat(np.random.default_rng(2).standard_normal(25), 20)
    assert judge(of(held), criteria).kind in (OutcomeKind.EARLY, OutcomeKind.FLAT)
    rise = np.repeat(learner(40), 10)
    assert judge(of(rise), criteria).kind.gained


def test_a_plateau_at_the_limit_is_kept(criteria) -> None:
    values = np.append(
        np.linspace(10, 500, 40) + np.random.default_rng(3).standard_normal(40) * 15, [500.0] * 160
    )
    assert judge(of(values), criteria).kind is OutcomeKind.KEPT


def test_huge_and_tiny_numbers(criteria) -> None:
    for size in (1e-90, 1e-12, 1e12, 1e38, 1e50):
        assert judge(of(learner() * size), criteria).kind is OutcomeKind.KEPT
    assert judge(of(learner() * 1e-200), criteria).kind is OutcomeKind.FLAT
    assert judge(of(np.append(learner(), [1e300] * 5)), criteria).kind is OutcomeKind.KEPT, (
        "as good as infinite"
    )


@pytest.mark.parametrize(
    ("budget", "reason"),
    [
        (Budget(warmup=80), "warm-up"),
        (Budget(minimum=1000), "known to be needed"),
        (Budget(random=0.9), "still random"),
    ],
)
def test_too_early_for_bad_news(criteria, budget: Budget, reason: str) -> None:
    flat = np.random.default_rng(4).standard_normal(100)
    assert judge(of(flat), criteria).kind is OutcomeKind.FLAT
    found = judge(of(flat), criteria, None, budget)
    assert found.kind is OutcomeKind.EARLY
    assert any(reason in text for text in found.texts)
    assert judge(of(learner()), criteria, None, budget).kind is OutcomeKind.KEPT, "good news needs no budget"


def test_a_small_rise_is_excused_only_while_the_run_goes_on(criteria) -> None:
    values = np.linspace(0.02, 0.09, 100) + 0.004 * np.random.default_rng(8).standard_normal(100)
    kinds = {
        planned: judge(of(values), criteria, NaturalScale(0, 1), Budget(planned=planned)).kind
        for planned in (None, 100, 1000)
    }
    assert kinds == {None: OutcomeKind.FLAT, 100: OutcomeKind.FLAT, 1000: OutcomeKind.EARLY}


def test_a_policy_that_climbs_towards_the_random_one_is_early(criteria) -> None:
    """PPO's untrained policy often is worse than random actions; a rise that ended there is no excuse."""
    scale = TaskScale(random=-43, nothing=-40, reference=-5)
    noise = np.random.default_rng(9).standard_normal(100)
    assert judge(of(np.linspace(-75, -50, 100) + noise), criteria, scale).kind is OutcomeKind.EARLY
    ended = np.minimum(np.linspace(-75, 100, 100), -50)
    assert judge(of(ended + noise), criteria, scale).kind is OutcomeKind.FLAT


def test_a_curve_of_less_than_two_windows_is_not_called_flat(criteria) -> None:
    rng = np.random.default_rng(5)
    values = np.convolve(rng.standard_normal(199), np.ones(100) / 100, "valid")
    assert (
        judge(of(values, np.arange(100, 200), window=100, spacing=100.0), criteria).kind is OutcomeKind.EARLY
    )


def test_a_smooth_curve_of_an_unknown_window_may_hide_a_gain(criteria) -> None:
    rng = np.random.default_rng(5)
    mean, single = (
        np.convolve(rng.standard_normal(199), np.ones(100) / 100, "valid"),
        rng.standard_normal(100),
    )
    scale = TaskScale(random=0, reference=10)
    steps = np.arange(100, 200)
    assert judge(of(mean, steps, widest=100.0), criteria, scale).kind is OutcomeKind.EARLY
    # Rows that have nothing of each other are no mean over the run, and ten windows are enough of any.
    assert judge(of(single, steps, widest=100.0), criteria, scale).kind is OutcomeKind.FLAT
    assert judge(of(mean, steps, widest=9.0), criteria, scale).kind is OutcomeKind.FLAT


@pytest.mark.parametrize(
    "scale",
    [TaskScale(), TaskScale(random=5), TaskScale(reference=5), TaskScale(5, 5, 1), TaskScale(solved=500)],
)
def test_half_a_scale_is_none(criteria, scale: TaskScale) -> None:
    found = judge(of(learner()), criteria, scale)
    assert (found.kind, found.measure.name) == (OutcomeKind.KEPT, "own")
    assert "not known" in found.measure.sentence


def test_it_is_json(criteria) -> None:
    for values in ([], [1.0], np.ones(50), learner()):
        for scale in (None, TaskScale(0, 0, 10, name="X"), NaturalScale(0, 20, "reward")):
            found = combine([judge(of(values), criteria, scale)])
            assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["kind"] == found.kind


def test_it_is_repeatable_and_frozen(criteria) -> None:
    first, second = (judge(of(learner()), criteria) for _ in range(2))
    assert first.to_dict() == second.to_dict()
    with pytest.raises(AttributeError):
        first.kind = OutcomeKind.FLAT
    with pytest.raises(TypeError):
        first.probabilities[OutcomeKind.FLAT] = 1.0
    assert math.isclose(sum(first.probabilities.values()), 1.0)


def test_a_curve_that_is_early_gives_way(criteria) -> None:
    short = judge(of([1, 2, 3.0], source=Source.EVALUATION), criteria)
    rated = judge(of([], source=Source.RATING), criteria)
    run = combine([rated, short, judge(of(learner()), criteria)])
    assert (run.kind, run.deciding.source, run.disagreement) == (OutcomeKind.KEPT, Source.TRAINING, "")


def test_the_rating_counts_in_self_play(criteria) -> None:
    rating = 1200 + 30 * learner()
    rated = judge(of(rating, source=Source.RATING, metric="elo"), criteria, NaturalScale(0, 400, "rating"))
    reward = judge(of(np.random.default_rng(6).standard_normal(100)), criteria)
    run = combine([reward, rated])
    assert (run.kind, run.deciding.metric) == (OutcomeKind.KEPT, "elo")
    assert "training (episode return): no material change" in run.disagreement


def test_no_curve_is_unknown() -> None:
    assert combine([]).kind is OutcomeKind.UNKNOWN


def test_success_and_return_that_disagree(criteria) -> None:
    success = judge(of(np.zeros(100), metric="success_rate"), criteria, NaturalScale(0, 1))
    run = combine([success, judge(of(learner()), criteria)])
    assert run.kind is OutcomeKind.FLAT
    assert "success rate" in run.disagreement
    assert "kept" in run.disagreement


def test_a_fall_by_a_fiftieth_of_its_level_is_no_loss(criteria) -> None:
    noise = 0.05 * np.random.default_rng(3).standard_normal(100)
    fall = np.concatenate([np.full(20, 97.9), np.linspace(97.9, 96.8, 80)])
    assert judge(of(fall + noise), criteria).kind is OutcomeKind.FLAT
    assert judge(of(fall - 10 * (np.arange(100) > 60) + noise), criteria).kind is OutcomeKind.FELL


def goal(start: float, end: float, episodes: int, seed: int, window: int | None = 1) -> Curve:
    """Episodes that return -2 unless a goal is reached, with a probability from ``start`` to ``end``."""
    draw = np.random.default_rng(seed)
    reached = draw.random(episodes) < np.linspace(start, end, episodes)
    lengths = np.where(reached, draw.integers(10, 90, episodes), 100)
    return of(np.where(reached, 1.5 - 0.02 * lengths, -2.0), np.cumsum(lengths), window=window)


def kinds(criteria, start: float, end: float, episodes: int) -> list[OutcomeKind]:
    return [judge(goal(start, end, episodes, seed), criteria).kind for seed in range(20)]


@pytest.mark.parametrize("share", [0.02, 0.15, 0.35])
def test_a_goal_that_is_reached_as_often_as_before_is_no_change(criteria, share) -> None:
    assert set(kinds(criteria, share, share, 1500)) == {OutcomeKind.FLAT}
    assert set(kinds(criteria, share, share, 400)) <= {OutcomeKind.FLAT, OutcomeKind.EARLY}


def test_a_goal_that_is_reached_more_often_is_no_row_of_spikes(criteria) -> None:
    """Until every second episode reaches it each one that does stands out from its neighbours."""
    assert kinds(criteria, 0.02, 0.3, 1500).count(OutcomeKind.RISING) >= 18
    assert kinds(criteria, 0.3, 0.02, 1500).count(OutcomeKind.FELL) >= 15
    assert kinds(criteria, 0.02, 0.4, 400).count(OutcomeKind.FLAT) <= 2


def test_the_level_of_such_episodes_is_their_mean(criteria) -> None:
    found = judge(goal(0.25, 0.25, 1500, 0), criteria)
    assert found.end.value == pytest.approx(np.mean(goal(0.25, 0.25, 1500, 0).values), abs=0.1)
