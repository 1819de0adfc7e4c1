"""What a report on a terminal is made of: paragraphs, indented parts, tables.

Each can be printed by Rich, in colour; where there is no colour, ``layout`` sets the same text without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import TYPE_CHECKING, TypeAlias

from rldoctor.plain_data import dataclass

if TYPE_CHECKING:
    from rich.console import ConsoleRenderable
    from rich.table import Table
    from rich.text import Text


@dataclass(slots=True)
class Paragraph:
    """Text in one ``style``, with ``parts`` behind it that have one of their own. Never read as markup.

    ``whole``: it is not broken into lines.
    """

    text: str = ""
    style: str = ""
    parts: list[tuple[str, str]] = field(default_factory=list)
    whole: bool = False

    def append(self, text: str, style: str = "") -> Paragraph:
        """Add text in a style of its own; returns the paragraph."""
        self.parts.append((text, style))
        return self

    @property
    def plain(self) -> str:
        """The text alone."""
        return self.text + "".join(text for text, _ in self.parts)

    def __rich__(self) -> Text:
        """As Rich prints it."""
        from rich.text import Text

        made = Text(self.text, style=self.style)
        for text, style in self.parts:
            made.append(text, style=style)
        return made


def line(text: str = "", style: str = "") -> Paragraph:
    """A paragraph that stays on one line, however long: a path is copied, a line is searched for."""
    return Paragraph(text, style, whole=True)


@dataclass(frozen=True, slots=True)
class ColumnLook:
    """A column: its title, ``right`` for numbers, the least width. ``fold``: words longer than it are cut."""

    title: str = ""
    right: bool = False
    least: int | None = None
    fold: bool = True
    wraps: bool = True


@dataclass(slots=True)
class Sheaf:
    """Rows of paragraphs in columns, ``gap`` apart. ``head``: with titles; ``ruled``: with a line below."""

    columns: Sequence[ColumnLook]
    gap: int = 2
    head: bool = False
    ruled: bool = False
    rows: list[tuple[Paragraph, ...]] = field(default_factory=list)

    def add_row(self, *cells: Paragraph) -> None:
        """One cell for each column."""
        self.rows.append(cells)

    def __rich__(self) -> Table:
        """As Rich prints it."""
        from rich import box
        from rich.table import Table

        look = box.SIMPLE_HEAD if self.ruled else None
        style = "dim" if self.head else ""
        padding = (0, self.gap, 0, 0)
        made = Table(box=look, header_style=style, pad_edge=False, padding=padding, show_header=self.head)
        for one in self.columns:
            made.add_column(
                one.title,
                justify="right" if one.right else "left",
                overflow="fold" if one.fold else "ellipsis",
                min_width=one.least,
                no_wrap=not one.wraps,
            )
        for row in self.rows:
            made.add_row(*row)
        return made


@dataclass(frozen=True, slots=True)
class Indented:
    """A part three columns in."""

    part: Paragraph | Sheaf

    def __rich__(self) -> ConsoleRenderable:
        """As Rich prints it."""
        from rich.padding import Padding

        return Padding(self.part, (0, 0, 0, INDENT), expand=False)


INDENT = 3
Block: TypeAlias = "Paragraph | Indented | Sheaf"
