"""Tasks in the settings: read, checked, written."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from every import every

from rldoctor.errors import UsageError
from rldoctor.model.task import Played, Task
from rldoctor.tasks.entry import tasks_from_settings, toml_of

FULL = """
[task."MyReach-v0"]
action = "box"
action_dim = 2
action-low = [-1, 0]
action-high = 1.0
horizon = 80
reward-low = -1
reward-high = 0
ends-early = true
ending = "good"
solved = -10
success-logged = true
source = "our paper, table 2"
random = { mean = -79.5, std = 1.2, episodes = 50, length = 80, success = 0.02 }
published = [{ algorithm = "SAC", score = -12, steps = 200_000, seeds = 5 }]
"""


def test_every_field_is_read() -> None:
    (task,) = tasks_from_settings(tomllib.loads(FULL)["task"])
    assert (task.id, task.family, task.action, task.action_dim) == ("MyReach-v0", "MyReach", "box", 2)
    assert (task.action_low, task.action_high) == ((-1.0, 0.0), (1.0, 1.0))
    assert (task.horizon, task.reward_low, task.reward_high, task.solved) == (80, -1.0, 0.0, -10.0)
    assert (task.ends_early, task.ending, task.success_logged) == (True, "good", True)
    assert task.random == Played(-79.5, 1.2, 50, 80.0, None, 0.02, "our paper, table 2")
    assert task.idle is None
    (score,) = task.published
    assert (score.algorithm, score.steps, score.seeds, score.source) == ("sac", 2e5, 5, "our paper, table 2")
    assert task.sources["reward"] == "our paper, table 2"
    assert "seen" not in task.sources


@every(
    ("entry", "says"),
    [
        ({"horzion": 3}, "horzion: no such key (did you mean 'horizon'?)"),
        ({"horizon": 0}, "horizon: expected a whole number of 1 or more, got 0"),
        ({"horizon": 3.5}, "horizon: expected a whole number of 1 or more, got 3.5"),
        ({"horizon": True}, "horizon: expected a whole number"),
        ({"action": "boxes"}, "action: expected one of box, discrete"),
        ({"ending": "happy", "ends-early": True}, "ending: expected one of good, bad, both"),
        ({"ending": "good", "ends-early": False}, "ending: says what an early end means"),
        ({"reward-low": 2, "reward-high": 1}, "reward-low: is larger than reward-high"),
        ({"action-low": 2, "action-high": 1}, "action-low: is larger than action-high"),
        ({"action-dim": 3, "action-low": [0, 1]}, "action-low: has 2 numbers, action-dim is 3"),
        ({"solved": "yes"}, "solved: expected a number, got 'yes'"),
        ({"solved": float("nan")}, "solved: expected a number, got nan"),
        ({"random": 3}, "random: expected a table"),
        ({"random": {"std": 1}}, "random, mean: is required"),
        ({"random": {"mean": 1, "episodes": 2, "std": -1}}, "random, std: expected a number from 0"),
        (
            {"random": {"mean": 1, "episodes": 2, "succes": 1}},
            "succes: no such key (did you mean 'success'?)",
        ),
        (
            {"random": {"mean": 1, "episodes": 2, "success": 2}},
            "success: expected a number from 0 to 1, got 2",
        ),
        ({"published": [{"score": 1}]}, "published 1, algorithm: is required"),
        ({"published": {"score": 1}}, "published: expected an array of tables"),
        ({"reward-seen": [2, 1]}, "reward-seen: expected two numbers"),
        ({"action-dim": 1, "action_dim": 1}, "given twice"),
        (3, "expected a table, got 3"),
    ],
)
def test_what_is_wrong_is_said_and_where(entry: Any, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        tasks_from_settings({"MyEnv-v0": entry}, "pyproject.toml")
    assert str(caught.value).startswith("pyproject.toml: task 'MyEnv-v0'")
    assert says in str(caught.value)


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        tasks_from_settings({"A-v0": {"horizon": 0, "solved": "x"}, "B-v0": {"nothing": 1}})
    assert len(str(caught.value).splitlines()) == 3


def test_what_is_written_is_read_back() -> None:
    task = Task(
        id='odd "name"\t-v0',
        action="box",
        action_dim=2,
        action_low=(-1.0, -2.5),
        action_high=(1.0, 1.0),
        horizon=100,
        seen_low=-3.25e-7,
        seen_high=1e9,
        ends_early=True,
        solved=5.0,
        success_logged=False,
        random=Played(-0.0, 2.5, 20, 50.0, 0.0, None, "measured"),
        notes=("über \\ 3",),
    )
    data = tomllib.loads(toml_of(task))["task"]
    (again,) = tasks_from_settings(data)
    for name in ("id", "action_low", "action_high", "horizon", "seen_low", "seen_high", "solved", "notes"):
        assert getattr(again, name) == getattr(task, name)
    assert again.random == task.random
    assert tomllib.loads(toml_of(task, prefix="tool.rldoctor."))["tool"]["rldoctor"]["task"] == data
