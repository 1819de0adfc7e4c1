"""The parts of what stands on a terminal: console, colours, tables, indented text, short steps."""

from __future__ import annotations

import os
import sys
from typing import IO, TYPE_CHECKING

from rldoctor.model.algorithms import called
from rldoctor.model.series import Series
from rldoctor.report.blocks import ColumnLook, Indented, Paragraph, Sheaf
from rldoctor.report.clean import clean
from rldoctor.report.layout import MAX_WIDTH
from rldoctor.report.numbers import finite, number, step
from rldoctor.report.sparkline import sparkline

if TYPE_CHECKING:
    from rich.console import Console

QUIET, NORMAL, VERBOSE = -1, 0, 1
STYLES = {
    "critical": "bold white on red",
    "error": "bold red",
    "warning": "bold yellow",
    "info": "bold cyan",
    "healthy": "bold green",
    "not_enough_data": "bold magenta",
}


def console(stream: IO[str] | None = None, *, plain: bool = False) -> Console:
    """A console for ``stream`` (standard output): no colour when ``plain``, under NO_COLOR and in pipes."""
    from rich.console import Console

    class Quiet(Console):
        """Leaves a closed pipe to the command line, where rich would end the process with a 1."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    off = plain or bool(os.environ.get("NO_COLOR"))
    target = stream or sys.stdout
    if off:
        made = Quiet(file=target, color_system=None, highlight=False, markup=False, emoji=False)
    else:
        made = Quiet(file=target, highlight=False, markup=False, emoji=False)
    made.width = min(made.width, MAX_WIDTH)
    return made


def table(*columns: tuple[str, str]) -> Sheaf:
    """An empty table; ``columns`` are titles with ``left`` or ``right``."""
    return Sheaf([ColumnLook(title, right=side == "right") for title, side in columns], head=True, ruled=True)


def indented(text: str, style: str = "") -> Indented:
    """A paragraph three columns in."""
    return Indented(Paragraph(text, style))


def spark(series: Series, algorithm: str) -> Indented:
    """A series as a line of blocks, with its first and last value and its name for this algorithm."""
    known = series.finite().values
    ends = f"{number(float(known[0]))} to {number(float(known[-1]))}"
    return indented(f"{sparkline(series)} {called(clean(series.name), algorithm)}, {ends}")


def short_step(value: float | None) -> str:
    """A step for a narrow column: ``205k``, ``1.2M``."""
    if finite(value) is None or value is None:
        return "-"
    if value < 100_000:
        return step(value)
    return f"{value / 1e6:.3g}M" if value >= 1e6 else f"{value / 1e3:.0f}k"
