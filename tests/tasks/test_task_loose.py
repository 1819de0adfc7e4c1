"""A name without a version: at most assumed, and only where the log agrees."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from every import every

from rldoctor.api import diagnose
from rldoctor.model.config import Knob, RunConfig
from rldoctor.model.finding import Diagnosis, Severity
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.model.task import TaskMatch
from rldoctor.tasks.evidence import LogNames, LogShows
from rldoctor.tasks.loose import assumed, named_loosely, spoken

# The name of a run or folder -> the family it speaks of and the version beside it.
SPOKEN = {
    "lunar_lander": ("LunarLander", ""),
    "LunarLander": ("LunarLander", ""),
    "lunar-lander-v2": ("LunarLander", "v2"),
    "LunarLanderContinuous": ("LunarLanderContinuous", ""),
    "lunar_lander_continuous_sac_3": ("LunarLanderContinuous", ""),
    "lunar_lander_A2C_run_20250403_133604": ("LunarLander", ""),
    "gym_cartpole_v1": ("CartPole", "v1"),
    "ppo-cart-pole-seed3": ("CartPole", ""),
    "half_cheetah": ("HalfCheetah", ""),
    "HALFCHEETAH": ("HalfCheetah", ""),
    "TD3_walker2d_0": ("Walker2d", ""),
    "ant": ("Ant", ""),
    "sac_ant_1": ("Ant", ""),
    "mountain_car_continuous": ("MountainCarContinuous", ""),
    "bipedal_walker_hardcore": ("BipedalWalkerHardcore", ""),
}
SILENT = [
    "",
    "run_3",
    "PPO_1",
    "elephant",
    "important",
    "antony",
    "my_ant",
    "ant-farm",
    "cartpole_swingup",
    "custom_cartpole",
    "cartpole_onnx",
    "LunarLanderSparse",
    "lunar_base",
    "lander",
    "grasshopper",
    "walker",
    "humanoid_robot_arm",
    "cart_pole_and_pendulum",
    "halfcheetah-medium",
    "ants",
]


@every("name", SPOKEN)
def test_a_name_that_speaks_of_a_task(name: str) -> None:
    found = spoken(name)
    assert found is not None
    assert (found.family, found.version) == SPOKEN[name]


@every("name", SILENT)
def test_a_name_that_may_mean_anything(name: str) -> None:
    assert spoken(name) is None


@every(
    "folders",
    [("isaacgym", "ant"), ("brax", "half_cheetah"), ("sparse", "lunar_lander"), ("cartpole", "lunar_lander")],
)
def test_folders_that_speak_of_another_task(folders: tuple[str, ...]) -> None:
    assert named_loosely(LogNames(run="run", folders=folders)) is None
    assert named_loosely(LogNames(run="run", folders=("runs", folders[-1]))) is not None


def metrics(returns: np.ndarray, lengths: np.ndarray, **more: np.ndarray) -> dict[str, Series]:
    made = {"episode_return": returns, "episode_length": lengths, **more}
    steps = 100_000.0 * np.arange(1, returns.size + 1)
    return {name: Series(name, steps, np.asarray(one, float), name, window=100) for name, one in made.items()}


def lander(end: float = -60.0) -> dict[str, Series]:
    """Falls from the random policy's level, comes back to where it learned to hover, and loses half."""
    rise = np.concatenate([np.linspace(-190, 90, 60), np.linspace(90, end, 40), np.full(100, end)])
    noise = 20 * np.random.default_rng(0).standard_normal(200)
    return metrics(rise + noise, np.linspace(100, 700, 200))


def told(found: dict[str, Series], name: str, algorithm: str = "a2c", **settings: float) -> TaskMatch:
    return assumed(LogShows(found, settings, {}, algorithm), LogNames(run=name))


def test_a_log_that_agrees() -> None:
    found = told(lander(), "lunar_lander")
    assert found.assumed
    assert found.task is not None
    assert found.task.id == "LunarLander-v3"
    assert "'lunar_lander'" in found.how


@every("why", ["actions", "length", "scale", "start", "learner", "no lengths"])
def test_a_log_that_does_not_agree(why: str) -> None:
    log, learner, settings = lander(), "a2c", {}
    returns, lengths = log["episode_return"].values, log["episode_length"].values
    if why == "actions":
        settings = {"n_actions": 6.0}
    elif why == "length":
        log = metrics(returns, lengths * 3)
    elif why == "scale":
        log = metrics(returns / 100, lengths)
    elif why == "start":
        log = metrics(returns + 200, lengths)
    elif why == "learner":
        learner = "td3"
    else:
        del log["episode_length"]
    assert told(log, "lunar_lander", learner, **settings).task is None


def test_an_everyday_word_needs_the_actions_too() -> None:
    log = metrics(np.linspace(-90, 900, 200), np.linspace(240, 900, 200))
    assert told(log, "ant", "ppo").task is None
    assert told(log, "ant", "ppo", action_dim=8.0).task is not None
    assert told(log, "ant", "ppo", action_dim=6.0).task is None


def test_the_time_limit_tells_the_version() -> None:
    log = metrics(np.linspace(22, 200, 100), np.linspace(22, 200, 100))
    found = told(log, "cartpole", "ppo")
    assert found.task is not None
    assert found.task.id == "CartPole-v0"


def run_of(log: dict[str, Series], name: str, **knobs: object) -> Run:
    config = RunConfig({key: Knob(key, value, key, value, "config.json") for key, value in knobs.items()})
    return Run(name, Path("runs") / name, "test", "stable_baselines3", "a2c", MetricFrame(log), config)


def judged(log: dict[str, Series], name: str) -> Diagnosis:
    return diagnose(run_of(log, name))


def test_it_may_warn_and_not_more() -> None:
    alone, with_task = judged(lander(), "run_3"), judged(lander(), "lunar_lander")
    assert with_task.verdict == "warning"
    assert "LunarLander-v3 (assumed)" in with_task.outcome_note
    assert all(root.severity <= Severity.WARNING for root in with_task.roots)
    assert alone.verdict != "error"


def test_a_sick_run_is_measured_by_itself() -> None:
    still = metrics(-190 + 20 * np.random.default_rng(0).standard_normal(200), np.full(200, 95.0))
    alone, with_task = judged(still, "run_3"), judged(still, "lunar_lander")
    assert alone.achieved is not None
    assert alone.achieved.kind.sick
    assert (with_task.verdict, with_task.outcome_note) == (alone.verdict, alone.outcome_note)


def test_a_configuration_is_asked_before_folders() -> None:
    config = {"env_id": Knob("env_id", "lunar_lander", "env_id", "", "config.json")}
    run = run_of(lander(), "cartpole")
    found = diagnose(replace(run, config=RunConfig(config)))
    assert "LunarLander-v3 (assumed)" in found.outcome_note
