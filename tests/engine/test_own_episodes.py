"""Episodes out of a mean over the last hundred, as Stable-Baselines3 logs them every fourth episode."""

from __future__ import annotations

import numpy as np
import pytest

from rldoctor.engine.own_episodes import own_episodes
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
