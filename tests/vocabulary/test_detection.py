"""Frameworks by fingerprint, algorithms by configuration, tags and names."""

from __future__ import annotations

from pathlib import Path

import pytest
from every import every
from raw_logs import board, run

from rldoctor.errors import UsageError
from rldoctor.model.raw import RawRun
from rldoctor.vocabulary import understand
from rldoctor.vocabulary.algorithm import canonical_algorithm, detect_algorithm, family
from rldoctor.vocabulary.detect import detect_framework
from rldoctor.vocabulary.tables import load_table

SB3 = {"rollout/ep_rew_mean": [1.0]}


def test_nothing_known_is_generic():
    assert detect_framework(board({"train/q1_value": [1], "eval/mean_reward": [1]})) == "generic"
    assert detect_framework(run([])) == "generic"


def test_a_refinement_wins_over_what_it_refines():
    assert detect_framework(board({**SB3, "train/pg_loss": [1], "train/entropy_loss": [1]})) == "sbx"


def test_more_requirements_win():
    tags = {
        "charts/SPS": [1],
        "charts/episodic_return": [1],
        "losses/x": [1],
        "training/returns_stat/mean": [1],
    }
    assert detect_framework(board(tags)) == "cleanrl"


def test_the_user_may_say_which_framework():
    assert understand(board({"approx_kl": [1]}), framework="cleanrl").framework == "cleanrl"
    with pytest.raises(UsageError, match="unknown framework"):
        understand(board(SB3), framework="nothing")


@every(
    ("text", "name"),
    [
        ("PPO", "ppo"),
        ("RecurrentPPO", "ppo_recurrent"),
        ("ppo_continuous_action", "ppo"),
        ("PPOConfig", "ppo"),
        ("<class 'stable_baselines3.sac.policies.SACPolicy'>", "sac"),
        ("QR-DQN", "qrdqn"),
        ("discrete_sac", "discrete_sac"),
        ("a2c_continuous", "ppo"),
        ("sac_atari", "discrete_sac"),
        ("my agent", ""),
        ("", ""),
    ],
)
def test_algorithm_names(text, name):
    assert canonical_algorithm(text) == name


def test_configuration_beats_tags_and_names():
    tags = {**SB3, "train/ent_coef": [1]}
    assert understand(board(tags, config={"algo": "tqc"}, name="SAC_1")).algorithm == "tqc"


def test_names_choose_among_what_the_tags_allow():
    tags = {**SB3, "train/ent_coef": [1]}
    assert understand(board(tags, name="tqc_Push-v1_1")).algorithm == "tqc"
    assert understand(board(tags, name="ppo_misnamed")).algorithm == "sac"


def test_a_name_with_two_algorithms_says_nothing():
    assert understand(board(SB3, name="dqn-vs-a2c")).algorithm == ""


def test_the_user_may_say_which_algorithm():
    assert understand(board(SB3), algorithm="TD3").algorithm == "td3"
    assert understand(board(SB3), algorithm="off_policy").algorithm == "off_policy"
    with pytest.raises(UsageError, match="did you mean 'ppo'"):
        understand(board(SB3), algorithm="pppo")


def test_families():
    assert (family("ppo"), family("sac"), family("on_policy"), family("ars")) == (
        "on_policy",
        "off_policy",
        "on_policy",
        "",
    )


def test_a_name_is_denied_only_by_tags_that_fit_one_algorithm_alone():
    """PPO on tokens logs its critic: without one a folder of that name is no proof. GRPO has no such tag."""
    table = load_table("trl")
    for folder, algorithm in (
        ("grpo_qwen", "grpo"),
        ("rloo_qwen", "rloo"),
        ("ppo_qwen", table.assume_algorithm),
    ):
        raw = RawRun(folder, Path("runs", folder), "test")
        assert detect_algorithm(raw, table, ["loss"]) == algorithm
