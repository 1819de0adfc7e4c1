"""What a configuration value says: plain values first, then those that say more than they seem to.

* Values as people and serialisers write them, turned into numbers, truth values or names (``parse_value``):
  ``3e-4``, ``"0.98"``, ``lin_3e-4``, ``LinearSchedule(0.2)``, ``TrainFreq(frequency=1, ...)``.
* Readers for values that say more than one knob, or whose meaning hangs on the value: a rule of a table names
  one under ``parse``, and ``READERS`` is the list of them.

A reader that cannot make sense of a value returns nothing: the setting is then listed as not understood.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

from rldoctor.model.config import KnobValue
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass

NUMBER = r"[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_PLAIN = pattern(rf"\s*({NUMBER})\s*")
_TRUTH = {"true": True, "false": False, "yes": True, "no": False}
# lin_3e-4 (rl-zoo), linear_0.0003, schedule_1e-3, auto_0.1
_NAMED = pattern(rf"([a-z]+)[_-]({NUMBER})", re.IGNORECASE)
# lr_schedule(0.0005, 1e-06, 2), LinearSchedule(0.2), TrainFreq(frequency=1, unit=...), FloatSchedule(0.0003)
_CALL = pattern(rf"[\w.]+\(\s*(?:\w+\s*=\s*)?({NUMBER})\b.*\)", re.DOTALL)
_FIRST = pattern(rf"[\[(]\s*({NUMBER})\s*[,\])].*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value and how it was read (``note``, else empty); ``name`` is the word in ``lin_3e-4``."""

    value: KnobValue
    note: str = ""
    name: str = ""


def number(text: str) -> float:
    """A number written in Python's way; integers stay exact below 2**53."""
    return float(text.replace("_", ""))


def parse_value(written: object) -> Parsed | None:
    """The value of a setting, or None when it holds nothing that can be used (a pickled function, an object).

    None and ``None`` become the text ``none``: the user switched the thing off, which is not "unknown".
    """
    if written is None:
        return Parsed("none")
    if isinstance(written, bool | int | float):
        return Parsed(written)
    if isinstance(written, str):
        return _from_text(written.strip())
    if isinstance(written, Mapping):
        return _from_mapping(written)
    if isinstance(written, list | tuple):
        return _from_list(written)
    return None


def _from_text(text: str) -> Parsed | None:
    # In the order of certainty: a word for "off", a truth value, text without a number, a number, a named
    # number, a call.
    if text.lower() in ("none", "null", ""):
        return Parsed("none")
    if text.lower() in _TRUTH:
        return Parsed(_TRUTH[text.lower()])
    if not any(map(str.isdigit, text)):
        return None if _opaque(text) else Parsed(text)
    if match := _PLAIN.fullmatch(text):
        value = number(match[1])
        # 64 is a count; 64.0 and 1e6 were written as real numbers and stay so.
        return Parsed(int(value) if value.is_integer() and not re.search(r"[.eE]", text) else value)
    if match := _NAMED.fullmatch(text):
        return Parsed(number(match[2]), f"first value of {text}", match[1].lower())
    opened = "(" in text or "[" in text
    if opened and (match := _CALL.fullmatch(text) or _FIRST.fullmatch(text)):
        return Parsed(number(match[1]), f"first value of {text}")
    return None if _opaque(text) else Parsed(text)


def _opaque(text: str) -> bool:
    """Whether a text says nothing about the value.

    The ``repr`` of an object, a dictionary that could not be read, an open interpolation.
    """
    return "${" in text or (text[:1], text[-1:]) in (("<", ">"), ("{", "}"))


def _from_list(written: list[object] | tuple[object, ...]) -> Parsed | None:
    # Of a list of numbers the first is where training starts; a list of words (names of layers) has none.
    first = parse_value(written[0]) if written else None
    if first is None or isinstance(first.value, str):
        return None
    return Parsed(first.value, first.note if len(written) == 1 else f"first value of {written}")


def _from_mapping(written: Mapping[object, object]) -> Parsed | None:
    for key in ("frequency", "value", "initial_value", "start"):
        inner = parse_value(written[key]) if key in written else None
        if inner is not None:
            return Parsed(inner.value, f"{key} of {dict(written)}")
    return None


def truth(value: KnobValue) -> float | None:
    """1.0 or 0.0 for a truth value or a number, None for other text."""
    if isinstance(value, str):
        return {"none": 0.0, "auto": 1.0}.get(value)
    return float(bool(value))


