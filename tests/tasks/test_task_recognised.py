"""A log without a name gives its task away, or nothing is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from every import every

import rldoctor
from rldoctor.model.series import Series
from rldoctor.model.task import TaskMatch
from rldoctor.tasks.evidence import LogNames, LogShows
from rldoctor.tasks.loose import mentioned
from rldoctor.tasks.recognised import recognised, unnamed
from rldoctor.tasks.table import load

NOISE = np.random.default_rng(0).standard_normal(60)
Shown = dict[str, tuple[float, float]]
TWO, THREE = {"n_actions": (1.995, np.nan)}, {"n_actions": (2.99, np.nan)}


def metrics(returns: np.ndarray, lengths: np.ndarray, *also: str) -> dict[str, Series]:
    made = {
        "episode_return": returns,
        "episode_length": lengths,
        **dict.fromkeys(also, np.zeros(returns.size)),
    }
    steps = 1000.0 * np.arange(1, returns.size + 1)
    return {name: Series(name, steps, np.asarray(one, float), name, window=100) for name, one in made.items()}


def dims(count: int) -> Shown:
    return {"action_dim": (count - 0.1, count + 0.1)}


CARTPOLE = np.linspace(24, 180, 60) + NOISE
FULL = np.full(60, 1000.0)
# What is seen -> the task: metrics, what the entropy gives away, algorithm.
KNOWN: dict[str, tuple[dict[str, Series], Shown, str]] = {
    "CartPole-v1": (metrics(CARTPOLE, CARTPOLE), TWO, "ppo"),
    "Acrobot-v1": (metrics(np.linspace(-500, -90, 60), np.linspace(500, 91, 60)), THREE, "ppo"),
    "Pendulum-v1": (metrics(np.linspace(-1200, -200, 60), np.full(60, 200.0)), {}, "sac"),
    "HalfCheetah-v5": (metrics(np.linspace(-280, 900, 60), FULL), dims(6), "ppo"),
    "InvertedDoublePendulum-v5": (metrics(np.linspace(52, 400, 60), np.linspace(6.7, 43, 60)), {}, "td3"),
}


@every("name", KNOWN)
def test_a_log_that_gives_its_task_away(name: str) -> None:
    log, shown, algorithm = KNOWN[name]
    found = recognised(LogShows(log, {}, shown, algorithm))
    assert found.assumed
    assert found.name == name


# Why nothing is said -> the same log with one thing changed.
REFUSED: dict[str, tuple[dict[str, Series], Shown, str]] = {
    "another number of actions": (metrics(CARTPOLE, CARTPOLE), {"n_actions": (2.99, np.nan)}, "ppo"),
    "nothing tells the actions": (metrics(CARTPOLE, CARTPOLE), {}, "ppo"),
    "actions of the other kind": (metrics(CARTPOLE, CARTPOLE), dims(1), "ppo"),
    "a learner of the other kind": (metrics(CARTPOLE, CARTPOLE), {}, "td3"),
    "another reward of a step": (metrics(1.5 * CARTPOLE, CARTPOLE), TWO, "ppo"),
    "a reward of a step where the task has none": (metrics(CARTPOLE, CARTPOLE), dims(3), "ppo"),
    "an end where the task has none": (
        metrics(np.linspace(-280, 900, 60), FULL - 30 * np.abs(NOISE)),
        dims(6),
        "ppo",
    ),
    "another dimension": (metrics(np.linspace(-280, 900, 60), FULL), dims(5), "ppo"),
    "a success that the task does not log": (
        metrics(np.linspace(-280, 900, 60), FULL, "success_rate"),
        dims(6),
        "ppo",
    ),
    "another start": (metrics(np.linspace(-2800, 900, 60), FULL), dims(6), "ppo"),
    "a return near 0 and an unknown number of actions": (
        metrics(np.linspace(5, 40, 60), FULL),
        {},
        "sac",
    ),
    "another time limit": (metrics(np.minimum(CARTPOLE, 120), np.minimum(CARTPOLE, 120)), TWO, "ppo"),
    "two rows": (metrics(CARTPOLE[:2], CARTPOLE[:2]), TWO, "ppo"),
    "no lengths": ({"episode_return": metrics(CARTPOLE, CARTPOLE)["episode_return"]}, TWO, "ppo"),
    "several tasks that are alike": (
        metrics(np.full(60, -50.0), np.full(60, 50.0), "success_rate"),
        dims(4),
        "ppo",
    ),
}


@every("why", REFUSED)
def test_a_log_that_may_be_of_anything(why: str) -> None:
    log, shown, algorithm = REFUSED[why]
    assert recognised(LogShows(log, {}, shown, algorithm)).task is None


def told(*folders: str, config: str = "", name: str = "PPO_1") -> TaskMatch:
    log, shown, algorithm = KNOWN["CartPole-v1"]
    return unnamed(LogShows(log, {}, shown, algorithm), LogNames(config, name, folders))


@pytest.mark.parametrize("folders", [("runs", "PPO_1"), ("cartpole_project", "runs"), ("thesis", "exp")])
def test_where_no_name_says_otherwise(folders: tuple[str, ...]) -> None:
    found = told(*folders)
    assert found.name == "CartPole-v1"
    assert "no other" in found.how


@pytest.mark.parametrize(
    "folders", [("custom", "runs"), ("isaaclab", "runs"), ("lunar_project", "acrobot_runs")]
)
def test_a_name_that_says_otherwise(folders: tuple[str, ...]) -> None:
    assert told(*folders).task is None


def test_a_configuration_that_names_another_environment() -> None:
    assert told("runs", config="MyRobot-v0").task is None
    assert told("runs", config="custom").task is not None


def test_families_that_stand_in_a_name() -> None:
    assert mentioned(["cartpole_project", "PPO_1"]) == {"CartPole"}
    assert mentioned(["important"]) == set()


def test_no_task_of_the_table_is_taken_for_another() -> None:
    """What each task's random policy gets, with its actions seen, is that task's or nobody's."""
    for id_ in load().ids():
        task = load().task(id_)
        if task is None or task.random is None or not task.random.length or not task.action_dim:
            continue
        spread = 0.2 * NOISE
        log = metrics(
            task.random.mean + spread * (task.random.std or 0),
            task.random.length + spread * (task.random.length_std or 0),
            *(("success_rate",) if task.success_logged else ()),
        )
        shown = dims(task.action_dim) if task.action == "box" else {"n_actions": (task.choices or 0, np.nan)}
        found = recognised(LogShows(log, {}, shown, "ppo"))
        assert found.task is None or found.task.family == task.family, id_


@pytest.mark.filterwarnings("error")
def test_episodes_of_no_steps_and_no_numbers_are_no_task(tmp_path: Path) -> None:
    log = tmp_path / "progress.csv"
    rows = "\n".join(
        f"{1000 * row},{value},0,nan" for row, value in enumerate(["nan", "inf", 0, -3, 1e300, 2], 1)
    )
    log.write_text(f"time/total_timesteps,rollout/ep_rew_mean,rollout/ep_len_mean,train/approx_kl\n{rows}\n")
    (run,) = rldoctor.load(log)
    assert rldoctor.diagnose(run).reference.envelope is None


def test_a_task_that_takes_one_for_every_step_is_no_lander() -> None:
    lengths = np.linspace(94, 60, 60) + NOISE
    assert recognised(LogShows(metrics(-lengths, lengths), {}, dims(2), "ppo")).task is None


def test_a_task_that_always_stops_after_as_many_steps_is_no_lander() -> None:
    """A lander falls at another step each time; 80 steps every time are a limit."""
    log = metrics(np.linspace(-135, -140, 40) + NOISE[:40], np.full(40, 80.0))
    assert recognised(LogShows(log, {}, dims(2), "ppo")).task is None
