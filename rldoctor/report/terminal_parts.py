"""The parts of what stands on a terminal: console, colours, tables, indented text, short steps."""

from __future__ import annotations

import os
import sys
from typing import IO, TYPE_CHECKING

from rldoctor.report.numbers import finite, step

if TYPE_CHECKING:
    from rich.console import Console, ConsoleRenderable
    from rich.table import Table

STYLES = {
    "critical": "bold white on red",
    "error": "bold red",
    "warning": "bold yellow",
    "info": "bold cyan",
    "healthy": "bold green",
    "not_enough_data": "bold magenta",
}
MAX_WIDTH = 100


def console(stream: IO[str] | None = None, *, plain: bool = False) -> Console:
    """A console for ``stream`` (standard output): no colour when ``plain``, under NO_COLOR and in pipes."""
    from rich.console import Console

    off = plain or bool(os.environ.get("NO_COLOR"))
    target = stream or sys.stdout
    if off:
        made = Console(file=target, color_system=None, highlight=False, markup=False, emoji=False)
    else:
        made = Console(file=target, highlight=False, markup=False, emoji=False)
    made.width = min(made.width, MAX_WIDTH)
    return made


def table(*columns: tuple[str, str]) -> Table:
    """An empty table; ``columns`` are titles with ``left`` or ``right``."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    for title, side in columns:
        made.add_column(title, justify="right" if side == "right" else "left", overflow="fold")
    return made


def indented(text: str, style: str = "") -> ConsoleRenderable:
    """A paragraph three columns in."""
    from rich.padding import Padding
    from rich.text import Text

    return Padding(Text(text, style=style), (0, 0, 0, 3), expand=False)


def short_step(value: float | None) -> str:
    """A step for a narrow column: ``205k``, ``1.2M``."""
    if finite(value) is None or value is None:
        return "-"
    if value < 100_000:
        return step(value)
    return f"{value / 1e6:.3g}M" if value >= 1e6 else f"{value / 1e3:.0f}k"
