"""Rules as Markdown: a page for each, and an index of them.

Rule packs are written by others, so their texts are shown as text: no HTML, no links but to the web.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from rldoctor.rulebook.schema import CauseSpec, Citation, Edge, FixSpec, Rule, Span, WrongAdvice

INDEX = "README.md"
# The page of what several rules prescribe.
SHARED = "prescriptions.md"
_LISTED = 4


def page_name(code: str) -> str:
    """The file of a rule's page, and what links between pages lead to."""
    return f"{code}.md"


def index_page(rules: Sequence[Rule]) -> str:
    """The list of all rules by area, each with what it finds, how bad that is and what it must see."""
    ordered = sorted(rules, key=lambda rule: (rule.area, rule.code))
    groups = {area: list(group) for area, group in groupby(ordered, key=lambda rule: rule.area)}
    parts = [
        "# Rules",
        f"{len(rules)} rules in {len(groups)} areas, written by `rldoctor rules docs`. A rule that lacks "
        f"what it needs is `not_measured`, which is never a pass. [What several rules prescribe]({SHARED}).",
    ]
    for area, group in groups.items():
        rows = [
            (
                f"[{rule.code}]({page_name(rule.code)})",
                _prose(rule.failure_title),
                rule.severity.label,
                rule.status,
                _needs(rule),
            )
            for rule in group
        ]
        lines = _table(("code", "finds", "severity", "status", "needs"), rows)
        parts.append("\n".join([f"## {area}", "", *lines]))
    return "\n\n".join(parts) + "\n"


def shared_page(shared: Iterable[FixSpec], rules: Sequence[Rule]) -> str:
    """What several rules prescribe, each with the rules that do."""
    parts = [
        "# What several rules prescribe",
        "A rule may give another reason or another number: its own page has what it says in full.",
    ]
    for fix in sorted(shared, key=lambda one: one.id):
        taken = [rule.code for rule in rules if any(one.like == fix.id for one in rule.fixes.values())]
        links = _listed(f"[{code}]({page_name(code)})" for code in sorted(taken))
        parts.append("\n".join([*_fix(fix), f"  Prescribed by: {links or 'no rule'}."]))
    return "\n\n".join(parts) + "\n"


def rule_page(rule: Rule, titles: Mapping[str, str] | None = None) -> str:
    """The whole rule in Markdown: what it looks at, when it fires, what may be changed, causes and fixes.

    ``titles``: code and title of every rule that has a page beside this one; edges then link to it.
    """
    sections = [
        ("", _summary(rule)),
        ("Fires when", _condition(rule)),
        ("Beyond doubt", _beyond_doubt(rule)),
        ("Stays quiet", [f"- `{_one_line(one.when.text)}`: {_prose(one.says)}" for one in rule.unless]),
        ("Thresholds", _thresholds(rule)),
        ("Causes", [line for one in rule.causes for line in _cause(one)]),
        ("What to change", [line for one in rule.fixes.values() for line in _fix(one)]),
        ("Expect afterwards", list(_expected(rule))),
        ("Leads to", [_edge(edge, titles or {}) for edge in rule.leads_to]),
        ("Known false alarms", [f"- {_prose(text)}" for text in rule.false_positives]),
        ("Advice you may have read", [_advice(one) for one in rule.wrong_advice]),
        ("References", [_reference(one) for one in rule.references]),
    ]
    parts = [f"# {rule.code} {_prose(rule.failure_title)}"]
    parts += [
        "\n".join([*([f"## {title}", ""] if title else []), *lines]) for title, lines in sections if lines
    ]
    return "\n\n".join(parts) + "\n"


def _summary(rule: Rule) -> list[str]:
    algorithms = _listed(rule.applies_to.algorithms)
    if rule.applies_to.except_algorithms:
        algorithms += f" (not {_listed(rule.applies_to.except_algorithms)})"
    rows = [
        ("Slug", f"`{rule.slug}`"),
        ("Severity", _severity(rule)),
        ("Status", rule.status),
        ("Measured", "" if rule.measured is None else rule.measured.sentence),
        ("Area", rule.area),
        ("Algorithms", algorithms),
        ("Must be logged", _inputs(rule)),
        ("Must be known", _coded(rule.requires_config)),
        ("Also used", _coded((*rule.optional, *(f"config.{name}" for name in rule.config)))),
    ]
    return _table(("", ""), [row for row in rows if row[1]])


def _severity(rule: Rule) -> str:
    text = rule.severity.label
    if rule.cap_if_improving is not None:
        text += f", at most {rule.cap_if_improving.label} while the run learns"
    if rule.cap_if_solved is not None:
        text += f", at most {rule.cap_if_solved.label} when the task is solved"
    return text


