"""Settings as people write them become knobs in one unit, and back."""

from __future__ import annotations

import math

import pytest
from every import every
from raw_logs import board, codes

from rldoctor.errors import UsageError
from rldoctor.model.raw import RawSetting
from rldoctor.vocabulary import algorithm, knob_values, understand
from rldoctor.vocabulary.knob_values import parse_value
from rldoctor.vocabulary.knobs import unit_factor
from rldoctor.vocabulary.tables import KnobRule, load_table

PPO = {"rollout/ep_rew_mean": [1.0], "train/clip_fraction": [0.1], "train/approx_kl": [0.01]}
SAC = {
    "rollout/ep_rew_mean": [1.0],
    "train/ent_coef": [0.1],
    "train/actor_loss": [1],
    "train/critic_loss": [1],
}


def sac(config, **more):
    return understand(board(SAC, config=config), **more)


@every(
    ("written", "value"),
    [
        (3e-4, 3e-4),
        ("3e-4", 3e-4),
        ("1_000_000", 1_000_000),
        ("1e6", 1e6),
        ("lin_3e-4", 3e-4),
        ("lr_schedule(0.0005,1e-06,2)", 0.0005),
        ("TrainFreq(frequency=1, unit=<TrainFrequencyUnit.STEP: 'step'>)", 1),
        ([64, "step"], 64),
        ("(64, 'step')", 64),
        ([3e-4], 3e-4),
        ({"frequency": 4, "unit": "step"}, 4),
        (None, "none"),
        ("None", "none"),
        ("True", True),
        ("auto", "auto"),
        ("Hopper-v4", "Hopper-v4"),
    ],
)
def test_values(written, value):
    assert parse_value(written).value == value


@pytest.mark.parametrize(
    "written",
    ["<function f at 0x7f>", {":serialized:": "gAWV"}, "{':type:': 'function'}", [], ["a"], object()],
)
def test_opaque_values_are_not_guessed(written):
    assert parse_value(written) is None


def test_a_serialised_function_stays_unmapped():
    found = sac({"clip_range": "<function>", "learning_rate": {":serialized:": "x"}})
    assert {one.key for one in found.config.unmapped} == {"clip_range", "learning_rate"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("auto", {"ent_coef": "auto", "auto_alpha": 1}),
        ("auto_0.1", {"ent_coef": "auto_0.1", "auto_alpha": 1, "init_alpha": 0.1}),
        (0.2, {"ent_coef": 0.2, "auto_alpha": 0}),
        ("0.2", {"ent_coef": 0.2, "auto_alpha": 0}),
    ],
)
def test_entropy_coefficient(written, expected):
    found = sac({"ent_coef": written}).config
    assert {name: found.get(name).value for name in expected} == expected
    assert ("auto_alpha" in found) == ("auto_alpha" in expected)


@pytest.mark.parametrize("written", ["auto", "auto_0.1", "<function>"])
def test_a_temperature_that_is_learnt_is_never_called_fixed(written):
    assert knob_values.temperature("ent_coef", written) == knob_values.ent_coef("ent_coef", written)


@pytest.mark.parametrize("written", [0, -1.5, "auto", "<function>", None])
def test_what_has_no_logarithm_is_not_read(written):
    assert knob_values.log("log_std_init", written) == ()


def test_the_doubt_about_a_buffer_is_no_number_to_convert():
    size, doubt = knob_values.per_env_unknown("buffer_capacity", 1000)
    assert (size.value, size.plain) == (1000, True)
    # A rule with a factor would make another truth value of it.
    assert (doubt.knob, doubt.value, doubt.plain) == ("buffer_unit_unknown", 1, False)


def test_nothing_follows_from_a_division_by_zero():
    found = understand(board(PPO, config={"n_envs": 2, "n_steps": 8, "batch_size": 0})).config
    assert found.number("rollout_batch") == 16
    assert "n_minibatches" not in found


def test_the_entropy_bonus_of_ppo_is_no_fixed_temperature():
    found = understand(board(PPO, config={"ent_coef": 0.01})).config
    assert found.number("ent_coef") == 0.01
    assert "auto_alpha" not in found


def test_target_entropy_auto():
    assert sac({"target_entropy": "auto"}).config.number("target_entropy_auto") == 1
    assert sac({"target_entropy": -3.0}).config.number("target_entropy") == -3


def test_update_ratio_counts_all_environments():
    found = sac({"train_freq": 1, "gradient_steps": 1, "n_envs": 8})
    assert found.config.number("train_freq") == 8
    assert found.config.number("utd") == 1 / 8
    assert found.wording["train_freq"].to_user(16) == 2


