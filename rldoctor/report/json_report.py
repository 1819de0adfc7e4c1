"""The machine-readable report. ``schema.json`` beside this file is its published JSON Schema."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any

from rldoctor import __version__
from rldoctor.model.finding import (
    Coverage,
    Diagnosis,
    Finding,
    Measure,
    Prescription,
    Root,
    RuleResult,
    RunGate,
)
from rldoctor.model.measured import Measured
from rldoctor.model.raw import Note
from rldoctor.model.reading import WHOLE, Unread
from rldoctor.model.run import Run
from rldoctor.report import additions, audited, derived, left_open
from rldoctor.report.clean import encodable
from rldoctor.report.envelope_words import as_dict
from rldoctor.report.numbers import finite
from rldoctor.report.snippets import snippet

SCHEMA = 1


def render(diagnoses: Sequence[Diagnosis], *, reading: Unread = WHOLE) -> str:
    """The report as JSON text: valid everywhere, NaN and infinity are null."""
    return text(document(diagnoses, reading)) + "\n"


def text(value: object) -> str:
    """Plain data as the report writes it: as ``json.dumps`` with an indent of two."""
    # With an indent the standard library encodes value by value in nested generators, at twice the price.
    return _written(value, "\n")


_single = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def _written(value: object, line: str) -> str:
    """``value`` in JSON; ``line`` ends a line and indents the next one to where the value begins."""
    if isinstance(value, str):
        return encode_basestring(value)
    inner = f"{line}  "
    if isinstance(value, dict) and value:
        entries = [f"{encode_basestring(key)}: {_written(one, inner)}" for key, one in value.items()]
        return f"{{{inner}{f',{inner}'.join(entries)}{line}}}"
    if isinstance(value, list) and value:
        return f"[{inner}{f',{inner}'.join([_written(one, inner) for one in value])}{line}]"
    if value is None:
        return "null"
    # Truth values, what is empty, and what JSON cannot hold, which is an error there.
    number = type(value) is int or (type(value) is float and math.isfinite(value))
    return repr(value) if number else _single(value)


def document(diagnoses: Sequence[Diagnosis], reading: Unread = WHOLE) -> dict[str, Any]:
    """The report as plain dicts and lists."""
    tree = {
        "schema": SCHEMA,
        "rldoctor": __version__,
        "runs": [run_document(d) for d in diagnoses],
        "failures": [*reading.failures],
    }
    safe: dict[str, Any] = as_json(tree)
    return safe


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) that every report of this version satisfies."""
    text = Path(__file__).with_name("schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def as_json(value: Any) -> Any:
    """``value`` with strings that UTF-8 can hold and numbers that JSON can hold (NaN and infinity: None)."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {encodable(key): as_json(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [as_json(entry) for entry in value]
    if isinstance(value, float):
        return finite(value)
    return value


def run_document(diagnosis: Diagnosis) -> dict[str, Any]:
    """One run of the report; its numbers may still be NaN."""
    run = diagnosis.run
    return {
        "path": str(run.path),
        "id": run.id,
        "format": run.format,
        "framework": run.framework,
        "algorithm": run.algorithm,
        "env": run.env,
        "seed": run.seed,
        "steps": float(run.last_step),
        "axis": run.axis,
        "coverage": _coverage(diagnosis.coverage),
        "verdict": diagnosis.verdict,
        "verdict_note": diagnosis.verdict_note,
        "roots": [_root(root, run) for root in diagnosis.roots],
        "results": [_result(result, run) for result in diagnosis.results],
        "derived": [derived.document(one) for one in derived.quantities(diagnosis.derivations, run.metrics)],
        "outcome": None if diagnosis.achieved is None else diagnosis.achieved.to_dict(),
        "audit": [audited.document(one) for one in diagnosis.audit],
        "differential": left_open.as_dict(diagnosis.differential),
        "unmapped": [series.tag for series in run.metrics.unmapped],
        "gate": _gate(diagnosis.gate),
        "reference": as_dict(diagnosis.reference),
        "notes": [note_document(note) for note in run.notes],
    }


def _gate(gate: RunGate | None) -> dict[str, Any] | None:
    if gate is None:
        return None
    return {
        "fail_on": gate.fail_on,
        "fails": gate.fails,
        "covered": gate.covered,
        "seeds": gate.seeds,
        "findings": [
            {
                "code": one.code,
                "severity": one.severity.label,
                "standing": one.standing.value,
                "fails": one.fails,
                "text": one.text,
            }
            for one in gate.judged
        ],
    }


def _coverage(coverage: Coverage) -> dict[str, int]:
    names = ("ran", "not_measured", "not_applicable", "error", "total")
    return {name: int(getattr(coverage, name)) for name in names}


def _root(root: Root, run: Run) -> dict[str, Any]:
    finding = root.finding
    return {
        "code": finding.code,
        "slug": finding.slug,
        "title": finding.title,
        "severity": finding.severity.label,
        "severity_as_cause": root.severity.label,
        "onset": _number(finding.onset),
        "message": finding.message,
        "explains": [child.code for child in root.explains],
        "rivals": [{"code": r.code, "title": r.title, "rejected_because": r.text} for r in root.rivals],
        "fixes": [_fix(fix, run) for fix in finding.prescriptions],
        "measured": _measured(finding.measured),
        "expect": finding.expect,
        "expect_check": finding.expect_check,
    }


def _measured(record: Measured | None) -> dict[str, Any] | None:
    if record is None:
        return None
    return {
        "status": record.status,
        "split": record.split,
        "recall": record.recall,
        "low": record.low,
        "high": record.high,
        "n": record.shown,
        "false_alarms": record.false_alarms,
        "n_healthy": record.healthy,
        "first_right": record.first_right,
        "first_named": record.first_named,
        "probability": record.probability,
    }


def _fix(fix: Prescription, run: Run) -> dict[str, Any]:
    line = snippet(fix, run)
    return {
        "id": fix.id,
        "text": fix.text,
        "knob": fix.knob,
        "key": fix.key,
        "now": fix.now,
        "assumed": fix.assumed,
        "to": fix.to,
        "to_number": _number(fix.to_number),
        "because": fix.because,
        "snippet": {"text": line.text, "where": line.where} if line else None,
        "expect": fix.expect,
    }


def _result(result: RuleResult, run: Run) -> dict[str, Any]:
    finding: Finding | None = result.finding
    return {
        "code": result.code,
        "slug": result.slug,
        "title": result.title,
        "outcome": result.outcome.value,
        "severity": finding.severity.label if finding else None,
        "onset": _number(finding.onset) if finding else None,
        "measures": [_measure(m) for m in (finding.measures if finding else result.measures)],
        "missing": list(result.missing),
        "reason": result.reason,
        "log_hint": result.log_hint,
        "additions": additions.as_json(result.additions, run),
        "error": result.error or None,
    }


def _measure(measure: Measure) -> dict[str, Any]:
    window = None if measure.window is None else [_number(bound) for bound in measure.window]
    return {
        "name": measure.name,
        "value": _number(measure.value),
        "unit": measure.unit,
        "text": measure.text,
        "limit": _number(measure.limit),
        "limit_name": measure.limit_name,
        "window": window,
        "n": None if measure.n is None else int(measure.n),
        "says": measure.says,
    }


def note_document(note: Note) -> dict[str, Any]:
    """A note as it stands in the report."""
    return {
        "code": note.code,
        "level": note.level,
        "text": note.text,
        "tags": list(note.tags),
        "lost": note.lost,
    }


def _number(value: float | None) -> float | None:
    """A plain Python float (numpy scalars are not JSON), or None."""
    return None if value is None else finite(float(value))
