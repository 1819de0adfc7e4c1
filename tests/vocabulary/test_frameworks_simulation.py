"""rsl_rl, rl_games, skrl, Brax and FastTD3 (thousands of environments): right sign, scale, axis and units."""

from __future__ import annotations

import numpy as np
import pytest
from raw_logs import board, codes, points, steps, values

from rldoctor.vocabulary import understand


def test_rsl_rl_iterations_become_transitions_when_the_configuration_allows():
    tags = {
        "Train/mean_reward": [1, 2],
        "Train/mean_reward/time": [1, 2],
        "Loss/surrogate": [0.1, 0.1],
        "Perf/total_fps": [1, 1],
        "Episode_Reward/track": [0.5, 0.6],
        "Episode_Reward/alive": [0.5, 0.6],
    }
    bare = understand(board(tags, steps=[0, 1]))
    assert (bare.framework, bare.axis, bare.algorithm) == ("rsl_rl", "iterations", "ppo")
    assert steps(bare, "episode_return") == [1, 2]
    assert "Train/mean_reward/time" in bare.metrics.ignored
    assert [one.attributes["component"] for one in bare.metrics.alternates] == ["track", "alive"]
    config = {
        "num_steps_per_env": 24,
        "scene.num_envs": 4096,
        "max_iterations": 1500,
        "algorithm.desired_kl": 0.01,
    }
    full = understand(board(tags, steps=[0, 1], config=config))
    assert full.axis == "env_steps"
    assert steps(full, "episode_return") == [98304, 196608]
    assert full.planned_steps == 1500 * 24 * 4096
    assert "rollout_batch" in full.axis_note


def test_rl_games_epochs_time_duplicates_and_gae_tau():
    tags = {"rewards/step": [1, 2], "rewards/iter": [1, 2], "rewards/time": [1, 2], "losses/a_loss": [0, 0]}
    tags |= {
        "losses/c_loss": [1, 1],
        "info/epochs": [1, 2],
        "info/kl": [0.1, 0.2],
        "diagnostics/exp_var": [0.5, 0.6],
    }
    series = board(tags, steps=[512, 1024], config={"config.tau": 0.95, "config.e_clip": 0.2}).series
    at_epochs = [points("diagnostics/exp_var", [1, 2], [0.5, 0.6])]
    raw = board({}, config={"config.tau": 0.95})
    raw.series = [one for one in series if one.tag != "diagnostics/exp_var"] + at_epochs
    found = understand(raw)
    assert found.framework == "rl_games"
    assert found.algorithm == "ppo"
    assert found.config.number("gae_lambda") == 0.95
    assert "tau" not in found.config
    assert steps(found, "explained_variance") == [512, 1024]
    assert found.metrics["approx_kl"].estimator == "analytic"
    assert values(found, "policy_loss") == [0, 0]


def test_rl_games_sac_placeholder_zeros_are_dropped():
    tags = {"losses/c1_loss": [1, 1, 1, 1], "losses/c2_loss": [1, 1, 1, 1], "info/alpha": [1, 1, 1, 1]}
    found = understand(board({**tags, "losses/a_loss": [0, -2, 0, -3], "losses/entropy": [0, 4, 0, 5]}))
    assert found.algorithm == "sac"
    assert values(found, "policy_loss") == [-2, -3]
    assert values(found, "entropy") == [4, 5]
    assert "placeholder-zeros" in codes(found)


def test_skrl_entropy_loss_means_two_things_and_memory_is_per_environment():
    reward = {"Reward / Total reward (mean)": [1.0]}
    ppo = {**reward, "Loss / Policy loss": [1], "Loss / Value loss": [5], "Loss / Entropy loss": [-0.02]}
    config = {"class": "PPO", "agent.class": "PPO", "entropy_loss_scale": 0.01, "value_loss_scale": 2.5}
    found = understand(board(ppo, config=config))
    assert found.algorithm == "ppo"
    assert values(found, "entropy") == [2.0]
    assert values(found, "value_loss") == [2.0]
    sac = {**reward, "Loss / Critic loss": [1], "Coefficient / Entropy coefficient": [0.1]}
    sac |= {"Loss / Entropy loss": [0.3], "Q-network / Q1 (mean)": [7]}
    config = {"memory.memory_size": 1000, "num_envs": 64, "polyak": 0.005, "gradient_steps": 1}
    off = understand(board(sac, steps=[10], config=config))
    assert values(off, "entropy_coef_loss") == [0.3]
    assert values(off, "q_policy_mean") == [7]
    assert steps(off, "entropy_coef") == [640]
    assert off.config.number("buffer_capacity") == 64_000
    assert off.config.number("tau") == 0.005
    assert off.config.number("utd") == 1 / 64
    assert off.wording["buffer_capacity"].to_user(64_000) == 1000


def test_skrl_limits_of_zero_are_switched_off_and_ppo_has_no_replay_buffer():
    tags = {"Reward / Total reward (mean)": [1.0], "Loss / Policy loss": [1], "Loss / Value loss": [5]}
    off = {
        "agent.class": "PPO",
        "agent.kl_threshold": 0.0,
        "agent.value_clip": 0.0,
        "agent.grad_norm_clip": 0,
    }
    found = understand(board(tags, config={**off, "memory.memory_size": -1, "num_envs": 8}))
    knobs = ("target_kl", "clip_range_vf", "max_grad_norm")
    assert [found.config.get(knob).value for knob in knobs] == ["none", "none", "none"]
    assert found.config.get("buffer_capacity") is None
    on = understand(board(tags, config={"agent.class": "PPO", "agent.kl_threshold": 0.008}))
    assert on.config.number("target_kl") == 0.008


def test_rsl_rl_5_keeps_the_policys_settings_under_actor():
    tags = {"Train/mean_reward": [1.0], "Loss/surrogate": [0.1], "Perf/total_fps": [10]}
    config = {"actor.distribution_cfg.init_std": 0.5, "actor.obs_normalization": True}
    found = understand(board(tags, config=config))
    assert found.config.number("log_std_init") == pytest.approx(np.log(0.5))
    assert found.config.get("normalize_obs").value is True


def test_skrl_tags_survive_tensorboardx_which_rewrites_them():
    found = understand(board({"Reward / Total reward (mean)": [1], "Policy_/_Standard_deviation": [0.5]}))
    assert values(found, "policy_std") == [0.5]


def test_brax_scales_and_frames():
    tags = {
        "eval/episode_reward": [1],
        "training/sps": [9],
        "training/v_loss": [1],
        "training/entropy_loss": [-0.02],
    }
    found = understand(board(tags, steps=[800], config={"entropy_cost": 0.01, "action_repeat": 4}))
    assert (found.framework, found.algorithm, found.axis) == ("brax", "ppo", "env_steps")
    assert steps(found, "eval_return") == [200]
    assert values(found, "entropy") == [2.0]
    unknown = understand(board(tags))
    assert unknown.axis == "frames"
    assert "scale-unknown" in codes(unknown)


def test_fasttd3_buffer_is_per_environment():
    config = {"buffer_size": 51200, "num_envs": 128, "num_updates": 2, "total_timesteps": 1000}
    found = understand(board({"env_rewards": [1], "buffer_rewards": [1], "qf_max": [1]}, config=config))
    assert found.config.number("buffer_capacity") == 51200 * 128
    assert found.config.number("utd") == 2 / 128
    assert found.planned_steps == 128_000
