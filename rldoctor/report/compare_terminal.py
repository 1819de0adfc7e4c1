"""The comparison on a terminal. Every string goes through a ``Paragraph``, which is never read as markup."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rldoctor.model.comparison import Comparison, Presence
from rldoctor.report import compare_words as say
from rldoctor.report.blocks import Block, ColumnLook, Paragraph, Sheaf, line
from rldoctor.report.clean import clean
from rldoctor.report.layout import Printer, printer
from rldoctor.report.terminal_parts import STYLES, console, indented, table

if TYPE_CHECKING:
    from rich.console import Console

MAX_ROWS = 15


def render(comparison: Comparison) -> str:
    """The report as plain text, 80 columns, for a file."""
    from io import StringIO

    buffer = StringIO()
    show(comparison, Printer(buffer, 80))
    return buffer.getvalue()


def show(comparison: Comparison, target: Console | Printer | None = None) -> None:
    """Print the report."""
    out = target or printer(sys.stdout) or console()
    for part in (_head, _effect, _twins, _departures, _configuration, _findings, _remarks):
        for piece in part(comparison):
            out.print(piece, soft_wrap=isinstance(piece, Paragraph) and piece.whole)


def _head(comparison: Comparison) -> Iterator[Block]:
    yield line(f"base       {say.arm(comparison.base)}", style="dim")
    yield line(f"candidate  {say.arm(comparison.candidate)}", style="dim")
    yield Paragraph()
    verdict = Paragraph(f" {say.LABELS[comparison.verdict]} ", style=STYLES[say.LIKE[comparison.verdict]])
    yield verdict.append(f" {say.headline(comparison)}", style="bold not dim")
    if alarm := say.alarm(comparison):
        yield indented(alarm, style="bold")


def _effect(comparison: Comparison) -> Iterator[Block]:
    if comparison.effect is not None:
        yield from _rows((("outcome", "left"), ("", "left")), say.effect_rows(comparison.effect))
        yield indented(say.method(comparison.effect), style="dim")


def _twins(comparison: Comparison) -> Iterator[Block]:
    if comparison.twins:
        yield _title("Where the same training begins to differ")
        for twin in comparison.twins[:MAX_ROWS]:
            yield indented(say.twin(twin))


def _departures(comparison: Comparison) -> Iterator[Block]:
    if not (comparison.departures or comparison.unmoved):
        return
    yield _title("What moved first")
    yield indented(say.first_mover(comparison))
    columns = (
        ("metric", "left"),
        ("since step", "right"),
        ("base", "right"),
        ("candidate", "right"),
        ("in spreads", "right"),
    )
    yield from _rows(columns, [say.departure_row(one) for one in comparison.departures])
    if unmoved := say.unmoved(comparison):
        yield indented(f"no departure: {', '.join(unmoved)}", style="dim")
    for told in say.untested(comparison):
        yield indented(f"not searched, {told}", style="dim")


def _configuration(comparison: Comparison) -> Iterator[Block]:
    if not comparison.attribution:
        return
    yield _title("What was changed")
    yield indented(clean(comparison.attribution))
    columns = (("setting", "left"), ("base", "left"), ("candidate", "left"), ("group", "left"))
    yield from _rows(columns, [say.change_row(one) for one in comparison.changes])
    if comparison.one_sided:
        yield indented("Only one side logs:")
        yield from _rows(columns, [say.change_row(one) for one in comparison.one_sided])
    for change in comparison.consequences:
        key, before, after, _ = say.change_row(change)
        yield indented(f"follows from the changes: {key} ({before} -> {after})", style="dim")
    if comparison.bisection:
        yield _title("Find out which, in this order")
        yield from _numbered(say.bisection_lines(comparison))
        for told in say.suspicion(comparison):
            yield indented(f"why here: {told}", style="dim")


def _findings(comparison: Comparison) -> Iterator[Block]:
    if not comparison.findings:
        return
    yield _title("Findings")
    columns = (
        ("", "left"),
        ("finding", "left"),
        ("severity", "left"),
        ("base", "right"),
        ("candidate", "right"),
        ("", "left"),
    )
    changed = [one for one in comparison.findings if one.presence is not Presence.SAME]
    yield from _rows(columns, [say.finding_row(one) for one in changed])
    same = [clean(one.code) for one in comparison.findings if one.presence is Presence.SAME]
    if same:
        yield indented(f"in both: {', '.join(same)}", style="dim")


def _remarks(comparison: Comparison) -> Iterator[Block]:
    if comparison.remarks:
        yield _title("How much to believe this")
    for remark in comparison.remarks:
        head = Paragraph(
            f"   {clean(remark.code)} {clean(remark.title)}", style=STYLES[remark.severity.label]
        )
        yield head.append(f", {remark.severity.label}", style="not bold dim")
        yield indented(clean(remark.text))
    for note in comparison.notes:
        yield indented(f"! {clean(note)}", style="yellow")


def _title(text: str) -> Block:
    return Paragraph(f"\n{text}", style="bold")


def _rows(columns: Sequence[tuple[str, str]], rows: Sequence[say.CompareRow]) -> Iterator[Block]:
    """A table; columns that are empty in every row are left out."""
    if not rows:
        return
    used = [index for index in range(len(columns)) if any(row[index] for row in rows)]
    grid = table(*(columns[index] for index in used))
    for row in rows[:MAX_ROWS]:
        grid.add_row(*(Paragraph(row[index]) for index in used))
    yield grid
    if len(rows) > MAX_ROWS:
        yield indented(f"and {len(rows) - MAX_ROWS} more: see -f json or -f html", style="dim")


def _numbered(lines: Sequence[str]) -> Iterator[Block]:
    grid = Sheaf([ColumnLook(right=True, least=5), ColumnLook()], gap=1)
    for number, told in enumerate(lines, 1):
        grid.add_row(Paragraph(f"{number}."), Paragraph(told))
    yield grid
