"""Lines put together to rows: one block, one row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

from rldoctor.plain_data import dataclass
from rldoctor.readers.console.bars import Bars
from rldoctor.readers.console.counters import counter_of
from rldoctor.readers.console.lines import BLOCK, BOX, LINE, Content, piece
from rldoctor.readers.console.values import printed_number

_FENCES = ("```", "~~~")
_BESIDE = ("settings", "call", "timings", "bar")


@dataclass(slots=True)
class Row:
    """The numbers of one block or line by name, of which ``kind``, and the training they belong to."""

    values: dict[str, float] = field(default_factory=dict)
    kind: str = ""
    group: str = ""


@dataclass(slots=True)
class Blocks:
    """Rows in the making; ``skipped`` counts the lines that are part of none."""

    rows: list[Row] = field(default_factory=list)
    settings: dict[str, float] = field(default_factory=dict)
    skipped: int = 0
    _open: Row = field(default_factory=Row)
    _sections: list[tuple[int, str]] = field(default_factory=list)
    _flat: bool | None = None
    _within: str = ""
    _header: tuple[str, ...] = ()
    _bars: Bars = field(default_factory=Bars)

    def take(self, lines: Iterable[str]) -> Blocks:
        """Every line, in order; O(n)."""
        for line in lines:
            if not line.strip():
                self._within = ""
            elif line.lstrip("> ").startswith(_FENCES):
                self._edge()
            elif (found := piece(line)) is None:
                self.skipped += 1
                self._within = self._within if not line.lstrip().startswith((")", "[")) else ""
            elif found.kind in _BESIDE or (self._within and found.kind in (BLOCK, LINE)):
                self._beside(found)
            elif found.kind == "table":
                self._table(found.cells)
            else:
                self._add(found)
        self._close()
        self._bars.settle()
        return self

    def _add(self, found: Content) -> None:
        self._within = ""
        if found.kind in (BOX, BLOCK):
            self._cell(found)
        elif found.kind == LINE:
            # A single number waits for no more: ``SPS: 1200`` between two lines of episodes.
            if len(self._open.values) == 1 and not counter_of(self._open.values):
                self._close()
            self.rows.append(Row(self._placed(found), LINE, found.group))
        elif found.kind == "section":
            self._section(found)
        elif found.kind == "heading":
            self._edge()
            self._open = Row(dict(found.values), BLOCK)
        # A ruler below a box ends it; rsl_rl prints its totals below the ruler.
        elif found.kind == "ruler" and self._open.kind == BOX:
            self._edge()
        elif found.kind == "ruler":
            self._sections.clear()

    def _table(self, cells: tuple[str, ...]) -> None:
        """A row of a table below its header; anything else in bars is skipped."""
        numbers = [printed_number(cell) for cell in cells]
        filled = [one for one, cell in zip(numbers, cells, strict=True) if cell]
        if filled and None not in filled and len(cells) == len(self._header):
            pairs = zip(self._header, numbers, strict=True)
            self.rows.append(Row({name: one for name, one in pairs if one is not None and name}, LINE))
            return
        self.skipped += 1
        self._header = cells if not any(one is not None for one in numbers) else ()

    def _beside(self, found: Content) -> None:
        """What is no row: the settings in a call, timings, a progress bar, which places the dict below it."""
        if found.kind in ("call", "timings"):
            self._within = found.kind
        elif found.kind == "bar":
            self._bars.drawn(found.name, found.values)
        elif self._within != "timings":
            self.settings.update(found.values)
            return
        self.skipped += 1

    def _placed(self, found: Content) -> dict[str, float]:
        """The values of a line; Hugging Face's dicts have no step, the bars around them have."""
        values = dict(found.values)
        if found.name == "dict" and not counter_of(values.keys() - {"epoch"}):
            self._bars.place(values)
        return values

    def _section(self, found: Content) -> None:
        self._sections = [one for one in self._sections if one[0] < found.indent]
        self._sections.append((found.indent, found.name))
        self._flat = None

    def _cell(self, found: Content) -> None:
        prefix = self._prefix(found)
        values = {prefix + name: value for name, value in found.values.items()}
        if self._open.kind not in ("", found.kind) or values.keys() & self._open.values.keys():
            self._close()
        self._open.kind = found.kind
        self._open.values.update(values)

    def _prefix(self, found: Content) -> str:
        """The names of the sections a cell stands in: by its indent, or all where nothing is indented."""
        if not self._sections:
            return ""
        if self._flat is None:
            # Markdown loses the indent, so the first cell below a section tells.
            self._flat = found.kind == BOX and found.indent == self._sections[-1][0]
        if self._flat:
            return self._sections[-1][1]
        self._sections = [one for one in self._sections if one[0] < found.indent]
        return "".join(name for _, name in self._sections)

    def _edge(self) -> None:
        self._close()
        self._sections.clear()

    def _close(self) -> None:
        if self._open.values:
            self.rows.append(self._open)
        self._open = Row()
