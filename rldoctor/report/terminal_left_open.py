"""What a run leaves open, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rldoctor.model.differential import Differential
from rldoctor.report import left_open as say
from rldoctor.report.blocks import Block, ColumnLook, Indented, Paragraph, Sheaf
from rldoctor.report.clean import clean
from rldoctor.report.terminal_parts import indented


def left_open(left: Differential | None) -> Iterator[Block]:
    """The shares in one piece, and what to try first; silent where nothing is left open."""
    if left is not None:
        rows = "".join(f"\n   {share:>4}  {title}" for share, title in say.shares(left)[:-1])
        told = Paragraph(f"\n{say.TITLE}: ", style="bold")
        yield told.append(f"{say.in_short(left)}{rows}", style="not bold")
        yield indented(_next(left), "dim")


def _next(left: Differential) -> str:
    """The experiment that halves what is left; the check of the first kind where there is none."""
    if left.experiment is None:
        return f"check 1: {clean(left.kinds[0].check)}"
    text = say.experiment(left.experiment)
    return f"{say.APART.lower()}: {text[:1].lower()}{text[1:]}"


def whole(left: Differential | None) -> Iterator[Block]:
    """Every check with its code, and trainings in which it was that."""
    if left is None:
        return
    yield Paragraph(f"\n{say.TITLE}: ", style="bold").append(say.basis(left), style="not bold")
    yield _shares(left)
    for rank, one in enumerate(left.kinds, 1):
        yield Paragraph(f"{rank}. {clean(one.title)}", style="bold")
        yield indented(clean(one.check))
        yield from _code(one.line)
        yield from (indented(f"such as {say.example(run)}", "dim") for run in one.examples)
    if left.experiment is not None:
        yield Paragraph(f"{say.APART}", style="bold")
        yield indented(say.experiment(left.experiment))
        yield from _code(left.experiment.line)
    yield from (indented(text, "dim") for text in (say.refuted(left), say.CAUTION) if text)


def _code(line: str) -> Iterator[Block]:
    """Code is copied: it is not broken into lines."""
    return (Indented(Paragraph(f"    {row}", whole=True)) for row in say.code_rows(line))


def _shares(left: Differential) -> Sheaf:
    grid = Sheaf([ColumnLook(right=True, least=6, fold=False), ColumnLook()], gap=2)
    for share, title in say.shares(left):
        grid.add_row(Paragraph(share), Paragraph(title))
    return grid
