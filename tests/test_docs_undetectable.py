"""``docs/undetectable.md`` names exactly the codes of the catalogue that have no rule."""

from __future__ import annotations

import re
from pathlib import Path

from rldoctor.api import rules
from rldoctor.paths import builtin_rules_dir
from rldoctor.rulebook.known import known_names

PAGE = Path(__file__).parents[1] / "docs" / "undetectable.md"
CODE = re.compile(r"^\| ([A-Z]{3}-[0-9]{2})\b", re.MULTILINE)


def section(title: str) -> str:
    return PAGE.read_text(encoding="utf-8").partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_every_code_without_a_rule_is_explained() -> None:
    written = {rule.code for rule in rules()}
    without = set(known_names([builtin_rules_dir()]).codes) - written
    assert set(CODE.findall(section("Pathologies without a rule"))) == without


def test_rules_that_see_less_are_rules() -> None:
    partial = CODE.findall(section("Rules that see less than their names suggest"))
    assert partial
    assert set(partial) <= {rule.code for rule in rules()}
