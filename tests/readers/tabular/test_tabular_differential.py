"""Tables and JSON lines against the standard library: what it wrote is read as it reads it itself."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rldoctor.readers.tabular.jsonlines import flat, read_json_lines
from rldoctor.readers.tabular.table import Table, parse_table

NAMES = st.text(st.sampled_from("abcxyz_/ ,;\"'é\u2028\x85\x0c"), min_size=1, max_size=6).map(
    lambda text: f"m{text}m"
)
NUMBERS = st.one_of(
    st.floats(), st.integers(-(2**60), 2**60).map(float), st.sampled_from([0.0, -0.0, 1e-300, math.nan])
)
CELLS = st.one_of(NUMBERS.map(repr), st.just(""))


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    """A header, and rows of which each has a number at least."""
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    width = len(names)
    rows = draw(st.lists(st.tuples(NUMBERS, st.lists(CELLS, min_size=width, max_size=width)), min_size=2))
    return ["step", *names], [[repr(first), *rest] for first, rest in rows]


def same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def held(table: Table) -> dict[str, list[tuple[int, float]]]:
    """Row and value of every cell that holds a number, by column."""
    return {
        part.name: [(int(row), float(value)) for row, value in zip(part.rows, part.values, strict=True)]
        for part in table.columns
    }


def check(found: dict[str, list[tuple[int, float]]], expected: dict[str, list[tuple[int, float]]]) -> None:
    assert list(found) == list(expected)
    for name, cells in expected.items():
        assert [row for row, _ in found[name]] == [row for row, _ in cells], name
        assert all(same(a[1], b[1]) for a, b in zip(found[name], cells, strict=True)), name


@given(
    tables(),
    st.sampled_from(",\t;"),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_a_table_is_what_the_csv_module_reads(
    made: tuple[list[str], list[list[str]]], delimiter: str, quoting: Any, end: str
) -> None:
    names, rows = made
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows([names, *rows])
    text = stream.getvalue()
    header, *lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    expected = {
        name.strip(): [(row, float(line[place])) for row, line in enumerate(lines) if line[place]]
        for place, name in enumerate(header)
    }
    # Line ends are made one kind when the bytes are decoded.
    check(held(parse_table(text.replace("\r\n", "\n"), "t.csv")), expected)


# A text that is no number: of one that is, the number is read.
TEXTS = st.text(max_size=5).map(lambda text: f"~{text}")
VALUES = st.recursive(
    st.one_of(NUMBERS, st.integers(-(2**60), 2**60), st.booleans(), st.none(), TEXTS),
    lambda inner: st.dictionaries(st.text(max_size=4), inner, min_size=1, max_size=3),
    max_leaves=8,
)
ROWS = st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=4), min_size=2, max_size=6)


@given(ROWS, st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_json_lines_are_what_the_json_module_reads(rows: list[dict[str, Any]], plain: bool, end: str) -> None:
    lines = [json.dumps(row, ensure_ascii=plain) for row in rows]
    expected: dict[str, list[tuple[int, float]]] = {}
    for place, line in enumerate(lines):
        for name, value in flat(json.loads(line)):
            if isinstance(value, float | int):
                expected.setdefault(name, []).append((place, float(value)))
    with TemporaryDirectory() as folder:
        path = Path(folder, "metrics.jsonl")
        path.write_bytes((end.join(lines) + end).encode())
        table = read_json_lines(path)
    assert table.rows == len(rows)
    assert not any(note.lost for note in table.notes)
    found = {name: cells for name, cells in held(table).items() if cells}
    check({name: found[name] for name in expected}, expected)
    assert len(found) == len(expected)
