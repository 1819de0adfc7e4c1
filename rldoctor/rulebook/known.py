"""Which names exist outside a rule: canonical metrics and knobs, derived quantities, codes, run facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from rldoctor.errors import RuleError
from rldoctor.paths import PACKAGE
from rldoctor.rulebook.fields import kind
from rldoctor.yamlio import Tree, load_tree

CANONICAL = PACKAGE / "vocabulary" / "canonical.yaml"

# Files at the top of a pack that are no rules.
CATALOGUE, DERIVED, POLICY = "catalogue.yaml", "derived.yaml", "policy.yaml"
FACTS, AUDIT = "facts.yaml", "audit.yaml"
LISTS = (
    CATALOGUE,
    DERIVED,
    POLICY,
    FACTS,
    AUDIT,
    "compare.yaml",
    "outcome.yaml",
    "reference.yaml",
    "validation.yaml",
)

_FACTS = """
    steps planned points improving solved learned rising return_trend return_start return_end return_best
    outcome_unknown outcome_early outcome_rising outcome_kept outcome_lost outcome_fell outcome_flat
    outcome_swinging outcome_solved outcome_probability outcome_size outcome_onset outcome_start outcome_end
    outcome_best outcome_best_step outcome_material outcome_on_task outcome_on_success outcome_disagrees
    outcome_arrived return_noise episodes on_env_steps home_made on_policy off_policy tags unmapped ignored
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
        facts |= _audited(_part(_load(directory / AUDIT), "quantities"))
        added |= set(_part(_load(directory / FACTS), "facts"))
    return Known(frozenset(metrics), frozenset(knobs), codes, frozenset(facts | added), frozenset(facts))


def _audited(quantities: Iterable[str]) -> set[str]:
    """The facts that the audit gives of each quantity (``rldoctor.audit.audit.facts``)."""
    forms = ("implied_{}", "implied_{}_low", "implied_{}_high", "contradicted_{}")
    return {form.format(name) for name in quantities for form in forms}


@lru_cache(maxsize=1)
def canonical_names() -> tuple[frozenset[str], frozenset[str]]:
    """The metrics and the knobs of the vocabulary: what a log or a configuration may hold."""
    canonical = load_tree(CANONICAL)
    return frozenset(_part(canonical, "metrics")), frozenset(_part(canonical, "knobs"))


def _load(path: Path) -> Tree:
    """The file; an absent one is empty."""
    return load_tree(path) if path.is_file() else Tree(str(path), None)


def _part(tree: Tree, *keys: str) -> Mapping[str, Any]:
    """The mapping under the keys; empty when one is absent, RuleError when something else is there."""
    found = tree.value
    for depth in range(len(keys) + 1):
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise RuleError([tree.problem(keys[:depth], f"expected a mapping, found {kind(found)}")])
        found = found.get(keys[depth]) if depth < len(keys) else found
    return dict(found)
