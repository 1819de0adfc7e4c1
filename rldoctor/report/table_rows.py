"""The rows of the table report: one for each run, each finding, and each part that gave no run."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from rldoctor.model.finding import Diagnosis, Finding, Root
from rldoctor.model.outcome import RunOutcome
from rldoctor.model.run import Run
from rldoctor.report.clean import clean, encodable
from rldoctor.report.numbers import finite

Row: TypeAlias = dict[str, object]
RUN, FINDING, FAILURE = "run", "finding", "failure"
TEXT, WHOLE, NUMBER, TRUTH = "text", "whole", "number", "truth"
COLUMNS: Mapping[str, str] = {
    "row": TEXT,
    "path": TEXT,
    "id": TEXT,
    "framework": TEXT,
    "algorithm": TEXT,
    "env": TEXT,
    "seed": WHOLE,
    "group": TEXT,
    "settings": TEXT,
    "steps": NUMBER,
    "axis": TEXT,
    "verdict": TEXT,
    "outcome": TEXT,
    "probability": NUMBER,
    "outcome_metric": TEXT,
    "outcome_end": NUMBER,
    "ran": WHOLE,
    "not_measured": WHOLE,
    "not_applicable": WHOLE,
    "errors": WHOLE,
    "fails": TRUTH,
    "lost": WHOLE,
    "code": TEXT,
    "title": TEXT,
    "severity": TEXT,
    "severity_as_cause": TEXT,
    "root": TRUTH,
    "explained_by": TEXT,
    "onset": NUMBER,
    "message": TEXT,
    "fix": TEXT,
}
"""Name and kind of each column; what a row has nothing to say of is null."""
# Differ between the seeds of one setting.
_SEEDS = ("seed",)


def rows(diagnosis: Diagnosis) -> list[Row]:
    """The row of a run, then one for each finding: root causes worst first, each with what it explains."""
    about = _about(diagnosis)
    found = [about | {"row": RUN}]
    told: set[str] = set()
    for root in diagnosis.roots:
        for one in (root.finding, *root.explains):
            # A symptom of two root causes is one finding, of the worse of them.
            if one.code not in told:
                told.add(one.code)
                found.append(about | _finding(one, root))
    return found


def failure(text: str) -> Row:
    """The row of what could not be read or judged."""
    return {"row": FAILURE, "message": encodable(clean(text))}


def settings(run: Run) -> dict[str, object]:
    """The known hyperparameters by canonical name, in canonical units."""
    values = {name: knob.value for name, knob in sorted(run.config.knobs.items())}
    return {name: finite(value) if isinstance(value, float) else value for name, value in values.items()}


def _about(diagnosis: Diagnosis) -> Row:
    run, coverage, outcome = diagnosis.run, diagnosis.coverage, diagnosis.achieved
    known = settings(run)
    plain = {
        "path": str(run.path),
        "id": run.id,
        "framework": run.framework,
        "algorithm": run.algorithm,
        "env": run.env,
        "group": _group(run, known),
        "settings": json.dumps(known, ensure_ascii=False),
        "axis": run.axis,
        "verdict": diagnosis.verdict,
    }
    return {
        **{name: encodable(text) for name, text in plain.items()},
        "seed": run.seed,
        "steps": finite(float(run.last_step)),
        "outcome": None if outcome is None else outcome.kind.value,
        "probability": None if outcome is None else finite(float(outcome.probability)),
        **_end(outcome),
        "ran": coverage.ran,
        "not_measured": coverage.not_measured,
        "not_applicable": coverage.not_applicable,
        "errors": coverage.error,
        "fails": None if diagnosis.gate is None else diagnosis.gate.fails,
        "lost": sum(note.lost for note in run.notes),
    }


def _end(outcome: RunOutcome | None) -> Row:
    """What the outcome was judged by, and its level at the end."""
    if outcome is None or outcome.deciding.end is None:
        return {}
    level = outcome.deciding.end.value
    return {"outcome_metric": encodable(outcome.deciding.metric), "outcome_end": finite(float(level))}


def _group(run: Run, known: Mapping[str, object]) -> str:
    """The same for runs that differ in their seed only, as far as their settings are known."""
    kept = {name: value for name, value in known.items() if name not in _SEEDS}
    text = json.dumps([run.framework, run.algorithm, run.env, kept])
    return f"{zlib.crc32(text.encode()):08x}"


def _finding(one: Finding, root: Root) -> Row:
    is_root = one is root.finding
    texts = {
        "code": one.code,
        "title": clean(one.title),
        "message": clean(one.message),
        "fix": clean(one.prescriptions[0].text) if one.prescriptions else None,
    }
    return {
        **{name: text if text is None else encodable(text) for name, text in texts.items()},
        "row": FINDING,
        "severity": one.severity.label,
        "severity_as_cause": root.severity.label if is_root else None,
        "root": is_root,
        "explained_by": None if is_root else root.finding.code,
        "onset": None if one.onset is None else finite(float(one.onset)),
    }


def by_column(found: Sequence[Row]) -> dict[str, list[object]]:
    """The same rows column by column."""
    return {name: [row.get(name) for row in found] for name in COLUMNS}
