"""What the audit says of the targets of an on-policy critic, on made-up logs with known answers."""

from __future__ import annotations

import numpy as np
import pytest
from made_logs import ON_POLICY, library, rows


def test_a_loss_below_zero_accuses_nobody() -> None:
    """Noise on a log makes one; the width of such targets is no number."""
    config = {"normalize_reward": True, "gamma": 0.99}
    loss, wide = [4.0, 1.0, *[0.003] * 12, -0.001, *[0.003] * 5], [4.0, 1.0, *[60.0] * 18]
    explained = [0.3] * 20
    noisy = rows("ppo", config, value_loss=loss, explained_variance=explained)
    assert noisy["targets_possible"].best == 1.0
    beyond = rows("ppo", config, value_loss=wide, explained_variance=explained)
    assert beyond["targets_possible"].best == 0.0


@pytest.mark.parametrize("negative", [slice(0, 20), slice(0, 20, 4)])
def test_losses_below_zero_are_no_targets_that_are_one_number(negative: slice) -> None:
    loss = [16.0] * 20
    loss[negative] = [-16.0] * len(loss[negative])
    config = {"gamma": 0.99, "gae_lambda": 1.0, "max_episode_length": 500.0}
    series = {"explained_variance": [0.1] * 20, "episode_return": [22.0] * 20, "episode_length": [22.0] * 20}
    found = rows("a2c", config, value_loss=loss, **series)
    assert "targets_vary" not in found or found["targets_vary"].best == 1.0
    assert "values_travel" not in rows("dqn", config, critic_loss=[-16.0] * 20, **series)


@pytest.mark.parametrize(("loss", "possible"), [(100.0, 1.0), (9e4, 0.0)])
def test_targets_that_no_return_of_this_size_can_be(loss: float, possible: float) -> None:
    series = {
        "explained_variance": [0.6] * 20,
        "episode_return": [-1200.0] * 20,
        "episode_length": [200.0] * 20,
    }
    config = {"gamma": 0.9, "gae_lambda": 0.95}
    assert rows("ppo", config, value_loss=[loss] * 20, **series)["targets_possible"].best == possible


@pytest.mark.parametrize(("loss", "differ"), [(6e-5, 0.0), (16.0, 1.0)])
def test_targets_that_are_one_number_although_episodes_end(loss: float, differ: float) -> None:
    """A2C on CartPole whose learner gets a reward of 0: its targets differ by 0.006, the logged ones by 5."""
    config = {"gamma": 0.99, "gae_lambda": 1.0, "max_episode_length": 500.0}
    series = {"explained_variance": [0.1] * 20, "episode_return": [22.0] * 20, "episode_length": [22.0] * 20}
    found = rows("a2c", config, value_loss=[loss] * 20, **series)
    assert found["targets_vary"].best == differ


def test_targets_of_episodes_that_run_to_their_limit_say_nothing() -> None:
    config = {"gamma": 0.99, "gae_lambda": 1.0, "max_episode_length": 22.0}
    series = {"explained_variance": [0.1] * 20, "episode_return": [22.0] * 20, "episode_length": [22.0] * 20}
    assert "targets_vary" not in rows("a2c", config, value_loss=[6e-5] * 20, **series)


@pytest.mark.parametrize(("spread", "possible"), [(1.2, 1.0), (6.0, 0.0)])
def test_returns_divided_by_their_own_deviation_have_one_of_about_1(spread: float, possible: float) -> None:
    found = library(
        "cleanrl",
        "ppo",
        {"gamma": 0.9, "gae_lambda": 0.95, "normalize_reward": 1},
        value_loss=[0.5 * spread**2] * 20,
        explained_variance=[0.5] * 20,
        episode_return=[-1200.0] * 20,
        episode_length=[200.0] * 20,
    )
    assert found["targets_possible"].best == possible


