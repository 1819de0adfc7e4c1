"""Which names exist outside a rule: canonical metrics and knobs, derived quantities, codes, run facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rldoctor.compiled.store import Compiled
from rldoctor.errors import RuleError
from rldoctor.paths import PACKAGE

if TYPE_CHECKING:
    from rldoctor.yamlio import Tree

CANONICAL = PACKAGE / "vocabulary" / "canonical.yaml"

# Files at the top of a pack that are no rules.
CATALOGUE, DERIVED, POLICY, FACTS = "catalogue.yaml", "derived.yaml", "policy.yaml", "facts.yaml"
LISTS = (CATALOGUE, DERIVED, POLICY, FACTS, "compare.yaml", "reference.yaml", "validation.yaml")

_FACTS = """
    steps planned points improving solved learned return_trend return_start return_end return_best
    return_noise episodes on_env_steps home_made on_policy off_policy tags unmapped ignored
"""
RUN_FACTS = frozenset(_FACTS.split())


@dataclass(frozen=True, slots=True)
class Known:
    """Names that rules may use; ``codes`` maps the codes of the catalogue, written or not, to their slugs.

    ``computed``: the facts that are in no ``facts.yaml``.
    """

    metrics: frozenset[str]
    knobs: frozenset[str]
    codes: Mapping[str, str] = field(default_factory=dict)
    facts: frozenset[str] = RUN_FACTS
    computed: frozenset[str] = RUN_FACTS


def known_names(directories: Iterable[Path]) -> Known:
    """The canonical names, and those that the catalogues and derived quantities of the packs add.

    Raises:
        RuleError: one of these files is not valid YAML.
    """
    metrics, knobs = (set(names) for names in canonical_names())
    codes: dict[str, str] = {}
    facts, added = set(RUN_FACTS), set[str]()
    for directory in dict.fromkeys(directories):
        derived = _load(directory / DERIVED)
        metrics |= set(_part(derived, "series"))
        knobs |= set(_part(derived, "knobs"))
        facts |= set(_part(derived, "facts"))
        codes |= _part(_load(directory / CATALOGUE), "codes")
        facts |= set(_part(_load(directory / POLICY), "outcome", "facts"))
        added |= set(_part(_load(directory / FACTS), "facts"))
    return Known(frozenset(metrics), frozenset(knobs), codes, frozenset(facts | added), frozenset(facts))


@lru_cache(maxsize=1)
def canonical_names() -> tuple[frozenset[str], frozenset[str]]:
    """The metrics and the knobs of the vocabulary: what a log or a configuration may hold."""
    return NAMES.load()


def _read_names() -> tuple[frozenset[str], frozenset[str]]:
    canonical = _load(CANONICAL)
    return frozenset(_part(canonical, "metrics")), frozenset(_part(canonical, "knobs"))


NAMES = Compiled("names", tuple[frozenset[str], frozenset[str]], lambda: [CANONICAL], _read_names)


def _load(path: Path) -> Tree:
    """The file; an absent one is empty."""
    # The names alone are needed by every diagnosis, the YAML loader only where they are made.
    from rldoctor.yamlio import Tree, load_tree

    return load_tree(path) if path.is_file() else Tree(str(path), None)


def _part(tree: Tree, *keys: str) -> Mapping[str, Any]:
    """The mapping under the keys; empty when one is absent, RuleError when something else is there."""
    found = tree.value
    for depth in range(len(keys) + 1):
        if found is None:
            return {}
        if not isinstance(found, dict):
            from rldoctor.rulebook.fields import kind

            raise RuleError([tree.problem(keys[:depth], f"expected a mapping, found {kind(found)}")])
        found = found.get(keys[depth]) if depth < len(keys) else found
    return dict(found)