@every(
    ("config", "expected"),
    [
        ({"_train_batch_size_per_learner": 2000, "train_batch_size": 4000}, 2000),
        ({"_train_batch_size_per_learner": None, "train_batch_size": 4000}, 4000),
        ({"train_batch_size": 4000}, 4000),
    ],
)
def test_the_new_stack_of_rllib_leaves_old_keys_at_their_defaults(config, expected):
    tags = {"ray/tune/learners/default_policy/curr_kl_coeff": [0.2]}
    settings = {**config, "minibatch_size": 128, "sgd_minibatch_size": -1}
    found = understand(board(tags, config=settings)).config
    assert found.number("rollout_batch") == expected
    assert found.number("batch_size") == 128


@every(("script", "expected"), [("ppo_continuous_action", 1), ("ppo", None)])
def test_what_a_script_of_cleanrl_does_by_itself(script, expected):
    tags = {"losses/clipfrac": [0.1], "losses/value_loss": [1.0], "charts/SPS": [100.0]}
    found = understand(board(tags, config={"exp_name": script, "gamma": 0.99})).config
    assert found.number("normalize_reward") == expected
    if expected:
        assert found.knobs["normalize_reward"].source.startswith("default")


@every(("script", "expected"), [("ddpg_continuous_action", "env_steps"), ("my_ddpg", "vec_steps")])
def test_a_script_without_a_number_of_environments_has_one(script, expected):
    tags = {"losses/qf1_values": [3], "losses/actor_loss": [-3], "charts/SPS": [100.0]}
    found = understand(board(tags, config={"exp_name": script, "gamma": 0.99}))
    assert found.metrics["q_mean"].axis == expected


@every(("written", "expected"), [("RunningStandardScaler", 1), ("<class 'x'>", 1), (None, 0), ("None", 0)])
def test_a_class_is_given_or_not(written, expected):
    assert knob_values.READERS["given"]("value_normalisation", written)[0].value == expected


@every(
    ("settings", "factor", "doubts"),
    [
        ({"a": 0.5}, 0.5, 0),
        ({"trainer.b": 8}, 8, 0),  # the first of them that is there, however deeply nested
        ({"a": 2, "b": 8}, 2, 0),
        ({"a": 0, "b": 8}, 1, 1),  # nothing can be counted per nothing
        ({}, 1, 1),
    ],
)
def test_a_unit_is_that_of_the_first_key_of_the_framework_that_is_set(settings, factor, doubts):
    raw = {name: RawSetting(name, value, "config.yaml:1") for name, value in settings.items()}
    told = ["not converted: a or b is unknown"] * doubts
    assert unit_factor(KnobRule("n_envs", per_setting=("a", "b")), {}, raw) == (factor, told)
    assert unit_factor(KnobRule("n_envs", divide_setting=("a", "b")), {}, raw) == (1 / factor, told)


def test_minus_one_gradient_steps_is_one_per_transition():
    found = sac({"train_freq": 4, "gradient_steps": -1, "n_envs": 2}).config
    assert found.number("utd") == 1
    assert found.number("gradient_steps") == 8
    unknown = sac({"gradient_steps": -1}).config
    assert unknown.number("utd") == 1
    assert "gradient_steps" not in unknown


def test_frequency_in_episodes_is_text():
    found = sac({"train_freq": "[1, 'episode']", "gradient_steps": 1, "n_envs": 1}).config
    assert found.number("train_freq") is None
    assert "utd" not in found


def test_n_steps_is_the_rollout_for_ppo_and_the_return_for_sac():
    ppo = understand(board(PPO, config={"n_steps": 2048, "n_envs": 4, "batch_size": 64})).config
    assert (ppo.number("rollout_length"), ppo.number("rollout_batch"), ppo.number("n_minibatches")) == (
        2048,
        8192,
        128,
    )
    assert sac({"n_steps": 3}).config.number("n_step") == 3


def test_vector_steps_without_the_number_of_environments_are_kept_with_the_doubt():
    knob = sac({"train_freq": 64}).config.get("train_freq")
    assert knob.value == 64
    assert "n_envs is unknown" in knob.note


def test_normalize_of_the_zoo():
    both = understand(board(PPO, config={"normalize": True})).config
    assert both.number("normalize_obs") == both.number("normalize_reward") == 1
    text = "{'norm_obs': True, 'norm_reward': False}"
    one = understand(board(PPO, config={"normalize": text})).config
    assert (one.number("normalize_obs"), one.number("normalize_reward")) == (1, 0)