@dataclass(frozen=True, slots=True)
class Reading:
    """One knob out of a value; ``plain`` readings still go through the unit conversion of their rule."""

    knob: str
    value: KnobValue
    note: str = ""
    plain: bool = True
    complement: bool = False


_ENDLESS = 1e12
ValueReader = Callable[[str, object], Sequence[Reading]]


def default(knob: str, written: object) -> Sequence[Reading]:
    """The value itself."""
    parsed = parse_value(written)
    return () if parsed is None else (Reading(knob, parsed.value, parsed.note),)


def ent_coef(knob: str, written: object) -> Sequence[Reading]:
    """``auto`` and ``auto_0.1``: a learnt temperature, with its first value; a number: a fixed one."""
    parsed = parse_value(written)
    if parsed is None:
        return ()
    if parsed.name == "auto" and not isinstance(parsed.value, str):
        start = Reading("init_alpha", parsed.value, "from ent_coef", plain=False)
        return (Reading(knob, str(written), plain=False), Reading("auto_alpha", 1, plain=False), start)
    if parsed.value == "auto":
        return (Reading(knob, "auto", plain=False), Reading("auto_alpha", 1, plain=False))
    return (Reading(knob, parsed.value, parsed.note),)


def temperature(knob: str, written: object) -> Sequence[Reading]:
    """``ent_coef`` of a learner with a temperature (SAC), where a number also means: not learnt."""
    readings = ent_coef(knob, written)
    if readings and all(one.knob != "auto_alpha" for one in readings):
        return (*readings, Reading("auto_alpha", 0, "a number is a fixed temperature", plain=False))
    return readings


def target_entropy(knob: str, written: object) -> Sequence[Reading]:
    """``auto``: the library's default; a number: itself."""
    parsed = parse_value(written)
    if parsed is None:
        return ()
    if parsed.value in ("auto", "none"):
        return (Reading(knob, "auto", plain=False), Reading("target_entropy_auto", 1, plain=False))
    return (Reading(knob, parsed.value, parsed.note),)


def exp_form(knob: str, written: object) -> Sequence[Reading]:
    """1 for a reward written as a formula with ``exp(-``, nothing for any other."""
    formula = str(written).replace(" ", "")
    return (Reading(knob, 1, f"from {written}", plain=False),) if "exp(-" in formula else ()


def train_freq(knob: str, written: object) -> Sequence[Reading]:
    """A number of steps; a frequency counted in episodes has no number of steps and is kept as text."""
    # ``(1, 'episode')`` begins with a number, which would be read as one step.
    if "episode" in str(written).lower():
        return (Reading(knob, str(written), "counted in episodes", plain=False),)
    return default(knob, written)


def normalize(knob: str, written: object) -> Sequence[Reading]:
    """rl-zoo's ``normalize``: True, or ``{'norm_obs': True, 'norm_reward': False}`` as text."""
    text = str(written)
    flags = dict(re.findall(r"(norm_obs|norm_reward)\W+(True|False)", text) if "norm_" in text else ())
    parsed = parse_value(written)
    if not flags and (parsed is None or not isinstance(parsed.value, bool)):
        return ()
    whole = bool(parsed and parsed.value is True)
    both = (("normalize_obs", "norm_obs"), ("normalize_reward", "norm_reward"))
    # What the dictionary leaves out is on: both are defaults of VecNormalize.
    rest = bool(flags) or whole
    return [Reading(name, flags.get(key, str(rest)) == "True", plain=False) for name, key in both]


def policy_kwargs(knob: str, written: object) -> Sequence[Reading]:
    """What matters of SB3's ``policy_kwargs`` written as text."""
    text = str(written)
    found = []
    # Searched for, not parsed: the classes and functions beside them are no literals.
    for name in ("log_std_init", "n_critics"):
        if name in text and (match := re.search(rf"{name}[^\w.+-]+({NUMBER})", text)):
            found.append(Reading(name, number(match[1]), plain=False))
    shared = "share_features_extractor"
    if shared in text and (match := re.search(rf"{shared}\W+(True|False)", text)):
        found.append(Reading(shared, match[1] == "True", plain=False))
    return found


def budget(knob: str, written: object) -> Sequence[Reading]:
    """A length of training; beyond a million million steps it means "until stopped" and is kept as text.

    Zero and below (rl-zoo's -1) mean that another file says it.
    """
    found = default(knob, written)
    if not found or isinstance(found[0].value, str):
        return found
    if found[0].value >= _ENDLESS:
        return (Reading(knob, "unlimited", f"written as {written}", plain=False),)
    return found if found[0].value > 0 else ()


