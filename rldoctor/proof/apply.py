"""Prescription -> change of a training plan, as literally as a person would do it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rldoctor.model.finding import Prescription
from rldoctor.model.run import Wording
from rldoctor.plain_data import dataclass
from rldoctor.training.plan import Plan

# Instructions in words that the runner can follow. Both parts of the wrapper are on unless told otherwise.
_WRAPPER = "VecNormalize("
_OBSERVATIONS_ONLY = "norm_reward=False"
_SWITCHED_OFF = re.compile(r"Set (\w+) to None\.")
_SET_TO = re.compile(r"Set (\w+)='(\w+)'\.")


@dataclass(frozen=True, slots=True)
class AppliedFix:
    """A prescription that was carried out: ``key`` from ``old`` to ``new``, and the plan that it leads to."""

    fix: str
    key: str
    old: str
    new: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class Refusal:
    """A prescription that no machine can carry out, and why."""

    fix: str
    why: str


def first_change(
    prescriptions: Sequence[Prescription], plan: Plan, wording: Mapping[str, Wording]
) -> tuple[AppliedFix | None, tuple[Refusal, ...]]:
    """The first prescription, in order of trying, that the runner can carry out, and those before it."""
    refused: list[Refusal] = []
    for one in prescriptions:
        done = change(one, plan, wording.get(one.knob) or Wording(one.key))
        if isinstance(done, AppliedFix):
            return done, tuple(refused)
        refused.append(done)
    return None, tuple(refused)


def change(fix: Prescription, plan: Plan, word: Wording) -> AppliedFix | Refusal:
    """``plan`` with one prescription carried out; ``word`` is how the framework spells its knob."""
    if not fix.knob:
        return _instruction(fix, plan)
    if fix.to_number is None:
        return Refusal(fix.id, "gives no number for this run")
    if fix.knob in _BUDGET:
        return Refusal(fix.id, "changes the budget, which has to stay the same for a comparison")
    if fix.knob in _OWN:
        return _OWN[fix.knob](fix, plan)
    return _argument(fix, plan, word)


def _instruction(fix: Prescription, plan: Plan) -> AppliedFix | Refusal:
    """A fix in words."""
    off = _SWITCHED_OFF.match(fix.text)
    if off is not None:
        return _switched_off(fix, plan, off[1])
    named = _SET_TO.match(fix.text)
    if named is not None and named[1] in constructor_defaults(plan.algo):
        return _setting(fix, plan, named[1], named[2])
    if _WRAPPER not in fix.text:
        return Refusal(fix.id, "has to be done by a person")
    if plan.normalize:
        return Refusal(fix.id, "is already in effect")
    given = fix.text.partition(_WRAPPER)[2].partition(")")[0]
    if "=False" not in given:
        return AppliedFix(fix.id, "VecNormalize", "off", "on", replace(plan, normalize=True))
    if "=False" in given.replace(_OBSERVATIONS_ONLY, ""):
        return Refusal(fix.id, "has to be done by a person")
    after = replace(plan, normalize=True, scale_rewards=False)
    return AppliedFix(fix.id, "VecNormalize", "off", "on, norm_reward=False", after)


def _switched_off(fix: Prescription, plan: Plan, key: str) -> AppliedFix | Refusal:
    """An argument of the algorithm that may be None, and is None by default."""
    old = plan.hyper.get(key)
    if constructor_defaults(plan.algo).get(key, "") is not None:
        return Refusal(fix.id, "has to be done by a person")
    if old is None:
        return Refusal(fix.id, f"{key} is {_text(old)} already")
    return AppliedFix(fix.id, key, _text(old), _text(None), plan.with_hyper(**{key: None}))


def _argument(fix: Prescription, plan: Plan, word: Wording) -> AppliedFix | Refusal:
    """A constructor argument of the SB3 algorithm."""
    assert fix.to_number is not None
    defaults = constructor_defaults(plan.algo)
    if word.key not in defaults:
        return Refusal(fix.id, f"{plan.algo} of Stable-Baselines3 has no '{word.key or fix.knob}'")
    old = plan.hyper.get(word.key, defaults[word.key])
    new = _like(defaults[word.key], word.to_user(fix.to_number))
    if new == old:
        return Refusal(fix.id, f"{word.key} is {_text(old)} already")
    return AppliedFix(fix.id, word.key, _text(old), _text(new), plan.with_hyper(**{word.key: new}))


def _like(default: object, value: float) -> object:
    """``value`` as the kind of number that an argument takes."""
    if isinstance(default, bool):
        return bool(value)
    # train_freq may be a pair by default; what is set is always a whole number of steps.
    return round(value) if isinstance(default, int | tuple) else value


def constructor_defaults(algo: str) -> dict[str, Any]:
    """Arguments of the SB3 class of an algorithm, and their defaults. MissingExtraError without the extra."""
    from rldoctor.training.train import algorithm_class

    parameters = inspect.signature(algorithm_class(algo).__init__).parameters.values()
    return {one.name: one.default for one in parameters if one.default is not inspect.Parameter.empty}


def _scale(fix: Prescription, plan: Plan) -> AppliedFix | Refusal:
    """Multiply the reward; one factor for the whole run, no mean subtracted."""
    assert fix.to_number is not None
    after = plan.reward.scaled(fix.to_number)
    return _reward(fix, plan, "reward factor", plan.reward.factor, after.factor, after)


def _soften(fix: Prescription, plan: Plan) -> AppliedFix | Refusal:
    """The exponent of exp(-k*error)."""
    if plan.reward.sharpness is None:
        return Refusal(fix.id, "the reward of this task is no exponential")
    after = replace(plan.reward, sharpness=fix.to_number)
    return _reward(fix, plan, "reward exponent", plan.reward.sharpness, fix.to_number, after)


def _reward(
    fix: Prescription, plan: Plan, key: str, old: object, new: object, reward: Any
) -> AppliedFix | Refusal:
    if reward == plan.reward:
        return Refusal(fix.id, f"{key} is {_text(old)} already")
    return AppliedFix(fix.id, key, _text(old), _text(new), replace(plan, reward=reward))


def _divide_only(fix: Prescription, plan: Plan) -> AppliedFix | Refusal:
    """Rewards that VecNormalize divides, in the place of a mean that was subtracted from them."""
    if fix.to_number or not plan.reward.centred:
        return Refusal(fix.id, "nothing is subtracted from the rewards")
    after = replace(plan, reward=replace(plan.reward, centred=False), normalize=True)
    return AppliedFix(fix.id, "mean of the rewards", "subtracted", "kept, VecNormalize", after)


def _normalise(fix: Prescription, plan: Plan) -> AppliedFix | Refusal:
    if not fix.to_number or plan.normalize:
        return Refusal(fix.id, "normalisation is on already" if plan.normalize else "turns normalisation off")
    return AppliedFix(fix.id, "VecNormalize", "off", "on", replace(plan, normalize=True))


def _environments(fix: Prescription, plan: Plan) -> AppliedFix | Refusal:
    wanted = round(fix.to_number or 0)
    if wanted < 1 or wanted == plan.n_envs:
        return Refusal(fix.id, f"there are {plan.n_envs} environments already")
    return AppliedFix(fix.id, "n_envs", str(plan.n_envs), str(wanted), replace(plan, n_envs=wanted))


def _noise(fix: Prescription, plan: Plan) -> AppliedFix | Refusal:
    """Gaussian action noise, which is an object in SB3 and a number here."""
    return _setting(fix, plan, "noise_std", fix.to_number)


def _temperature(fix: Prescription, plan: Plan) -> AppliedFix | Refusal:
    """The start of a learnt temperature, which SB3 takes as text."""
    if plan.algo not in ("sac", "tqc"):
        return Refusal(fix.id, f"{plan.algo} has no temperature")
    return _setting(fix, plan, "ent_coef", f"auto_{fix.to_number:g}")


def _hindsight(fix: Prescription, plan: Plan) -> AppliedFix | Refusal:
    return _setting(fix, plan, "her", bool(fix.to_number))


def _setting(fix: Prescription, plan: Plan, key: str, new: object) -> AppliedFix | Refusal:
    old = plan.hyper.get(key)
    if new == old:
        return Refusal(fix.id, f"{key} is {_text(old)} already")
    return AppliedFix(fix.id, key, _text(old), _text(new), plan.with_hyper(**{key: new}))


def _of_policy(
    key: str, kind: Callable[[float], object]
) -> Callable[[Prescription, Plan], AppliedFix | Refusal]:
    """A knob that SB3 takes among the keyword arguments of its policy."""

    def carry_out(fix: Prescription, plan: Plan) -> AppliedFix | Refusal:
        assert fix.to_number is not None
        given = plan.hyper.get("policy_kwargs")
        before = dict(given) if isinstance(given, dict) else {}
        new, old = kind(fix.to_number), before.get(key)
        if new == old:
            return Refusal(fix.id, f"{key} is {_text(old)} already")
        after = plan.with_hyper(policy_kwargs={**before, key: new})
        return AppliedFix(fix.id, f"policy_kwargs: {key}", _text(old), _text(new), after)

    return carry_out


# Knobs that lengthen the run.
_BUDGET = frozenset({"total_env_steps"})
# Knobs that are no constructor arguments under that name.
_OWN: Mapping[str, Callable[[Prescription, Plan], AppliedFix | Refusal]] = {
    "reward_scale": _scale,
    "reward_exponent": _soften,
    "reward_centred": _divide_only,
    "normalize_obs": _normalise,
    "normalize_reward": _normalise,
    "n_envs": _environments,
    "exploration_noise": _noise,
    "init_alpha": _temperature,
    "her": _hindsight,
    "n_critics": _of_policy("n_critics", round),
    "log_std_init": _of_policy("log_std_init", float),
}


def _text(value: object) -> str:
    """A setting as it is shown."""
    if value is None:
        return "not set"
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
