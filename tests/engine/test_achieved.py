"""The judgement of a whole run: which curve, on which scale, and what it lets other rules say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rldoctor.api import diagnose
from rldoctor.model.config import Knob, RunConfig
from rldoctor.model.finding import Diagnosis
from rldoctor.model.frame import MetricFrame
from rldoctor.model.outcome import OutcomeKind
from rldoctor.model.run import Run
from rldoctor.model.series import Series

# Drawn anew in every test: a generator that tests share makes an answer depend on their order.
SEED = 5


def seen(
    returns: np.ndarray,
    first: float = 1024.0,
    every: float = 1024.0,
    alternates: tuple[Series, ...] = (),
    algorithm: str = "ppo",
    length: float = 200.0,
    window: int = 1,
    **settings: Any,
) -> Diagnosis:
    steps = first + every * np.arange(returns.size)
    frame = {
        "episode_return": Series("episode_return", steps, returns, "rollout/ep_rew_mean", window=window),
        "episode_length": Series(
            "episode_length", steps, np.full(returns.size, length), "rollout/ep_len_mean"
        ),
        "policy_loss": Series("policy_loss", steps, np.zeros(returns.size), "train/policy_loss"),
    }
    knobs = {name: Knob(name, value, name, value, "args.yml:1") for name, value in settings.items()}
    metrics = MetricFrame(frame, alternates=alternates)
    return diagnose(Run("x", Path(), "csv", "stable_baselines3", algorithm, metrics, RunConfig(knobs)))


def noisy(levels: np.ndarray, spread: float) -> np.ndarray:
    return levels + np.random.default_rng(SEED).normal(0, spread, levels.size)


def test_a_first_row_far_above_the_random_policy_was_learned_before() -> None:
    """A2C with 7 rows, the first at an eighth of the run: 150, the random policy has 50, published 9,100."""
    levels = np.array([150.0, 206, 207, 219, 205, 232, 253])
    found = seen(levels, 12_800.0, 12_800.0, algorithm="a2c", length=40.0, env_id="InvertedDoublePendulum-v5")
    assert found.achieved.kind is OutcomeKind.EARLY
    assert not [root for root in found.roots if root.finding.code == "OUT-10"]


def test_single_episodes_share_nothing_from_row_to_row() -> None:
    levels = noisy(np.full(60, -1200.0), 40.0)
    single, mean = (seen(levels, window=window, env_id="Pendulum-v1") for window in (1, 100))
    assert single.achieved.deciding.windows == np.inf
    assert mean.achieved.deciding.windows < 60


def test_at_the_level_of_the_random_policy_it_is_flat() -> None:
    found = seen(noisy(np.full(60, -1200.0), 40.0), env_id="Pendulum-v1")
    assert found.achieved.kind is OutcomeKind.FLAT
    assert found.achieved.deciding.measure.name == "task"
    assert found.verdict == "error"


def test_a_fall_counts_as_one_where_it_is_small_for_the_task() -> None:
    levels = np.concatenate([np.linspace(15, 150, 30), np.linspace(150, -200, 30)])
    found = seen(noisy(levels, 8.0), env_id="Hopper-v5")
    assert found.achieved.kind in (OutcomeKind.FELL, OutcomeKind.LOST)


def test_a_rise_that_is_next_to_nothing_for_the_task_is_too_early() -> None:
    found = seen(noisy(np.linspace(18, 42, 60), 3.0), env_id="Hopper-v5")
    assert found.achieved.kind is OutcomeKind.EARLY
    assert found.verdict == "not_enough_data"


def test_a_young_run_whose_last_third_lies_above_its_first_is_not_flat() -> None:
    """A2C on Hopper: 37 rows, each a mean over 100 episodes of 140 steps, so that few are independent."""
    rose = [81, 118, 169, 212, 216, 203, 207, 216, 220, 208, 190, 183, 181, 184, 195, 214, 232, 240, 253]
    rose += [245, 238, 230, 244, 275, 293, 309, 298, 267, 248, 260, 293, 328, 361, 384, 382, 354, 270]
    asked = {"algorithm": "a2c", "length": 150.0, "window": 100, "env_id": "Hopper-v5"}
    found = seen(np.array(rose, dtype=float), 4000.0, 4000.0, **asked)
    assert found.achieved.kind is OutcomeKind.EARLY
    assert "lies above all of the first" in " ".join(found.achieved.deciding.texts)
    mixed = seen(np.array(rose[-12:] + rose[12:-12] + rose[:12], dtype=float), 4000.0, 4000.0, **asked)
    assert "lies above all of the first" not in " ".join(mixed.achieved.deciding.texts)


@pytest.mark.parametrize("task", ["Ant-v5", "Humanoid-v5"])
def test_a_few_thousand_steps_of_a_task_that_nobody_published_are_no_error(task: str) -> None:
    levels = noisy(np.full(12, -120.0 if task == "Ant-v5" else 120.0), 5.0)
    found = seen(levels, 800.0, 800.0, algorithm="sac", window=4, env_id=task)
    assert not [one for one in found.roots if one.finding.code == "OUT-10" and one.finding.severity > 2]


@pytest.mark.parametrize("setting", [{"reward_exponent": 240.0}, {"exp_reward": 1.0}])
def test_a_declared_exponential_reward_has_the_length_as_its_scale(setting: dict[str, float]) -> None:
    found = seen(noisy(np.full(60, 0.05), 0.01), length=50.0, env_id="Reacher-v5", **setting)
    assert found.achieved.deciding.measure.name == "natural"
    assert found.achieved.kind is OutcomeKind.FLAT


def test_a_first_return_that_no_fresh_policy_gets_is_of_another_reward() -> None:
    found = seen(noisy(np.full(60, 20.0), 1.0), length=50.0, env_id="Reacher-v5")
    assert found.achieved.deciding.measure.name == "own"
    assert "another reward" in found.achieved.deciding.measure.sentence


def test_episodes_are_judged_where_a_mean_over_many_hides_them() -> None:
    """25 episodes behind a mean over 100 of them: by the mean nobody can tell, by the episodes anybody."""
    episodes = noisy(
        np.concatenate([np.full(8, -1300.0), np.linspace(-1300, -150, 7), np.full(10, -150.0)]), 60.0
    )
    ends = 200.0 * np.arange(1, 26)
    steps = ends[3::4]
    means = np.array([episodes[ends <= step].mean() for step in steps])
    lengths = Series("episode_length", steps, np.full(steps.size, 200.0), "rollout/ep_len_mean")
    mean = Series("episode_return", steps, means, "rollout/ep_rew_mean", window=100)
    single = Series("episode_return", ends, episodes, "monitor.csv:r", window=1)
    knobs = {"env_id": Knob("env_id", "Pendulum-v1", "env_id", "Pendulum-v1", "args.yml:1")}
    kinds = []
    for alternates in ((), (single,)):
        frame = MetricFrame({"episode_return": mean, "episode_length": lengths}, alternates=alternates)
        run = Run("x", Path(), "csv", "stable_baselines3", "sac", frame, RunConfig(knobs))
        kinds.append(diagnose(run).achieved.kind)
    assert kinds == [OutcomeKind.EARLY, OutcomeKind.KEPT]


def test_a_return_that_rose_by_itself_in_vain_excuses_nothing() -> None:
    steps = 1024.0 * np.arange(1, 101)
    levels = noisy(np.concatenate([np.linspace(-3, -0.8, 20), np.full(80, -0.8)]), 0.02)
    frame = {
        "episode_return": Series("episode_return", steps, levels, "r", window=1),
        "success_rate": Series("success_rate", steps, np.zeros(100), "s"),
        "entropy": Series(
            "entropy", steps, np.concatenate([np.linspace(1.6, 0.01, 30), np.full(70, 0.005)]), "e"
        ),
    }
    found = diagnose(Run("x", Path(), "csv", "stable_baselines3", "ppo", MetricFrame(frame), RunConfig({})))
    assert found.achieved.kind is OutcomeKind.KEPT
    assert found.verdict != "healthy"


def test_a_rise_towards_what_doing_nothing_gets_is_not_called_learning() -> None:
    """MountainCarContinuous: -50 to -25 on the way to 0, which standing still gets."""
    found = seen(noisy(np.linspace(-50, -25, 60), 1.0), length=999.0, env_id="MountainCarContinuous-v0")
    assert found.achieved.kind is OutcomeKind.EARLY
    assert found.verdict != "healthy"


def test_a_run_that_never_left_the_floor_is_flat_although_its_mean_covers_most_of_it() -> None:
    """Acrobot, 160 episodes logged, 100 in the mean: had the last of them gained, it would show."""
    found = seen(np.full(40, -500.0), 2048.0, 2048.0, length=500.0, env_id="Acrobot-v1", window=100)
    assert found.achieved.kind is OutcomeKind.FLAT


def test_single_episodes_that_reach_the_goal_by_chance_are_no_gain() -> None:
    """156 of 160 episodes cost all their 500 steps; what repeats is the floor, not a result that is held."""
    returns = np.full(160, -500.0)
    returns[[12, 64, 126, 138, 153]] = -491, -359, -410, -496, -350
    found = seen(returns, 500.0, 512.0, length=500.0, env_id="Acrobot-v1")
    assert not found.achieved.kind.gained
    assert found.verdict != "healthy"


def test_a_step_that_costs_one_gives_an_unknown_task_its_scale() -> None:
    found = seen(noisy(np.full(60, -499.5), 0.3), 2048.0, 2048.0, length=500.0, window=100)
    assert found.achieved.deciding.measure.name == "natural"
    assert found.achieved.kind is OutcomeKind.FLAT


def test_rewards_that_are_not_the_lengths_have_no_such_scale() -> None:
    found = seen(noisy(np.full(60, -300.0), 9.0), 2048.0, 2048.0, length=500.0)
    assert found.achieved.deciding.measure.name == "own"


def test_what_was_gained_is_bounded_by_the_rows_where_the_task_is_known() -> None:
    """500 episodes of noise 300: a gain of a tenth of the task is excluded, if by no search for any shape."""
    found = seen(noisy(np.full(500, -1240.0), 300.0), 200.0, 200.0, env_id="Pendulum-v1")
    assert found.achieved.kind is OutcomeKind.FLAT


def test_a_late_gain_that_noise_hides_is_not_called_flat() -> None:
    levels = np.concatenate([np.full(340, -1240.0), np.full(60, -1040.0)])
    found = seen(noisy(levels, 330.0), 200.0, 200.0, env_id="Pendulum-v1")
    assert found.achieved.kind is not OutcomeKind.FLAT


def test_a_sparse_task_has_its_chance_before_its_floor_is_called_flat() -> None:
    """SAC with hindsight on FetchReach stands at -50 for its first 6,000 steps and is at -2 after 10,000."""
    found = seen(np.full(40, -50.0), 150.0, 150.0, length=50.0, window=100, algorithm="sac")
    assert found.achieved.kind is OutcomeKind.EARLY
