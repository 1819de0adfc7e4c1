"""What the template shows, as plain dicts of clean strings: the template holds no logic of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from rldoctor.model.config import Knob
from rldoctor.model.finding import Diagnosis, Finding, Measure, Outcome, Root, RuleResult
from rldoctor.report import derived, reference, words
from rldoctor.report.clean import clean
from rldoctor.report.html.figures import Figures
from rldoctor.report.numbers import number, percent

MAX_LISTED = 500


def run_view(position: int, name: str, diagnosis: Diagnosis, figures: Figures) -> dict[str, Any]:
    """One run. ``position`` is 1-based and makes the anchors of the page."""
    run = diagnosis.run
    roots = [root.finding for root in diagnosis.roots]
    fixes = words.fixes(diagnosis)
    return {
        "id": f"run-{position}",
        "name": name,
        "path": clean(run.path),
        "facts": words.facts(run),
        "axis_note": clean(run.axis_note),
        "verdict": diagnosis.verdict,
        "verdict_label": words.verdict_label(diagnosis).lower(),
        "headline": words.headline(diagnosis),
        "remarks": [clean(text) for text in (diagnosis.verdict_note, diagnosis.outcome_note) if text],
        "coverage": words.coverage(diagnosis),
        "meter": _meter(diagnosis),
        "overview": figures.overview(position, run, roots, diagnosis.reference),
        "reference": reference.as_view(diagnosis),
        "fixes": [_fix(f"run-{position}", diagnosis, fix) for fix in fixes],
        "roots": [
            _root(f"run-{position}-cause-{rank}", position, root, diagnosis, figures)
            for rank, root in enumerate(diagnosis.roots, 1)
        ],
        "derived": [derived.row(one) for one in derived.quantities(diagnosis.derivations, run.metrics)],
        "knobs": [_knob(knob, fixes) for knob in run.config.knobs.values()],
        "passed": [_result(r) for r in words.by_outcome(diagnosis, Outcome.PASSED)],
        "unmeasured": [_result(r) for r in words.by_outcome(diagnosis, Outcome.NOT_MEASURED)],
        "failed": [_result(r) for r in words.by_outcome(diagnosis, Outcome.ERROR)],
        "elsewhere": [_result(r) for r in words.by_outcome(diagnosis, Outcome.NOT_APPLICABLE)],
        "notes": [{"level": n.level, "code": clean(n.code), "text": clean(n.text)} for n in run.notes],
        "unmapped": _listed([clean(part.tag) for part in run.metrics.unmapped]),
        "unmapped_config": _listed([clean(s.key) for s in run.config.unmapped]),
        "format": clean(run.format),
        "rules": diagnosis.coverage.total,
    }


def index_row(view: dict[str, Any], diagnosis: Diagnosis) -> dict[str, str]:
    """One line of the table over several runs."""
    seen = diagnosis.coverage
    first = diagnosis.roots[0].finding if diagnosis.roots else None
    return {
        "id": view["id"],
        "name": view["name"],
        "verdict": view["verdict"],
        "label": view["verdict_label"],
        "cause": f"{clean(first.code)} {clean(first.title)}" if first else "",
        "since": words.onset(first).removeprefix("since step ").removeprefix("over the ") if first else "",
        "rules": f"{seen.ran} of {seen.total - seen.not_applicable}",
    }


def _listed(names: list[str]) -> dict[str, Any]:
    return {"shown": names[:MAX_LISTED], "count": len(names), "more": max(0, len(names) - MAX_LISTED)}


def _meter(diagnosis: Diagnosis) -> dict[str, Any]:
    """The coverage bar: the share of the applicable rules that could look."""
    share = diagnosis.coverage.share
    return {"percent": round(100 * share, 1), "label": f"{percent(share)} of the rules that apply could look"}


def _fix(anchor: str, diagnosis: Diagnosis, fix: words.Fix) -> dict[str, str]:
    rank = diagnosis.roots.index(fix.root) + 1
    prescription = fix.prescription
    return {
        "change": fix.change,
        "key": clean(prescription.key),
        "now": clean(prescription.now),
        "to": clean(prescription.to),
        "sentence": fix.sentence,
        "because": clean(prescription.because),
        "expect": clean(prescription.expect),
        "cause": clean(fix.root.finding.title),
        "anchor": f"{anchor}-cause-{rank}",
    }


def _root(anchor: str, position: int, root: Root, diagnosis: Diagnosis, figures: Figures) -> dict[str, Any]:
    finding = root.finding
    return {
        "id": anchor,
        "code": clean(finding.code),
        "title": clean(finding.title),
        "severity": finding.severity.label,
        "message": clean(finding.message),
        "capped": clean(finding.capped),
        "onset": words.onset(finding),
        "held": words.held(finding, diagnosis.run),
        "figures": figures.finding(position, diagnosis.run, finding, diagnosis.reference),
        "measures": [_measure(m) for m in finding.measures],
        "likely": [clean(c.text) for c in finding.causes if c.likely],
        "possible": [clean(c.text) for c in finding.causes if c.likely is None],
        "excluded": [clean(c.text) for c in finding.causes if c.likely is False],
        "symptoms": [_symptom(child) for child in root.explains],
        "rivals": [
            {"code": clean(r.code), "title": clean(r.title), "text": clean(r.text)} for r in root.rivals
        ],
        "expect": clean(finding.expect),
        "record": [clean(text) for text in words.record(finding)],
        "false_positives": [clean(text) for text in finding.false_positives],
        "overrides": [clean(text) for text in finding.overrides],
        "references": [{"title": clean(t), "url": web_address(url)} for t, url in finding.references],
    }


def _symptom(finding: Finding) -> dict[str, Any]:
    return {
        "code": clean(finding.code),
        "title": clean(finding.title),
        "severity": finding.severity.label,
        "onset": words.onset(finding),
        "message": clean(finding.message),
        "measures": [_measure(m) for m in finding.measures],
    }


def _measure(measure: Measure) -> dict[str, str]:
    return {
        "label": words.measure_label(measure),
        "window": words.window(measure),
        "value": words.measured(measure),
        "limit": words.limit(measure),
        "limit_name": clean(measure.limit_name),
        "n": "" if measure.n is None else f"{measure.n:,}",
    }


def _result(result: RuleResult) -> dict[str, Any]:
    return {
        "code": clean(result.code),
        "title": clean(result.title),
        "reason": clean(result.reason),
        "why": words.why_not(result),
        "error": clean(result.error),
        "log_hint": clean(result.log_hint),
        "measures": ", ".join(f"{words.measure_label(m)} {words.measured(m)}" for m in result.measures),
    }


def _knob(knob: Knob, fixes: Sequence[words.Fix]) -> dict[str, str]:
    wanted = next(
        (f.prescription for f in fixes if f.prescription.knob == knob.name and f.prescription.to), None
    )
    value = (
        number(knob.value) if isinstance(knob.value, float | int) and not isinstance(knob.value, bool) else ""
    )
    written = clean(knob.written)
    same = written == clean(knob.value) or _equal(knob.written, knob.value)
    return {
        "key": clean(knob.key or knob.name),
        "name": clean(knob.name),
        "now": written,
        "canonical": "" if same else value or clean(knob.value),
        "to": clean(wanted.to) if wanted else "",
        "source": clean(knob.source),
        "note": clean(knob.note),
    }


def _equal(written: object, value: object) -> bool:
    """Whether the written value is the canonical one (1e6 and 1000000 are)."""
    numbers = isinstance(written, float | int) and isinstance(value, float | int)
    return numbers and written == value


def web_address(url: str) -> str:
    """``url`` when it is http or https, else an empty string: a rule pack must not bring ``javascript:``."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    return clean(url) if parts.scheme in {"http", "https"} and parts.netloc else ""
