"""One small log per framework: detected, right sign, scale, axis and units."""

from __future__ import annotations

import numpy as np
import pytest
from raw_logs import board, codes, points, rows, run, table

from rldoctor.vocabulary import coverage_of, understand


def values(understood, metric):
    return understood.metrics[metric].values.tolist()


def steps(understood, metric):
    return understood.metrics[metric].steps.tolist()


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


def test_td3_or_ddpg_without_a_name_is_only_off_policy():
    tags = {"rollout/ep_rew_mean": [1], "train/actor_loss": [-1], "train/critic_loss": [4]}
    assert understand(board(tags)).algorithm == "off_policy"


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


def test_cleanrl_ppo_and_off_policy_vector_steps():
    ppo = understand(
        board(
            {
                "charts/episodic_return": [5, 7, 9],
                "charts/SPS": [1, 1],
                "losses/value_loss": [0.5, 0.5],
                "losses/clipfrac": [0.1],
                "losses/old_approx_kl": [-0.01],
                "losses/approx_kl": [0.01],
            },
            steps=[8, 8, 16],
        )
    )
    assert ppo.algorithm == "ppo"
    assert values(ppo, "value_loss") == [1.0]
    assert steps(ppo, "episode_return") == [8, 16]
    assert values(ppo, "episode_return") == [6, 9]
    assert values(ppo, "approx_kl") == [0.01]
    assert values(ppo, "approx_kl_k1") == [-0.01]
    tags = {"charts/SPS": [1], "losses/alpha": [0.2], "losses/qf1_values": [3], "losses/qf2_values": [4]}
    sac = understand(
        board(tags, steps=[100], config={"num_envs": 4, "learning_starts": "5000", "exp_name": "sac_x"})
    )
    assert sac.algorithm == "sac"
    assert steps(sac, "q_mean") == [400]
    assert values(sac, "q2_mean") == [4]
    assert sac.config.number("learning_starts") == 20_000


def test_cleanrl_batch_size_is_the_rollout_for_ppo():
    config = {
        "batch_size": "2048",
        "minibatch_size": "64",
        "num_envs": "1",
        "exp_name": "ppo_continuous_action",
    }
    found = understand(board({"charts/SPS": [1], "losses/clipfrac": [0.1]}, config=config))
    assert found.config.number("rollout_batch") == 2048
    assert found.config.number("batch_size") == 64


def test_leanrl():
    tags = {"episode_return": [1], "speed": [9], "qf_loss": [4], "actor_loss": [1], "alpha_loss": [0.1]}
    found = understand(board(tags))
    assert found.framework == "leanrl"
    assert values(found, "critic_loss") == [2]


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


def test_tianshou_zero_returns_of_empty_collections_are_dropped():
    tags = {"train/returns_stat/mean": [0, 5, 0], "train/n_collected_episodes": [0, 1, 1]}
    found = understand(board(tags))
    assert values(found, "episode_return") == [5, 0]


def test_spinningup_polyak_is_retention_and_rows_are_epochs():
    columns = {"Epoch": [0, 1], "AverageEpRet": [1, 2], "TotalEnvInteracts": [4000, 8000], "EpLen": [9, 9]}
    columns |= {"LossQ": [2, 4], "AverageLogPi": [-1, -2], "AverageQ1Vals": [5, 6], "AverageQ2Vals": [5, 7]}
    config = {"polyak": 0.995, "steps_per_epoch": 4000, "epochs": 50, "replay_size": 1000000, "q_lr": 0.001}
    found = understand(table(columns, source="progress.txt", config=config))
    assert (found.framework, found.algorithm, found.planned_steps) == ("spinningup", "sac", 200_000)
    assert steps(found, "q_mean") == [4000, 8000]
    assert values(found, "critic_loss") == [1, 2]
    assert found.config.number("tau") == pytest.approx(0.005)
    assert found.wording["tau"].key == "polyak"
    assert found.wording["tau"].to_user(0.01) == 0.99


def test_baselines_tensorboard_dump_index_is_converted_by_the_counter():
    tags = {
        "eprewmean": [1, 2],
        "eplenmean": [5, 5],
        "loss/approxkl": [0.01, 0.02],
        "loss/value_loss": [1, 2],
    }
    found = understand(board({**tags, "misc/total_timesteps": [2048, 4096]}, steps=[1, 2]))
    assert (found.framework, found.algorithm) == ("openai_baselines", "ppo")
    assert steps(found, "approx_kl") == [2048, 4096]
    assert values(found, "value_loss") == [2, 4]


def test_baselines_deepq_percent():
    columns = {
        "mean 100 episode reward": [1],
        "% time spent exploring": [25],
        "steps": [1000],
        "episodes": [3],
    }
    found = understand(table(columns))
    assert found.algorithm == "dqn"
    assert values(found, "exploration_epsilon") == [0.25]


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


def test_pytorch_sac_keeps_train_and_eval_apart():
    train = {"step": [1000, 2000], "episode_reward": [1, 2], "critic_loss": [0, 4], "actor_loss": [0, 1]}
    train |= {"batch_reward": [0, 0.5], "actor_entropy": [0, 3], "alpha_value": [0, 0.1], "duration": [1, 1]}
    series = rows(train, "train.csv") + rows({"step": [500, 1500], "episode_reward": [7, 8]}, "eval.csv")
    found = understand(run(series, files=["train.csv", "eval.csv"]))
    assert (found.framework, found.algorithm) == ("pytorch_sac", "sac")
    assert steps(found, "episode_return") == [1000, 2000]
    assert steps(found, "eval_return") == [500, 1500]
    assert values(found, "critic_loss") == [2]
    assert values(found, "entropy") == [3]


@pytest.mark.parametrize(
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


def test_fasttd3_buffer_is_per_environment():
    config = {"buffer_size": 51200, "num_envs": 128, "num_updates": 2, "total_timesteps": 1000}
    found = understand(board({"env_rewards": [1], "buffer_rewards": [1], "qf_max": [1]}, config=config))
    assert found.config.number("buffer_capacity") == 51200 * 128
    assert found.config.number("utd") == 2 / 128
    assert found.planned_steps == 128_000


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
