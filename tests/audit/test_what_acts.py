"""Rows of the audit that tell what acted, on made-up logs with known answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_logs import CRITERIA, ON_POLICY, library, rows

from rldoctor.audit.audit import audit
from rldoctor.model.audit import AuditRow, AuditVerdict
from rldoctor.model.config import Knob, RunConfig
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run
from rldoctor.model.series import Series


def targets(decay: float, reward: float, length: int) -> float:
    """Mean square of the lambda-returns of an episode, by the sum itself."""
    per_step = [sum(reward * decay**k for k in range(left)) for left in range(1, length + 1)]
    return float(np.mean(np.square(per_step)))


@pytest.mark.parametrize("acting", [0.3, 0.94])
def test_the_first_value_loss_tells_the_discount(acting: float) -> None:
    loss = targets(acting, -6.0, 200)
    found = rows(
        "ppo", ON_POLICY, value_loss=[loss] * 6, episode_return=[-1200.0] * 6, episode_length=[200.0] * 6
    )
    assert found["acting_decay"].low <= acting <= found["acting_decay"].high
    assert found["discount_acts"].best == float(acting > 0.9)


@pytest.mark.parametrize("factor", [1e-3, 1.0, 300.0])
def test_the_first_value_loss_tells_the_reward_that_the_learner_sees(factor: float) -> None:
    loss = targets(0.9405, factor, 22)
    found = rows(
        "ppo", ON_POLICY, value_loss=[loss] * 6, episode_return=[22.0] * 6, episode_length=[22.0] * 6
    )
    assert found["reward_factor"].low < factor < found["reward_factor"].high
    assert found["reward_factor"].high < 10 * factor


def first_rollout(loss: float, config: dict[str, float]) -> dict[str, AuditRow]:
    """Episodes of 10 and 30 steps, each on its own row, and updates every 400 transitions."""
    lengths = np.tile([10.0, 30.0], 60)
    ends = np.cumsum(lengths)
    names = ("episode_return", "episode_length")
    frame = {name: Series(name, ends, lengths, name, "env_steps") for name in names}
    updates = np.arange(1.0, 7.0) * 400
    frame["value_loss"] = Series("value_loss", updates, np.full(6, loss), "value_loss", "env_steps")
    knobs = {name: Knob(name, value, name, value, "config.json:1") for name, value in config.items()}
    run = Run("x", Path(), "tensorboard", "cleanrl", "ppo", MetricFrame(frame), RunConfig(knobs))
    return {row.name: row for row in audit(run, CRITERIA)}


COUNTED = float(
    np.average([targets(0.9405, 1.0, 10), targets(0.9405, 1.0, 30)], weights=[10, 30])  # by their steps
)
ENDLESS = targets(0.9405, 1.0, 400)


@pytest.mark.parametrize("clip", [{}, {"clip_value_loss": 1, "clip_range": 0.2}])
def test_episodes_one_by_one_make_the_interval_narrow(clip: dict[str, float]) -> None:
    found = first_rollout(COUNTED, ON_POLICY | clip)
    assert found["targets_counted"].best == pytest.approx(1.0, abs=0.01)
    assert "ends_seen" not in found
    assert 0.8 < found["reward_factor"].low < 1 < found["reward_factor"].high
    # A critic that may hardly move shows a smaller reward, too.
    assert (found["reward_factor"].high < 1.3) is bool(clip)


def test_a_loss_beyond_the_episodes_is_that_of_returns_without_ends() -> None:
    found = first_rollout(ENDLESS, ON_POLICY)
    assert found["ends_seen"].best == 0.0
    assert found["targets_counted"].low > 1
    assert "reward_factor" not in found, "one number has one reading"


def test_a_loss_beyond_both_is_another_reward() -> None:
    found = first_rollout(9 * ENDLESS, ON_POLICY)
    assert "ends_seen" not in found
    assert found["reward_factor"].low > 1.5


def test_rewards_that_may_be_normalised_say_nothing() -> None:
    found = rows("ppo", ON_POLICY, value_loss=[1.4] * 6, episode_return=[45.0] * 6, episode_length=[6.0] * 6)
    assert "reward_factor" not in found


def test_a_written_factor_explains_the_loss() -> None:
    config = {**ON_POLICY, "reward_scale": 0.001}
    loss = [targets(0.9405, 1e-3, 22)] * 6
    found = rows("ppo", config, value_loss=loss, episode_return=[22.0] * 6, episode_length=[22.0] * 6)
    assert "reward_factor" not in found


def test_a_fresh_critic_that_explains_its_targets_made_them() -> None:
    series = {"value_loss": [0.5] * 6, "episode_return": [22.0] * 6, "episode_length": [22.0] * 6}
    assert rows("ppo", ON_POLICY, explained_variance=[0.74] * 6, **series)["targets_beyond"].best == 0.0
    assert rows("ppo", ON_POLICY, explained_variance=[0.01] * 6, **series)["targets_beyond"].best == 1.0


def test_targets_that_do_not_see_the_end() -> None:
    lengths = [20.0 + n for n in range(20)]
    config = {**ON_POLICY, "max_episode_length": 500}
    late = {"explained_variance": [0.0] * 20, "episode_return": lengths, "episode_length": lengths}
    through = rows("a2c", config, value_loss=[14.0, 10.0, 5.0, *[1e-4] * 17], **late)
    assert through["ends_seen"].best == 0.0
    assert rows("a2c", config, value_loss=[14.0] * 20, **late)["ends_seen"].best == 1.0


def test_a_surrogate_beyond_the_root_of_twice_the_kl() -> None:
    kl = [0.008] * 20
    beyond = rows("trpo", {}, approx_kl=kl, policy_loss=[-0.04, -0.1, *[-0.5] * 18])
    assert beyond["surrogate_possible"].best == 0.0
    assert rows("trpo", {}, approx_kl=kl, policy_loss=[-0.04] * 20)["surrogate_possible"].best == 1.0


def test_raw_advantages_are_no_mismatch() -> None:
    """They are beyond the bound from the first update on."""
    found = rows("ppo", {}, approx_kl=[0.008] * 20, policy_loss=[-3.0] * 20)
    assert found["surrogate_possible"].best == 1.0


def test_a_temperature_that_swings_between_rows_has_no_known_sign() -> None:
    """Its steps are so large that it passes the target several times from one row to the next."""
    # A SAC on Reacher whose temperature has a hundred times its learning rate.
    moves = [
        -0.54,
        -1.45,
        0.95,
        0.29,
        -0.05,
        0.0,
        -0.07,
        -0.25,
        0.72,
        -2.15,
        -2.53,
        0.19,
        1.91,
        -2.21,
        2.76,
        1.6,
        0.73,
    ]
    moves += [
        1.01,
        -0.06,
        -0.32,
        -4.53,
        -4.14,
        -0.82,
        1.11,
        8.9,
        -2.14,
        -1.82,
        -0.92,
        -0.38,
        -1.27,
        -1.48,
        -0.35,
    ]
    loss = [
        16.47,
        -5.51,
        1.32,
        0.06,
        -0.08,
        -0.69,
        0.1,
        0.39,
        0.38,
        -1.11,
        -0.51,
        -16.69,
        -11.22,
        -11.17,
        -6.88,
        -7.95,
    ]
    loss += [
        -6.62,
        -4.75,
        -2.27,
        0.08,
        0.97,
        -13.4,
        5.91,
        1.98,
        -6.45,
        -2.33,
        4.71,
        6.26,
        7.69,
        6.03,
        7.6,
        6.13,
        3.83,
    ]
    alpha = list(0.0646 * np.exp(np.cumsum([0.0, *moves])))
    assert "temperature_sign" not in rows("sac", {}, entropy_coef=alpha, entropy_coef_loss=loss)
    away = [float(0.5 * 1.1**one) for one in range(24)]
    gaps = [float(2 * np.log(one)) for one in away]
    assert rows("sac", {}, entropy_coef=away, entropy_coef_loss=gaps)["temperature_sign"].best == 0.0


def test_an_error_that_stays_the_reward_itself() -> None:
    series = {"episode_return": [-500.0] * 10, "episode_length": [500.0] * 10}
    assert rows("dqn", {}, critic_loss=[0.45] * 10, **series)["critic_moves"].best == 0.0
    assert rows("dqn", {}, critic_loss=[0.01] * 5 + [0.1] * 5, **series)["critic_moves"].best == 1.0


@pytest.mark.parametrize(("loss", "moves"), [([2.54, 2.53] * 6, 0.0), ([2.5, 1.9, 0.8, 2.5] * 3, 1.0)])
def test_a_distribution_whose_loss_is_one_number(loss: list[float], moves: float) -> None:
    series = {"episode_return": [24.0] * 12, "episode_length": [24.0] * 12}
    assert rows("qrdqn", {}, critic_loss=loss, **series)["critic_moves"].best == moves


@pytest.mark.parametrize(("loss", "travels"), [(2e-4, 0.0), (0.2, 1.0)])
def test_errors_that_are_no_values(loss: float, travels: float) -> None:
    config = {"gamma": 0.99, "max_episode_length": 500}
    series = {"episode_return": [15.0] * 12, "episode_length": [15.0] * 12}
    assert rows("dqn", config, critic_loss=[0.14] + [loss] * 11, **series)["values_travel"].best == travels


@pytest.mark.parametrize(("value", "travels"), [(6.0, 0.0), (80.0, 1.0)])
def test_values_of_one_reward_by_a_critic_that_has_arrived(value: float, travels: float) -> None:
    series = {"episode_return": [-1200.0] * 8, "episode_length": [200.0] * 8, "critic_loss": [0.4] * 8}
    found = rows("td3_or_ddpg", {"gamma": 0.99}, policy_loss=[value] * 8, **series)
    assert found["values_travel"].best == travels


@pytest.mark.parametrize(("q", "delays"), [(-6.0 * 99.5, 0.0), (-6.0 * 5, 1.0)])
def test_values_that_see_a_whole_horizon_within_the_first_updates(q: float, delays: float) -> None:
    series = {"episode_return": [-1200.0] * 8, "episode_length": [200.0] * 8, "critic_loss": [40.0] * 8}
    alpha = [0.5] * 8
    found = rows("sac", {"gamma": 0.99}, 500, policy_loss=[-q] * 8, entropy_coef=alpha, **series)
    assert found["target_delays"].best == delays


def test_values_that_are_entropy_say_nothing_of_the_target() -> None:
    series = {"episode_return": [14.0] * 8, "episode_length": [200.0] * 8, "critic_loss": [1.0] * 8}
    values = {"policy_loss": [-7.0] * 8, "entropy_coef": [1.0] * 8}
    assert "target_delays" not in rows("sac", {"gamma": 0.99}, 500, **values, **series)
    small = {**values, "entropy_coef": [0.01] * 8}
    assert "target_delays" in rows("sac", {"gamma": 0.99}, 500, **small, **series)


def test_a_value_loss_of_the_wrong_sign() -> None:
    series = {"policy_loss": [-0.001] * 20, "value_loss": [50.0] * 20}
    assert rows("ppo", {"vf_coef": 0.5}, total_loss=[-25.0] * 20, **series)["value_sign"].best == 0.0
    assert rows("ppo", {"vf_coef": 0.5}, total_loss=[20.0] * 20, **series)["value_sign"].best == 1.0


def test_rows_before_the_first_loss_bound_the_learning_start() -> None:
    losses = [float("nan")] * 7 + [0.14, 0.12, 0.08]
    found = rows("td3", {}, critic_loss=losses, episode_return=[-1300.0] * 10)["learning_starts"]
    assert (found.low, found.high) == (6 * 1024, 8 * 1024)


def test_a_loss_in_one_of_the_first_rows_bounds_nothing() -> None:
    losses = [float("nan")] * 2 + [0.14] * 8
    assert "learning_starts" not in rows("td3", {}, critic_loss=losses, episode_return=[-1300.0] * 10)


def test_advantages_that_are_returns_are_beyond_the_critics_error() -> None:
    series = {"value_loss": [0.03] * 10, "entropy": [1.3] * 10, "policy_std": [0.9] * 10}
    config = {"normalize_advantage": 0.0}
    wrong = rows("a2c", config, policy_loss=[2.5] * 10, **series)
    assert wrong["advantages_are_errors"].best == 0.0
    right = rows("a2c", config, policy_loss=[0.1, -0.2] * 5, **series)
    assert right["advantages_are_errors"].best == 1.0


def test_updates_by_a_slow_temperature_and_a_q_that_has_hardly_left_zero() -> None:
    config = {"learning_rate": 0.001, "gamma": 0.99}
    episodes = {"episode_return": [-1000.0] * 6, "episode_length": [200.0] * 6}
    slow = np.exp(-0.05 * 0.001 * 1024 * np.arange(1, 7)).tolist()
    values = [2.9, 5.0, 6.6, 7.1, 8.2, 8.7]
    found = rows("sac", config, entropy_coef=slow, policy_loss=values, **episodes)["updates_per_transition"]
    assert found.best == pytest.approx(0.05, rel=0.01)
    # With values that grow as usual the temperature has a smaller rate of its own.
    usual = [20.0, 45.0, 64.0, 77.0, 84.0, 90.0]
    found = rows("sac", config, entropy_coef=slow, policy_loss=usual, **episodes)
    assert "updates_per_transition" not in found


def test_first_values_beyond_any_sum_of_the_rewards() -> None:
    config = {"gamma": 0.99, "learning_starts": 100, "utd": 1, "action_dim": 1}
    series = {
        "critic_loss": [1e4] * 6,
        "entropy_coef": [0.5] * 6,
        "policy_loss": [1700.0, 4300.0, 7000.0, 8400.0, 1e4, 1.2e4],
        "episode_return": [-1400.0] * 6,
        "episode_length": [200.0] * 6,
    }
    found = rows("sac", config, **series)["reward_factor"]
    assert found.low == pytest.approx(1700 / 7 / 100)
    assert np.isnan(found.high)


def test_a_slow_temperature_without_the_length_of_episodes_says_nothing() -> None:
    slow = np.exp(-0.05 * 0.001 * 1024 * np.arange(1, 7)).tolist()
    series = {"entropy_coef": slow, "policy_loss": [2.9] * 6, "episode_return": [-1000.0] * 6}
    assert "updates_per_transition" not in rows("sac", {"learning_rate": 0.001}, **series)


@pytest.mark.parametrize("acting", [0.3, 0.98])
def test_short_episodes_leave_their_first_values_out_of_the_targets(acting: float) -> None:
    """A critic that is right about episodes of six steps; the buffer holds its own policy."""
    left = np.arange(1, 7)
    values = 8.0 * (1 - acting**left) / (1 - acting)
    config = {"gamma": 0.98, "tau": 0.005, "utd": 1}
    found = library(
        "cleanrl",
        "ddpg",
        config,
        policy_loss=[-float(values.mean())] * 40,
        q_mean=[float(values.mean())] * 40,
        critic_loss=[0.1] * 40,
        episode_return=[48.0] * 40,
        episode_length=[6.0] * 40,
    )
    assert found["discount"].low <= acting <= found["discount"].high
    assert (found["discount"].verdict is AuditVerdict.CONTRADICTS) is (acting < 0.5)
    if acting > 0.5:
        assert found["reward_factor"].low <= 1 <= found["reward_factor"].high


@pytest.mark.parametrize(("loss", "within"), [(0.3, 1.0), (1.8, 0.0)])
def test_errors_of_more_than_one_reward_where_all_states_are_alike(loss: float, within: float) -> None:
    config = {"max_episode_length": 200}
    series = {"episode_return": [-200.0] * 12, "episode_length": [200.0] * 12}
    found = rows("dqn", config, critic_loss=[0.2] + [loss] * 11, **series)
    assert found["errors_within_reward"].best == within
    # Where episodes end early the last target is a value: nothing bounds its error.
    early = {"episode_return": [-150.0] * 12, "episode_length": [150.0] * 12}
    assert "errors_within_reward" not in rows("dqn", config, critic_loss=[loss] * 12, **early)
