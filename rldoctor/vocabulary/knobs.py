"""Raw settings -> the run's configuration in canonical names and units.

In the order of the file:

* values in the canonical unit: shares of old weights, sizes per environment, vector steps (``convert``);
* knobs nobody wrote down: fixed in a framework's code, its documented defaults, or logged as a metric;
* how the user's framework spells a knob, for the prescriptions (``spell``);
* all of it for one run (``resolve_settings``).

What the log says always wins over what we assume, and what is assumed says so in its source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from functools import lru_cache

from rldoctor.datafiles.packs import Packs
from rldoctor.model.algorithms import matches
from rldoctor.model.config import Knob, KnobValue, RunConfig
from rldoctor.model.raw import Note, RawSetting
from rldoctor.model.run import Wording
from rldoctor.model.series import Series
from rldoctor.plain_data import dataclass, replace
from rldoctor.vocabulary.candidates import Candidate, find_candidates, override
from rldoctor.vocabulary.derive import derive
from rldoctor.vocabulary.knob_values import READERS, Reading, parse_value
from rldoctor.vocabulary.tables import FrameworkTable, KnobRule, choose, load_table


def convert(
    rule: KnobRule, reading: Reading, values: Mapping[str, KnobValue], raw: Mapping[str, RawSetting]
) -> tuple[KnobValue, list[str]]:
    """The value in the canonical unit, and what could not be resolved."""
    factor, doubts = unit_factor(rule, values, raw)
    value = reading.value
    # True is a number to Python: scaled by n_envs it would become 8.
    if isinstance(value, str | bool):
        return value, []
    if rule.inverse:
        value = 1.0 / value if value else value
    if rule.complement or reading.complement:
        value = round(1.0 - value, 12)  # 1 - 0.995 is 0.0050000000000000044
    # -1 and 0 are words ("all", "off"), not amounts: they keep their meaning in any unit.
    if factor != 1.0 and value > 0:
        value = value * factor
        value = int(value) if float(value).is_integer() else value
    return value, doubts


def unit_factor(
    rule: KnobRule, values: Mapping[str, KnobValue], raw: Mapping[str, RawSetting]
) -> tuple[float, list[str]]:
    """Canonical units per written unit, and which knobs or keys it would have taken but are unknown."""
    factor, doubts = 1.0, []
    for names, sign in ((rule.per, 1), (rule.divide, -1)):
        for name in names:
            known = values.get(name)
            if isinstance(known, int | float) and known > 0:
                factor *= float(known) ** sign
            else:
                doubts.append(f"not converted: {name} is unknown")
    for keys, sign in ((rule.per_setting, 1), (rule.divide_setting, -1)):
        found = [number for key in keys if (number := _setting_number(key, raw)) is not None]
        if found and found[0] > 0:
            factor *= found[0] ** sign
        elif keys:
            doubts.append(f"not converted: {' or '.join(keys)} is unknown")
    return factor, doubts


def _setting_number(key: str, raw: Mapping[str, RawSetting]) -> float | None:
    for name, setting in raw.items():
        if name == key or name.endswith(f".{key}"):
            parsed = parse_value(setting.value)
            if parsed is not None and not isinstance(parsed.value, str):
                return float(parsed.value)
    return None


def add_constants(knobs: dict[str, Knob], table: FrameworkTable, algorithm: str) -> None:
    """Knobs the framework fixes in code, once anything of the configuration is known."""
    for name, constant in table.constants.items():
        applies = not constant.when_algorithm or matches(algorithm, constant.when_algorithm)
        factors = [knobs[one].number() if one in knobs else None for one in constant.per]
        # With nothing of the configuration known, nothing is claimed to be known.
        script = knobs.get("algo")
        applies = applies and (
            not constant.in_scripts or (script is not None and script.value in constant.in_scripts)
        )
        if name in knobs or not knobs or not applies or any(factor is None for factor in factors):
            continue
        value = constant.value
        for factor in factors:
            value *= factor or 1.0
        # A script is there to be changed: what it does is its default.
        source = (
            f"default of {table.name}'s {script.value}"
            if constant.in_scripts and script
            else f"fixed by {table.name}"
        )
        knobs[name] = Knob(name, value, name, value, source)


def add_defaults(knobs: dict[str, Knob], table: FrameworkTable, algorithm: str) -> None:
    """Documented defaults for what the log does not say; their source begins with ``default``."""
    source = f"default of {table.name} {table.defaults_version}, not in the log"
    for name, value in table.defaults.get(algorithm, {}).items():
        if name not in knobs:
            knobs[name] = Knob(name, value, key_for(name, table, algorithm), value, source)


_LOGGED_KNOBS = {
    "learning_rate": "learning_rate",
    "learning_rate_critic": "critic_lr",
    "clip_range": "clip_range",
}


def with_logged(
    config: RunConfig, series: Mapping[str, Series], table: FrameworkTable, algorithm: str
) -> RunConfig:
    """Hyperparameters that are themselves logged: their first value where no configuration says it."""
    knobs = dict(config.knobs)
    for metric, name in _LOGGED_KNOBS.items():
        found = series.get(metric)
        known = knobs.get(name)
        # A default is only assumed, so what was logged replaces it.
        if found is None or (known is not None and not known.source.startswith("default")):
            continue
        values = found.finite().values
        if values.size:
            value = float(f"{values[0]:.6g}")  # float32 in TensorBoard: 0.0003 comes back as 0.00029999...
            key = key_for(name, table, algorithm)
            knobs[name] = Knob(name, value, key, value, f"first value of {found.tag}")
    return RunConfig(knobs, config.unmapped)


def key_for(name: str, table: FrameworkTable, algorithm: str) -> str:
    """The framework's first key for a knob, or the canonical name."""
    return _first_keys(table.name, table.packs, algorithm).get(name, name)