def test_policy_kwargs_and_her():
    found = sac(
        {"policy_kwargs": "dict(log_std_init=-3, net_arch=[64])", "replay_buffer_class": "HerReplayBuffer"}
    )
    assert found.config.number("log_std_init") == -3
    assert found.config.number("her") == 1


def test_initial_standard_deviation_becomes_its_logarithm():
    tags = {"Train/mean_reward": [1], "Loss/surrogate": [1], "Perf/total_fps": [1]}
    found = understand(board(tags, config={"policy.init_noise_std": 0.5})).config
    assert found.number("log_std_init") == pytest.approx(math.log(0.5))


def test_a_key_that_holds_more_than_one_number_is_not_offered_for_a_new_one():
    """A new log_std_init is no text for policy_kwargs, nor a new logarithm one for the deviation itself."""
    inside = sac({"policy_kwargs": "dict(log_std_init=-3)", "replay_buffer_class": "HerReplayBuffer"})
    assert inside.config.number("log_std_init") == -3
    assert inside.wording["log_std_init"].key == "log_std_init"
    assert "her" not in inside.wording
    tags = {"Train/mean_reward": [1], "Loss/surrogate": [1], "Perf/total_fps": [1]}
    found = understand(board(tags, config={"policy.init_noise_std": 0.5}))
    assert "log_std_init" in found.config
    assert "log_std_init" not in found.wording
    assert found.wording["ent_coef"].key == "algorithm.entropy_coef"


def test_minus_one_timesteps_of_the_zoo_are_no_plan():
    assert understand(board(PPO, config={"n_timesteps": -1})).planned_steps is None


def test_the_least_nested_key_wins_and_contradictions_are_noted():
    raw = board(PPO, config={"evaluation.gamma": 0.5, "gamma": 0.9})
    raw.settings.append(RawSetting("gamma", 0.8, "args.yml:3"))
    found = understand(raw)
    assert found.config.number("gamma") == 0.9
    assert "config-conflict" in codes(found)


def test_a_key_written_in_full_is_not_nested():
    """agent.params.discount is the framework's own key: its dots do not put it behind a later one."""
    config = {"discount": 0.5, "agent.params.discount": 0.9}
    found = understand(board(SAC, config=config), framework="pytorch_sac").config
    assert found.number("gamma") == 0.9
    deeper = {"discount": 0.5, "old.agent.params.discount": 0.9}
    assert understand(board(SAC, config=deeper), framework="pytorch_sac").config.number("gamma") == 0.5


def test_what_follows_from_a_default_says_so():
    """It is then no more certain than the default, and a logged value may replace it."""
    given = understand(board(PPO, config={"n_steps": 128, "n_envs": 4})).config.get("rollout_batch")
    assert (given.value, given.source) == (512, "derived from n_envs and rollout_length")
    assumed = understand(board(PPO, config={"n_envs": 4})).config.get("rollout_batch")
    assert (assumed.value, assumed.source) == (8192, "default, through n_envs and rollout_length")


def test_retention_is_told_by_its_size_in_unknown_programs():
    tags = {"actor_loss": [1.0], "q1_loss": [1.0]}
    kept = understand(board(tags, config={"polyak": 0.995}))
    assert kept.config.number("tau") == pytest.approx(0.005)
    assert kept.wording == {} or kept.wording["tau"].to_user(0.01) == 0.99
    assert understand(board(tags, config={"tau": 0.005})).config.number("tau") == 0.005


def test_home_made_words_are_not_used_for_known_frameworks_unless_unmistakable():
    found = understand(board(PPO, config={"lr": 0.1, "num_steps": 7}))
    assert found.config.number("learning_rate") == 0.1
    assert [one.key for one in found.config.unmapped] == ["num_steps"]


def test_defaults_are_marked():
    knob = understand(board(PPO)).config.get("gamma")
    assert knob.value == 0.99
    assert knob.source == "default of stable_baselines3 2.9, not in the log"


def test_defaults_that_another_release_had_otherwise_are_not_assumed():
    """DQN's first update came after 50,000 steps before Stable-Baselines3 2.3; no log says which it was."""
    tags = {"rollout/exploration_rate": [0.5], "train/loss": [1.0], "rollout/ep_rew_mean": [1.0]}
    found = understand(board(tags)).config
    assert found.number("batch_size") == 32
    assert "learning_starts" not in found


