"""The lines of the terminal report about the reference: when it was how far, and this run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rldoctor.model.envelope import ReferenceView
from rldoctor.report import envelope_words as say
from rldoctor.report.clean import clean
from rldoctor.report.terminal_parts import short_step

if TYPE_CHECKING:
    from rich.console import ConsoleRenderable
    from rich.table import Table


def reference(view: ReferenceView) -> Iterator[ConsoleRenderable]:
    """Nothing without a reference, one line where it must not be compared, else the milestones."""
    from rich.padding import Padding
    from rich.text import Text

    if view.envelope is None:
        return
    if not view.used:
        yield Text()
        yield Text(f"Reference: {clean(view.reason)}.", style="dim")
        return
    yield Text(f"\nAgainst the reference {say.title(view)}", style="bold")
    if view.milestones:
        yield Padding(Text(say.basis(view)), (0, 0, 0, 3), expand=False)
        yield Padding(_table(view), (0, 0, 0, 3), expand=False)


def _table(view: ReferenceView) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True)
    for head in say.heads(view):
        table.add_column(head, justify="right", overflow="fold")
    table.add_row(Text("reference", style="dim"), *(Text(cell) for cell in say.theirs(view, short_step, "-")))
    table.add_row(Text("this run"), *(Text(cell, style="bold") for cell in say.mine(view, short_step)))
    return table