@lru_cache(maxsize=256)
def _first_keys(name: str, packs: Packs, algorithm: str) -> Mapping[str, str]:
    # Reversed, so that the first key of a knob is the one that stays.
    return {rule.knob: key for key, rule in reversed(_rules(name, packs, algorithm))}


@lru_cache(maxsize=256)
def _rules(name: str, packs: Packs, algorithm: str) -> Sequence[tuple[str, KnobRule]]:
    """Each key of a framework with the rule that holds for an algorithm, in the order of the table."""
    config = load_table(name, packs).config
    return [(key, rule) for key, rules in config.items() if (rule := choose(rules, algorithm)) is not None]


@lru_cache(maxsize=256)
def _spelt(name: str, packs: Packs, algorithm: str) -> Sequence[tuple[str, KnobRule]]:
    """The first key of each knob that can be read both ways.

    The factors that are themselves settings of a run are no part of how a knob is spelt.
    """
    first: dict[str, tuple[str, KnobRule]] = {}
    for key, rule in _rules(name, packs, algorithm):
        if not _one_way(rule):
            bare = replace(rule, per_setting=(), divide_setting=()) if _by_settings(rule) else rule
            first.setdefault(rule.knob, (key, bare))
    return list(first.values())


def spell(
    knobs: Mapping[str, Knob],
    table: FrameworkTable,
    algorithm: str,
    chosen: Mapping[str, tuple[Candidate, Reading]],
) -> dict[str, Wording]:
    """How the user spells each knob: the key they used, else the framework's."""
    values = {name: knob.value for name, knob in knobs.items()}
    wording: dict[str, Wording] = {}
    for key, rule in _spelt(table.name, table.packs, algorithm):
        scale, doubts = unit_factor(rule, values, {})
        wording[rule.knob] = Wording(key, 1.0 if doubts else scale, rule.complement)
    for name, (candidate, reading) in chosen.items():
        # A value of the command line may go by the canonical name, which is not the user's spelling.
        own = candidate.rank[0] >= 0 and name == candidate.rule.knob and not _one_way(candidate.rule)
        if own and name in knobs:
            scale = _scale(candidate, reading, knobs[name])
            wording[name] = Wording(
                candidate.setting.key, scale, candidate.rule.complement or reading.complement
            )
    return wording


def _by_settings(rule: KnobRule) -> bool:
    return bool(rule.per_setting or rule.divide_setting)


