"""Fixes as they stand in the run in front of them.

None changes nothing, goes the wrong way, or sets what is not there or is so already.

What frameworks and algorithms have is data (``mechanisms.yaml`` of the vocabulary); ``rldoctor rules lint``
proves over all of them what is enforced here for one run.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from rldoctor.datafiles.mechanisms import ALWAYS, Mechanisms, mechanisms
from rldoctor.engine.wording import prescription
from rldoctor.language.parser import parse
from rldoctor.model.algorithms import matches
from rldoctor.model.finding import Prescription
from rldoctor.model.numbers import number_text
from rldoctor.model.run import Run, Wording
from rldoctor.plain_data import dataclass, replace
from rldoctor.rulebook.schema import FixSpec

LOWER, RAISE = "lower", "raise"
_RATES = ("learning_rate", "lr_schedule")
_MINIBATCH, _MINIBATCHES, _ROLLOUT, _KL = (
    "batch_size",
    "n_minibatches",
    "rollout_batch",
    "target_kl",
)
_ANY = parse("0")
BY_THE_KL = "The learning rate is set by the KL, so a rate of one's own lasts for a few updates only."
# A minibatch that divides the rollout may be this many times smaller or larger than the one computed.
_NEAR = 2.0
# Values that differ by less are one setting: float32 leaves such a rest.
_SAME = 1e-4


@dataclass(frozen=True, slots=True)
class Place:
    """What a fix must fit into: the run, its numeric settings, and what is known of its framework."""

    run: Run
    config: Mapping[str, float]
    known: Mechanisms

    @property
    def spelled(self) -> bool:
        """Whether the framework's own keys are known, so that one that is missing is missing."""
        return bool(self.run.wording)


def place_of(run: Run, config: Mapping[str, float]) -> Place:
    """The place of a run with the built-in mechanisms."""
    return Place(run, config, mechanisms())


def refused(spec: FixSpec, place: Place) -> str:
    """Why a fix is not for this run at all, whatever its number; empty where nothing speaks against it."""
    framework, algorithm = place.run.framework, place.run.algorithm
    if spec.algorithms and algorithm and not matches(algorithm, spec.algorithms):
        return f"not for {algorithm}"
    if spec.knob and not place.known.has_knob(spec.knob, algorithm):
        return f"{algorithm} has no {spec.knob}"
    for name in spec.mechanism:
        one = place.known.named[name]
        if one.absent(framework, algorithm):
            return f"{framework or 'this framework'} with {algorithm} has no {name}"
        # A fix that sets the mechanism's own knob to a number is judged by the number.
        if one.present(framework, algorithm, place.config) and spec.knob not in one.on:
            return f"{name} is so already"
    return ""


def follows_kl(place: Place) -> bool:
    """Whether the learning rate follows the KL, so that setting it does nothing."""
    one = place.known.named["adaptive_rate"]
    support = one.support(place.run.framework, place.run.algorithm)
    if support is None or one.absent(place.run.framework, place.run.algorithm):
        return False
    if support.by == "target":
        return place.config.get(_KL, 0.0) > 0
    schedule = place.run.config.get("lr_schedule")
    if schedule is None:
        return support.state == ALWAYS or support.default
    return "adaptive" in str(schedule.value).lower()


def fitted(spec: FixSpec, target: float, place: Place) -> float | None:
    """The number as it may be set: a minibatch divides its rollout. None where none near it does."""
    rollout = place.config.get(_ROLLOUT, math.nan)
    if spec.knob != _MINIBATCH or not matches(place.run.algorithm, ("on_policy",)):
        return target
    if not math.isfinite(rollout) or not float(rollout).is_integer():
        return target
    total, now = int(rollout), place.config.get(_MINIBATCH, math.nan)
    near = [d for d in divisors(total) if target / _NEAR <= d <= target * _NEAR and _right_way(spec, now, d)]
    return float(min(near, key=lambda d: abs(math.log(d / target)))) if near else None


