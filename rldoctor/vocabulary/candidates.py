"""Which rule a setting falls under: the framework's key, a general word, or the user's own override."""

from __future__ import annotations

from collections.abc import Sequence

from rldoctor.datafiles.canonical import canonical
from rldoctor.errors import UsageError, did_you_mean
from rldoctor.model.algorithms import matches
from rldoctor.model.raw import RawSetting
from rldoctor.plain_data import dataclass
from rldoctor.vocabulary.generic import plain, words
from rldoctor.vocabulary.tables import FrameworkTable, KnobRule, choose, fits


@dataclass(frozen=True, slots=True)
class Candidate:
    """A setting under a rule; ``rank`` orders rivals for one knob (lower wins)."""

    rule: KnobRule
    setting: RawSetting
    rank: tuple[int, int, int]
    order: int = 0
    guessed: bool = False


def find_candidates(
    settings: Sequence[RawSetting], table: FrameworkTable, algorithm: str
) -> tuple[list[Candidate], list[RawSetting]]:
    """The settings a rule applies to, and those nobody understands."""
    found, unmapped = [], []
    for order, setting in enumerate(settings):
        candidate = _one(setting, table, algorithm, order)
        if candidate is None:
            unmapped.append(setting)
        else:
            found.append(candidate)
    return found, unmapped


def _one(setting: RawSetting, table: FrameworkTable, algorithm: str, order: int) -> Candidate | None:
    for place, (key, rules) in enumerate(table.config.items()):
        # Programs nest a library's keys under sections of their own (``agent.gamma``), so the end of the key
        # counts and the rank prefers the least nested one.
        if setting.key == key or setting.key.endswith(f".{key}") or _wild(key, setting.key):
            rule = choose(rules, algorithm)
            if rule is not None:
                return Candidate(rule, setting, (0, setting.key.count(".") - key.count("."), place), order)
    return _general(setting, table, algorithm, order)


def _wild(key: str, logged: str) -> bool:
    return "*" in key and fits(key, logged)


def _general(setting: RawSetting, table: FrameworkTable, algorithm: str, order: int) -> Candidate | None:
    """The general words for a key: all of them for a home-made program, the unmistakable ones otherwise."""
    # A known framework has told us its keys; of others' words only those nobody means otherwise are believed.
    key = plain(setting.key.rpartition(".")[2])
    rule = words().config.get(key)
    if rule is None or (table.config and key not in words().safe):
        return None
    if rule.when_algorithm and not matches(algorithm, rule.when_algorithm):
        return None
    return Candidate(rule, setting, (1, setting.key.count("."), 0), order, guessed=True)


def override(setting: RawSetting, table: FrameworkTable, algorithm: str, order: int) -> Candidate | None:
    """A value of the user's own: a key of their framework, else a canonical knob in its canonical unit.

    An unknown key is a UsageError on the command line and None in a file, which may say more than we know.
    """
    rule = _framework_key(setting, table, algorithm)
    if rule is None and setting.key in canonical(table.packs).knobs:
        # Without a conversion: a canonical name is given in the canonical unit.
        rule = KnobRule(setting.key)
    if rule is None:
        found = _one(setting, table, algorithm, order)
        rule = found.rule if found else None
    if rule is not None:
        # Above every rank of a file; of two for one knob the later wins.
        return Candidate(rule, setting, (-1, 0, -order), order)
    if not setting.source.startswith("--"):
        return None
    known = sorted({*canonical(table.packs).knobs, *table.config})
    raise UsageError(
        f"{setting.source}: unknown configuration key {setting.key!r}{did_you_mean(setting.key, known)}",
        hint="Use a key of your framework or a canonical knob (learning_rate, n_envs, buffer_capacity).",
    )


def _framework_key(setting: RawSetting, table: FrameworkTable, algorithm: str) -> KnobRule | None:
    rules = table.config.get(setting.key)
    return choose(rules, algorithm) if rules else None
