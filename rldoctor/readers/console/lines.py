"""One printed line: part of a block, a row of its own, an edge between blocks, or nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass
from rldoctor.readers.console.counters import counter_of
from rldoctor.readers.console.cut import in_full
from rldoctor.readers.console.dicts import dict_row
from rldoctor.readers.console.values import Printed, counter, pairs, printed_number

_COLOUR = pattern(r"\x1b\[[0-9;?]*[A-Za-z]")
_DAY = r"\[?\d{4}-\d\d-\d\d[T ,]\d\d:\d\d:\d\d(?:[.,]\d+)?Z?\]?"
_LEVEL = r"\[?(?:INFO|DEBUG|WARN|WARNING|ERROR)\]?"
# What logging libraries, Ray and quoted mails put before a line.
_PREFIX = pattern(
    r"^(?:(?:>\s?)+)?"
    r"(?:\((?:[\w.\-:]+ )?(?:pid|ip)=[^)]*\)\s?)?"
    rf"(?:{_DAY}\s*(?:\[\d+\]\s*)?|\[?\d\d:\d\d:\d\d\]?\s+|"
    r"[IWE]\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ [\w.]+:\d+\] ?)?"
    rf"(?:\|?\s*{_LEVEL}\s*(?:\|\s*[\w.:<>]+ - |[:|\-]\s*(?:[\w.]+:\s?)?|\s))?"
)
_PREFIXED = frozenset(">([0123456789IWEDiwed")
_BARS = str.maketrans("│┃║", "|||")
_RULED = frozenset("-=#*_+|─━═╌┄┌┐└┘├┤┬┴┼╭╮╰╯╞╡╪ ")
_SECTION = pattern(r"^(\s*)([\w.\-/]+):\s*$")
_HEADING = pattern(r"^[-=#*_\s]*(.*?)[-=#*_:\s]*$")
_SPEED = pattern(
    r"^\s*Computation:\s*(\d+\.?\d*) steps/s \(collection:? ?(\d+\.?\d*)s, learning:? ?(\d+\.?\d*)s\)\s*$"
)
# A bar with words before it (loading shards, mapping a data set, verl's own) does not count what is logged.
_LABELLED = pattern(r"\s*[^\W\d][^|%]*\s\d+%\|")
_BAR = pattern(r"(?:^|[|\s])(\d+)/(\d+|\?)\s*\[")
# A bar within another one (an evaluation) goes back up a line when it has been drawn.
_NESTED = "\x1b[A"
# Code, and what argparse prints: its values are settings.
_CALL = pattern(r"^(?:[\w.]+\s*=\s*)?[\w.]+\((?=.*=)(?:.*\)|[^:]*,)$")
# Seconds by the name of what took them (``kl_divergence: 0.15``), as Sample Factory prints them at the end.
_TIMINGS = pattern(r"(?:profile|profile tree view|timings?)\s*:$", re.IGNORECASE)
_CALL_OPENS = pattern(r"^(?:[\w.]+\s*=\s*)?[\w.]+\($")
_BEHAVIOR = pattern(r"(?:^|[.:\]]\s*)([^.:\]]+)[.:] Step: \d")
_COLUMNS = pattern(r"[|;,\t](?!\d{3}\b)")
_WORDS = pattern(r"^[A-Za-z][\w /%.\-]{0,40}$")
_LIST = pattern(r"^\s*-\s")
_TAIL = " ,;.)]}'\"`*"
BOX, BLOCK, LINE = "box", "block", "line"


@dataclass(slots=True)
class Content:
    """What a line holds.

    ``kind``: ``box`` or ``block`` (cells of a row that goes on), ``line`` (a row of its own), ``heading``
    (a counter that opens a block), ``ruler``, ``edge`` (a ruler within a box), ``section`` (``name`` at
    ``indent``), ``table`` (its ``cells``), ``settings``, ``call`` (code that goes on below), ``timings`` (the
    same) or ``bar`` (where a progress bar stands, ``name`` is where it ends). ``group`` tells the trainings
    of one text apart; ``name`` of a line is ``dict`` where that is what it is.
    """

    kind: str
    values: Mapping[str, float] = field(default_factory=dict)
    name: str = ""
    indent: int = 0
    group: str = ""
    cells: tuple[str, ...] = ()


def piece(line: str) -> Content | None:
    """What one line holds; None where it holds nothing to read."""
    if line.rstrip().endswith(_NESTED) and _BAR.search(line):
        return Content("bar")
    line = _bare(line)
    text = line.strip()
    if not text:
        return None
    if text[0] in "|│┃║" and (found := _box(text.translate(_BARS))) is not None:
        return found
    if len(text) > 3 and _RULED.issuperset(text):
        return Content("ruler")
    if text[-1] == "}" and "{" in text:
        return _of_dict(text)
    if text[-1] == "(" and _CALL_OPENS.match(text):
        return Content("call")
    if text[-1] == ":" and _TIMINGS.search(text):
        return Content("timings")
    return _heading(text) or _section(line) or _of_pairs(line, text)


def _bare(line: str) -> str:
    """Without colours and what a logging library put before it."""
    if "\x1b" in line:
        line = _COLOUR.sub("", line)
    if line[:1] in _PREFIXED and (match := _PREFIX.match(line)):
        return line[match.end() :]
    return line


def _box(text: str) -> Content | None:
    if _RULED.issuperset(text.replace(":", "")):
        return Content("edge")
    cells = text.removeprefix("|").removesuffix("|").split("|")
    name = cells[0].strip()
    if len(cells) != 2 or printed_number(name) is not None:
        return _row_of_table(cells)
    indent = len(cells[0]) - len(cells[0].lstrip())
    if not cells[1].strip():
        return Content("section", name=name, indent=indent) if name.endswith("/") else Content("edge")
    value = printed_number(cells[1].strip())
    if value is None:
        return _row_of_table(cells)
    return Content(BOX, {in_full(name): value}, indent=indent)


def _row_of_table(cells: Sequence[str]) -> Content | None:
    # ``| epoch: 3 | loss: 0.1 |`` is a line of pairs.
    if len(cells) < 2 or any(":" in cell or "=" in cell for cell in cells):
        return None
    return Content("table", cells=tuple(cell.strip() for cell in cells))


def _of_dict(text: str) -> Content | None:
    start = text.index("{")
    values = dict_row(text[start:])
    if not values:
        return None
    lead = text[:start]
    if len(values) == 1 and not lead:
        return Content(BLOCK, values)
    before = {**_position(lead), **{one.name: one.value for one in pairs(lead)}}
    return Content(LINE, {**before, **values}, name="dict")


def _position(text: str) -> dict[str, float]:
    """Where a progress bar stands, or what a line counts before its values."""
    if match := _BAR.search(text):
        return {"iteration": float(match.group(1))}
    counted = counter(text.strip(" :-|,"))
    return {counted[0]: counted[1]} if counted is not None else {}


def _heading(text: str) -> Content | None:
    if not text[-1].isdigit() and text[-1] not in "-=#*_: ":
        return None
    match = _HEADING.match(text)
    counted = counter(match.group(1)) if match else None
    if counted is None or counted[2].strip():
        return None
    # ``Step: 10`` is a cell of a block like the lines below it.
    kind = "heading" if ":" not in text.rstrip(":") else BLOCK
    return Content(kind, {counted[0]: counted[1]})


def _section(line: str) -> Content | None:
    if line[-1:] != ":" and line.rstrip()[-1:] != ":":
        return None
    match = _SECTION.match(line)
    return Content("section", name=f"{match.group(2)}/", indent=len(match.group(1))) if match else None


def _of_pairs(line: str, text: str) -> Content | None:
    if match := _SPEED.match(line):
        names = ("Computation", "Computation/collection", "Computation/learning")
        return Content(BLOCK, dict(zip(names, map(float, match.groups()), strict=True)))
    found = list(pairs(text))
    if label := _LABELLED.match(text):
        found = [one for one in found if one.start >= label.end()]
        if not found:
            return Content("bar")
    if not found:
        bar = _BAR.search(text)
        return Content("bar", {"iteration": float(bar.group(1))}, bar.group(2)) if bar else _of_words(text)
    values: dict[str, float] = {}
    for one in found:
        values.setdefault(one.name, one.value)
    if _CALL.match(text):
        return Content("settings", values)
    if len(values) == 1:
        return _cell(line, text, found[0])
    if "it/s" in text or "s/it" in text:
        values = {**_position(text), **values}
    return Content(LINE, values, group=_group(text, values))


def _of_words(text: str) -> Content | None:
    """``Episode 10 | Reward 3.2``: a name and a number between bars or commas, all along the line."""
    parts = [part.strip() for part in _COLUMNS.split(text)]
    split = [part.rpartition(" ") for part in parts if part]
    values = {name.strip(): printed_number(number) for name, _, number in split}
    named = len(split) > 1 and all(_WORDS.match(name) for name in values)
    # Prose has numbers before commas, too; what it does not have is a counter.
    if not named or None in values.values() or not counter_of(values):
        return None
    return Content(LINE, {name: value for name, value in values.items() if value is not None})


def _cell(line: str, text: str, one: Printed) -> Content | None:
    """A line that is one name and one number; a sentence with a number in it is not."""
    bar = _position(text) if "it/s" in text or "s/it" in text else {}
    if bar:
        return Content(LINE, {**bar, one.name: one.value})
    lead = text[: one.start].strip("\"'`*•- ")
    if lead or text[one.end :].strip(_TAIL):
        return None
    indent = len(line) - len(line.lstrip())
    return Content(BLOCK, {one.name: one.value}, indent=indent + 2 * bool(_LIST.match(line)))


def _group(text: str, values: Mapping[str, Any]) -> str:
    """The behaviour of a line of ML-Agents, several of which train in one process."""
    if "Step" not in values or not ("Time Elapsed" in values or "Mean Reward" in values):
        return ""
    match = _BEHAVIOR.search(text)
    return match.group(1).strip() if match else ""
