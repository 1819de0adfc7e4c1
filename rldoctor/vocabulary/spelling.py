"""How the user's framework spells a knob, for the prescriptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rldoctor.model.config import Knob
from rldoctor.model.run import Wording
from rldoctor.vocabulary.candidates import Candidate
from rldoctor.vocabulary.special import Reading
from rldoctor.vocabulary.tables import KnobRule, Table, choose
from rldoctor.vocabulary.units import unit_factor


def key_for(name: str, table: Table, algorithm: str) -> str:
    """The framework's first key for a knob, or the canonical name."""
    for key, rules in table.config.items():
        rule = choose(rules, algorithm)
        if rule is not None and rule.knob == name:
            return key
    return name


def spell(
    knobs: Mapping[str, Knob],
    table: Table,
    algorithm: str,
    chosen: Mapping[str, tuple[Candidate, Reading]],
) -> dict[str, Wording]:
    """How the user spells each knob: the key they used, else the framework's."""
    values = {name: knob.value for name, knob in knobs.items()}
    wording: dict[str, Wording] = {}
    for key, rules in table.config.items():
        rule = choose(rules, algorithm)
        if rule is not None and rule.knob not in wording and not _one_way(rule):
            scale, doubts = unit_factor(replace(rule, per_setting=(), divide_setting=()), values, {})
            wording[rule.knob] = Wording(key, 1.0 if doubts else scale, rule.complement)
    for name, (candidate, reading) in chosen.items():
        own = candidate.rank[0] >= 0 and name == candidate.rule.knob and not _one_way(candidate.rule)
        if own and name in knobs:
            scale = _scale(candidate, reading, knobs[name])
            wording[name] = Wording(
                candidate.setting.key, scale, candidate.rule.complement or reading.complement
            )
    return wording


def _one_way(rule: KnobRule) -> bool:
    """Rules whose key cannot simply be given a new number: reciprocals, values of several knobs."""
    return rule.inverse or rule.parse in ("policy_kwargs", "her", "normalize", "log")


def _scale(candidate: Candidate, reading: Reading, knob: Knob) -> float:
    """canonical / written, where both are numbers."""
    written, value = reading.value, knob.number()
    if isinstance(written, str) or value is None or not written or candidate.rule.complement:
        return 1.0
    return 1.0 if reading.complement or candidate.rule.inverse else value / float(written)
