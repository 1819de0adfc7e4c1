"""Frameworks that train language models: recognised, three distances kept apart, truncation no clipping."""

from __future__ import annotations

import json

import pytest
from every import every
from raw_logs import board, codes, table, values

from rldoctor.api import load
from rldoctor.model.algorithms import FAMILIES, matches
from rldoctor.vocabulary import understand

TRL = {
    "loss": [0.0, 0.0],
    "reward": [0.4, 0.5],
    "reward_std": [0.3, 0.2],
    "frac_reward_zero_std": [0.5, 0.6],
    "kl": [0.01, 0.02],
    "entropy": [0.3, 0.2],
    "clip_ratio/region_mean": [0.0, 0.0],
    "clip_ratio/low_mean": [0.0, 0.0],
    "completions/mean_length": [200, 210],
    "completions/max_length": [256, 256],
    "completions/clipped_ratio": [0.1, 0.2],
    "rewards/format_reward/mean": [0.9, 0.9],
    "rewards/format_reward/std": [0.1, 0.1],
    "rewards/accuracy/mean": [0.4, 0.5],
    "rewards/accuracy/std": [0.4, 0.5],
    "sampling/sampling_logp_difference/mean": [0.01, 0.01],
    "grad_norm": [0.0, 0.3],
}
VERL = {
    "critic/score/mean": [0.4, 0.5],
    "critic/rewards/mean": [0.3, 0.4],
    "critic/returns/mean": [0.0, 0.0],
    "critic/vf_explained_var": [float("nan")] * 2,
    "actor/entropy_loss": [0.3, 0.2],
    "actor/ppo_kl": [0.0, -0.001],
    "actor/kl_loss": [0.01, 0.02],
    "actor/pg_clipfrac": [0.0, 0.01],
    "actor/pg_clipfrac_lower": [0.0, 0.0],
    "response_length/mean": [200, 210],
    "response_length/clip_ratio": [0.1, 0.2],
    "prompt_length/clip_ratio": [0.0, 0.0],
    "training/rollout_probs_diff_mean": [0.004, 0.004],
    "rollout_corr/k3_kl": [0.001, 0.001],
    "val-core/openai/gsm8k/reward/mean@1": [0.3, 0.4],
}
# framework: what only it writes, and what a few of its tags are.
OTHERS = {
    "openrlhf": {
        "reward": "episode_return",
        "return": "return_with_penalty",
        "kl": "reference_kl",
        "ppo_kl": "approx_kl",
        "vllm_kl": "engine_kl",
        "ppo_clip_ratio": "clip_fraction",
        "entropy_loss": "entropy",
        "response_length": "response_length",
        "truncated": "truncated_share",
        "actor_grad_norm": "grad_norm",
    },
    "prime_rl": {
        "mismatch_kl/all/mean": "engine_kl",
        "entropy/all/mean": "entropy",
        "reward/all/mean": "episode_return",
        "optim/lr": "learning_rate",
        "solved_none": "groups_all_fail",
        "solved_all": "groups_all_pass",
        "off_policy/mean": "staleness",
    },
    "skyrl": {
        "reward/avg_raw_reward": "episode_return",
        "policy/policy_entropy": "entropy",
        "policy/policy_kl": "reference_kl",
        "eval/all/avg_score": "eval_return",
        "policy/rollout_train_logprobs_abs_diff_mean": "engine_logp_diff",
    },
    "nemo_rl": {
        "token_mult_prob_error": "engine_mult_error",
        "reward": "episode_return",
        "approx_entropy": "entropy",
        "kl_penalty": "reference_kl",
        "gen_kl_error": "engine_kl",
        "probs_ratio": "policy_ratio",
        "baseline_reward/pct_0": "groups_all_fail",
        "mean_gen_tokens_per_sample": "response_length",
    },
    "roll": {
        "critic/score/mean": "episode_return",
        "actor/ppo_ratio_clipfrac@sum": "clip_fraction",
        "actor/approxkl@sum": "approx_kl",
        "actor/policykl@sum": "approx_kl_k1",
        "actor/kl_loss@sum": "reference_kl",
        "tokens/response_length/mean": "response_length",
    },
    "slime": {
        "train/train_rollout_logprob_abs_diff": "engine_logp_diff",
        "rollout/raw_reward": "episode_return",
        "train/entropy_loss": "entropy",
        "train/kl_loss": "reference_kl",
        "train/ppo_kl": "approx_kl_k1",
        "rollout/truncated_ratio": "truncated_share",
    },
    "areal": {
        "ppo_actor/task_reward/avg": "episode_return",
        "ppo_actor/update/approx_kl/avg": "approx_kl",
        "ppo_actor/no_eos_ratios/avg": "truncated_share",
        "eval-rollout/reward": "eval_return",
    },
    "tinker": {
        "env/all/reward/total": "episode_return",
        "env/all/by_group/frac_all_bad": "groups_all_fail",
        "env/all/by_group/frac_all_good": "groups_all_pass",
        "optim/kl_sample_train_v2": "engine_kl",
        "kl_policy_base": "reference_kl",
        "test/env/all/reward/total": "eval_return",
    },
    "reasoning_from_scratch": {
        "reward_avg": "episode_return",
        "avg_response_len": "response_length",
        "adv_std": "",
        "kl_loss": "reference_kl",
        "entropy_avg": "entropy",
        "eval_acc": "eval_success_rate",
    },
}


