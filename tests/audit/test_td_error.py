"""The temporal-difference error against the returns, with the formulas of the libraries' own losses."""

from __future__ import annotations

import numpy as np
import pytest
from made_logs import library, rows

SHORT = {"episode_return": [10.0] * 20, "episode_length": [10.0] * 20}


def huber(error: float) -> float:
    """``torch.nn.functional.smooth_l1_loss`` with its default corner at 1."""
    return 0.5 * error**2 if error < 1 else error - 0.5


@pytest.mark.parametrize("error", [0.1, 0.9, 1.1, 6.0])
def test_the_error_of_dqn_is_read_off_its_huber_loss(error: float) -> None:
    found = rows("dqn", {"gamma": 0.99}, critic_loss=[huber(error)] * 20, **SHORT)["td_error"]
    assert found.best == pytest.approx(error / 10, rel=0.1)


def test_the_error_of_an_actor_critic_is_the_root_of_its_loss() -> None:
    found = rows("td3", {"gamma": 0.99}, critic_loss=[4.0] * 20, **SHORT)["td_error"]
    assert found.best == pytest.approx(0.2)


def test_where_every_step_pays_the_same_a_horizon_bounds_the_value() -> None:
    series = {"episode_return": [500.0] * 20, "episode_length": [500.0] * 20}
    found = rows("td3", {"gamma": 0.9}, critic_loss=[4.0] * 20, **series)["td_error"]
    assert found.best == pytest.approx(2.0 / 10.0)


def test_an_unknown_discount_is_taken_as_the_longest() -> None:
    series = {"episode_return": [500.0] * 20, "episode_length": [500.0] * 20}
    found = rows("td3", {}, critic_loss=[4.0] * 20, **series)["td_error"]
    assert found.best == pytest.approx(2.0 / 500.0)


@pytest.mark.parametrize(("algorithm", "least"), [("dqn", 2.0), ("td3", 2.0 / 2**0.5)])
def test_a_loss_of_nobodys_library_is_the_least_error_that_it_can_mean(algorithm: str, least: float) -> None:
    found = library("generic", algorithm, {"gamma": 0.99}, critic_loss=[4.0] * 20, **SHORT)["td_error"]
    assert found.best == pytest.approx(least / 10)


def test_rewards_that_come_in_bursts_are_bounded_by_the_whole_return() -> None:
    series = {"episode_return": [*[10.0] * 19, 40.0], "episode_length": [500.0] * 20}
    found = rows("td3", {"gamma": 0.9}, critic_loss=[4.0] * 20, **series)["td_error"]
    assert found.best == pytest.approx(2.0 / 40.0)


def test_the_entropy_bonus_of_sac_is_part_of_its_values() -> None:
    series = {**SHORT, "entropy_coef": [1.0] * 20}
    found = rows("sac", {"gamma": 0.99, "target_entropy": -3}, critic_loss=[4.0] * 20, **series)["td_error"]
    assert found.best == pytest.approx(2.0 / (10.0 + 3.0 * 10.0))


@pytest.mark.parametrize("algorithm", ["qrdqn", "tqc", "c51"])
def test_a_critic_that_predicts_a_distribution_has_no_such_error(algorithm: str) -> None:
    assert "td_error" not in rows(algorithm, {"gamma": 0.99}, critic_loss=[4.0] * 20, **SHORT)


@pytest.mark.parametrize(
    ("config", "series"),
    [
        ({"gamma": 0.99, "normalize_reward": 1}, SHORT),
        ({"gamma": 0.99}, {"episode_return": [10.0] * 20}),
        ({"gamma": 0.99}, {"episode_return": [0.0] * 20, "episode_length": [10.0] * 20}),
    ],
)
def test_without_a_scale_nothing_is_said(config: dict[str, float], series: dict[str, list[float]]) -> None:
    assert "td_error" not in rows("td3", config, critic_loss=[float(one) for one in np.ones(20)], **series)
