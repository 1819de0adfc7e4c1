"""The facts of a run beside its task."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from every import every

from rldoctor.engine.task_facts import UNKNOWN, beside_task
from rldoctor.model.config import RunConfig
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.model.task import Task, TaskMatch
from rldoctor.rulebook.known import RUN_FACTS
from rldoctor.tasks.find import find_task


def known(name: str) -> Task:
    task = find_task(name)
    assert task is not None
    return task


def seen(returns: list[float], length: float = 200, *, every_steps: float = 2000.0) -> Run:
    steps = every_steps * np.arange(1, len(returns) + 1)
    values = np.array(returns, dtype=float)
    series = {
        "episode_return": Series("episode_return", steps, values, "r"),
        "episode_length": Series("episode_length", steps, np.full(values.size, length), "l"),
    }
    return Run("r", Path("r"), "test", "generic", "sac", MetricFrame(series), RunConfig({}))


def facts(run: Run, task: Task | None, *, same_reward: bool = True) -> dict[str, float]:
    return dict(beside_task(run, run.metrics.series, TaskMatch(task), same_reward=same_reward).facts)


def test_every_fact_may_be_named_by_rules() -> None:
    assert set(UNKNOWN) <= RUN_FACTS
    assert set(facts(seen([-1200.0] * 20), known("Pendulum-v1"))) == set(UNKNOWN)


@every(
    ("task", "same_reward"),
    [(None, True), ("Pendulum-v1", False), ("PongNoFrameskip-v4", True)],
)
def test_nothing_is_compared_without_the_same_task_and_reward(task: str | None, same_reward: bool) -> None:
    found = facts(seen([-1200.0] * 20), task and known(task), same_reward=same_reward)
    rest = {name: value for name, value in found.items() if not name.startswith("task_")}
    assert all(map(math.isnan, rest.values()))
    assert found["task_known"] == float(task is not None)


def test_the_first_returns_against_the_random_policy() -> None:
    found = facts(seen([-1210.0, -1190.0, -1200.0, -1205.0, -1195.0] * 6), known("Pendulum-v1"))
    assert found["reward_ratio"] == pytest.approx(1, abs=0.1)
    assert found["reward_ratio_low"] < 1 < found["reward_ratio_high"]
    assert found["reward_rescaled"] == 0
    assert found["reached_share"] == pytest.approx(0, abs=0.05)


@every(
    ("name", "level", "length", "rescaled"),
    [
        ("Pendulum-v1", -0.012, 200, -1),
        ("Pendulum-v1", -120_000.0, 200, 1),
        ("Pendulum-v1", -100.0, 200, 0),
        ("Hopper-v4", 0.002, 20, -1),
        ("Hopper-v4", 1.1, 1.1, 0),
        ("Hopper-v4", 900.0, 300, 0),
        ("FetchReach-v4", -0.5, 50, 0),
        ("LunarLander-v3", -5.0, 300, 0),
    ],
)
def test_a_factor_is_only_called_one_where_nothing_else_explains_it(
    name: str, level: float, length: float, rescaled: int
) -> None:
    noise = np.random.default_rng(0).normal(1, 0.01, 30)
    returns = list(level * noise)
    if rescaled == 0:
        returns[-1] = returns[0] - 1000  # the curve goes elsewhere later
    found = facts(seen(returns, length), known(name))
    assert found["reward_rescaled"] in ((rescaled,) if rescaled else (0,))


def test_what_doing_nothing_gets() -> None:
    found = facts(seen([-50.0] * 10 + [-0.1, -0.2] * 10, 999), known("MountainCarContinuous-v0"))
    assert found["idle_same"] == 1
    assert found["idle_share"] == pytest.approx(1, abs=0.02)
    assert found["idle_return"] == 0
    assert found["idle_length"] == 999
    assert found["task_goal_only"] == 1
    assert found["idle_reached"] == pytest.approx(33 / 123, abs=0.05)


def test_the_published_score_of_this_algorithm_after_no_more_steps() -> None:
    run = seen([-1200.0] * 20)
    beside = beside_task(run, run.metrics.series, TaskMatch(known("Pendulum-v1")), same_reward=True)
    assert beside.facts["published_steps"] == 20_000
    assert beside.facts["published_seeds"] == 1
    assert beside.facts["published_share"] == pytest.approx(0, abs=0.05)
    assert beside.texts["published"].startswith(
        "-157 after 20,000 steps (Pendulum-v1, 1 seed: DLR-RM/rl-baselines3-zoo"
    )
    young = seen([-1200.0] * 20, every_steps=500)
    assert math.isnan(facts(young, known("Pendulum-v1"))["published_score"])


@every(
    ("name", "level", "length", "outside"),
    [
        ("CartPole-v1", 22.0, 22, 0.0),
        ("CartPole-v1", -22.0, 22, 2.0),
        ("CartPole-v1", 2.2, 22, 0.9),
        ("Acrobot-v1", -480.0, 480, 0.0),
        ("Acrobot-v1", 480.0, 480, 1.0),
        ("Pendulum-v1", -1200.0, 200, 0.0),
        ("Pendulum-v1", 1200.0, 200, 0.37),
        ("Reacher-v5", 40.0, 50, 0.93),
    ],
)
def test_a_return_that_the_rewards_of_a_step_cannot_add_up_to(
    name: str, level: float, length: float, outside: float
) -> None:
    found = facts(seen([level] * 20, length), known(name))
    assert found["reward_outside"] == pytest.approx(outside, abs=0.02)


def test_bounds_that_are_not_known_say_nothing() -> None:
    found = facts(seen([-1e9] * 20, 50), known("HalfCheetah-v5"))
    assert math.isnan(found["reward_outside"])