def _needs(rule: Rule) -> str:
    """What a rule must see, on one line of a table."""
    groups = [
        " or ".join(f"`{name}`" for name in group)
        if len(group) <= _LISTED
        else f"one of {len(group)} metrics"
        for group in rule.requires_one_of
    ]
    names = [*rule.requires, *(f"config.{name}" for name in rule.requires_config)]
    return ", ".join([*(f"`{name}`" for name in names), *groups])


def _inputs(rule: Rule) -> str:
    groups = [" or ".join(f"`{name}`" for name in group) for group in rule.requires_one_of]
    return ", ".join([*(f"`{name}`" for name in rule.requires), *groups])


def _condition(rule: Rule) -> list[str]:
    lines = [f"    {name} = {_one_line(expression.text)}" for name, expression in rule.let.items()]
    lines += [f"    {_one_line(rule.when.text)}"]
    spans = [
        (rule.hold, "for at least"),
        (rule.bridge, "over gaps of up to"),
        (rule.ignore_first, "after the first"),
    ]
    said = [f"{word} {_span(span)}" for span, word in spans if span is not None]
    changes = [
        f"- {level.label} when `{_one_line(test.text)}`" for level, test in (*rule.escalate, *rule.reduce)
    ]
    return [
        *lines,
        *(["", f"This must hold {', '.join(said)}."] if said else []),
        *([""] if changes else []),
        *changes,
    ]


def _beyond_doubt(rule: Rule) -> list[str]:
    sure = rule.beyond_doubt
    if sure is None:
        return []
    level = (sure.severity or rule.severity).label
    return [
        f"{level}, with {sure.points} points or more, whatever the return does, when",
        "",
        f"    {_one_line(sure.when.text)}",
    ]


def _span(span: Span) -> str:
    return (
        f"{span.amount * 100:g} % of the run" if span.kind == "share" else f"{span.amount:,.0f} {span.kind}"
    )


def _thresholds(rule: Rule) -> list[str]:
    rows = [
        (
            f"`{one.name}`",
            f"{one.value:g}",
            _prose(one.unit),
            f"{one.low:g} to {one.high:g}",
            _prose(one.note),
        )
        for one in rule.thresholds.values()
    ]
    return _table(("name", "value", "unit", "range", "why"), rows) if rows else []


def _cause(cause: CauseSpec) -> Iterator[str]:
    yield f"- **{cause.id}**: {_prose(cause.says)}"
    if cause.more_likely_if is not None:
        yield f"  More likely if `{_one_line(cause.more_likely_if.text)}`."
    if cause.fixes:
        yield f"  Fixes: {_listed(cause.fixes)}."


def _fix(fix: FixSpec) -> Iterator[str]:
    said = _prose(fix.text or fix.otherwise) or f"Change `{fix.knob}`."
    yield f"- **{fix.id}**: {said}{_after(fix.because)}"
    if fix.knob and fix.to is not None:
        yield f"  `{fix.knob}` to `{_one_line(fix.to.text)}`."
    if fix.expect:
        yield f"  Then: {_prose(fix.expect)}"


def _expected(rule: Rule) -> Iterator[str]:
    if rule.expect:
        yield _prose(rule.expect)
    if rule.expect_check is not None:
        yield from ("", f"Checked on the next run: `{_one_line(rule.expect_check.text)}`")


def _edge(edge: Edge, titles: Mapping[str, str]) -> str:
    title = titles.get(edge.code)
    name = edge.code if title is None else f"[{edge.code} {_prose(title)}]({page_name(edge.code)})"
    return f"- {name} ({edge.strength}){_after(edge.says)}"


def _advice(one: WrongAdvice) -> str:
    return f'- "{_prose(one.read)}" {_prose(one.but)}'


def _reference(one: Citation) -> str:
    safe = one.url.startswith(("https://", "http://")) and not set(one.url) & set(" ()<>[]")
    return f"- [{_prose(one.title)}]({one.url})" if safe else f"- {_prose(f'{one.title} {one.url}'.strip())}"


def _after(text: str) -> str:
    return f" {_prose(text)}" if text else ""


def _prose(text: str) -> str:
    """Text of a rule that Markdown shows as it is: on one line, without control characters or HTML."""
    plain = "".join(character for character in _one_line(text) if character.isprintable())
    for character, shown in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("[", "\\["), ("*", "\\*")):
        plain = plain.replace(character, shown)
    return plain


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [head, ("---",) * len(head), *rows]
    return [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _coded(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
