"""The committed pages of ``docs/rules`` say what the rules say."""

from __future__ import annotations

from pathlib import Path

from rldoctor.commands.rules_docs import rule_pages

PAGES = Path(__file__).parents[1] / "docs" / "rules"


def test_the_committed_pages_are_current() -> None:
    wanted = rule_pages([])
    there = {path.name: path.read_text(encoding="utf-8") for path in PAGES.glob("*.md")}
    stale = sorted(name for name in {*wanted, *there} if wanted.get(name) != there.get(name))
    assert stale == [], "write them again: rldoctor rules docs --into docs/rules"
