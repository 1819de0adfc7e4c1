"""A run's numbers on the scale of its task."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rldoctor.model.task import Played, Published, Task
from rldoctor.tasks.find import find_task
from rldoctor.tasks.scales import (
    like_doing_nothing,
    max_entropy,
    published,
    q_bounds,
    reached_share,
    reference_of,
    reward_scale_ratio,
    solved_at,
)


def known(name: str) -> Task:
    task = find_task(name)
    assert task is not None
    return task


def drawn(played: Played | None, count: int, seed: int, factor: float = 1.0) -> list[float]:
    """Returns like those of a policy, times a factor."""
    assert played is not None
    assert played.std is not None
    return list(factor * np.random.default_rng(seed).normal(played.mean, played.std, count))


def test_returns_of_the_random_policy_have_ratio_one() -> None:
    task = known("Pendulum-v1")
    covered = 0
    for seed in range(200):
        found = reward_scale_ratio(task, drawn(task.random, 20, seed))
        assert found is not None
        assert found.rescaled == 0
        covered += found.low <= 1 <= found.high
    # The interval is of the nominal width when both means are uncertain; here only one was drawn anew.
    assert covered >= 190


@pytest.mark.parametrize(
    ("factor", "verdict"), [(1e-5, -1), (1e-3, -1), (0.01, -1), (0.5, 0), (2, 0), (100, 1)]
)
def test_rescaled_rewards_are_told(factor: float, verdict: int) -> None:
    task = known("Pendulum-v1")
    found = reward_scale_ratio(task, drawn(task.random, 10, 1, factor))
    assert found is not None
    assert found.rescaled == verdict
    assert found.ratio == pytest.approx(factor, rel=0.3)
    assert found.low < found.ratio < found.high


def test_a_return_near_doing_nothing_is_not_called_rescaled() -> None:
    """HalfCheetah: the random policy has -280, a still one about 0. An untrained network may stand still."""
    task = known("HalfCheetah-v5")
    found = reward_scale_ratio(task, [-0.2, -0.1, -0.3, 0.0, -0.15, -0.2])
    assert found is not None
    assert found.rescaled == 0


def test_a_return_of_the_other_sign_is_no_factor() -> None:
    found = reward_scale_ratio(known("Pendulum-v1"), [0.1, 0.2, 0.3, 0.2, 0.1])
    assert found is not None
    assert found.rescaled == 0


def test_no_ratio_without_enough_to_go_by() -> None:
    task = known("Pendulum-v1")
    assert reward_scale_ratio(task, [-1200.0, -1100.0]) is None
    assert reward_scale_ratio(task, [math.nan] * 10) is None
    assert reward_scale_ratio(Task("x"), [1.0] * 10) is None
    assert reward_scale_ratio(Task("x", random=Played(0.1, 5.0, 20)), [1.0] * 10) is None


def test_standing_still_on_the_mountain_car() -> None:
    task = known("MountainCarContinuous-v0")
    still = like_doing_nothing(task, [-0.4, -0.2, -0.1], [999, 999, 999])
    assert still is not None
    assert still.same
    solved = like_doing_nothing(task, [93.0, 94.0, 92.0], [80, 90, 85])
    assert solved is not None
    assert not solved.same
    halfway = like_doing_nothing(task, [-16.0, -16.5], [999, 999])
    assert halfway is not None
    assert halfway.share == pytest.approx(0.5, abs=0.15)


def test_the_length_must_agree_too() -> None:
    task = known("MountainCarContinuous-v0")
    assert task.idle is not None
    found = like_doing_nothing(task, [-0.1, -0.2], [300, 310])
    assert found is not None
    assert not found.same


def test_doing_nothing_is_unknown_where_no_action_does_nothing() -> None:
    assert like_doing_nothing(known("CartPole-v1"), [9.0], [9.0]) is None
    assert like_doing_nothing(known("Pendulum-v1"), [math.nan], []) is None


def test_the_share_that_was_reached() -> None:
    task = known("CartPole-v1")
    assert task.random is not None
    at_random, at_solved = reached_share(task, task.random.mean), reached_share(task, 475.0)
    assert at_random is not None
    assert at_solved is not None
    assert (at_random.share, at_solved.share) == (0.0, 1.0)
    assert at_solved.reference.words == "the threshold it was registered with"
    assert reached_share(Task("x"), 3.0) is None
    assert reached_share(task, math.nan) is None


def test_without_a_threshold_the_best_published_score_is_the_reference() -> None:
    found = reached_share(known("Pendulum-v1"), -150.0)
    assert found is not None
    assert found.share == pytest.approx(1.0, abs=0.05)
    assert "best published" in found.reference.words
    assert "rl-baselines3-zoo" in found.reference.source


def test_without_either_it_is_the_largest_reward_in_each_step() -> None:
    task = Task("x", reward_high=0.0, horizon=50, ends_early=False, random=Played(-50, 1, 20))
    found = reached_share(task, -10.0)
    assert found is not None
    assert found.share == pytest.approx(0.8)


def test_weak_published_scores_give_way_to_what_can_be_had() -> None:
    found = reached_share(known("dm_control/dog-run-v0"), 1000.0)
    assert found is not None
    assert found.reference.words == "the largest reward in each step"
    assert found.share == pytest.approx(1.0)


def test_the_nearest_published_score_at_no_more_steps() -> None:
    task = known("HalfCheetah-v3")
    for steps, budget in ((999_999, None), (1_000_000, 1e6), (2_500_000, 1e6), (3_000_000, 3e6)):
        found = published(task, "sac", steps)
        assert (found and found.steps) == budget
    best = published(task, "sac", 1e6)
    assert best is not None
    assert best.seeds == 10
    assert published(task, "alphazero", 1e9) is None


def test_a_score_of_this_version_comes_before_its_relatives() -> None:
    scores = tuple(Published(env, "sac", 1.0, None, 1e6, 5, "", "") for env in ("A-v3", "A-v4"))
    found = published(Task("A-v4", published=scores), "sac", 1e6)
    assert found is not None
    assert found.env == "A-v4"


def test_the_largest_entropy() -> None:
    assert max_entropy(known("CartPole-v1")) == pytest.approx(math.log(2))
    assert max_entropy(known("Pendulum-v1")) == pytest.approx(math.log(4))
    assert max_entropy(known("Pendulum-v1"), squashed=True) == pytest.approx(math.log(2))
    assert max_entropy(known("HalfCheetah-v5")) == pytest.approx(6 * math.log(2))
    assert max_entropy(known("CarRacing-v3")) == pytest.approx(math.log(2))
    assert max_entropy(Task("x")) is None
    unbounded = Task("x", action="box", action_dim=1, action_low=(-math.inf,), action_high=(math.inf,))
    assert max_entropy(unbounded) is None


def test_the_bounds_of_q() -> None:
    assert q_bounds(known("CartPole-v1"), 0.99) == (1.0, pytest.approx(100.0))
    assert q_bounds(known("CartPole-v1"), 1.0) == (1.0, 500.0)
    low, high = q_bounds(known("FetchReach-v4"), 0.95)
    assert (low, high) == (pytest.approx(-20.0), 0.0)
    assert q_bounds(known("HalfCheetah-v5"), 0.99) == (None, None)
    assert q_bounds(Task("x", reward_high=1.0), 1.0) == (None, None)


def test_a_threshold_that_no_run_can_be_above_is_the_most_its_rewards_allow() -> None:
    pusher, reacher = known("Pusher-v5"), known("Reacher-v5")
    assert (pusher.solved, solved_at(pusher), solved_at(reacher)) == (0, None, -3.75)
    top, threshold = reference_of(pusher), reference_of(reacher)
    assert top is not None
    assert threshold is not None
    assert (top.score, top.short) == (0, "the most its rewards allow")
    assert (threshold.score, threshold.short) == (-3.75, "registered threshold")
