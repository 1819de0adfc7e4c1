"""What a user may change about a pack: thresholds within their range, and which rules run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rldoctor.errors import UsageError, did_you_mean
from rldoctor.plain_data import replace
from rldoctor.rulebook.schema import Rule, Threshold

Overrides = Mapping[str, Mapping[str, float]]


def apply_overrides(rules: Sequence[Rule], changes: Overrides) -> list[Rule]:
    """The rules with thresholds replaced: ``{"POL-01": {"kl_zero": 1e-4}}``, by code or slug.

    Each changed rule says so in ``overridden``.

    Raises:
        UsageError: unknown rule or threshold, a value that is no number, or one outside the allowed range.
    """
    made = {rule.code: rule for rule in rules}
    for name, values in changes.items():
        rule = _named(made.values(), name)
        if not isinstance(values, Mapping):
            raise UsageError(f"the thresholds of {rule.code} must be given by name", hint=_offer(rule))
        for threshold, value in values.items():
            made[rule.code] = _changed(made[rule.code], threshold, value)
    return [made[rule.code] for rule in rules]


def _named(rules: Iterable[Rule], name: str) -> Rule:
    known = {key: rule for rule in rules for key in (rule.code, rule.slug)}
    found = known.get(name) or known.get(name.upper())
    if found is None:
        raise UsageError(
            f"no rule is called '{name}'{did_you_mean(name, list(known))}", hint="See: rldoctor rules list"
        )
    return found


def _changed(rule: Rule, name: str, value: object) -> Rule:
    old = rule.thresholds.get(name)
    if old is None:
        guess = did_you_mean(name, list(rule.thresholds))
        raise UsageError(f"{rule.code} has no threshold '{name}'{guess}", hint=_offer(rule))
    new = replace(old, value=_allowed(rule, old, value))
    said = f"{name} = {new.value:g} {new.unit} instead of {old.value:g}".replace("  ", " ")
    return replace(rule, thresholds={**rule.thresholds, name: new}, overridden=(*rule.overridden, said))


def _allowed(rule: Rule, threshold: Threshold, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UsageError(f"{rule.code} {threshold.name}: expected a number, got {value!r}")
    if not threshold.low <= value <= threshold.high:
        allowed = f"[{threshold.low:g}, {threshold.high:g}] {threshold.unit}"
        raise UsageError(
            f"{rule.code} {threshold.name}: {value:g} is outside {allowed}",
            hint=f"The default is {threshold.value:g}: {threshold.note}.",
        )
    return float(value)


def _offer(rule: Rule) -> str:
    return f"Thresholds of {rule.code}: {', '.join(rule.thresholds) or 'none'}."


def select_rules(rules: Sequence[Rule], select: Sequence[str] = (), ignore: Sequence[str] = ()) -> list[Rule]:
    """The rules that ``select`` names (all when it is empty), without those that ``ignore`` names.

    A name is a code (``POL-01``), a slug, an area (``value``) or the letters before the number (``POL``).

    Raises:
        UsageError: a name that fits no rule, or nothing left.
    """
    wanted = _matching(rules, select) if select else {rule.code for rule in rules}
    left = [rule for rule in rules if rule.code in wanted - _matching(rules, ignore)]
    if rules and not left:
        raise UsageError("no rule is left after --select and --ignore", hint="See: rldoctor rules list")
    return left


def _matching(rules: Sequence[Rule], names: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for name in names:
        hits = {rule.code for rule in rules if name.lower() in _words(rule)}
        if not hits:
            known = sorted({word for rule in rules for word in _words(rule)})
            guess = did_you_mean(name.lower(), known)
            raise UsageError(
                f"no rule, area or prefix is called '{name}'{guess}", hint="See: rldoctor rules list"
            )
        found |= hits
    return found


def _words(rule: Rule) -> set[str]:
    return {rule.code.lower(), rule.slug, rule.area.lower(), rule.code.partition("-")[0].lower()}
