"""Small HTML fragments: styled by themselves, readable on light and dark pages, everything escaped."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from rldoctor.model.comparison import Comparison, Presence
from rldoctor.model.finding import Diagnosis, Measure, Root
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.report import compare_words as say
from rldoctor.report import words
from rldoctor.report.clean import clean
from rldoctor.report.numbers import number, plural, step
from rldoctor.report.todo import Fix, todo

# A cell is looked at beside code: what is cut is counted, and the whole is in the object and in the report.
MAX_ROWS = 12
MAX_FIXES = 6


def of_run(run: Run) -> str:
    """What was read: facts, metrics with their tags, settings."""
    metrics = [_metric(series) for series in run.metrics.series.values()]
    rows, more = _cut(metrics)
    return _render(
        "run",
        name=clean(run.id),
        path=clean(run.path),
        facts=words.facts(run),
        rows=rows,
        more=more,
        knobs=[(clean(k.name), clean(k.value)) for k in run.config.knobs.values()],
        unmapped=plural(len(run.metrics.unmapped), "tag"),
        has_unmapped=bool(run.metrics.unmapped),
        notes=[clean(note.text) for note in run.notes if note.level != "info"][:MAX_ROWS],
    )


def of_runs(runs: Sequence[Run], failures: Sequence[str]) -> str:
    """A table of runs, and what could not be read."""
    rows, more = _cut([[clean(run.id), *_facts(run)] for run in runs])
    return _render(
        "runs",
        count=plural(len(runs), "run"),
        rows=rows,
        more=more,
        failures=[clean(text) for text in failures[:MAX_ROWS]],
    )


def of_diagnosis(diagnosis: Diagnosis) -> str:
    """The verdict, what to do in which order, and a foldable card for each root cause."""
    found = todo(diagnosis)
    rest = found.all[1:]
    return _render(
        "diagnosis",
        name=clean(diagnosis.run.id),
        facts=words.facts(diagnosis.run),
        kind=diagnosis.verdict,
        label=words.verdict_label(diagnosis).lower(),
        headline=words.headline(diagnosis),
        coverage=words.coverage(diagnosis),
        remarks=[clean(text) for text in (diagnosis.verdict_note, diagnosis.outcome_note) if text],
        fixes_title=words.fixes_title(diagnosis),
        fixes=[_fix(found.first)] if found.first else [],
        otherwise=[_fix(fix) for fix in rest[:MAX_FIXES]],
        more=max(0, len(rest) - MAX_FIXES),
        roots=[_root(root, diagnosis.run) for root in diagnosis.roots],
    )


def of_comparison(comparison: Comparison) -> str:
    """The verdict with its numbers, what moved first, settings that differ, findings new or gone."""
    moved = [one for one in comparison.findings if one.presence is not Presence.SAME]
    departures, more = _cut([say.departure_row(one) for one in comparison.departures])
    changes, more_changes = _cut([say.change_row(one) for one in comparison.changes])
    return _render(
        "comparison",
        kind=say.LIKE[comparison.verdict],
        label=say.LABELS[comparison.verdict].lower(),
        headline=say.headline(comparison),
        arms=[("base", say.arm(comparison.base)), ("candidate", say.arm(comparison.candidate))],
        effect=say.effect_rows(comparison.effect) if comparison.effect else [],
        method=say.method(comparison.effect) if comparison.effect else "",
        first=say.first_mover(comparison) if comparison.departures or comparison.unmoved else "",
        departures=departures,
        more=more,
        changes=changes,
        more_changes=more_changes,
        findings=[say.finding_row(one) for one in moved],
        remarks=[clean(one.text) for one in comparison.remarks],
    )


def _cut(rows: Sequence[Any]) -> tuple[list[Any], int]:
    return list(rows[:MAX_ROWS]), max(0, len(rows) - MAX_ROWS)


def _facts(run: Run) -> list[str]:
    seed = "" if run.seed is None else str(run.seed)
    return [words.framework(run), words.algorithm(run), clean(run.env), seed, words.length(run)]


def _metric(series: Series) -> list[str]:
    values = series.values[np.isfinite(series.values)]
    first, last = (number(float(values[at])) if values.size else "" for at in (0, -1))
    return [clean(series.name), clean(series.tag), f"{len(series):,}", first, last, clean(series.unit)]


def _fix(fix: Fix) -> dict[str, str]:
    return {
        "change": fix.change,
        "sentence": fix.sentence,
        "because": clean(fix.prescription.because),
        "code": clean(fix.root.finding.code),
    }


def _root(root: Root, run: Run) -> dict[str, Any]:
    finding = root.finding
    return {
        "code": clean(finding.code),
        "kind": finding.severity.label,
        "title": clean(finding.title),
        "onset": words.onset(finding),
        "held": words.held(finding, run),
        "message": clean(finding.message),
        "measures": [_measure(one) for one in finding.measures],
        "explains": [f"{clean(one.code)} {clean(one.title)}" for one in root.explains],
        "likely": [clean(one.text) for one in finding.causes if one.likely],
        "rivals": [f"{clean(one.code)} {clean(one.title)}: {clean(one.text)}" for one in root.rivals],
    }


def _measure(measure: Measure) -> list[str]:
    points = "" if measure.n is None else step(measure.n)
    return [
        words.measure_label(measure),
        words.window(measure),
        words.measured(measure),
        words.limit(measure),
        points,
    ]


@lru_cache(maxsize=1)
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _render(template: str, **values: Any) -> str:
    text: str = _environment().get_template(f"{template}.html.j2").render(**values)
    return text
