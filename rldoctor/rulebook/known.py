"""Which names exist outside a rule: canonical metrics and knobs, derived quantities, codes, run facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import rldoctor
from rldoctor.yamlio import load_yaml

CANONICAL = Path(rldoctor.__file__).parent / "vocabulary" / "canonical.yaml"

# Files at the top of a pack that are no rules.
CATALOGUE, DERIVED, POLICY = "catalogue.yaml", "derived.yaml", "policy.yaml"

_FACTS = """
    steps planned points improving solved learned return_trend return_start return_end return_best
    return_noise episodes on_env_steps tags unmapped ignored
"""
RUN_FACTS = frozenset(_FACTS.split())


@dataclass(frozen=True, slots=True)
class Known:
    """Names that rules may use; ``codes`` maps the codes of the catalogue, written or not, to their slugs."""

    metrics: frozenset[str]
    knobs: frozenset[str]
    codes: Mapping[str, str] = field(default_factory=dict)
    facts: frozenset[str] = RUN_FACTS


def known_names(directories: Iterable[Path]) -> Known:
    """The canonical names, and those that the catalogues and derived quantities of the packs add.

    Raises:
        RuleError: one of these files is not valid YAML.
    """
    canonical = _mapping(CANONICAL)
    metrics, knobs = set(canonical["metrics"]), set(canonical["knobs"])
    codes: dict[str, str] = {}
    facts = set(RUN_FACTS)
    for directory in directories:
        derived = _mapping(directory / DERIVED)
        metrics |= set(derived.get("series") or {})
        knobs |= set(derived.get("knobs") or {})
        codes |= _mapping(directory / CATALOGUE).get("codes") or {}
        facts |= set((_mapping(directory / POLICY).get("outcome") or {}).get("facts") or {})
    return Known(frozenset(metrics), frozenset(knobs), codes, frozenset(facts))


def _mapping(path: Path) -> Mapping[str, Any]:
    """The file's top-level mapping; empty when the file is absent or holds none."""
    content = load_yaml(path) if path.is_file() else None
    return content if isinstance(content, dict) else {}
