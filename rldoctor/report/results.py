"""Results of many runs, read back from what ``-f parquet`` or ``-f jsonl`` wrote."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from rldoctor.errors import MissingExtraError, ReadError
from rldoctor.files import open_regular
from rldoctor.plain_data import dataclass
from rldoctor.report.table_rows import COLUMNS, FAILURE, FINDING, RUN

_PARQUET = b"PAR1"
# Of a table of results (20,000 runs as JSON Lines are 2 GB), and of a line of it.
_LARGEST = 4 << 30
_LONGEST_LINE = 16 << 20
_EXPECTED = "Give the file that analyze wrote with -f parquet or -f jsonl."
_NEEDED = ("row", "path", "id", "verdict", "code")
_NAMES = ("path", "id", "framework", "algorithm", "env", "verdict")
_BATCH = 2000


@dataclass(frozen=True, slots=True)
class ResultFinding:
    """A finding as the table has it; ``explained_by``: the code of its root cause, empty for one itself.

    ``severity``: of a root cause the level with what it explains, as in the verdict.
    """

    code: str
    title: str
    severity: str
    onset: float | None
    message: str
    fix: str
    explained_by: str = ""


@dataclass(slots=True)
class ResultRun:
    """A run as the table has it, its findings worst first.

    ``group``: equal for runs that differ in their seed only, empty where that is not known. ``end``: where
    ``metric`` ended. ``ran`` of ``asked`` rules could look.
    """

    path: str
    id: str
    framework: str
    algorithm: str
    env: str
    verdict: str
    seed: int | None = None
    group: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    steps: float | None = None
    outcome: str = ""
    metric: str = ""
    end: float | None = None
    ran: int = 0
    asked: int = 0
    lost: int = 0
    findings: list[ResultFinding] = field(default_factory=list)

    def roots(self) -> list[ResultFinding]:
        """The root causes."""
        return [one for one in self.findings if not one.explained_by]


@dataclass(slots=True)
class Results:
    """The runs in the order of the table, and a line for each part that gave none."""

    runs: list[ResultRun] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def read_results(path: Path) -> Results:
    """The results in a file. ReadError where it is no such table, MissingExtraError without pyarrow."""
    try:
        with open_regular(path) as stream:
            parquet = stream.read(len(_PARQUET)) == _PARQUET
            size = stream.seek(0, 2)
        if size > _LARGEST:
            raise ReadError(f"{path}: larger than any table of results ({size:,} bytes)")
        found = _of_rows(_parquet_rows(path)) if parquet else _of_lines(path)
    except OSError as error:
        raise ReadError(f"{path}: cannot be read: {error.strerror or error}", hint=_EXPECTED) from error
    if not (found.runs or found.failures):
        raise ReadError(f"{path}: no results in it", hint=_EXPECTED)
    return found


def _parquet_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        import pyarrow
        import pyarrow.parquet as parquet
    except ImportError as error:
        hint = "pip install 'rl-training-doctor[table]' (or pyarrow); a table of -f jsonl needs nothing"
        raise MissingExtraError(f"{path} needs pyarrow, which is not installed", hint=hint) from error
    try:
        with parquet.ParquetFile(path) as table:
            there = set(table.schema_arrow.names)
            if not there.issuperset(_NEEDED):
                raise ReadError(f"{path}: a Parquet table of something else", hint=_EXPECTED)
            for batch in table.iter_batches(_BATCH, columns=[name for name in COLUMNS if name in there]):
                yield from batch.to_pylist()
    except pyarrow.ArrowException as error:
        raise ReadError(f"{path}: a damaged Parquet table: {error}", hint=_EXPECTED) from error


def _of_rows(rows: Iterator[Mapping[str, Any]]) -> Results:
    found = Results()
    for row in rows:
        kind = row.get("row")
        if kind == RUN:
            found.runs.append(_run(row))
        elif kind == FINDING and found.runs:
            found.runs[-1].findings.append(_finding(row, _text(row.get("explained_by"))))
        elif kind == FAILURE:
            found.failures.append(_text(row.get("message")))
    return found


def _run(row: Mapping[str, Any]) -> ResultRun:
    made = _named(row)
    made.group, made.settings = _text(row.get("group")), _settings(row.get("settings"))
    made.outcome, made.metric = _text(row.get("outcome")), _text(row.get("outcome_metric"))
    made.end, made.lost = _number(row.get("outcome_end")), _whole(row.get("lost"))
    made.ran = _whole(row.get("ran"))
    made.asked = made.ran + _whole(row.get("not_measured")) + _whole(row.get("errors"))
    return made


def _named(row: Mapping[str, Any]) -> ResultRun:
    path, id, framework, algorithm, env, verdict = (_text(row.get(name)) for name in _NAMES)
    made = ResultRun(path, id, framework, algorithm, env, verdict)
    made.seed = row["seed"] if isinstance(row.get("seed"), int) else None
    made.steps = _number(row.get("steps"))
    return made


def _finding(row: Mapping[str, Any], explained_by: str = "") -> ResultFinding:
    code, title, severity, message, fix = (
        _text(row.get(name)) for name in ("code", "title", "severity", "message", "fix")
    )
    # Worst first is by the level of a cause; a table of an older version has only a finding's own.
    severity = _text(row.get("severity_as_cause")) or severity
    return ResultFinding(code, title, severity, _number(row.get("onset")), message, fix, explained_by)


def _of_lines(path: Path) -> Results:
    found = Results()
    with open_regular(path) as stream:
        for number, line in enumerate(iter(lambda: stream.readline(_LONGEST_LINE), b""), start=1):
            entry = _object(line)
            if isinstance(entry.get("failure"), str):
                found.failures.append(entry["failure"])
            elif "verdict" in entry and "path" in entry:
                found.runs.append(_of_document(entry))
            elif line.strip():
                raise ReadError(f"{path}: line {number} is no result of a run", hint=_EXPECTED)
    return found


def _object(line: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return {}
    return entry if isinstance(entry, dict) else {}


def _of_document(entry: Mapping[str, Any]) -> ResultRun:
    """A run of the JSON report. It has no settings, so nobody knows which runs differ in their seed only."""
    made = _named(entry)
    coverage, outcome = _mapping(entry.get("coverage")), _mapping(entry.get("outcome"))
    made.ran = _whole(coverage.get("ran"))
    made.asked = _whole(coverage.get("total")) - _whole(coverage.get("not_applicable"))
    made.outcome, made.metric = _text(outcome.get("kind")), _text(outcome.get("metric"))
    made.end = _number(_mapping(outcome.get("end")).get("value"))
    made.lost = sum(bool(_mapping(note).get("lost")) for note in _list(entry.get("notes")))
    told = {_text(_mapping(one).get("code")): _mapping(one) for one in _list(entry.get("results"))}
    for root in map(_mapping, _list(entry.get("roots"))):
        fixes = [_mapping(fix) for fix in _list(root.get("fixes"))]
        made.findings.append(_finding({**root, "fix": fixes[0].get("text") if fixes else None}))
        for code in map(_text, _list(root.get("explains"))):
            if all(one.code != code for one in made.findings):
                symptom = {**told.get(code, {}), "code": code}
                made.findings.append(_finding(symptom, _text(root.get("code"))))
    return made


def _settings(text: object) -> Mapping[str, Any]:
    try:
        found = json.loads(text) if isinstance(text, str) else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> float | None:
    number = float(value) if isinstance(value, int | float) and abs(value) < 1e300 else math.nan
    return number if math.isfinite(number) else None


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
