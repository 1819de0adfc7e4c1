"""``rldoctor rules list``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from rldoctor.commands.option_kinds import one_of
from rldoctor.report.numbers import plural

if TYPE_CHECKING:
    from rich.text import Text

    from rldoctor.model.measured import Measured
    from rldoctor.rulebook.schema import Rule

FORMATS = ("terminal", "json")
_CODE, _SEVERITY = 8, 10


def list_rules(directories: Sequence[str], format_: str) -> int:
    """Every rule, grouped by area; UsageError for an unknown format."""
    from rldoctor.commands.rules import rules_in_use

    wanted = one_of(format_, FORMATS, "--format")
    found = sorted(rules_in_use(directories), key=lambda rule: (rule.area, rule.code))
    if wanted == "json":
        _write_json(found)
    else:
        _print(found)
    return 0


def _print(found: Sequence[Rule]) -> None:
    from rich.text import Text

    from rldoctor.report.terminal_parts import console

    out = console()
    for area, group in groupby(found, key=lambda rule: rule.area):
        out.print(Text(area, style="bold"))
        for rule in group:
            for line in _lines(rule, out.width):
                out.print(line, soft_wrap=True)
        out.print()
    out.print(plural(len(found), "rule"), highlight=False)


def _lines(rule: Rule, width: int) -> Iterator[Text]:
    """Code, severity and what the rule finds; continued below its own text."""
    from rich.text import Text

    from rldoctor.report.clean import clean
    from rldoctor.report.terminal_parts import STYLES

    said = clean(rule.failure_title)
    if _restricted(rule):
        said += f" ({', '.join(_algorithms(rule))})"
    indent = _CODE + _SEVERITY
    first, *rest = wrap(said, max(width - indent, 20), break_on_hyphens=False) or [""]
    label = Text(rule.severity.label.ljust(_SEVERITY), style=STYLES[rule.severity.label])
    yield Text(rule.code.ljust(_CODE)) + label + Text(first)
    yield from (Text(" " * indent + line) for line in rest)


def _restricted(rule: Rule) -> bool:
    return rule.applies_to.algorithms != ("any",) or bool(rule.applies_to.except_algorithms)


def _algorithms(rule: Rule) -> list[str]:
    wanted, excepted = rule.applies_to.algorithms, rule.applies_to.except_algorithms
    return [*wanted, *(f"not {name}" for name in excepted)]


def _write_json(found: Sequence[Rule]) -> None:
    import json

    content = {"schema": 1, "rules": [_entry(rule) for rule in found]}
    sys.stdout.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _measured(record: Measured) -> dict[str, Any]:
    from dataclasses import asdict

    return {"recall": record.recall, **asdict(record)}


def _entry(rule: Rule) -> dict[str, Any]:
    from rldoctor.report.numbers import finite

    return {
        "code": rule.code,
        "slug": rule.slug,
        "area": rule.area,
        "severity": rule.severity.label,
        "status": rule.status,
        "measured": None if rule.measured is None else _measured(rule.measured),
        "title": rule.title,
        "failure_title": rule.failure_title,
        "algorithms": list(rule.applies_to.algorithms),
        "except": list(rule.applies_to.except_algorithms),
        "requires": list(rule.requires),
        "requires_one_of": [list(group) for group in rule.requires_one_of],
        "requires_config": list(rule.requires_config),
        "thresholds": {
            one.name: {"value": one.value, "unit": one.unit, "range": [finite(one.low), finite(one.high)]}
            for one in rule.thresholds.values()
        },
        "leads_to": [edge.code for edge in rule.leads_to],
        "path": rule.path,
    }
