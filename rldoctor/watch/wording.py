"""News in words. Plain text, already cleaned; one list entry is one line."""

from __future__ import annotations

import os

from rldoctor.model.finding import Diagnosis, Root
from rldoctor.report import words
from rldoctor.report.clean import clean
from rldoctor.report.numbers import step
from rldoctor.report.todo import Fix
from rldoctor.watch.memory import Event, NewsKind


def name(diagnosis: Diagnosis) -> str:
    """What to call a run: its id (relative to the watched path), else its directory."""
    return clean(diagnosis.run.id) or clean(os.fspath(diagnosis.run.path))


def headline(event: Event) -> str:
    """``NEW critical: REW-03 The exponential reward is saturated near zero``."""
    label = event.change.value.upper()
    if event.change is NewsKind.RESTARTED:
        return f"{label}: the log went back from step {step(event.since)}, what was told is forgotten"
    what = f"{clean(event.code)} {clean(event.title)}"
    if event.severity is None:
        return f"{label}: {what}"
    before = "" if event.before is None else f"{event.before.label} -> "
    return f"{label} {before}{event.severity.label}: {what}"


def details(event: Event) -> list[str]:
    """When, the arithmetic, and the first thing to do."""
    at = f"at step {step(event.diagnosis.run.last_step)}"
    if event.change is NewsKind.GONE:
        return [f"{at} the rule looked and did not find it; it was told at step {step(event.since)}"]
    if event.root is None:
        return [f"now {at}"]
    finding = event.root.finding
    explains = ", ".join(clean(child.code) for child in event.root.explains)
    when = f"{at}, {words.onset(finding)}" + (f"; explains {explains}" if explains else "")
    do = fix(event.root)
    return [when, *filter(None, [clean(finding.message), do and f"do: {do}"])]


def fix(root: Root) -> str:
    """The first prescription of a root cause: ``learning_rate: 0.01 -> 0.0003`` or a sentence; or nothing."""
    found = next((Fix(root, one, root.finding) for one in root.finding.prescriptions), None)
    return "" if found is None else found.change or found.sentence


def state(diagnosis: Diagnosis) -> str:
    """Where a run stands, in one line."""
    roots = ", ".join(f"{clean(root.finding.code)} ({root.severity.label})" for root in diagnosis.roots)
    found = f": {roots}" if roots else ""
    verdict = words.verdict_label(diagnosis).lower()
    last = step(diagnosis.run.last_step)
    return f"{name(diagnosis)}: step {last}, {verdict}{found}. {words.coverage(diagnosis)}"
