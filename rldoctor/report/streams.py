"""JSON, JSON Lines and JUnit written run by run: as many runs as there are take the memory of one."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rldoctor import __version__
from rldoctor.report import json_report, junit
from rldoctor.report.run_parts import ManyRuns, RunParts, named_suite

_INDENT = "\n    "


def json_text(runs: ManyRuns) -> Iterator[str]:
    """The text of ``json_report.render``, piece by piece."""
    yield f'{{\n  "schema": {json_report.SCHEMA},\n  "rldoctor": {_plain(__version__)},\n  "runs": ['
    between = ""
    for one in runs.each():
        yield between + _INDENT + _run(one)
        between = ","
    yield ("\n  " if between else "") + "]"
    failures = json_report.text(json_report.as_json([*runs.reading.failures]))
    yield f',\n  "failures": {_deeper(failures, 2)}\n}}\n'


def _run(one: RunParts) -> str:
    head = f'{{\n  "path": {_plain(one.path)},\n  "id": {_plain(one.id)},'
    notes = _deeper(json_report.text(one.notes), 2)
    # The body is an object: its first brace goes, and the notes come before its last.
    return _deeper(f'{head}{one.body[1:-2]},\n  "notes": {notes}\n}}', 4)


def jsonl_text(runs: ManyRuns) -> Iterator[str]:
    """One line for each run, with the keys of a run of the JSON report; then one for each failure."""
    head = {"schema": json_report.SCHEMA, "rldoctor": __version__}
    for one in runs.each():
        yield _line({**head, "path": one.path, "id": one.id, **json.loads(one.body), "notes": one.notes})
    for text in runs.reading.failures:
        yield _line({**head, "failure": json_report.as_json(text)})


def junit_text(runs: ManyRuns) -> Iterator[str]:
    """The text of ``junit.render``, suite by suite."""
    more = junit.not_read_text(runs.reading)
    totals = {key: value + (more[1].get(key, 0)) for key, value in runs.totals.items()}
    said = "".join(f' {key}="{value}"' for key, value in totals.items())
    suites = (named_suite(one, name) for name, one in zip(runs.names, runs.each(), strict=True))
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="rldoctor"{said}>\n'
    for suite in suites:
        yield f"  {suite}\n"
    if more[0]:
        yield f"  {more[0]}\n"
    yield "</testsuites>\n"


def _deeper(text: str, by: int) -> str:
    # No text of JSON holds a line break of its own.
    return text.replace("\n", "\n" + " " * by)


def _plain(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n"
