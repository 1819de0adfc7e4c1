"""The parts of the navigation that are lists of files: rules by area, decisions by number."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from rldoctor.rulebook.pages import SHARED
from rldoctor.rulebook.schema import Rule

RULES, DECISIONS = "rules/README.md", "adr/"
Nav = list[Any]


def expanded(nav: Nav, docs: Path, rules: Sequence[Rule]) -> Nav:
    """``nav`` with the entry of the rules' index and of ``adr/`` replaced by every page there."""
    return [_entry(entry, docs, rules) for entry in nav]


def _entry(entry: Any, docs: Path, rules: Sequence[Rule]) -> Any:
    if not isinstance(entry, dict):
        return entry
    ((title, target),) = entry.items()
    if isinstance(target, list):
        return {title: expanded(target, docs, rules)}
    return {
        title: {RULES: lambda: rule_pages(rules), DECISIONS: lambda: decisions(docs)}.get(
            target, lambda: target
        )()
    }


def rule_pages(rules: Sequence[Rule]) -> Nav:
    """The index, then a section for each area, each rule by its code and what it finds."""
    ordered = sorted(rules, key=lambda rule: (rule.area, rule.code))
    areas = [(area, list(group)) for area, group in groupby(ordered, key=lambda rule: rule.area)]
    return [
        RULES,
        f"rules/{SHARED}",
        *({area: [{_title(rule): f"rules/{rule.code}.md"} for rule in group]} for area, group in areas),
    ]


def _title(rule: Rule) -> str:
    return f"{rule.code} {rule.failure_title}"


def decisions(docs: Path) -> Nav:
    """The pages below ``adr/`` in the order of their numbers; their titles are in them."""
    return [f"adr/{path.name}" for path in sorted((docs / "adr").glob("*.md"))]
