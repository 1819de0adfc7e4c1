"""Prescriptions become changes of a plan, literally; what no machine can do is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from every import every

from laboratory.proof.collection import sick_runs
from rldoctor.model.finding import Prescription
from rldoctor.model.run import Wording
from rldoctor.proof.apply import AppliedFix, Refusal, change, first_change
from rldoctor.proof.prove import diagnosed
from rldoctor.training.catalog import find_task
from rldoctor.training.plan import Plan
from rldoctor.training.rewards import Reward

pytest.importorskip("stable_baselines3")

RUNS = Path(__file__).parents[2] / "reference_runs"
PPO = Plan("ppo", "Pendulum-v1", steps=1000, hyper={"learning_rate": 1e-7})
SAC = Plan("sac", "Pendulum-v1", steps=1000)


def fix(knob: str, to: float | None, text: str = "Do it.") -> Prescription:
    return Prescription("a-fix", text, knob=knob, key=knob, to_number=to)


def done(prescription: Prescription, plan: Plan, word: Wording | None = None) -> AppliedFix:
    found = change(prescription, plan, word or Wording(prescription.key))
    assert isinstance(found, AppliedFix), found
    return found


def refused(prescription: Prescription, plan: Plan, word: Wording | None = None) -> str:
    found = change(prescription, plan, word or Wording(prescription.key))
    assert isinstance(found, Refusal), found
    return found.why


@pytest.mark.parametrize(
    ("fault", "folder", "key", "value"),
    [
        ("lr-zero", "ppo-Hopper-v5-0", "learning_rate", 3e-4),
        ("buffer-tiny", "sac-Pendulum-v1-0", "buffer_size", 100_000),
        ("few-updates", "sac-Pendulum-v1-0", "gradient_steps", 4),
        ("no-target-net", "dqn-CartPole-v1-0", "target_update_interval", 500),
        ("target-entropy-high", "sac-Pendulum-v1-0", "target_entropy", -1.0),
    ],
)
def test_the_fix_of_a_real_diagnosis_is_an_argument_of_the_learner(
    fault: str, folder: str, key: str, value: float
) -> None:
    sick = next(one for one in sick_runs(RUNS, [fault]) if one.folder.name == folder)
    found = diagnosed(sick.plan, sick.folder).change
    assert found is not None
    assert found.key == key
    assert found.plan.hyper[key] == value
    assert type(found.plan.hyper[key]) is type(value), "SB3 takes no float for a count"
    assert replace(found.plan, hyper=sick.plan.hyper) == sick.plan, "nothing else changes"
    assert {name: one for name, one in found.plan.hyper.items() if name != key} == {
        name: one for name, one in sick.plan.hyper.items() if name != key
    }


def test_rewards_are_rescaled_and_normalised_where_the_diagnosis_says_so() -> None:
    tiny, huge = (next(iter(sick_runs(RUNS, [name], [0]))) for name in ("reward-tiny", "reward-huge"))
    rescaled = diagnosed(tiny.plan, tiny.folder).change
    assert rescaled is not None
    assert rescaled.key == "reward factor"
    assert rescaled.plan.reward.factor / tiny.plan.reward.factor > 10
    assert not rescaled.plan.normalize
    normalised = diagnosed(huge.plan, huge.folder).change
    assert normalised is not None
    assert (normalised.key, normalised.old, normalised.new) == ("VecNormalize", "off", "on")
    assert normalised.plan == replace(huge.plan, normalize=True)


def test_an_exponential_is_softened() -> None:
    plan = replace(PPO, reward=Reward(sharpness=30.0))
    assert done(fix("reward_exponent", 8.0), plan).plan.reward == Reward(sharpness=8.0)
    assert "no exponential" in refused(fix("reward_exponent", 8.0), PPO)
    assert "already" in refused(fix("reward_exponent", 30.0), plan)


def test_work_for_a_person_is_refused_with_the_reason() -> None:
    sick = next(iter(sick_runs(RUNS, ["frozen-actor"], [0])))
    attempt = diagnosed(sick.plan, sick.folder)
    assert attempt.change is None
    assert {one.why for one in attempt.refused} == {"has to be done by a person"}
    assert (
        refused(fix("", None, "Wrap it in VecNormalize(norm_obs=False)."), PPO)
        == "has to be done by a person"
    )
    assert "already in effect" in refused(
        fix("", None, "Use VecNormalize(gamma=1)."), replace(PPO, normalize=True)
    )


def test_instructions_in_words_that_a_machine_can_follow() -> None:
    """Observations alone are normalised, a setting is None again, and nothing else of the plan changes."""
    alone = done(fix("", None, "Wrap it in VecNormalize(norm_obs=True, norm_reward=False)."), SAC)
    assert alone.plan == replace(SAC, normalize=True, scale_rewards=False)
    clipped = PPO.with_hyper(clip_range_vf=0.2)
    off = done(fix("", None, "Set clip_range_vf to None."), clipped)
    assert (off.key, off.old, off.new) == ("clip_range_vf", "0.2", "not set")
    assert off.plan == PPO.with_hyper(clip_range_vf=None)
    assert "already" in refused(fix("", None, "Set clip_range_vf to None."), PPO)
    assert refused(fix("", None, "Set batch_size to None."), PPO) == "has to be done by a person"
    fixed = SAC.with_hyper(ent_coef=1e-6)
    assert done(fix("", None, "Set ent_coef='auto'."), fixed).plan == SAC.with_hyper(ent_coef="auto")
    assert refused(fix("", None, "Set colour='blue'."), SAC) == "has to be done by a person"
    centred = replace(PPO, reward=Reward(centred=True))
    assert done(fix("reward_centred", 0.0), centred).plan == replace(PPO, normalize=True)
    assert "nothing is subtracted" in refused(fix("reward_centred", 0.0), PPO)


@every(
    ("knob", "to", "plan", "key", "value"),
    [
        (
            "exploration_noise",
            0.1,
            find_task("td3", "Pendulum-v1").plan().with_hyper(noise_std=0.0),
            "noise_std",
            0.1,
        ),
        ("init_alpha", 0.05, SAC, "ent_coef", "auto_0.05"),
        ("her", 1.0, SAC, "her", True),
        ("normalize_advantage", 0.0, PPO, "normalize_advantage", False),
        ("train_freq", 4.0, SAC, "train_freq", 4),
        ("target_kl", 0.02, PPO, "target_kl", 0.02),
        (
            "n_critics",
            2.0,
            SAC.with_hyper(policy_kwargs={"net_arch": [8]}),
            "policy_kwargs",
            {"net_arch": [8], "n_critics": 2},
        ),
        ("log_std_init", -1.0, PPO, "policy_kwargs", {"log_std_init": -1.0}),
    ],
)
def test_knobs_that_sb3_spells_in_its_own_way(
    knob: str, to: float, plan: Plan, key: str, value: object
) -> None:
    found = done(fix(knob, to), plan)
    assert found.plan.hyper[key] == value
    assert "already" in refused(fix(knob, to), found.plan)


def test_units_are_those_of_the_library() -> None:
    per_env = done(fix("buffer_size", 1000.0), SAC, Wording("buffer_size", scale=4.0))
    assert per_env.plan.hyper["buffer_size"] == 250
    swapped = done(fix("tau", 0.005), SAC.with_hyper(tau=0.5), Wording("tau", complement=True))
    assert swapped.plan.hyper["tau"] == pytest.approx(0.995)


def test_environments_and_normalisation_are_fields_of_the_plan() -> None:
    assert done(fix("n_envs", 8.0), PPO).plan.n_envs == 8
    assert "already" in refused(fix("n_envs", 1.0), PPO)
    assert done(fix("normalize_obs", 1.0), PPO).plan.normalize
    assert "off" in refused(fix("normalize_obs", 0.0), PPO)


def test_what_is_no_single_change_is_refused() -> None:
    assert "budget" in refused(fix("total_env_steps", 1e6), PPO)
    assert "no number" in refused(fix("learning_rate", None), PPO)
    assert "has no 'target_update_interval'" in refused(
        fix("target_update_interval", 500.0), replace(SAC, algo="ddpg")
    )
    assert "no temperature" in refused(fix("init_alpha", 0.1), PPO)
    assert "1e-07 already" in refused(fix("learning_rate", 1e-7), PPO)
    assert "already" in refused(fix("reward_scale", 1.0), PPO)


def test_the_first_that_can_be_done_is_taken_and_those_before_it_are_told() -> None:
    order = [fix("", None), fix("total_env_steps", 5.0), fix("learning_rate", 1e-3), fix("n_envs", 4.0)]
    found, before = first_change(order, PPO, {})
    assert found is not None
    assert (found.key, found.new) == ("learning_rate", "0.001")
    assert [one.why for one in before] == [
        "has to be done by a person",
        "changes the budget, which has to stay the same for a comparison",
    ]
