"""Text set without Rich is the text that Rich sets."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from rldoctor.report import layout
from rldoctor.report.blocks import Block, ColumnLook, Indented, Paragraph, Sheaf
from rldoctor.report.layout import Printer, UnusualError, lines_of, printer, wrapped
from rldoctor.report.terminal import show

RUN = Path(__file__).parents[2] / "reference_runs" / "healthy" / "ppo-Pendulum-v1-0"
TEXTS = st.text(alphabet=st.sampled_from("ab cde  \nfg-/.é─█…"), max_size=120)
LONG = st.text(alphabet=st.sampled_from("abcdefgh "), max_size=200)
WIDTHS = st.integers(1, 90)


def by_rich(block: Any, width: int) -> str:
    stream = io.StringIO()
    target = Console(file=stream, color_system=None, highlight=False, markup=False, emoji=False)
    target.width = width
    target.print(block)
    return without_blanks(stream.getvalue())


def without_blanks(text: str) -> str:
    """Rich fills lines with blanks; nothing of ours ends with them."""
    return "\n".join(line.rstrip(" ") for line in text.split("\n"))


def by_us(block: Any, width: int) -> str:
    stream = io.StringIO()
    Printer(stream, width).print(block)
    return stream.getvalue()


@st.composite
def sheaves(draw: st.DrawFn) -> Sheaf:
    looks = st.builds(
        ColumnLook,
        st.sampled_from(["", "n", "steps", "a longer title"]),
        st.booleans(),
        st.sampled_from([None, 3, 11]),
        st.booleans(),
        st.booleans(),
    )
    columns = draw(st.lists(looks, min_size=1, max_size=4))
    head = draw(st.booleans())
    made = Sheaf(columns, draw(st.integers(0, 2)), head, head and draw(st.booleans()))
    for _ in range(draw(st.integers(1, 4))):
        made.add_row(*(Paragraph(draw(st.one_of(TEXTS, LONG))) for _ in columns))
    return made


@given(st.one_of(TEXTS, LONG), WIDTHS)
def test_paragraphs(text: str, width: int) -> None:
    assert by_us(Paragraph(text), width) == by_rich(Paragraph(text), width)
    assert by_us(Indented(Paragraph(text)), width) == by_rich(Indented(Paragraph(text)), width)


@given(sheaves(), WIDTHS)
def test_tables(block: Sheaf, width: int) -> None:
    assert by_us(block, width) == by_rich(block, width)
    assert by_us(Indented(block), width) == by_rich(Indented(block), width)


def test_most_blocks_of_a_report_are_set_here() -> None:
    # Else the comparisons above could all be of Rich with itself.
    made = Sheaf([ColumnLook("measured"), ColumnLook("value", right=True)], head=True, ruled=True)
    made.add_row(Paragraph("median KL"), Paragraph("0.01 nats"))
    blocks: list[Block] = [made, Indented(made), Paragraph("a\nb " * 40), Indented(Paragraph("word " * 40))]
    for block in blocks:
        assert without_blanks("".join(f"{line}\n" for line in lines_of(block, 60))) == by_rich(block, 60)


def test_parts_have_a_style_of_their_own_and_are_no_markup() -> None:
    block = Paragraph("[bold]a", "red").append(" b", style="dim").append("[/]")
    assert block.plain == "[bold]a b[/]"
    assert by_us(block, 80) == "[bold]a b[/]\n"
    assert [span.style for span in block.__rich__().spans] == ["dim"]


@pytest.mark.parametrize("text", ["\u4e2d\u6587", "a\tb", "\U0001f600", "e\u0301", "\u200b"])
def test_other_characters_are_left_to_rich(text: str) -> None:
    with pytest.raises(UnusualError):
        wrapped(text, 40)
    assert by_us(Paragraph(text), 40) == by_rich(Paragraph(text), 40)


def test_what_is_no_block_is_left_to_rich() -> None:
    with pytest.raises(UnusualError):
        lines_of("text", 40)  # type: ignore[arg-type]
    assert by_us("a text", 40) == "a text\n"


def test_every_character_that_is_set_here_is_one_column_wide() -> None:
    usual = [chr(code) for code in range(32, 0x3000) if layout._USUAL.fullmatch(chr(code))]
    assert len(usual) > 300
    assert {one for one in usual if cell_len(one) != 1} == set()


def test_a_line_for_grep_is_not_broken() -> None:
    stream = io.StringIO()
    Printer(stream, 20).print(Paragraph("word " * 20), soft_wrap=True)
    Printer(stream, 20).print(Paragraph("\u4e2d" * 40), soft_wrap=True)
    assert stream.getvalue().splitlines() == [("word " * 20).rstrip(), "\u4e2d" * 40]


class Stream(io.StringIO):
    """A stream that says what it is."""

    def __init__(self, encoding: str = "utf-8", *, terminal: bool = False) -> None:
        super().__init__()
        self.said, self.terminal = encoding, terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.said

    def isatty(self) -> bool:
        return self.terminal


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in (*layout._TELLING, "COLUMNS", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name in ("IPython", "idlelib"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return monkeypatch


@pytest.mark.usefixtures("plain")
def test_rich_is_asked_where_there_may_be_more() -> None:
    assert printer(Stream()) is not None
    assert printer(Stream(terminal=True)) is None
    assert printer(Stream("latin-1")) is None


@pytest.mark.parametrize("name", layout._TELLING)
def test_rich_is_asked_where_it_was_told_of_colour(plain: pytest.MonkeyPatch, name: str) -> None:
    plain.setenv(name, "1")
    assert printer(Stream()) is None


@pytest.mark.parametrize(("columns", "width"), [("60", 60), ("300", 100), ("0", 80), ("wide", 80), ("", 80)])
def test_width(plain: pytest.MonkeyPatch, columns: str, width: int) -> None:
    plain.setenv("COLUMNS", columns)
    plain.setattr(os, "get_terminal_size", _no_terminal)
    found = printer(Stream())
    assert found is not None
    assert found.width == width


def _no_terminal(stream: int) -> os.terminal_size:
    if stream == 0:
        raise OSError
    return os.terminal_size((0, 0))


def test_as_wide_as_the_terminal_that_is_there(plain: pytest.MonkeyPatch) -> None:
    plain.setattr(os, "get_terminal_size", lambda stream: os.terminal_size((70, 20)))
    assert layout._columns() == 70
    plain.setattr(os, "get_terminal_size", _never)
    assert layout._columns() == 80


def _never(stream: int) -> os.terminal_size:
    raise ValueError


def test_several_runs_are_the_same_too(make: Any) -> None:
    runs = [make("healthy"), make("sick"), make("hostile"), make("no_data")]
    ours, theirs = io.StringIO(), io.StringIO()
    target = Console(file=theirs, color_system=None, highlight=False, markup=False, emoji=False)
    target.width = 80
    show(runs, Printer(ours, 80))
    show(runs, target)
    assert ours.getvalue() == without_blanks(theirs.getvalue())


def test_a_report_in_a_pipe_needs_no_rich() -> None:
    code = (
        "import sys; from rldoctor.cli import run; run(['analyze', sys.argv[1], '--fail-on', 'never']);"
        "sys.stderr.write(' '.join(one for one in sys.modules if one.partition('.')[0] == 'rich'))"
    )
    environment = {name: value for name, value in os.environ.items() if name not in layout._TELLING}
    done = subprocess.run(
        [sys.executable, "-c", code, str(RUN)], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stderr == ""
    assert "HEALTHY" in done.stdout
