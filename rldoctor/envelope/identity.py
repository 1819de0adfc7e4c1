"""What makes two runs the same task: algorithm, environment, and settings that change what a return means."""

from __future__ import annotations

from rldoctor.envelope.criteria import EnvelopeCriteria
from rldoctor.model.algorithms import FAMILIES
from rldoctor.model.config import KnobValue
from rldoctor.model.numbers import number_text
from rldoctor.model.run import Run

# The only axis on which returns of different runs can be compared.
AXIS = "env_steps"


def task_of(run: Run) -> tuple[str, str]:
    """Algorithm and environment id, either empty where it is not known.

    ``gymnasium_robotics:FetchReach-v4`` names the module to import before the id.
    """
    # A family is no algorithm: PPO and TRPO of one task have different good runs.
    algorithm = "" if run.algorithm in FAMILIES else run.algorithm
    return algorithm, run.env.rpartition(":")[2]


def settings_of(run: Run, criteria: EnvelopeCriteria) -> dict[str, KnobValue]:
    """The written settings that change what a return means, by canonical knob or by the user's own key."""
    found: dict[str, KnobValue] = {}
    for name in criteria.knobs:
        knob = run.config.get(name)
        # Not written is left out and not filled with the default here, because `differing` knows which
        # settings have one.
        if knob is not None:
            found[name] = knob.value
    for setting in run.config.unmapped:
        # In the user's own words: environments have arguments that no vocabulary can list, and any of them
        # may change the reward.
        if setting.key.startswith(tuple(f"{prefix}." for prefix in criteria.prefixes)):
            found[setting.key] = _plain(setting.value)
    return found


def _plain(value: object) -> KnobValue:
    return value if isinstance(value, bool | int | float | str) else str(value)


def differing(one: dict[str, KnobValue], other: dict[str, KnobValue], criteria: EnvelopeCriteria) -> str:
    """The first setting that differs, as ``reward_scale 0.01 against 1``; empty when none is known to.

    A knob that is not written has its default; one without a default is compared only where both have it.
    """
    for name in sorted({*one, *other}):
        mine, theirs = (_value(settings, name, criteria) for settings in (one, other))
        # Unknown on one side is no difference: most logs do not write their time limit, and refusing them
        # all would leave no run to compare.
        if name in criteria.knobs and (mine is None or theirs is None):
            continue
        if not _same(mine, theirs):
            return f"{name} {_text(mine)} against {_text(theirs)}"
    return ""


def _value(settings: dict[str, KnobValue], name: str, criteria: EnvelopeCriteria) -> KnobValue | None:
    return settings.get(name, criteria.knobs.get(name))


def _same(mine: KnobValue | None, theirs: KnobValue | None) -> bool:
    if isinstance(mine, str) or isinstance(theirs, str) or mine is None or theirs is None:
        return mine == theirs
    # 1, 1.0 and true are the same setting in different formats.
    return float(mine) == float(theirs)


def _text(value: KnobValue | None) -> str:
    if value is None:
        return "not set"
    return value if isinstance(value, str) else number_text(float(value))
