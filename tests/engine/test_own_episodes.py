"""Episodes out of a mean over the last hundred, as Stable-Baselines3 logs them every fourth episode."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rldoctor.engine.own_episodes import own_episodes, single_episodes
from rldoctor.model.config import RunConfig
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.outcome.criteria_file import load_criteria
from rldoctor.paths import builtin_rules_dir

CRITERIA = load_criteria(builtin_rules_dir())
WINDOW, EVERY = 100, 4


def logged(count: int, dtype: type = np.float64) -> tuple[Series, Series, np.ndarray]:
    """Logged means of returns and lengths, and the true mean return of each row's own episodes."""
    rng = np.random.default_rng(3)
    lengths = rng.integers(50, 200, count).astype(float)
    returns = rng.normal(-200, 60, count)
    ends = np.arange(EVERY, count + 1, EVERY)
    mean = {
        name: np.array([values[max(end - WINDOW, 0) : end].mean() for end in ends], dtype=dtype)
        for name, values in (("episode_return", returns), ("episode_length", lengths))
    }
    steps = np.cumsum(lengths)[ends - 1]
    series = [
        Series(name, steps, values.astype(float), f"rollout/{name}", "env_steps", window=WINDOW)
        for name, values in mean.items()
    ]
    return series[0], series[1], returns[: ends[-1]].reshape(-1, EVERY).mean(axis=1)


@pytest.mark.parametrize("count", [40, 100, 260])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_rows_own_episodes_are_recovered(count: int, dtype: type) -> None:
    returns, lengths, true = logged(count, dtype)
    found = own_episodes(returns, lengths, CRITERIA)
    assert found is not None
    assert len(found) == len(true)
    assert found.window == 1
    assert np.abs(found.values - true).max() < 0.05


def test_lengths_that_do_not_add_up_to_the_steps_prove_nothing() -> None:
    returns, lengths, _ = logged(100)
    wrong = Series("episode_length", lengths.steps, lengths.values * 1.013, "x", "env_steps", window=WINDOW)
    assert own_episodes(returns, wrong, CRITERIA) is None


def test_a_long_log_is_judged_as_it_is() -> None:
    returns, lengths, _ = logged(800)
    assert own_episodes(returns, lengths, CRITERIA) is None


def test_single_episodes_need_nothing() -> None:
    returns, lengths, _ = logged(40)
    single = Series("episode_return", returns.steps, returns.values, "x", "env_steps", window=1)
    assert own_episodes(single, lengths, CRITERIA) is None


@pytest.mark.parametrize(
    ("episodes", "taken"),
    [
        ([0, 20, 40, 60, 80, 900], True),  # nine tenths of the steps of the mean
        ([0, 20, 40, 60, 80, 890], False),
        ([100, 200, 300, 400, 500, 1000], True),
        ([0, 1000], False),  # fewer than the mean has rows
    ],
)
def test_single_episodes_must_cover_the_steps_of_the_mean(episodes: list[float], taken: bool) -> None:
    def series(steps: list[float], window: int) -> Series:
        at = np.array(steps, dtype=float)
        return Series("episode_return", at, np.arange(at.size), "r", "env_steps", window=window)

    mean = series([0, 50, 100, 1000], 100)
    frame = MetricFrame({"episode_return": mean}, alternates=(series(episodes, 1),))
    run = Run("x", Path(), "csv", "", "", frame, RunConfig({}), axis="env_steps")
    assert ("episode_return" in single_episodes(run, frame.series, CRITERIA)) is taken