def _one_way(rule: KnobRule) -> bool:
    """Rules whose key cannot simply be given a new number: reciprocals, values of several knobs."""
    return rule.inverse or rule.parse in ("policy_kwargs", "her", "normalize", "log")


def _scale(candidate: Candidate, reading: Reading, knob: Knob) -> float:
    """canonical / written, where both are numbers."""
    written, value = reading.value, knob.number()
    # A share of old weights is no multiple of one of new weights: ``Wording.complement`` says that instead.
    if isinstance(written, str) or value is None or not written or candidate.rule.complement:
        return 1.0
    return 1.0 if reading.complement or candidate.rule.inverse else value / float(written)


@dataclass(slots=True)
class Resolved:
    """The configuration, how the framework spells each knob, and what was odd."""

    config: RunConfig
    wording: dict[str, Wording]
    notes: list[Note] = field(default_factory=list)


def resolve_settings(
    settings: Sequence[RawSetting],
    table: FrameworkTable,
    algorithm: str,
    overrides: Sequence[RawSetting] = (),
) -> Resolved:
    """Canonical knobs from what was written.

    ``overrides`` are the user's own (``--set``): framework keys first, then canonical names in canonical
    units; UsageError for any other key on the command line. Among several settings for one knob the least
    nested key wins, then the order of the table; a contradiction is noted. Values that cannot be read stay
    in ``unmapped``.
    """
    # All values are read before any is converted: a unit may hang on a knob that stands further down.
    found, unmapped = find_candidates(settings, table, algorithm)
    mine = [(one, override(one, table, algorithm, order)) for order, one in enumerate(overrides)]
    unmapped += [setting for setting, candidate in mine if candidate is None]
    readings, spare = _read([*(candidate for _, candidate in mine if candidate is not None), *found])
    chosen, notes = _elect(readings)
    knobs: dict[str, Knob] = {}
    values = {name: reading.value for name, (_, reading) in chosen.items()}
    raw = {setting.key: setting for setting in (*settings, *overrides)}
    for name, (candidate, reading) in chosen.items():
        knobs[name] = _knob(candidate, reading, values, raw)
    # Written, fixed in code, default, derived: each only fills what those before it left open.
    add_constants(knobs, table, algorithm)
    add_defaults(knobs, table, algorithm)
    derive(knobs)
    wording = spell(knobs, table, algorithm, chosen)
    return Resolved(RunConfig(knobs, (*unmapped, *spare)), wording, notes)


def _read(candidates: Iterable[Candidate]) -> tuple[list[tuple[Candidate, Reading]], list[RawSetting]]:
    readings, spare = [], []
    for candidate in candidates:
        found = READERS[candidate.rule.parse](candidate.rule.knob, candidate.setting.value)
        readings += [(candidate, reading) for reading in found]
        if not found:
            spare.append(candidate.setting)
    return readings, spare


def _elect(
    readings: Sequence[tuple[Candidate, Reading]],
) -> tuple[dict[str, tuple[Candidate, Reading]], list[Note]]:
    chosen: dict[str, tuple[Candidate, Reading]] = {}
    notes = []
    for candidate, reading in sorted(readings, key=lambda pair: (pair[0].rank, pair[0].order)):
        held = chosen.setdefault(reading.knob, (candidate, reading))
        # Two keys for one knob have a rank to decide; one key with two values is a contradiction.
        if held[0].setting.key == candidate.setting.key and held[1].value != reading.value:
            text = (
                f"{candidate.setting.key} is {held[0].setting.value!r} in {held[0].setting.source} and "
                f"{candidate.setting.value!r} in {candidate.setting.source}; the first is used"
            )
            notes.append(Note("config-conflict", text, "warning"))
    return chosen, notes


def _knob(
    candidate: Candidate, reading: Reading, values: Mapping[str, KnobValue], raw: Mapping[str, RawSetting]
) -> Knob:
    value, note = reading.value, reading.note or candidate.rule.note
    if reading.plain and not isinstance(value, str):
        value, doubts = convert(candidate.rule, reading, values, raw)
        note = "; ".join(part for part in (reading.note, candidate.rule.note, *doubts) if part)
    setting = candidate.setting
    return Knob(reading.knob, value, setting.key, setting.value, setting.source, note)