@pytest.mark.parametrize("prefix", ["", "train/"])
def test_trl(prefix):
    found = understand(board({prefix + tag: logged for tag, logged in TRL.items()}))
    assert (found.framework, found.algorithm, found.axis) == ("trl", "grpo", "updates")
    assert values(found, "reference_kl") == [0.01, 0.02]
    assert "approx_kl" not in found.metrics
    assert values(found, "truncated_share") == [0.1, 0.2]
    assert values(found, "clip_fraction") == [0.0, 0.0]
    assert values(found, "zero_std_groups") == [0.5, 0.6]
    assert values(found, "format_reward") == [0.9, 0.9]
    assert values(found, "engine_logp_diff") == [0.01, 0.01]
    assert values(found, "accuracy_reward") == [0.4, 0.5]
    assert not found.metrics.unmapped


def test_verl():
    found = understand(board(VERL, config={"algorithm.adv_estimator": "grpo"}))
    assert (found.framework, found.algorithm, found.axis) == ("verl", "grpo", "updates")
    assert values(found, "episode_return") == [0.4, 0.5]
    assert values(found, "reference_kl") == [0.01, 0.02]
    assert values(found, "approx_kl_k1") == [0.0, -0.001]
    assert values(found, "engine_kl") == [0.001, 0.001]
    assert values(found, "entropy") == [0.3, 0.2]
    assert values(found, "truncated_share") == [0.1, 0.2]
    assert (
        "explained_variance" not in found.metrics
        or not found.metrics["explained_variance"].finite().values.size
    )
    assert not found.metrics.unmapped


ESTIMATORS = {
    "grpo": "grpo",
    "gae": "ppo_tokens",
    "rloo": "rloo",
    "reinforce_plus_plus": "reinforce++",
    "remax": "remax",
}


@every(("estimator", "name"), list(ESTIMATORS.items()))
def test_the_estimator_is_the_algorithm(estimator, name):
    config = {"algorithm.adv_estimator": estimator}
    assert understand(board(VERL, config=config)).algorithm == name


def test_ppo_of_a_framework_for_language_models_is_ppo_on_tokens():
    assert understand(board(VERL), algorithm="ppo").algorithm == "ppo_tokens"
    # PPO on tokens has a critic: the name of a folder makes none.
    assert understand(board(VERL, name="my_ppo_run")).algorithm == "language_model"
    assert understand(board(VERL, name="my_grpo_run")).algorithm == "grpo"
    assert understand(board({**VERL, "critic/vf_loss": [1, 1]})).algorithm == "ppo_tokens"
    assert understand(board(VERL)).algorithm == "language_model"


@every("framework", list(OTHERS))
def test_another_framework(framework):
    found = understand(board({tag: [0.25, 0.5] for tag in OTHERS[framework]}))
    assert found.framework == framework
    assert matches(found.algorithm, ("language_model",))
    assert found.axis == "updates"
    named = {one.tag: one.name for one in found.metrics.series.values()}
    assert named == {tag: metric for tag, metric in OTHERS[framework].items() if metric}
    assert not found.metrics.unmapped


