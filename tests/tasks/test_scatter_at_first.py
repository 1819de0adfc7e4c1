"""How much the first episodes differ: noise on the reward against one crash."""

from __future__ import annotations

import numpy as np
import pytest

from rldoctor.tasks.entry import tasks_from_settings
from rldoctor.tasks.step_rewards import scatter_at_first

MEAN, STD = -200.0, 100.0
(LANDER,) = tasks_from_settings({"Lander-v0": {"random": {"mean": MEAN, "std": STD, "episodes": 100}}})


def returns(noise: float, crash: float = 0.0) -> np.ndarray:
    made = np.random.default_rng(0).normal(MEAN, STD, 40)
    made += np.random.default_rng(1).normal(0, noise, 40)
    made[7] += crash
    return made


def test_one_crash_among_the_first_episodes_is_no_noise() -> None:
    assert scatter_at_first(LANDER, returns(0.0, crash=-1200)) < 1.5


def test_noise_on_every_episode_is_seen() -> None:
    assert scatter_at_first(LANDER, returns(5 * STD)) == pytest.approx(np.sqrt(1 + 25), rel=0.5)