def test_defaults_of_rllib_are_assumed():
    tags = {"info/learner/default_policy/cur_kl_coeff": [0.2], "episode_reward_mean": [1.0]}
    found = understand(board(tags)).config
    assert found.number("clip_range_vf") == 10
    assert found.get("clip_range_vf").source.startswith("default of rllib")


def test_logged_hyperparameters_beat_defaults_and_not_the_configuration():
    tags = {**PPO, "train/learning_rate": [1e-3], "train/clip_range": [0.3]}
    found = understand(board(tags, config={"clip_range": 0.25})).config
    assert found.number("learning_rate") == 1e-3
    assert found.get("learning_rate").source == "first value of train/learning_rate"
    assert found.number("clip_range") == 0.25


def test_overrides_take_framework_keys_first_and_canonical_units_otherwise():
    config = {"n_envs": 8, "gamma": 0.9}
    given = [RawSetting("train_freq", 2, "--set"), RawSetting("buffer_capacity", 5000, "--set")]
    given += [RawSetting("gamma", 0.95, "--set")]
    found = sac(config, overrides=given).config
    assert (found.number("train_freq"), found.number("buffer_capacity")) == (16, 5000)
    assert found.number("gamma") == 0.95
    assert found.get("gamma").source == "--set"


def test_an_unknown_key_on_the_command_line_is_an_error_and_in_a_file_is_not():
    with pytest.raises(UsageError, match="did you mean 'learning_rate'") as raised:
        sac({}, overrides=[RawSetting("learnin_rate", 1, "--set")])
    assert raised.value.hint
    found = sac({}, overrides=[RawSetting("wandb_team", "x", "my.yaml:3")])
    assert found.config.unmapped[0].key == "wandb_team"


def test_seed_and_environment():
    found = understand(board(PPO, config={"seed": "7", "env_id": "Ant-v4"}))
    assert (found.seed, found.env) == (7, "Ant-v4")
    assert (
        understand(board(PPO, config={"seed": -1}, name="Hopper-v4__ppo__1__1700000000")).env == "Hopper-v4"
    )
    assert understand(board(PPO, config={"seed": -1})).seed is None


TD3 = {"rollout/ep_rew_mean": [1.0], "train/actor_loss": [1], "train/critic_loss": [1]}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (None, 0.0),
        ("None", 0.0),
        ("NormalActionNoise(mu=[0. 0.], sigma=[0.1 0.2])", 0.2),
        ("OrnsteinUhlenbeckActionNoise(mu=[0.], sigma=[0.5])", 0.5),
    ],
)
def test_action_noise_of_a_deterministic_actor(written, value):
    config = understand(board(TD3, config={"algo": "td3", "action_noise": written})).config
    assert config.number("exploration_noise") == value


def test_a_noise_object_says_nothing_and_sac_needs_none():
    named = {"algo": "td3", "action_noise": "NormalActionNoise"}
    assert "exploration_noise" not in understand(board(TD3, config=named)).config.knobs
    both = {**named, "noise_std": 0.1}
    assert understand(board(TD3, config=both)).config.number("exploration_noise") == 0.1
    assert "exploration_noise" not in sac({"action_noise": None}).config.knobs


@pytest.mark.parametrize(
    ("config", "low", "high"),
    [
        ({"action_low": -100, "action_high": 1.0}, -100, 1),
        ({"action_low": [-2.0, -5.0], "action_high": "[2. 5.]"}, -5, 5),
        ({"env.action_high": 3}, None, 3),
        ({"action_low": "-inf", "action_high": "[inf inf]"}, None, None),
    ],
)
def test_action_bounds(config, low, high):
    config = sac(config).config
    assert (config.number("action_low"), config.number("action_high")) == (low, high)


@pytest.mark.parametrize(
    ("written", "relabels"),
    [
        ("HerReplayBuffer", 1),
        ("stable_baselines3.her.her_replay_buffer.HerReplayBuffer", 1),
        ("MyHerBuffer", 1),
        ("her", 1),
        ("OtherBuffer", 0),
        ("ReplayBuffer", 0),
        ("HigherOrderBuffer", 0),
    ],
)
def test_a_buffer_relabels_goals_where_its_name_says_so(written, relabels):
    (found,) = knob_values.her("her", written)
    assert found.value == relabels


def test_the_algorithm_that_the_user_gives_stands_before_that_of_a_file():
    table = load_table("stable_baselines3")
    settings = [RawSetting("algo", "sac", "--set"), RawSetting("algo", "ppo", "args.yml:1")]
    assert algorithm._configured(settings, table) == "sac"
