"""The comparison on a terminal. Every string goes through ``rich.text.Text``, which reads no markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rldoctor.model.comparison import Comparison, Presence
from rldoctor.report import compare_words as say
from rldoctor.report.blocks import Paragraph
from rldoctor.report.clean import clean
from rldoctor.report.terminal_parts import STYLES, console, indented, table

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

MAX_ROWS = 15


def render(comparison: Comparison) -> str:
    """The report as plain text, 80 columns, for a file."""
    from io import StringIO

    buffer = StringIO()
    target = console(buffer, plain=True)
    target.width = 80
    show(comparison, target)
    return "".join(f"{line.rstrip()}\n" for line in buffer.getvalue().splitlines())


def show(comparison: Comparison, target: Console | None = None) -> None:
    """Print the report."""
    out = target or console()
    for part in (_head, _effect, _twins, _departures, _configuration, _findings, _remarks):
        for piece in part(comparison):
            out.print(piece)


def _head(comparison: Comparison) -> Iterator[RenderableType]:
    from rich.text import Text

    yield Text(f"base       {say.arm(comparison.base)}", style="dim")
    yield Text(f"candidate  {say.arm(comparison.candidate)}", style="dim")
    yield Text()
    verdict = Text(f" {say.LABELS[comparison.verdict]} ", style=STYLES[say.LIKE[comparison.verdict]])
    yield verdict.append(f" {say.headline(comparison)}", style="bold not dim")


def _effect(comparison: Comparison) -> Iterator[RenderableType]:
    if comparison.effect is not None:
        yield from _rows((("outcome", "left"), ("", "left")), say.effect_rows(comparison.effect))
        yield indented(say.method(comparison.effect), style="dim")


def _twins(comparison: Comparison) -> Iterator[RenderableType]:
    if comparison.twins:
        yield _title("Where the same training begins to differ")
        for twin in comparison.twins[:MAX_ROWS]:
            yield indented(say.twin(twin))


def _departures(comparison: Comparison) -> Iterator[RenderableType]:
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
    if comparison.unmoved:
        names = ", ".join(say.name(metric) for metric in comparison.unmoved)
        yield indented(f"no departure: {names}", style="dim")
    for line in say.untested(comparison):
        yield indented(f"not searched, {line}", style="dim")


def _configuration(comparison: Comparison) -> Iterator[RenderableType]:
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
        for line in say.suspicion(comparison):
            yield indented(f"why here: {line}", style="dim")


def _findings(comparison: Comparison) -> Iterator[RenderableType]:
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


def _remarks(comparison: Comparison) -> Iterator[RenderableType]:
    from rich.text import Text

    if comparison.remarks:
        yield _title("How much to believe this")
    for remark in comparison.remarks:
        head = Text(f"   {clean(remark.code)} {clean(remark.title)}", style=STYLES[remark.severity.label])
        yield head.append(f", {remark.severity.label}", style="not bold dim")
        yield indented(clean(remark.text))
    for note in comparison.notes:
        yield indented(f"! {clean(note)}", style="yellow")


def _title(text: str) -> RenderableType:
    from rich.text import Text

    return Text(f"\n{text}", style="bold")


def _rows(columns: Sequence[tuple[str, str]], rows: Sequence[say.CompareRow]) -> Iterator[RenderableType]:
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


def _numbered(lines: Sequence[str]) -> Iterator[RenderableType]:
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(justify="right", min_width=5)
    grid.add_column(overflow="fold")
    for number, line in enumerate(lines, 1):
        grid.add_row(Text(f"{number}."), Text(line))
    yield grid
