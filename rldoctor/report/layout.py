"""Blocks of a report as plain text, set as Rich sets them.

Most reports go into a pipe, a file or the log of a CI system, without colour. For these Rich, which is a
sixth of a small run's time, is not imported: the few kinds of blocks that a report has are set here by the
same rules. What these do not cover (characters of another width, words wider than a column that may not be
folded) is left to Rich.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from typing import IO, Any

from rldoctor.patterns import pattern
from rldoctor.report.blocks import INDENT, Block, ColumnLook, Indented, Paragraph, Sheaf

MAX_WIDTH = 100
_WORD = pattern(r"\s*\S+\s*")
_SPACE_AT_END = pattern(r"\s+$")
# Every character of these is one column wide on every terminal: ASCII, accents, lines and blocks.
_USUAL = pattern("[ -~\n\u00a1-\u00ac\u00ae-\u00ff\u2013\u2026\u2192\u2500-\u259f]*")
# What tells Rich that there is colour, or another width, where no terminal is.
_TELLING = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")


class UnusualError(Exception):
    """What is not set here."""


class Printer:
    """Prints blocks to a stream without colour, ``width`` columns wide; no line ends with blanks."""

    def __init__(self, file: IO[str], width: int) -> None:
        """Where to, and how wide."""
        self.file, self.width = file, width

    def print(self, block: Any, *, soft_wrap: bool = False) -> None:
        """One block; ``soft_wrap``: a paragraph on one line, however long."""
        lines = self._text(block, soft_wrap=soft_wrap).split("\n")
        self.file.write("\n".join(line.rstrip(" ") for line in lines))
        self.file.flush()

    def rule(self, *, style: str, characters: str) -> None:
        """A line over the whole width."""
        self.file.write(characters * self.width + "\n")

    def _text(self, block: Any, *, soft_wrap: bool) -> str:
        if isinstance(block, str):
            block = Paragraph(block)
        try:
            if soft_wrap:
                return f"{_usual(block.plain)}\n"
            return "".join(f"{line}\n" for line in lines_of(block, self.width))
        except UnusualError:
            return self._by_rich(block, soft_wrap=soft_wrap)

    def _by_rich(self, block: Any, *, soft_wrap: bool) -> str:
        from io import StringIO

        from rich.console import Console

        buffer = StringIO()
        target = Console(file=buffer, color_system=None, highlight=False, markup=False, emoji=False)
        target.width = self.width
        target.print(block, soft_wrap=soft_wrap)
        return buffer.getvalue()


def printer(stream: IO[str]) -> Printer | None:
    """A printer for a stream; None where Rich has to look closer (a terminal, a notebook, an encoding)."""
    said = any(name in os.environ for name in _TELLING)
    told = said or os.name == "nt" or "IPython" in sys.modules or "idlelib" in sys.modules
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower()
    if told or not encoding.startswith("utf") or stream.isatty():
        return None
    return Printer(stream, min(_columns(), MAX_WIDTH))


def _columns() -> int:
    """``COLUMNS``, else as wide as the terminal that one of the standard streams is, else 80."""
    told = os.environ.get("COLUMNS", "")
    if told.isdigit():
        return int(told) or 80
    for stream in range(3):
        try:
            return os.get_terminal_size(stream).columns or 80
        except (AttributeError, ValueError, OSError):
            continue
    return 80


def lines_of(block: Block, width: int) -> list[str]:
    """The lines of a block; UnusualError where it is left to Rich."""
    if isinstance(block, Paragraph):
        return wrapped(block.plain, width)
    if isinstance(block, Indented):
        return _indented(block.part, width)
    if isinstance(block, Sheaf):
        return list(_sheaf(block, width))
    raise UnusualError


def _usual(text: str) -> str:
    if not (text.isascii() and text.isprintable()) and _USUAL.fullmatch(text) is None:
        raise UnusualError
    return text


def wrapped(text: str, width: int, *, fold: bool = True) -> list[str]:
    """The lines of a text, words kept whole where they fit; blanks that fit stay at the end of a line."""
    if width < 1:
        raise UnusualError
    return [line for part in _usual(text).split("\n") for line in _wrapped(part, width, fold=fold)]


def _wrapped(text: str, width: int, *, fold: bool) -> Iterator[str]:
    if len(text) <= width:
        yield text
        return
    begin = 0
    for end in [*_breaks(text, width, fold=fold), len(text)]:
        line = text[begin:end]
        excess = len(line) - width
        if excess > 0 and (blank := _SPACE_AT_END.search(line)):
            line = line[: len(line) - min(len(blank[0]), excess)]
        if len(line) > width:
            raise UnusualError
        yield line
        begin = end


def _breaks(text: str, width: int, *, fold: bool) -> Iterator[int]:
    """Where a line ends and the next one begins."""
    used = 0
    for match in _WORD.finditer(text):
        start, word = match.start(), match[0]
        size = len(word.rstrip())
        if size <= width - used:
            used += len(word)
        elif size > width:
            if not fold:
                raise UnusualError
            places = range(start, start + len(word), width)
            yield from (place for place in places if place)
            used = start + len(word) - places[-1]
        elif used and start:
            yield start
            used = len(word)


def _indented(part: Paragraph | Sheaf, width: int) -> list[str]:
    widest = _widest(part.plain) if isinstance(part, Paragraph) else sum(_natural(part)) + _frame(part)
    inner = min(widest + INDENT, width) - INDENT
    return [" " * INDENT + line.ljust(inner) for line in lines_of(part, inner)]


def _widest(text: str) -> int:
    return max(map(len, _usual(text).splitlines()), default=0)


def _sheaf(block: Sheaf, width: int) -> Iterator[str]:
    widths = _widths(block, width - _frame(block))
    titles = tuple(Paragraph(one.title) for one in block.columns)
    edge = " " if block.ruled else ""
    blank = edge.join(" " * one for one in widths)
    rows = [titles, *block.rows] if block.head else block.rows
    if block.ruled:
        yield f" {blank} "
    for place, row in enumerate(rows):
        cells = [
            _cell(cell.plain, one, size, _gap(block, column))
            for column, (cell, one, size) in enumerate(zip(row, block.columns, widths, strict=True))
        ]
        high = max(map(len, cells))
        above = block.head and place == 0
        filled = [_filled(cell, high, size, above=above) for cell, size in zip(cells, widths, strict=True)]
        yield from (edge + edge.join(line) + edge for line in zip(*filled, strict=True))
        if block.ruled and place == 0:
            yield " " + "\u2500".join("\u2500" * one for one in widths) + " "
    if block.ruled:
        yield f" {blank} "


def _cell(text: str, column: ColumnLook, width: int, gap: int) -> list[str]:
    inner = width - gap
    if not column.wraps and _widest(text) > inner:
        raise UnusualError
    lines = wrapped(text, inner, fold=column.fold)
    return [(line.rstrip().rjust(inner) if column.right else line.ljust(inner)) + " " * gap for line in lines]


def _filled(cell: list[str], high: int, width: int, *, above: bool) -> list[str]:
    """As many lines as the highest cell of the row has; titles stand at the bottom."""
    more = [" " * width] * (high - len(cell))
    return [*more, *cell] if above else [*cell, *more]


def _frame(block: Sheaf) -> int:
    return len(block.columns) + 1 if block.ruled else 0


def _gap(block: Sheaf, column: int) -> int:
    return block.gap if column < len(block.columns) - 1 else 0


def _natural(block: Sheaf) -> list[int]:
    """The width that each column would take."""
    found = []
    for place, one in enumerate(block.columns):
        texts = [row[place].plain for row in block.rows] + ([one.title] if block.head else [])
        gap = _gap(block, place)
        found.append(max([_widest(text) for text in texts] + [one.least or 0]) + gap)
    if not all(found):
        raise UnusualError
    return found


def _widths(block: Sheaf, most: int) -> list[int]:
    """The width of each column: the widest ones shrink until the row fits."""
    natural = _natural(block)
    if sum(natural) <= most:
        return natural
    shrunk = _shrunk(natural, [one.wraps for one in block.columns], most)
    least = [(one.least or 0) + _gap(block, place) for place, one in enumerate(block.columns)]
    if sum(map(max, shrunk, least)) > most:
        raise UnusualError
    return list(map(max, shrunk, least))


def _shrunk(widths: Sequence[int], wraps: Sequence[bool], most: int) -> list[int]:
    made = list(widths)
    while any(wraps) and (excess := sum(made) - most) > 0:
        widest = max(one for one, free in zip(made, wraps, strict=True) if free)
        chosen = [free and one == widest for one, free in zip(made, wraps, strict=True)]
        next_widest = max(one if free and one != widest else 0 for one, free in zip(made, wraps, strict=True))
        if widest == next_widest:
            break
        made = _reduced(made, chosen, excess, min(excess, widest - next_widest))
    return made


def _reduced(widths: Sequence[int], chosen: Sequence[bool], excess: int, most: int) -> list[int]:
    """The chosen widths, smaller by a share of the excess each, at most by ``most``."""
    left, made = sum(chosen), []
    for width, one in zip(widths, chosen, strict=True):
        taken = min(most, round(excess / left)) if one and most else 0
        excess, left = excess - taken, left - one
        made.append(width - taken)
    return made