@every("name", ["Step", "_step", "global_step", "step", "total_steps"])
def test_a_column_of_steps_counts_updates(name):
    """NeMo-RL's W&B exports count by ``Step``: a language model has no transitions."""
    engine = {"train/token_mult_prob_error": [1.0, 1.1, 1.0]}
    columns = {name: [10, 20, 30], "train/reward": [0.1, 0.2, 0.3], **engine}
    found = understand(table(columns))
    assert (found.framework, found.axis) == ("nemo_rl", "updates")
    assert found.metrics["episode_return"].steps.tolist() == [10, 20, 30]


def test_shares_in_percent_are_fractions():
    found = understand(
        board({"token_mult_prob_error": [1.0], "baseline_reward/pct_0": [25.0], "reward": [0.1]})
    )
    assert values(found, "groups_all_fail") == [0.25]
    found = understand(
        board({"reward_avg": [0.1], "avg_response_len": [9], "adv_std": [1], "eval_acc": [40.8]})
    )
    assert values(found, "eval_success_rate") == [pytest.approx(0.408)]


def test_preference_training_has_a_note():
    tags = ("rewards/margins", "rewards/accuracies", "rewards/chosen", "rewards/rejected", "logps/chosen")
    found = understand(board({tag: [0.1, 0.2] for tag in tags}))
    assert (found.framework, found.algorithm) == ("trl", "dpo")
    assert "preference-training" in codes(found)
    assert "reward_component" not in {one.name for one in found.metrics.alternates}


PAIRS = {
    "openrlhf": {
        "train/loss": "",
        "train/loss_mean": "total_loss",
        "train/acc": "",
        "train/acc_mean": "preference_accuracy",
        "train/chosen_reward": "chosen_reward",
        "train/reject_reward": "rejected_reward",
        "train/lr": "learning_rate",
        "eval/eval_loss": "eval_preference_loss",
        "eval/acc_mean": "eval_preference_accuracy",
    },
    "nemo_rl": {
        "train/preference_loss": "total_loss",
        "train/loss": "",
        "train/accuracy": "preference_accuracy",
        "train/rewards_chosen_mean": "chosen_reward",
        "train/rewards_rejected_mean": "rejected_reward",
        "validation/accuracy": "eval_preference_accuracy",
    },
    "trl": {
        "train/rewards/margins": "preference_margin",
        "train/rewards/accuracies": "preference_accuracy",
        "train/logps/chosen": "chosen_logp",
        "train/logps/rejected": "rejected_logp",
        "train/loss": "total_loss",
        "train/rewards/chosen": "chosen_reward",
        "train/rewards/rejected": "rejected_reward",
        "eval/loss": "eval_preference_loss",
        "eval/rewards/accuracies": "eval_preference_accuracy",
        "eval/runtime": "",
        "train/mean_token_accuracy": "",
    },
}


@every("framework", list(PAIRS))
def test_preference_training_of(framework):
    found = understand(board({tag: [0.25, 0.5] for tag in PAIRS[framework]}))
    assert (found.framework, found.algorithm) == (framework, "dpo")
    named = {one.tag: one.name for one in found.metrics.series.values()}
    assert sorted(named.values()) == sorted(metric for metric in PAIRS[framework].values() if metric)
    assert not found.metrics.unmapped


EVALUATIONS = {
    "verl": "val-core/openai/gsm8k/acc/mean@8",
    "prime_rl": "eval/gsm8k/avg@8",
    "skyrl": "eval/all/avg_score",
    "areal": "eval-rollout/reward",
    "tinker": "test/env/all/reward/total",
}


@every("framework", list(EVALUATIONS))
def test_evaluations_alone_tell_the_framework(framework):
    found = understand(board({EVALUATIONS[framework]: [0.4, 0.5]}))
    assert (found.framework, found.axis) == (framework, "updates")
    assert values(found, "eval_return") == [0.4, 0.5]


def test_of_several_answers_the_mean_counts():
    tags = {f"val-core/gsm8k/acc/{one}": [value] for one, value in
            {"best@8/mean": 0.9, "maj@8/mean": 0.7, "mean@8": 0.5}.items()}  # fmt: skip
    assert values(understand(board(tags)), "eval_return") == [0.5]