# A word of its own: HerReplayBuffer, my_her_buffer, HER; not the end of "other".
_HER = pattern(r"(?:(?<![A-Za-z])her|Her|HER)(?![a-z])")


def her(knob: str, written: object) -> Sequence[Reading]:
    """Whether the replay buffer relabels goals."""
    return (Reading(knob, int(_HER.search(str(written)) is not None), plain=False),)


def log(knob: str, written: object) -> Sequence[Reading]:
    """A standard deviation kept as its logarithm."""
    parsed = parse_value(written)
    if parsed is None or isinstance(parsed.value, str) or parsed.value <= 0:
        return ()
    return (Reading(knob, math.log(parsed.value), f"log of {parsed.value}", plain=False),)


def retention(knob: str, written: object) -> Sequence[Reading]:
    """``tau`` or ``polyak`` of an unknown library: above one half it is the share of old weights."""
    parsed = parse_value(written)
    if parsed is None or isinstance(parsed.value, str):
        return ()
    # Shares of new weights are small (0.005), shares of old ones near one (0.995): nothing sensible lies
    # between. Exactly 1 is the full copy of DQN's target network, a share of new weights.
    if 0.5 < parsed.value < 1.0:
        note = "read as the share of old weights, since it is above 0.5"
        return (Reading(knob, parsed.value, note, complement=True),)
    return (Reading(knob, parsed.value, parsed.note),)


def per_env_unknown(knob: str, written: object) -> Sequence[Reading]:
    """A buffer size of an unknown library: kept, with the doubt."""
    note = "taken as the total over all environments; some libraries count per environment"
    readings = [Reading(one.knob, one.value, note) for one in default(knob, written)]
    return [*readings, Reading("buffer_unit_unknown", 1, plain=False)] if readings else []


def noise(knob: str, written: object) -> Sequence[Reading]:
    """SB3's ``action_noise``: none at all is a noise of 0; of an object only a written sigma can be read."""
    parsed = parse_value(written)
    if parsed is not None and parsed.value == "none":
        return (Reading(knob, 0.0, "no noise object was given", plain=False),)
    # One number per component of the action: ``NormalActionNoise(mu=[0.], sigma=[0.1])``.
    match = re.search(r"sigma\s*=\s*([^)]*)", str(written))
    sizes = [number(one) for one in re.findall(NUMBER, match[1])] if match else []
    return (Reading(knob, max(sizes), f"sigma of {written}", plain=False),) if sizes else ()


def bound(knob: str, written: object) -> Sequence[Reading]:
    """Bounds of the action components: the one of largest size. Infinite ones are no bound and left out."""
    text = "" if written is None or isinstance(written, bool) else str(written)
    if re.search(r"inf|nan", text, re.IGNORECASE):
        return ()
    found = [number(one) for one in re.findall(NUMBER, text)]
    return (Reading(knob, max(found, key=abs)),) if found else ()


def off_at_zero(knob: str, written: object) -> Sequence[Reading]:
    """A limit that the library applies only when it is above zero: 0 and less is ``none``, switched off."""
    readings = default(knob, written)
    if readings and isinstance(readings[0].value, int | float) and readings[0].value <= 0:
        return (Reading(knob, "none", f"{written} switches it off", plain=False),)
    return readings


def positive(knob: str, written: object) -> Sequence[Reading]:
    """A number above 0; none and -1 mean that another key says it."""
    found = default(knob, written)
    known = bool(found) and not isinstance(found[0].value, str) and found[0].value > 0
    return found if known else ()


def given(knob: str, written: object) -> Sequence[Reading]:
    """1 where a class or an object is named, 0 for none."""
    parsed = parse_value(written)
    opaque = isinstance(written, str) and parsed is None
    named = opaque or (parsed is not None and parsed.value != "none")
    return (Reading(knob, int(named), plain=False),)


READERS: Mapping[str, ValueReader] = {
    "": default,
    "off_at_zero": off_at_zero,
    "exp_form": exp_form,
    "ent_coef": ent_coef,
    "temperature": temperature,
    "target_entropy": target_entropy,
    "train_freq": train_freq,
    "normalize": normalize,
    "policy_kwargs": policy_kwargs,
    "budget": budget,
    "her": her,
    "given": given,
    "positive": positive,
    "noise": noise,
    "bound": bound,
    "log": log,
    "retention": retention,
    "per_env_unknown": per_env_unknown,
}

__all__ = ["READERS", "Parsed", "Reading"]
