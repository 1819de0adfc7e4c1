"""Proofs for the terminal: a table of 80 columns, and under it the arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from rldoctor.proof.document import number
from rldoctor.proof.prove import NO, UNKNOWN, YES, Proof

if TYPE_CHECKING:
    from rich.table import Table

_STYLES = {YES: "green", NO: "bold red", UNKNOWN: "yellow"}


def show(proofs: Sequence[Proof], file: TextIO) -> None:
    """Write the table and the details to ``file``; colours only where it is a terminal that wants them."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=file, highlight=False, soft_wrap=False)
    console.print(_table(proofs))
    for line in details(proofs):
        console.print(Text(line))


def _table(proofs: Sequence[Proof]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, header_style="dim", pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("fault, task, seed", overflow="fold", max_width=24)
    table.add_column("root", no_wrap=True)
    table.add_column("fix applied", overflow="fold", max_width=17)
    for name in ("root gone", "expected"):
        table.add_column(name, overflow="fold", width=8)
    table.add_column("return", overflow="fold", max_width=16)
    for one in proofs:
        row = (_name(one), one.root or "none", _fix(one))
        answers = (one.gone or "-", _answer(one))
        styled = (Text(text, style=_STYLES.get(text, "")) for text in answers)
        table.add_row(*(Text(text) for text in row), *styled, Text(_returns(one)))
    return table


def _name(one: Proof) -> str:
    return "\n".join(part for part in (one.fault, f"{one.task} {one.seed}") if part)


def _fix(one: Proof) -> str:
    return f"{one.key}:\n{one.old} -> {one.new}" if one.fix else "none by a program"


def _answer(one: Proof) -> str:
    if not one.fix:
        return "-"
    return one.came_true or "no check"


def _returns(one: Proof) -> str:
    if not one.fix:
        return number(one.before)
    return f"{number(one.before)} -> {number(one.after)}\nhealthy {number(one.healthy)}"


def details(proofs: Sequence[Proof]) -> Iterator[str]:
    """What was expected and measured, what was left out, one line each."""
    for one in proofs:
        name = f"{one.fault or 'no fault'} {one.task} {one.seed}"
        if one.check and one.fix:
            values = ", ".join(f"{key} {value:.4g}" for key, value in one.values.items())
            yield f"{name}: {one.root} expects: {one.expect}"
            yield f"  {' '.join(one.check.split())}"
            yield f"  {values or 'nothing of it was logged'}: {one.came_true}"
        if one.fix:
            yield f"{name}: verdict {one.verdict_before} -> {one.verdict_after}; roots left: {_left(one)}"
        if one.stopped:
            yield f"{name}: the fixed run broke: {one.stopped}"
        if one.fix and one.returns_note:
            yield f"{name}: {one.returns_note}"
        for fix, why in one.refused:
            yield f"{name}: not carried out by a program: {fix} {why}"
        if not one.root:
            yield f"{name}: nothing was found, so nothing is prescribed"


def _left(one: Proof) -> str:
    return ", ".join(one.left) or "none"
