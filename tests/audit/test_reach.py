"""How far the values of a Q-network reach, on made-up logs whose answer is known."""

from __future__ import annotations

import numpy as np

from tests.audit.made_logs import library, rows
from tests.every import every

CONFIG = {"gamma": 0.99, "target_update_interval": 500, "learning_starts": 1000, "buffer_capacity": 10_000}
# Of an episode of 100 steps half is left on average; at gamma = 0.99 that is worth 37 rewards.
EPISODES = {"episode_return": [100.0] * 40, "episode_length": [100.0] * 40}


@every(
    ("q", "reaches", "earned"),
    [(37.0, 1.0, 1.0), (3.0, 0.0, 1.0), (200.0, 1.0, 0.0), (12.0, 1.0, 1.0), (90.0, 1.0, 1.0)],
)
def test_values_against_what_is_left_of_the_episodes(q: float, reaches: float, earned: float) -> None:
    found = rows("dqn", CONFIG, q_mean=[q] * 40, critic_loss=[0.1] * 40, **EPISODES)
    assert found["values_reach"].best == reaches
    assert found["values_earned"].best == earned
    assert "worth 37" in found["values_reach"].arithmetic


def test_values_are_given_the_copies_of_the_target_that_they_need() -> None:
    """2,000 updates of the target in 40 rows reach far; one in 20,000 steps does not, and nothing is said."""
    slow = {**CONFIG, "target_update_interval": 20_000}
    assert "values_reach" not in rows("dqn", slow, q_mean=[3.0] * 40, critic_loss=[0.1] * 40, **EPISODES)


@every("moves", [True, False])
def test_without_a_schedule_only_values_that_rest_are_judged(moves: bool) -> None:
    q = list(np.linspace(1, 6, 40)) if moves else [3.0] * 40
    found = library("generic", "dqn", {"gamma": 0.99}, q_mean=q, critic_loss=[0.1] * 40, **EPISODES)
    assert ("values_reach" in found) is not moves


@every(
    ("q", "reaches"), [([-1.43] * 40, 0.0), ([-30.0] * 40, 1.0), (list(np.linspace(-0.5, -2.5, 40)), None)]
)
def test_of_costs_only_a_q_at_rest_near_0_tells(q: list[float], reaches: float | None) -> None:
    """Acrobot with a discount of 0.3: Q rests at -1.43, though no episode is shorter than 60 steps."""
    cost = {"episode_return": [-100.0] * 39 + [-60.0], "episode_length": [100.0] * 39 + [60.0]}
    found = rows("dqn", CONFIG, q_mean=q, critic_loss=[0.1] * 40, **cost)
    assert "values_earned" not in found
    assert (found["values_reach"].best if "values_reach" in found else None) == reaches


def test_rewards_that_differ_tell_no_value() -> None:
    uneven = {"episode_return": list(np.linspace(10, 100, 40)), "episode_length": [100.0] * 40}
    found = rows("dqn", CONFIG, q_mean=[3.0] * 40, critic_loss=[0.1] * 40, **uneven)
    assert not {"values_reach", "values_earned"} & found.keys()


@every("pays", [1.0, -1.0])
def test_values_of_the_wrong_sign_are_another_finding(pays: float) -> None:
    episodes = {"episode_return": [100.0 * pays] * 40, "episode_length": [100.0] * 40}
    found = rows("dqn", CONFIG, q_mean=[-3.0 * pays] * 40, critic_loss=[0.1] * 40, **episodes)
    assert "values_reach" not in found
    assert found["q_possible"].best == 0.0


def test_a_loss_of_many_rewards_is_not_that_of_a_critic_at_its_start() -> None:
    """CleanRL's DQN with a copy at each step: Q ran to 2,000, its first losses were those of Q = 0."""
    episodes = {"episode_return": [100.0] * 40, "episode_length": [100.0] * 40}
    loss = [1.17, *[780.0] * 39]
    assert library("cleanrl", "dqn", CONFIG, critic_loss=loss, **episodes)["critic_moves"].best == 1.0
    still = library("cleanrl", "dqn", CONFIG, critic_loss=[1.1] * 40, **episodes)
    assert still["critic_moves"].best == 0.0


@every("passes", [1, 4])
def test_the_kl_of_an_update_of_one_step_says_nothing_of_the_policy(passes: int) -> None:
    config = {"n_epochs": passes, "batch_size": 512, "rollout_batch": 512}
    moving = {"entropy": list(np.linspace(0.69, 0.6, 20)), "approx_kl": [-6e-9] * 20}
    found = library("cleanrl", "ppo", config, **moving)
    assert ("actor_gradient" in found) is (passes == 4)
