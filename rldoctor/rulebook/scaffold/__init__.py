"""A new rule to fill in: a rule file and its tests that hold every field, with an example that works."""

from __future__ import annotations

import json
import re
from pathlib import Path

from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass
from rldoctor.rulebook.checks import UNWRITTEN

_HERE = Path(__file__).parent
_WORD = pattern(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Scaffold:
    """The two files of a new rule, as text, and where in a pack they belong."""

    path: Path
    rule: str
    tests: str


def scaffold(code: str, slug: str, area: str, title: str = "") -> Scaffold:
    """The files of a rule that is still to be written.

    The texts that its author must write begin with ``TODO``; nothing else in them is wrong, and the test
    cases hold for the example condition.
    """
    shown = title or f"{UNWRITTEN}: how it reads when it fires ({slug.replace('-', ' ')})"
    values = {"CODE": code, "SLUG": slug, "AREA": area, "TITLE": json.dumps(shown, ensure_ascii=False)}
    return Scaffold(
        Path(area, f"{slug}.yaml"), _filled("rule.yaml", values), _filled("rule.test.yaml", values)
    )


def slug_of(title: str) -> str:
    """A title as lower-case words joined by hyphens: ``Reward is 0`` to ``reward-is-0``."""
    return _WORD.sub("-", title.lower()).strip("-")


def _filled(name: str, values: dict[str, str]) -> str:
    text = (_HERE / name).read_text(encoding="utf-8")
    return re.sub(r"@([A-Z]+)@", lambda found: values[found[1]], text)
