"""CleanRL, LeanRL, Spinning Up, OpenAI baselines and single-file code: right sign, scale, axis and units."""

from __future__ import annotations

import pytest
from raw_logs import board, rows, run, steps, table, values

from rldoctor.vocabulary import understand


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
