"""``rldoctor explain``: what a code means, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rldoctor.commands.rules import find_rule, rules_in_use
from rldoctor.report.blocks import Block, Paragraph
from rldoctor.report.rule_texts import RuleText, text_of
from rldoctor.report.terminal_parts import STYLES, indented


def explain(name: str, directories: Sequence[str]) -> int:
    """Print what a rule means; UsageError when there is none of that code or slug."""
    import sys

    from rldoctor.report.layout import printer
    from rldoctor.report.terminal_parts import console

    rules = {rule.code: rule for rule in rules_in_use(directories)}
    text = text_of(find_rule(name, list(rules.values())), rules)
    out = printer(sys.stdout) or console()
    for block in _told(text):
        out.print(block)
    return 0


def _told(text: RuleText) -> Iterator[Block]:
    head = Paragraph(f"{text.code} {text.title}", style="bold")
    yield head.append(f"  {text.level}", style=STYLES[text.level])
    yield from map(indented, text.means)
    sections = (
        ("Can lead to", text.leads),
        ("What it looks at", text.looks),
        ("Stays quiet when", text.quiet),
        ("Causes", text.causes),
        ("What to change", text.fixes),
        ("How often it was wrong, and when", text.wrong),
        ("References", tuple(f"{title} {url}".strip() for title, url in text.references)),
    )
    for title, lines in sections:
        if lines:
            yield Paragraph(f"\n{title}", style="bold")
            yield from (indented(f"- {line}") for line in lines)
    yield Paragraph(f"\nThe condition and every threshold: rldoctor rules show {text.code}", style="dim")
