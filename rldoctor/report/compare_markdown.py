"""The comparison as Markdown, for a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rldoctor.model.comparison import Comparison
from rldoctor.report import compare_words as say
from rldoctor.report.markdown import escape


def render(comparison: Comparison) -> str:
    """GitHub-flavoured Markdown; text from logs is escaped."""
    parts = (_head, _effect, _twins, _departures, _configuration, _findings, _remarks)
    return "\n".join(line for part in parts for line in part(comparison)).rstrip() + "\n"


def _head(comparison: Comparison) -> Iterator[str]:
    yield "# rldoctor compare"
    yield ""
    yield f"**{say.LABELS[comparison.verdict]}**: {escape(say.headline(comparison))}"
    yield ""
    if alarm := say.alarm(comparison):
        yield escape(alarm)
        yield ""
    yield f"- base: {escape(say.arm(comparison.base))}"
    yield f"- candidate: {escape(say.arm(comparison.candidate))}"
    yield ""


def _effect(comparison: Comparison) -> Iterator[str]:
    if comparison.effect is not None:
        yield from _table(("outcome", "value"), say.effect_rows(comparison.effect))
        yield escape(say.method(comparison.effect))
        yield ""


def _twins(comparison: Comparison) -> Iterator[str]:
    if comparison.twins:
        yield "## Where the same training begins to differ"
        yield ""
        yield from (f"- {escape(say.twin(one))}" for one in comparison.twins)
        yield ""


def _departures(comparison: Comparison) -> Iterator[str]:
    if not (comparison.departures or comparison.unmoved):
        return
    yield "## What moved first"
    yield ""
    yield escape(say.first_mover(comparison))
    yield ""
    columns = ("metric", "since step", "base", "candidate", "in spreads")
    yield from _table(columns, [say.departure_row(one) for one in comparison.departures])


def _configuration(comparison: Comparison) -> Iterator[str]:
    if not comparison.attribution:
        return
    yield "## What was changed"
    yield ""
    yield escape(comparison.attribution)
    yield ""
    every = (*comparison.changes, *comparison.one_sided)
    yield from _table(("setting", "base", "candidate", "group"), [say.change_row(one) for one in every])
    if comparison.bisection:
        yield "Find out which, in this order:"
        yield ""
        for number, line in enumerate(say.bisection_lines(comparison), 1):
            yield f"{number}. {escape(line)}"
        yield ""


def _findings(comparison: Comparison) -> Iterator[str]:
    if comparison.findings:
        yield "## Findings"
        yield ""
        columns = ("", "finding", "severity", "base", "candidate", "")
        yield from _table(columns, [say.finding_row(one) for one in comparison.findings])


def _remarks(comparison: Comparison) -> Iterator[str]:
    if comparison.remarks or comparison.notes:
        yield "## How much to believe this"
        yield ""
    for remark in comparison.remarks:
        title = f"**{escape(remark.code)} {escape(remark.title)}**"
        yield f"- {title} ({remark.severity.label}): {escape(remark.text)}"
    for note in comparison.notes:
        yield f"- {escape(note)}"


def _table(columns: Sequence[str], rows: Sequence[say.CompareRow]) -> Iterator[str]:
    if not rows:
        return
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(escape(cell) for cell in row)} |"
    yield ""