def test_a_home_made_program_is_known_by_its_answers():
    tags = {"reward": [0.1, 0.2], "kl": [0.01, 0.02], "mean_response_length": [10, 20], "entropy": [1, 1]}
    found = understand(board(tags))
    assert (found.framework, found.algorithm) == ("generic", "language_model")
    assert values(found, "reference_kl") == [0.01, 0.02]
    assert values(found, "response_length") == [10, 20]


def test_the_same_name_on_an_environment_is_not_about_language():
    """There is GRPO on environments; what its log holds decides."""
    tags = {"episode_return": [1, 2], "episode_length": [9, 9], "approx_kl": [0.01, 0.01], "entropy": [1, 1]}
    found = understand(board(tags, config={"algo": "grpo"}))
    assert found.algorithm == "on_policy"
    assert values(found, "approx_kl") == [0.01, 0.01]


def test_settings_under_their_own_keys():
    trl = understand(
        board(
            TRL,
            config={
                "num_generations": 8, "max_completion_length": 256, "beta": 0.04, "epsilon_high": 0.28,
                "num_iterations": 1, "steps_per_generation": 4, "gradient_accumulation_steps": 4,
                "warmup_steps": 10, "learning_rate": 1e-6,
            },
        )
    )  # fmt: skip
    for knob, value in {"group_size": 8, "max_response_length": 256, "reference_kl_coef": 0.04}.items():
        assert trl.config.number(knob) == value
    # The warm-up of a learning rate is no warm-up of a replay buffer.
    assert trl.config.get("learning_starts") is None
    config = {
        "actor_rollout_ref.rollout.n": 5, "data.max_response_length": 1024,
        "actor_rollout_ref.actor.kl_loss_coef": 0.001, "actor_rollout_ref.actor.optim.lr": 1e-6,
        "actor_rollout_ref.actor.clip_ratio_high": 0.28,
    }  # fmt: skip
    verl = understand(board(VERL, config=config))
    assert [verl.config.number(one) for one in ("group_size", "max_response_length", "clip_range_high")] == [
        5, 1024, 0.28,
    ]  # fmt: skip


def test_the_families_share_no_member():
    members = [one for family in FAMILIES.values() for one in family]
    assert len(members) == len(set(members))


WRITTEN = {
    # W&B's files/config.yaml, Hydra's .hydra/config.yaml of verl, and arguments as TensorBoard text.
    "files/config.yaml": (
        "wandb_version: 1\nlearning_rate:\n  desc: null\n  value: 1.0e-06\nbeta:\n  value: 0.04\n"
        "num_generations:\n  value: 8\nmax_completion_length:\n  value: 256\n"
        "_wandb:\n  value: {cli_version: 0.19}\n",
        TRL,
        {"learning_rate": 1e-6, "reference_kl_coef": 0.04, "group_size": 8, "max_response_length": 256},
    ),
    ".hydra/config.yaml": (
        "data:\n  max_response_length: 1024\n  train_batch_size: 128\nalgorithm:\n  adv_estimator: grpo\n"
        "actor_rollout_ref:\n  actor:\n    ppo_mini_batch_size: 64\n    kl_loss_coef: 0.001\n"
        "    optim: {lr: 1e-6}\n  rollout:\n    n: 5\n",
        VERL,
        {"learning_rate": 1e-6, "reference_kl_coef": 0.001, "group_size": 5, "prompts_per_step": 64},
    ),
    "config.json": (
        '{"advantage_estimator": "rloo", "actor_learning_rate": 5e-7, "init_kl_coef": 0.01,'
        ' "n_samples_per_prompt": 4}',
        OTHERS["openrlhf"],
        {"learning_rate": 5e-7, "reference_kl_coef": 0.01, "group_size": 4},
    ),
}


@every("file", list(WRITTEN))
def test_settings_from_the_files_that_frameworks_leave(tmp_path, file):
    """The reader of each kind of file, and the keys of the framework that writes it."""
    text, tags, wanted = WRITTEN[file]
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    logged = {tag: column if isinstance(column, list) else [0.25, 0.5] for tag, column in dict(tags).items()}
    rows_ = [{"step": at + 1, **{tag: column[at] for tag, column in logged.items()}} for at in range(2)]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows_))
    (run,) = load(tmp_path).runs
    assert {knob: run.config.number(knob) for knob in wanted} == wanted
    assert run.algorithm == {"files/config.yaml": "grpo", ".hydra/config.yaml": "grpo"}.get(file, "rloo")
