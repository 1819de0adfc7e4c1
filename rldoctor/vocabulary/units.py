"""Values in the canonical unit: shares of old weights, per-environment sizes, vector steps, frames."""

from __future__ import annotations

from collections.abc import Mapping

from rldoctor.model.config import Value
from rldoctor.model.raw import RawSetting
from rldoctor.vocabulary.special import Reading
from rldoctor.vocabulary.tables import KnobRule
from rldoctor.vocabulary.values import parse_value


def convert(
    rule: KnobRule, reading: Reading, values: Mapping[str, Value], raw: Mapping[str, RawSetting]
) -> tuple[Value, list[str]]:
    """The value in the canonical unit, and what could not be resolved."""
    factor, doubts = unit_factor(rule, values, raw)
    value = reading.value
    if isinstance(value, str | bool):
        return value, []
    if rule.inverse:
        value = 1.0 / value if value else value
    if rule.complement or reading.complement:
        value = round(1.0 - value, 12)
    if factor != 1.0 and value > 0:
        value = value * factor
        value = int(value) if float(value).is_integer() else value
    return value, doubts


def unit_factor(
    rule: KnobRule, values: Mapping[str, Value], raw: Mapping[str, RawSetting]
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
