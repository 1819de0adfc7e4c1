"""RLlib, Tianshou, ML-Agents and the rest: detected, right sign, scale, axis and units."""

from __future__ import annotations

import numpy as np
import pytest
from every import every
from raw_logs import board, codes, points, run, steps, table, values

from rldoctor.vocabulary import coverage_of, understand


def test_rllib_old_stack_in_tensorboard_and_csv():
    inner = "info/learner/default_policy/learner_stats"
    tags = {
        "episode_reward_mean": [1, 2],
        "timesteps_total": [4000, 8000],
        f"{inner}/cur_kl_coeff": [0.2, 0.2],
    }
    tags |= {
        f"{inner}/kl": [0.01, 0.02],
        "perf/cpu": [5, 5],
        "training_iteration": [1, 2],
        "time_total_s": [3, 6],
    }
    board_run = understand(
        board({f"ray/tune/{tag}": cells for tag, cells in tags.items()}, steps=[4000, 8000])
    )
    csv_run = understand(table(tags))
    for found in (board_run, csv_run):
        assert (found.framework, found.algorithm, found.axis) == ("rllib", "ppo", "env_steps")
        assert steps(found, "approx_kl") == [4000, 8000]
        assert found.metrics.ignored == tuple(tag for tag in found.metrics.ignored if tag.startswith("perf/"))


def test_rllib_new_stack_steps_are_iterations_converted_by_the_counter():
    tags = {"env_runners/episode_return_mean": [1, 2], "num_env_steps_sampled_lifetime": [4000, 8000]}
    tags |= {"learners/default_policy/vf_loss": [1, 1], "learners/default_policy/vf_loss_unclipped": [3, 3]}
    found = understand(board({f"ray/tune/{tag}": cells for tag, cells in tags.items()}, steps=[1, 2]))
    assert found.axis == "env_steps"
    assert steps(found, "episode_return") == [4000, 8000]
    assert values(found, "value_loss") == [3, 3]


@pytest.mark.parametrize(
    ("name", "algorithm"), [("DDPG_Pendulum_0", "ddpg"), ("TD3_Pendulum_0", "td3"), ("exp1", "dqn")]
)
def test_rllib_old_stack_folder_names_tell_ddpg_from_dqn(name, algorithm):
    inner = "ray/tune/info/learner/default_policy"
    tags = {"ray/tune/episode_reward_mean": [1, 2], f"{inner}/mean_q": [3, 4], f"{inner}/max_q": [5, 6]}
    found = understand(board(tags, steps=[4000, 8000], name=name))
    assert (found.framework, found.algorithm) == ("rllib", algorithm)


def test_rllib_leading_nan_is_noted_as_benign():
    tags = {"episode_reward_mean": [1, 2], "training_iteration": [1, 2], "time_total_s": [1, 2]}
    raw = table({**tags, "timesteps_total": [4000, 8000]})
    raw.series[0] = points("episode_reward_mean", [0, 1], [np.nan, 2], source="progress.csv", axis="row")
    found = understand(raw)
    assert "nan-before-first-episode" in codes(found)
    assert np.isnan(found.metrics["episode_return"].values[0])


def test_tianshou_update_tags_move_from_gradient_steps_to_transitions():
    series = [
        points("train/returns_stat/mean", [100, 200], [1, 2]),
        points("update/alpha", [10, 20], [0.1, 0.2]),
    ]
    series += [points("info/train_step", [1, 2], [100, 200]), points("info/gradient_step", [1, 2], [10, 20])]
    series += [points("update/critic1_loss", [10, 20], [1, 1])]
    found = understand(run(series, name="discrete_sac_0"))
    assert (found.framework, found.algorithm) == ("tianshou", "discrete_sac")
    assert steps(found, "entropy_coef") == [100, 200]


def test_tianshou_before_the_statistics_classes_counts_episodes_per_collection():
    at = [1000, 2000, 3000]
    tags = {"train/episode": [5, 4, 6], "train/reward": [1, 2, 3], "train/length": [200, 200, 200]}
    tags |= {"test/reward": [1, 2, 3], "test/length": [200, 200, 200], "update/loss/vf": [1, 1, 1]}
    tags |= {"update/loss/clip": [0, 0, 0], "update/loss/ent": [2, 2, 2], "test/env_step": at}
    found = understand(run([points(tag, at, numbers) for tag, numbers in tags.items()], name="ppo"))
    assert (found.framework, found.algorithm) == ("tianshou", "ppo")
    assert steps(found, "episode_return") == at
    assert values(found, "episode_length") == [200, 200, 200]
    assert "episodes" not in found.metrics


NAN = float("nan")


