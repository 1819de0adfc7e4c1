"""The lines of the terminal report about the reference: when it was how far, and this run."""

from __future__ import annotations

from collections.abc import Iterator

from rldoctor.model.envelope import ReferenceView
from rldoctor.report import envelope_words as say
from rldoctor.report.blocks import Block, ColumnLook, Indented, Paragraph, Sheaf
from rldoctor.report.clean import clean
from rldoctor.report.terminal_parts import short_step


def reference(view: ReferenceView) -> Iterator[Block]:
    """Nothing without a reference, one line where it must not be compared, else the milestones."""
    if view.envelope is None:
        return
    if not view.used:
        yield Paragraph()
        yield Paragraph(f"Reference: {clean(view.reason)}.", style="dim")
        return
    yield Paragraph(f"\nAgainst the reference {say.title(view)}", style="bold")
    if view.milestones:
        yield Indented(Paragraph(say.basis(view)))
        yield Indented(_table(view))


def briefly(view: ReferenceView) -> Iterator[Block]:
    """One line: the last milestone that runs of the reference reached, and this run; or why it cannot be."""
    if view.envelope is None:
        return
    if not view.used:
        yield Paragraph(f"Reference: {clean(view.reason)}.", style="dim")
        return
    rows = zip(say.heads(view), say.theirs(view, short_step, "-"), say.mine(view, short_step), strict=True)
    reached = [row for row in rows if row[1] != say.NOT_REACHED]
    if reached:
        head, theirs, mine = reached[-1]
        named = f"{clean(view.envelope.name)}{f' ({view.guessed} assumed)' if view.assumed else ''}"
        yield Paragraph(f"Reference {named}: {head} at {theirs}; this run: {mine}")


def _table(view: ReferenceView) -> Sheaf:
    columns = [
        ColumnLook(wraps=False, fold=False),
        *(ColumnLook(head, right=True) for head in say.heads(view)),
    ]
    table = Sheaf(columns, head=True)
    table.add_row(
        Paragraph("reference", style="dim"), *(Paragraph(cell) for cell in say.theirs(view, short_step, "-"))
    )
    table.add_row(
        Paragraph("this run"), *(Paragraph(cell, style="bold") for cell in say.mine(view, short_step))
    )
    return table
