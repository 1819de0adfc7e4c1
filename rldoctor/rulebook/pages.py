"""A rule as a Markdown page: what ``rules show`` prints and what the documentation holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rldoctor.rulebook.schema import CauseSpec, FixSpec, Rule, Span


def rule_page(rule: Rule) -> str:
    """The whole rule in Markdown: what it looks at, when it fires, what may be changed, causes and fixes."""
    sections = [
        ("", _summary(rule)),
        ("Fires when", _condition(rule)),
        ("Stays quiet", [f"- `{one.when}`: {one.says}" for one in rule.unless]),
        ("Thresholds", _thresholds(rule)),
        ("Causes", [line for one in rule.causes for line in _cause(one)]),
        ("What to change", [line for one in rule.fixes.values() for line in _fix(one)]),
        ("Expect afterwards", [rule.expect] if rule.expect else []),
        ("Leads to", [f"- {edge.code} ({edge.strength}){_after(edge.says)}" for edge in rule.leads_to]),
        ("Known false alarms", [f"- {text}" for text in rule.false_positives]),
        (
            "References",
            [f"- [{one.title}]({one.url})" if one.url else f"- {one.title}" for one in rule.references],
        ),
    ]
    parts = [f"# {rule.code} {rule.failure_title}"]
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


def _span(span: Span) -> str:
    return (
        f"{span.amount * 100:g} % of the run" if span.kind == "share" else f"{span.amount:,.0f} {span.kind}"
    )


def _thresholds(rule: Rule) -> list[str]:
    rows = [
        (f"`{one.name}`", f"{one.value:g}", one.unit, f"{one.low:g} to {one.high:g}", one.note)
        for one in rule.thresholds.values()
    ]
    return _table(("name", "value", "unit", "range", "why"), rows) if rows else []


def _cause(cause: CauseSpec) -> Iterator[str]:
    yield f"- **{cause.id}**: {cause.says}"
    if cause.more_likely_if is not None:
        yield f"  More likely if `{_one_line(cause.more_likely_if.text)}`."
    if cause.fixes:
        yield f"  Fixes: {_listed(cause.fixes)}."


def _fix(fix: FixSpec) -> Iterator[str]:
    said = fix.text or fix.otherwise or f"Change `{fix.knob}`."
    yield f"- **{fix.id}**: {said}{_after(fix.because)}"
    if fix.knob and fix.to is not None:
        yield f"  `{fix.knob}` to `{_one_line(fix.to.text)}`."
    if fix.expect:
        yield f"  Then: {fix.expect}"


def _after(text: str) -> str:
    return f" {text}" if text else ""


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [head, ("---",) * len(head), *rows]
    return [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _coded(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