def divisors(total: int) -> list[int]:
    """The divisors of a whole number above 0, sorted."""
    small = [d for d in range(1, math.isqrt(total) + 1) if total % d == 0]
    return sorted({*small, *(total // d for d in small)}) if total > 0 else []


def _right_way(spec: FixSpec, now: float, target: float) -> bool:
    """Whether a number goes the way that the fix must go; True where either is not known."""
    if not math.isfinite(now):
        return True
    slack = _SAME * max(abs(now), abs(target))
    if spec.direction == LOWER:
        return target < now - slack
    if spec.direction == RAISE:
        return target > now + slack
    return abs(target - now) > slack


def objection(spec: FixSpec, target: float, place: Place) -> str:
    """What is wrong with setting the knob to ``target``; empty where nothing is."""
    now = place.config.get(spec.knob, math.nan)
    if _right_way(spec, now, target):
        return ""
    same = abs(target - now) <= _SAME * max(abs(now), abs(target))
    return (
        f"{spec.knob} is {now:g} already" if same else f"{now:g} -> {target:g} does not {spec.direction} it"
    )


def prescribed(
    spec: FixSpec, target: float | None, place: Place, fields: Mapping[str, str]
) -> Prescription | None:
    """The fix in the words of the run's framework; None where it has no place in this run."""
    if refused(spec, place):
        return None
    if spec.knob in _RATES and follows_kl(place):
        return _by_the_target(spec, place, fields)
    if target is not None:
        target = fitted(spec, target, place)
    if target is not None and objection(spec, target, place):
        return None
    # Without its number, which is not known or cannot be set here, nothing is left to say.
    if target is None and spec.to is not None and not (spec.otherwise or spec.text):
        return None
    if _has_key(spec, place):
        made = prescription(spec, target, place.run, fields)
    else:
        made = _by_another_key(spec, target, place, fields) or _in_words(spec, target, place, fields)
    return None if made.to and _equal(made.now, made.to) else made


def _equal(now: str, to: str) -> bool:
    try:
        return math.isclose(float(now.replace(",", "")), float(to.replace(",", "")), rel_tol=_SAME)
    except ValueError:
        return now == to


def _has_key(spec: FixSpec, place: Place) -> bool:
    """Whether the framework has a key for the setting, or nothing is known of its keys."""
    known = not place.spelled or spec.knob in place.run.wording or spec.knob in place.run.config
    return not spec.knob or known


def _by_another_key(
    spec: FixSpec, target: float | None, place: Place, fields: Mapping[str, str]
) -> Prescription | None:
    """A minibatch by the number of minibatches, where the framework counts them."""
    rollout = place.config.get(_ROLLOUT, math.nan)
    has = place.known.has_knob(_MINIBATCHES, place.run.algorithm) and _MINIBATCHES in place.run.wording
    if spec.knob != _MINIBATCH or not has or not target or not math.isfinite(rollout):
        return None
    counted = replace(spec, knob=_MINIBATCHES, text="", wordings={})
    return prescription(counted, float(round(rollout / target)), place.run, fields)


def _in_words(spec: FixSpec, target: float | None, place: Place, fields: Mapping[str, str]) -> Prescription:
    """A sentence without a key: there is none to copy."""
    if target is not None and not spec.text:
        spec = replace(spec, text=f"Set the {spec.knob.replace('_', ' ')} to {number_text(target)}.")
    return replace(prescription(spec, target, place.run, fields), key="", now="")


def _by_the_target(spec: FixSpec, place: Place, fields: Mapping[str, str]) -> Prescription | None:
    """Where the rate follows the KL, its target makes the steps smaller; None for what does nothing."""
    now = place.config.get(_KL, math.nan)
    key = place.run.wording.get(_KL, Wording("the KL that the schedule aims at")).key
    if spec.direction != LOWER:
        text = "Print the learning rate that the schedule sets; it should have risen to its ceiling."
        instead = FixSpec(spec.id, text=text, because=BY_THE_KL) if spec.direction == RAISE else None
        return prescription(instead, None, place.run, fields) if instead else None
    if not math.isfinite(now):
        text = f"Halve {key}; the learning rate follows it."
        return prescription(FixSpec(spec.id, text=text, because=BY_THE_KL), None, place.run, fields)
    return prescription(
        FixSpec(spec.id, knob=_KL, to=spec.to or _ANY, because=BY_THE_KL), now / 2, place.run, fields
    )