@pytest.mark.parametrize(("later", "acts"), [(0.03, 0.0), (0.8, 1.0)])
def test_a_first_loss_of_one_reward_beside_narrow_targets_is_no_normalised_one(
    later: float, acts: float
) -> None:
    lengths = [22.0] * 6 + [12.0] * 14
    found = library(
        "cleanrl",
        "ppo",
        {**ON_POLICY, "max_episode_length": 500},
        value_loss=[0.8, *[later] * 19],
        explained_variance=[0.0] * 20,
        episode_return=lengths,
        episode_length=lengths,
    )
    assert found["discount_acts"].best == acts


def test_targets_that_shrink_with_the_penalties_may_be_normalised() -> None:
    """A running deviation remembers the large penalties of the beginning, so later targets are small."""
    returns = [-3000.0, -3000.0, -2600.0, -2200.0, -1900.0, -1600.0, -1300.0, -800.0, *[-500.0] * 12]
    found = library(
        "stable_baselines3",
        "ppo",
        {**ON_POLICY, "gamma": 0.95},
        value_loss=[1.4, 0.21, 0.07, 0.05, 0.04, 0.012, 0.007, 0.003, *[0.001] * 12],
        explained_variance=[0.27, 0.79, 0.85, 0.76, 0.55, 0.51, 0.4, 0.44, *[0.5] * 12],
        episode_return=returns,
        episode_length=[96.0] * 20,
    )
    assert "reward_factor" not in found


@pytest.mark.parametrize(("spread", "differ"), [(0.003, 0.0), (0.8, 1.0)])
@pytest.mark.parametrize("config", [{}, {"normalize_reward": False}])
def test_targets_far_below_what_returns_of_episodes_differ_by(
    config: dict[str, float], spread: float, differ: float
) -> None:
    """Returns of 17 steps that differ by 5 from one episode to the next, and a learner that gets nothing."""
    noise = 5 * np.random.default_rng(0).standard_normal(20)
    explained = [-10.0] * 20
    series = {
        "value_loss": [11 * spread**2] * 20,
        "episode_return": list(-1.5 + noise),
        "episode_length": [17.0] * 20,
    }
    found = rows("ppo", config, 2048, explained_variance=explained, **series)
    assert found["targets_vary"].best == differ
    # One episode fills a rollout: its targets need not differ by what episodes do.
    one = {**series, "episode_length": [1000.0] * 20}
    assert "targets_vary" not in rows("ppo", config, 2048, explained_variance=explained, **one)


@pytest.mark.parametrize(("spread", "differ"), [(0.003, 0.0), (0.8, None)])
def test_normalised_rewards_that_the_learner_does_not_get(spread: float, differ: float | None) -> None:
    config = {"normalize_reward": True, "gamma": 0.99, "rollout_batch": 2048}
    series = {"explained_variance": [-1.0] * 20, "episode_return": list(np.linspace(-330.0, -310.0, 20))}
    found = rows("ppo", config, value_loss=[2 * spread**2] * 20, **series)
    assert differ == (found["targets_vary"].best if "targets_vary" in found else None)


def test_rewards_of_both_signs_behind_returns_of_one() -> None:
    """A lander whose crashes cost less and less: its returns end near 0, made of rewards of both signs."""
    returns = list(np.linspace(-250, -15, 20))
    series = {"episode_return": returns, "episode_length": list(np.linspace(115, 500, 20))}
    found = rows("ppo", {"gamma": 0.995}, value_loss=[90.0] * 20, explained_variance=[0.9] * 20, **series)
    assert found["targets_possible"].best == 1.0


def test_a_pole_that_never_falls_has_targets_of_one_size() -> None:
    config = {"normalize_reward": True, "gamma": 0.99, "rollout_batch": 2048}
    series = {"explained_variance": [-1.0] * 20, "episode_return": [500.0] * 20}
    assert "targets_vary" not in rows("ppo", config, value_loss=[2e-5] * 20, **series)