def rllib(returns):
    tags = {
        "ray/tune/env_runners/episode_return_mean": returns,
        "ray/tune/env_runners/num_env_steps_sampled_lifetime": [100 * (1 + at) for at in range(len(returns))],
        "ray/tune/learners/default_policy/qf_mean": [1.0] * len(returns),
        "ray/tune/learners/default_policy/alpha_value": [1.0] * len(returns),
    }
    return understand(board(tags, steps=range(1, len(returns) + 1)))


@pytest.mark.parametrize(
    ("returns", "kept"),
    [
        ([NAN, 1, NAN, 2, NAN], [1, 2]),  # an episode of two rows
        ([1, 2, 3, NAN, NAN, NAN, NAN], [1, 2, 3, NAN, NAN, NAN, NAN]),  # a return that broke
        ([NAN] * 5, [NAN] * 5),
    ],
)
def test_rllib_writes_a_mean_over_no_episode_as_nan(returns, kept):
    np.testing.assert_array_equal(values(rllib(returns), "episode_return"), kept)


def test_rllib_q_of_sac_is_of_the_policys_own_actions():
    found = rllib([1, 2, 3])
    assert "q_policy_mean" in found.metrics
    assert "q_mean" not in found.metrics


def test_tianshou_zero_returns_of_empty_collections_are_dropped():
    tags = {"train/returns_stat/mean": [0, 5, 0], "train/n_collected_episodes": [0, 1, 1]}
    found = understand(board(tags))
    assert values(found, "episode_return") == [5, 0]


def test_ml_agents_names_and_inference():
    tags = {
        "Environment/Cumulative Reward": list(range(10)),
        "Policy/Entropy": [1] * 10,
        "Policy/Beta": [0.1] * 3,
    }
    tags |= {"Losses/Policy Loss": [0.1] * 3, "Policy/Epsilon": [0.2] * 3, "Losses/Value Loss": [1] * 3}
    config = {"behaviors.Agent.trainer_type": "ppo", "behaviors.Agent.hyperparameters.buffer_size": 10240}
    config |= {"behaviors.Agent.hyperparameters.beta": 0.005, "behaviors.Agent.max_steps": 1e16}
    found = understand(board(tags, config=config))
    assert (found.framework, found.algorithm) == ("ml_agents", "ppo")
    assert "clip_range" in found.metrics
    assert "exploration_epsilon" not in found.metrics
    assert found.config.number("rollout_batch") == 10240
    assert "buffer_capacity" not in found.config
    assert found.planned_steps is None
    assert "inference-appended" in codes(found)


def test_ml_agents_play_without_losses():
    found = understand(board({"Environment/Cumulative Reward": [1, 2], "Policy/Entropy": [1, 1]}))
    assert "inference-only" in codes(found)


def test_ml_agents_training_to_the_end_is_no_inference():
    returns, losses = "Environment/Cumulative Reward", "Losses/Policy Loss"
    whole = {returns: list(range(20)), "Policy/Entropy": [1] * 20, "Losses/Value Loss": [1] * 20}
    for logged, appended in ((20, False), (19, False), (17, True)):
        noted = codes(understand(board({**whole, losses: [0.1] * logged})))
        assert ("inference-appended" in noted) == appended, logged
        assert "inference-only" not in noted
    del whole[returns]
    noted = codes(understand(board({**whole, losses: [0.1] * 5}), framework="ml_agents"))
    assert not [code for code in noted if code.startswith("inference")], "nothing says how long it went on"


@every(
    ("framework", "tags", "metric"),
    [
        ("tdmpc2", ["train/consistency_loss", "train/pi_loss", "train/grad_norm"], "grad_norm"),
        ("dreamerv3", ["episode/score", "train/loss/dyn", "train/loss/rep"], "episode_return"),
        ("torchrl", ["train/reward", "train/loss_objective", "train/lr"], "learning_rate"),
        ("purejaxrl", ["timesteps", "updates", "returns", "loss"], "critic_loss"),
        ("stoix", ["actor/episode_return/mean", "trainer/entropy"], "entropy"),
        ("rlkit", ["expl/num steps total", "trainer/Alpha", "trainer/Q1 Predictions Mean"], "q_mean"),
        ("garage", ["Evaluation/AverageReturn", "TotalEnvSteps", "GaussianMLPPolicy/KL"], "approx_kl"),
        ("acme", ["actor_steps", "episode_return"], "episode_return"),
        ("fasttd3", ["env_rewards", "buffer_rewards", "qf_max"], "reward_per_step"),
    ],
)
def test_other_frameworks_are_recognised(framework, tags, metric):
    found = understand(board({tag: [1.0, 2.0] for tag in tags}))
    assert found.framework == framework
    assert metric in found.metrics
    assert coverage_of(found) == (len(tags), len(tags))


def test_unchecked_rows_are_flagged():
    found = understand(board({"actor/episode_return/mean": [1], "trainer/entropy": [1]}))
    assert "unverified-mapping" in codes(found)
