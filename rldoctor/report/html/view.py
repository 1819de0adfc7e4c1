"""What the template shows, as plain dicts of clean strings: the template holds no logic of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Any
from urllib.parse import urlsplit

from rldoctor.model.finding import Diagnosis, Finding, Measure, Outcome, Root, RuleResult
from rldoctor.model.raw import Note
from rldoctor.plain_data import dataclass
from rldoctor.report import audited, derived, envelope_words, left_open, losses, words
from rldoctor.report.additions import Once
from rldoctor.report.clean import clean
from rldoctor.report.html import provenance
from rldoctor.report.html.anchors import Anchors
from rldoctor.report.html.codes import Codes
from rldoctor.report.html.figures import Figures, levels_of
from rldoctor.report.html.knobs import knob_rows
from rldoctor.report.html.metrics import Browser, entries
from rldoctor.report.numbers import percent
from rldoctor.report.remedies import remedies
from rldoctor.report.snippets import snippet
from rldoctor.report.todo import CALM, Fix, Todo, todo

MAX_LISTED = 500
# More root causes than these are folded: the first ones are what a reader can act on.
MAX_CARDS = 2
MAX_LOUD = 3
MAX_REMEDIES = 8


@dataclass(slots=True)
class Page:
    """What the runs of a page share. ``many``: whether its links carry the number of the run."""

    figures: Figures
    browser: Browser
    many: bool = False
    codes: Codes = field(default_factory=Codes)
    anchors: Anchors = field(default_factory=Anchors)
    hashes: provenance.Hashes = field(default_factory=provenance.Hashes)

    def prefix(self, position: int) -> str:
        """What stands before the code in a link to a finding of run ``position``."""
        return f"run-{position}-" if self.many else ""


def run_view(position: int, name: str, diagnosis: Diagnosis, page: Page) -> dict[str, Any]:
    """One run. ``position`` is 1-based and makes the anchors of the page."""
    run = diagnosis.run
    prefix, fixes = page.prefix(position), todo(diagnosis)
    links = [page.anchors.new(prefix, root.finding.code) for root in diagnosis.roots]
    roots = [
        _root(link, prefix, position, root, diagnosis, page)
        for link, root in zip(links, diagnosis.roots, strict=True)
    ]
    logged, knobs = entries(diagnosis), knob_rows(diagnosis, fixes.all)
    return {
        "id": f"run-{position}",
        "name": name,
        "path": clean(run.path),
        "facts": words.facts(run),
        "axis_note": clean(run.axis_note),
        "verdict": diagnosis.verdict,
        "verdict_label": words.verdict_label(diagnosis).lower(),
        "headline": words.headline(diagnosis),
        "remarks": [
            _sentence(clean(text)) for text in (diagnosis.verdict_note, diagnosis.outcome_note) if text
        ],
        "coverage": words.coverage(diagnosis),
        "lost": losses.listed(losses.of_run(run)),
        "meter": _meter(diagnosis),
        "fixes_title": words.fixes_title(diagnosis),
        "fixes": _by_cause(links, diagnosis, fixes),
        "causes_title": words.causes_title(diagnosis),
        "roots": roots,
        "cards": MAX_CARDS,
        "overview": _overview(position, diagnosis, page),
        "reference": envelope_words.as_view(diagnosis),
        "derived": [derived.row(one) for one in derived.quantities(diagnosis.derivations, run.metrics)],
        "left": left_open.as_view(diagnosis.differential),
        "audit": [audited.row(one) for one in diagnosis.audit],
        "audit_wrong": [_sentence(audited.sentence(one)) for one in audited.contradictions(diagnosis.audit)],
        "knobs": knobs,
        "knobs_reference": any(row["reference"] for row in knobs),
        "knobs_changed": any(row["to"] for row in knobs),
        "knobs_to": sum(bool(row["to"]) for row in knobs),
        "metrics": {"at": page.browser.add(logged), "count": len(logged), "shown": not page.browser.left_out},
        **_results(prefix, diagnosis, page.anchors),
        "remedies": remedies(diagnosis).steps[:MAX_REMEDIES],
        "link": page.codes.link,
        "linked": page.codes.linked,
        **_notes(run.notes),
        "unmapped": _listed([clean(part.tag) for part in run.metrics.unmapped]),
        "unmapped_config": _listed([clean(s.key) for s in run.config.unmapped]),
        "format": clean(run.format),
        "rules": diagnosis.coverage.total,
        "files": provenance.files(run, page.hashes),
        "made_with": provenance.made_with(run),
    }


def _overview(position: int, diagnosis: Diagnosis, page: Page) -> list[dict[str, Any]]:
    """The learning curve with what is known of it: onsets, reference, what the task allows."""
    noun = "remark" if diagnosis.verdict in CALM else "cause"
    findings = [root.finding for root in diagnosis.roots]
    levels = levels_of(diagnosis)
    return page.figures.overview(position, diagnosis.run, findings, diagnosis.reference, noun, levels)


def _notes(notes: Sequence[Note]) -> dict[str, Any]:
    """What the reader found odd: the first warnings, which are seen at once, and everything, folded."""
    rows = [{"level": one.level, "code": clean(one.code), "text": clean(one.text)} for one in notes]
    warnings = [row for row in rows if row["level"] == "warning"]
    return {"notes": rows, "loud": warnings[:MAX_LOUD], "warnings": len(warnings)}


def _results(prefix: str, diagnosis: Diagnosis, anchors: Anchors) -> dict[str, Any]:
    """The rules that did not fire, by what became of them."""
    kinds = {
        "passed": Outcome.PASSED,
        "unmeasured": Outcome.NOT_MEASURED,
        "failed": Outcome.ERROR,
        "elsewhere": Outcome.NOT_APPLICABLE,
    }
    rows = {
        name: [_result(prefix, result, anchors) for result in words.by_outcome(diagnosis, outcome)]
        for name, outcome in kinds.items()
    }
    _add(rows["unmeasured"], diagnosis)
    return rows


def _add(rows: list[dict[str, Any]], diagnosis: Diagnosis) -> None:
    """What to log stands with the first rule that lacks it; the others refer to that one."""
    once, places = Once(diagnosis.run), {row["code"]: row["id"] for row in rows}
    for row, result in zip(rows, words.by_outcome(diagnosis, Outcome.NOT_MEASURED), strict=True):
        told, see = once.of(result)
        row["add"] = [{"what": one.what, "code": one.code, "block": one.logs} for one in told]
        row["see"] = [{"code": clean(code), "id": places[clean(code)]} for code in see]


def _listed(names: list[str]) -> dict[str, Any]:
    return {"shown": names[:MAX_LISTED], "count": len(names), "more": max(0, len(names) - MAX_LISTED)}


def _meter(diagnosis: Diagnosis) -> dict[str, Any]:
    """The coverage bar: the share of the applicable rules that could look."""
    share = diagnosis.coverage.share
    return {"percent": round(100 * share, 1), "label": f"{percent(share)} of the rules that apply could look"}


def _by_cause(links: list[str], diagnosis: Diagnosis, fixes: Todo) -> list[dict[str, Any]]:
    """The change for the first root, and folded what to try if it did not help, each with its cause."""
    if fixes.first is None:
        return []
    first = {**_fix(links, diagnosis, fixes.first), "heading": ""}
    then = [
        {**_fix(links, diagnosis, fix), "heading": "" if rank else group.heading}
        for group in fixes.otherwise
        for rank, fix in enumerate(group.fixes)
    ]
    named = {key: first[key] for key in ("cause", "code", "anchor")}
    return [{**named, "start": 1, "first": [first], "then": then}]


def _sentence(text: str) -> str:
    """With a capital letter, and a full stop where none is."""
    return f"{text[:1].upper()}{text[1:]}{'' if text[-1:] in '.!?' else '.'}"


def _fix(links: list[str], diagnosis: Diagnosis, fix: Fix) -> dict[str, Any]:
    prescription = fix.prescription
    line = snippet(prescription, diagnosis.run)
    return {
        "change": fix.change,
        "key": clean(prescription.key),
        "now": clean(prescription.now),
        "to": clean(prescription.to),
        "sentence": fix.sentence,
        "because": clean(prescription.because),
        "expect": clean(prescription.expect),
        "cause": clean(fix.root.finding.title),
        "code": clean(fix.root.finding.code),
        "anchor": links[diagnosis.roots.index(fix.root)],
        "snippet": line.text if line else "",
        "where": line.where if line else "",
    }


def _aside(diagnosis: Diagnosis, finding: Finding) -> str:
    """What qualifies a finding: why its level was lowered, and what the gate makes of it."""
    counted = words.counted(diagnosis, finding.code)
    parts = (clean(finding.capped), f"In the gate: {counted}" if counted else "")
    return " ".join(_sentence(part) for part in parts if part)


def _root(
    link: str, prefix: str, position: int, root: Root, diagnosis: Diagnosis, page: Page
) -> dict[str, Any]:
    finding = root.finding
    return {
        "id": link,
        "code": clean(finding.code),
        "title": clean(finding.title),
        "severity": root.severity.label,
        "message": clean(finding.message),
        "capped": _aside(diagnosis, finding),
        "onset": words.onset(finding),
        "weight": words.weight(root),
        "held": words.held(finding, diagnosis.run),
        "figures": page.figures.finding(
            position, diagnosis.run, finding, diagnosis.reference, diagnosis.derivations
        ),
        "measures": [_measure(m) for m in finding.measures],
        "likely": [clean(c.text) for c in finding.causes if c.likely],
        "possible": [clean(c.text) for c in finding.causes if c.likely is None],
        "excluded": [clean(c.text) for c in finding.causes if c.likely is False],
        "symptoms": [_symptom(prefix, child, page.anchors) for child in root.explains],
        "rivals": [
            {"code": clean(r.code), "title": clean(r.title), "text": clean(r.text)} for r in root.rivals
        ],
        "expect": clean(finding.expect),
        "record": [clean(text) for text in words.record(finding)],
        "false_positives": [clean(text) for text in finding.false_positives],
        "overrides": [clean(text) for text in finding.overrides],
        "references": [{"title": clean(t), "url": web_address(url)} for t, url in finding.references],
    }


def _symptom(prefix: str, finding: Finding, anchors: Anchors) -> dict[str, Any]:
    return {
        "id": anchors.new(prefix, finding.code),
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


def _result(prefix: str, result: RuleResult, anchors: Anchors) -> dict[str, Any]:
    return {
        "id": anchors.new(prefix, result.code),
        "code": clean(result.code),
        "title": clean(result.title),
        "reason": clean(result.reason),
        "why": words.why_not(result),
        "error": clean(result.error),
        "measures": ", ".join(f"{words.measure_label(m)} {words.measured(m)}" for m in result.measures),
    }


def web_address(url: str) -> str:
    """``url`` when it is http or https, else an empty string: a rule pack must not bring ``javascript:``."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    return clean(url) if parts.scheme in {"http", "https"} and parts.netloc else ""
