"""Stable-Baselines3, SBX and Aim's callback for them: right sign, scale, axis and units."""

from __future__ import annotations

import pytest
from raw_logs import board, codes, points, run, steps, table, values

from rldoctor.vocabulary import coverage_of, understand


def test_stable_baselines3_ppo_tensorboard():
    found = understand(
        board(
            {
                "rollout/ep_rew_mean": [1, 2],
                "train/entropy_loss": [-1.4, -1.3],
                "train/approx_kl": [0.01, 0.02],
                "train/clip_fraction": [0.1, 0.2],
                "train/loss": [0.5, 0.4],
                "time/fps": [100, 100],
                "custom/speed": [1, 1],
            },
            steps=[2048, 4096],
        )
    )
    assert (found.framework, found.algorithm, found.axis) == ("stable_baselines3", "ppo", "env_steps")
    assert values(found, "entropy") == [1.4, 1.3]
    assert found.metrics["episode_return"].window == 100
    assert found.metrics["approx_kl"].estimator == "k3"
    assert "total_loss" in found.metrics
    assert "critic_loss" not in found.metrics
    assert found.metrics.ignored == ("custom/speed",)
    assert coverage_of(found) == (7, 7)


def test_stable_baselines3_csv_places_sparse_rows_by_the_counter_column():
    nan = float("nan")
    found = understand(
        table(
            {
                "time/total_timesteps": [nan, 100, nan, 300],
                "custom/x": [1, 2, 3, 4],
                "train/actor_loss": [nan, -1, -2, -3],
                "train/critic_loss": [nan, 4, 4, 4],
                "train/ent_coef": [nan, 1, 0.9, 0.8],
            }
        )
    )
    assert found.algorithm == "sac"
    assert steps(found, "policy_loss") == [100, 200, 300]
    assert "time/total_timesteps" in found.axis_note


@pytest.mark.parametrize(("name", "scale"), [("TD3_1", 0.5), ("DDPG_1", 1.0)])
def test_stable_baselines3_td3_sums_two_critics_and_folder_names_tell_ddpg(name, scale):
    tags = {"rollout/ep_rew_mean": [1], "train/actor_loss": [-1], "train/critic_loss": [4]}
    found = understand(board(tags, name=name))
    assert found.algorithm == name[:-2].lower()
    assert values(found, "critic_loss") == [4 * scale]


def test_td3_or_ddpg_without_a_name_stays_open_between_the_two():
    tags = {"rollout/ep_rew_mean": [1], "train/actor_loss": [-1], "train/critic_loss": [4]}
    assert understand(board(tags)).algorithm == "td3_or_ddpg"


def test_dqn_loss_is_a_critic_loss():
    found = understand(board({"rollout/exploration_rate": [0.1], "train/loss": [0.3], "time/fps": [1]}))
    assert found.algorithm == "dqn"
    assert values(found, "critic_loss") == [0.3]


def test_sbx_divides_the_value_coefficient_out():
    found = understand(
        board(
            {"train/pg_loss": [1], "train/entropy_loss": [-1], "train/value_loss": [2]},
            config={"vf_coef": 0.25},
        )
    )
    assert found.framework == "sbx"
    assert values(found, "value_loss") == [8]


def test_aim_callback_contexts_become_prefixes():
    names = {"ep_rew_mean": "rollout", "total_timesteps": "time"}
    series = [points(tag, [1, 2], [1, 2], context={"tag": group}) for tag, group in names.items()]
    series += [points("ent_coef", [1, 2], [1, 2], context={"subset": "train"})]
    found = understand(run(series))
    assert found.framework == "aim_sb3_callback"
    assert set(found.metrics) == {"episode_return", "env_steps", "entropy_coef"}


def test_monitor_steps_of_atari_are_frames():
    raw = run(
        [
            points("monitor.csv:r", [400, 800, 40_000], [1, 2, 3]),
            points("monitor.csv:l", [400, 800, 40_000], [400] * 3),
        ],
        config={"n_timesteps": 10_000},
        name="dqn_PongNoFrameskip-v4_1",
    )
    found = understand(raw)
    assert (found.algorithm, found.env) == ("dqn", "PongNoFrameskip-v4")
    assert steps(found, "episode_return") == [100, 200, 10_000]
    assert "4 frames per step" in found.axis_note


def test_missing_rollout_tags_are_noted():
    found = understand(
        board({"train/approx_kl": [0.1], "train/policy_gradient_loss": [0], "train/clip_fraction": [0]})
    )
    assert "no-finished-episode" in codes(found)
    assert "Monitor" in found.log_hints["episode_return"]


PPO = "entropy_loss policy_gradient_loss value_loss loss approx_kl clip_fraction explained_variance"
LOGGED = [f"train/{name}" for name in f"{PPO} learning_rate".split()]


@pytest.mark.parametrize("dropped", ["train/explained_variance", "train/learning_rate"])
def test_a_metric_that_ppo_always_logs_and_this_log_lacks_is_noted(dropped):
    assert "metrics-left-out" not in codes(understand(board({tag: [0.1] for tag in LOGGED})))
    found = understand(board({tag: [0.1] for tag in LOGGED if tag != dropped}))
    assert "metrics-left-out" in codes(found)


def test_a_log_of_another_kind_was_never_to_hold_them():
    found = understand(board({"rollout/ep_rew_mean": [1, 2, 3]}, config={"algo": "ppo"}))
    assert "metrics-left-out" not in codes(found)


@pytest.mark.parametrize(("config", "window"), [({}, 100), ({"stats_window_size": 10}, 10)])
def test_the_window_of_the_means_is_what_the_setting_says(config, window):
    found = understand(board({"rollout/ep_rew_mean": [1, 2, 3]}, config={"algo": "ppo", **config}))
    assert found.metrics["episode_return"].window == window


def test_the_monitor_writes_return_and_length_together():
    whole = {tag: [0.1] for tag in [*LOGGED, "rollout/ep_rew_mean", "rollout/ep_len_mean"]}
    assert "metrics-left-out" not in codes(understand(board(whole)))
    without = {tag: values for tag, values in whole.items() if "ep_len" not in tag}
    assert "metrics-left-out" in codes(understand(board(without)))
