"""Cases -> all figures as plain dicts and lists: the content of ``validation.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from laboratory.validation import score
from laboratory.validation.cases import DiagnosedRun, Label, SeenFinding
from laboratory.validation.criteria import ValidationCriteria
from laboratory.validation.score import HitRate
from laboratory.validation.wilson import wilson

SCHEMA = 1
SPLITS = ("all", "tune", "hold")
KINDS = ("healthy", "sick", "hidden", "unlabelled")
_DIGITS = 4


def document(
    codes: Sequence[str], cases: Sequence[DiagnosedRun], criteria: ValidationCriteria
) -> dict[str, Any]:
    """Every figure, for each split.

    ``codes``: the rules. Shares are in [0, 1], rounded to four digits, None where there was nothing to count.
    """
    parts = {name: score.split(cases, name) for name in SPLITS}
    faults = sorted({case.label.fault for case in cases if case.label.sick})
    return {
        "schema": SCHEMA,
        "about": "Written by `rldoctor rules validate`. The figures are defined in docs/validation.md.",
        "confidence": criteria.confidence,
        "runs": {name: _counts(part) for name, part in parts.items()},
        "unlabelled": [case.label.name for case in cases if case.label.unlabelled],
        "diagnosis": {name: _overall(part, criteria) for name, part in parts.items()},
        "reliability": reliability(score.claims(cases, criteria), criteria.bins),
        "goals": [_goal(goal, parts["hold"], criteria) for goal in criteria.goals],
        "faults": {
            fault: {name: _fault(fault, part, criteria) for name, part in parts.items()} for fault in faults
        },
        "rules": {code: _rule(code, cases, parts, criteria) for code in sorted(codes)},
        "misses": [_miss(case) for case in cases if case.label.sick and _missed(case, criteria)],
        "alarms": [alarm for case in cases if case.label.healthy for alarm in _alarms(case, criteria)],
        "errors": [f"{case.label.name}: {code}" for case in cases for code in case.seen.broken],
    }


def _counts(cases: Sequence[DiagnosedRun]) -> dict[str, int]:
    return {kind: sum(getattr(case.label, kind) for case in cases) for kind in KINDS}


def _overall(cases: Sequence[DiagnosedRun], criteria: ValidationCriteria) -> dict[str, Any]:
    found = score.score_overall(cases, criteria)
    names = ("root_first", "root_found", "healthy_alarmed", "hidden_alarmed")
    onset = {
        "median_percent": None if found.onset.median is None else round(found.onset.median, 2),
        "of": found.onset.of,
        "runs": found.onset.runs,
    }
    return {**{name: rate(getattr(found, name), criteria) for name in names}, "onset_error": onset}


def _goal(goal: Any, held: Sequence[DiagnosedRun], criteria: ValidationCriteria) -> dict[str, Any]:
    share = getattr(score.score_overall(held, criteria), goal.figure).share
    bound = {"at_least" if goal.at_least else "at_most": goal.bound}
    return {
        "figure": goal.figure,
        **bound,
        "share": _rounded(share),
        "met": goal.met(share),
        "note": goal.note,
    }


def _fault(fault: str, cases: Sequence[DiagnosedRun], criteria: ValidationCriteria) -> dict[str, Any]:
    found = score.score_overall([case for case in cases if case.label.fault == fault], criteria)
    return {"root_first": rate(found.root_first, criteria), "root_found": rate(found.root_found, criteria)}


def _rule(
    code: str,
    cases: Sequence[DiagnosedRun],
    parts: Mapping[str, Sequence[DiagnosedRun]],
    criteria: ValidationCriteria,
) -> dict[str, Any]:
    figures = {name: _figures(code, part, criteria) for name, part in parts.items()}
    return {
        "status": score.status(code, cases, criteria),
        "first": rate(score.first_right(code, cases, criteria), criteria),
        "probability": _rounded(score.probability(code, cases, criteria)),
        **figures,
    }


def _figures(code: str, cases: Sequence[DiagnosedRun], criteria: ValidationCriteria) -> dict[str, Any]:
    found = score.score_rule(code, cases, criteria)
    names = ("recall", "as_root", "false_alarms", "unexpected")
    rates = {name: rate(getattr(found, name), criteria) for name in names}
    return {**rates, "false_alarms_at_error": found.alarmed, "correct": found.correct}


def reliability(claims: Sequence[tuple[float, bool]], borders: Sequence[float]) -> dict[str, Any]:
    """What was said and what was true, by bins of what was said (no empty ones), and the Brier score."""
    bins = []
    for low, high in pairwise(borders):
        inside = [one for one in claims if low < one[0] <= high]
        if inside:
            said, true = (sum(one[at] for one in inside) / len(inside) for at in (0, 1))
            bins.append({"said": _rounded(said), "true": _rounded(true), "claims": len(inside)})
    squared = [(said - true) ** 2 for said, true in claims]
    brier = _rounded(sum(squared) / len(squared)) if squared else None
    return {"claims": len(claims), "brier": brier, "bins": bins}


def rate(counted: HitRate, criteria: ValidationCriteria) -> dict[str, Any]:
    """A rate with its share and Wilson interval."""
    low, high = wilson(counted.hits, counted.of, criteria.confidence) or (None, None)
    return {
        "hits": counted.hits,
        "of": counted.of,
        "runs": counted.runs,
        "share": _rounded(counted.share),
        "low": _rounded(low),
        "high": _rounded(high),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def _missed(case: DiagnosedRun, criteria: ValidationCriteria) -> bool:
    return not score.root_first(case) or score.root_found(case, criteria) is None


def _miss(case: DiagnosedRun) -> dict[str, Any]:
    return {**_place(case.label), "expected": list(case.label.roots), "found": said(case.seen.roots)}


def _alarms(case: DiagnosedRun, criteria: ValidationCriteria) -> list[dict[str, Any]]:
    every = (*case.seen.roots, *case.seen.folded)
    return [
        {**_place(case.label), "code": one.code, "level": one.level.label}
        for one in every
        if one.level >= criteria.found
    ]


def _place(label: Label) -> dict[str, str]:
    return {"run": label.name, "split": label.split}


def said(found: Sequence[SeenFinding]) -> list[str]:
    """Findings as ``POL-01 error``."""
    return [f"{one.code} {one.level.label}" for one in found]
