"""One judged run as the reports need it that are written run by run: without its curves, ready to be joined.

What depends on the other runs is left open: its name, and what is noted of its twins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from xml.etree import ElementTree as Xml

from rldoctor.model.finding import Diagnosis
from rldoctor.model.raw import Note
from rldoctor.model.reading import Unread
from rldoctor.plain_data import dataclass
from rldoctor.report import json_report, junit, run_names
from rldoctor.report.table_rows import Row, rows

STREAMED = ("json", "jsonl", "junit", "parquet")
"""The formats that are written run by run."""
# Stands for the name of a run, which the other runs decide. No text of a report holds it: it is cleaned out.
_NAME = "\x00"


@dataclass(slots=True)
class RunParts:
    """``body``: the JSON between id and notes; ``suite``: JUnit's, with a mark for the name.

    ``counts`` are the suite's; ``rows`` those of the table.
    """

    id: str
    path: str
    body: str = ""
    notes: Sequence[Mapping[str, object]] = ()
    suite: str = ""
    counts: Mapping[str, int] | None = None
    rows: Sequence[Row] = ()


@dataclass(slots=True)
class ManyRuns:
    """Runs for a report that is written run by run: ``each`` goes through them anew each time it is called.

    ``names``: what JUnit calls them; ``totals``: of its counts.
    """

    each: Callable[[], Iterator[RunParts]]
    names: Sequence[str]
    totals: Mapping[str, int]
    reading: Unread


def run_parts(diagnosis: Diagnosis, formats: Sequence[str], *, strict: bool) -> RunParts:
    """What these formats need of a run."""
    made = RunParts(diagnosis.run.id, str(diagnosis.run.path))
    if "json" in formats or "jsonl" in formats:
        _add_json(made, diagnosis)
    if "junit" in formats:
        _add_suite(made, diagnosis, strict=strict)
    if "parquet" in formats:
        made.rows = rows(diagnosis)
    return made


def many(diagnoses: Sequence[Diagnosis], format: str, reading: Unread) -> ManyRuns:
    """Diagnoses that are there already."""
    parts = [run_parts(one, [format], strict=reading.strict) for one in diagnoses]
    names = run_names.relative_names(diagnoses)
    return ManyRuns(lambda: iter(parts), names, total([one.counts or {} for one in parts]), reading)


def total(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """JUnit's counts of all runs."""
    return {key: sum(one.get(key, 0) for one in counts) for key in junit.COUNTS}


def named_suite(parts: RunParts, name: str) -> str:
    """The suite of a run under its name."""
    whole = Xml.tostring(Xml.Element("x", name=name), encoding="unicode")
    return parts.suite.replace(_NAME, whole[len('<x name="') : -len('" />')])


def with_note(parts: RunParts, note: Note | None, at: int) -> RunParts:
    """The run with a note put in at that place, where there is one."""
    if note is not None:
        kept = list(parts.notes)
        parts.notes = [*kept[:at], json_report.note_document(note), *kept[at:]]
    return parts


def _add_json(made: RunParts, diagnosis: Diagnosis) -> None:
    tree = json_report.as_json(json_report.run_document(diagnosis))
    made.id, made.path, made.notes = tree.pop("id"), tree.pop("path"), tree.pop("notes")
    made.body = json_report.text(tree)


def _add_suite(made: RunParts, diagnosis: Diagnosis, *, strict: bool) -> None:
    suite = junit.suite(_NAME, diagnosis, Unread(strict=strict))
    made.counts = {key: int(suite.get(key, "0")) for key in junit.COUNTS}
    Xml.indent(suite, level=1)
    made.suite = Xml.tostring(suite, encoding="unicode").rstrip()
