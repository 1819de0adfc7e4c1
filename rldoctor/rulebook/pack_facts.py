"""``facts.yaml`` of a pack: thresholds and lets that its rules share, and facts of its own (``run.name``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from rldoctor.datafiles.packs import FACTS
from rldoctor.errors import Problem, RuleError
from rldoctor.language.parser import Expression, parse
from rldoctor.plain_data import replace
from rldoctor.rulebook.build import threshold
from rldoctor.rulebook.checks import metric_names, used
from rldoctor.rulebook.known import Known
from rldoctor.rulebook.lists import facts_file
from rldoctor.rulebook.schema import PackFact, PackFacts, Rule, Threshold
from rldoctor.yamlio import load_tree


def facts_of(pack: Path) -> PackFacts:
    """The facts of a pack. RuleError with every problem of its ``facts.yaml``."""
    path = pack / FACTS
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else PackFacts()


@lru_cache(maxsize=16)
def _read(path: Path, _changed: int) -> PackFacts:
    return build(facts_file(path.parent))


def build(plain: Mapping[str, Any]) -> PackFacts:
    """The facts from checked plain values."""
    facts = tuple(
        PackFact(name, parse(one["value"]), one["unit"], one["says"], tuple(one.get("from", ())))
        for name, one in plain.get("facts", {}).items()
    )
    let = {name: parse(text) for name, text in plain.get("let", {}).items()}
    limits = {name: threshold(name, one) for name, one in plain.get("thresholds", {}).items()}
    return PackFacts(limits, let, facts)


def check_facts(packs: Iterable[Path], known: Known) -> list[Problem]:
    """Every problem of the files, and of what they refer to: metrics, settings and earlier facts exist.

    No fact is defined twice, unless in the same words: a copy of a pack may be used beside it.
    """
    problems: list[Problem] = []
    made = dict.fromkeys(known.computed, "")
    for pack in dict.fromkeys(packs):
        try:
            facts = facts_of(pack).facts
        except RuleError as error:
            problems += error.problems
            continue
        for fact in facts:
            problems += (_problem(pack, fact, text) for text in _wrong(fact, known, made))
            made.setdefault(fact.name, fact.value.text)
    return problems


def _wrong(fact: PackFact, known: Known, made: Mapping[str, str]) -> Iterable[str]:
    if made.get(fact.name, fact.value.text) != fact.value.text:
        yield f"run.{fact.name} is defined already"
    yield from (f"unknown metric '{name}'" for name in fact.inputs if name not in known.metrics)
    yield from (f"unknown config.{name}" for name in fact.value.config if name not in known.knobs)
    late = (name for name in fact.value.run if name not in made)
    yield from (f"unknown run.{name}, or it stands further down" for name in late)


def _problem(pack: Path, fact: PackFact, text: str) -> Problem:
    return load_tree(pack / FACTS).problem(("facts", fact.name), text, at_key=True)


def shared_by(packs: Iterable[Path]) -> PackFacts:
    """What rules of these packs share; a pack's own names come before those of packs named earlier."""
    limits: dict[str, Threshold] = {}
    let: dict[str, Expression] = {}
    for pack in packs:
        try:
            found = facts_of(pack)
        except RuleError:
            continue  # check_facts tells of it
        limits |= found.thresholds
        let |= found.let
    return PackFacts(limits, let)


def with_shared(rule: Rule, shared: PackFacts) -> Rule:
    """What the rule uses of its pack becomes its own: its page shows it, and a user may override thresholds.

    Names that the rule itself declares are meant first.
    """
    own = {*metric_names(rule), *rule.thresholds, *rule.let, *rule.measure}
    wanted, lets = used(rule)[0] - own, dict[str, Expression]()
    # A let may use those above it, so from the last to the first one pass finds all that are needed.
    for name in reversed(list(shared.let)):
        if name in wanted:
            lets = {name: shared.let[name], **lets}
            wanted |= shared.let[name].names - own
    limits = {name: one for name, one in shared.thresholds.items() if name in wanted}
    if not lets and not limits:
        return rule
    return replace(rule, thresholds={**rule.thresholds, **limits}, let={**lets, **rule.let})
