"""Findings that are new in the candidate, gone from it, or in both arms."""

from __future__ import annotations

from collections.abc import Sequence

from rldoctor.model.comparison import Arm, Comparison, FindingChange, Presence
from rldoctor.model.finding import Diagnosis, Finding, Outcome, Severity

_ORDER = (Presence.NEW, Presence.GONE, Presence.SAME)
_LOOKED = (Outcome.FIRED, Outcome.PASSED)


def compare_findings(base: Arm, candidate: Arm) -> tuple[FindingChange, ...]:
    """Every code that fires in any run of either arm: new ones first, then gone ones, each worst first."""
    arms = [_fired(arm.diagnoses) for arm in (base, candidate)]
    # The candidate's codes first: with equal severity what is new stands before what is gone.
    found = [_change(code, arms, (base, candidate)) for code in {**arms[1], **arms[0]}]
    return tuple(sorted(found, key=lambda one: (_ORDER.index(one.presence), -one.severity, one.code)))


def new_findings(comparison: Comparison, least: Severity) -> list[FindingChange]:
    """Findings of ``least`` or worse in most runs of the candidate that no run of the base has.

    Not where the rule could not look at some run of the base: there it may have been as bad.
    """
    return [
        one
        for one in comparison.findings
        if one.presence is Presence.NEW and one.majority and not one.blind and one.severity >= least
    ]


def _fired(diagnoses: Sequence[Diagnosis]) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for diagnosis in diagnoses:
        for result in diagnosis.results:
            if result.finding is not None:
                found.setdefault(result.code, []).append(result.finding)
    return found


def _change(code: str, arms: Sequence[dict[str, list[Finding]]], sides: tuple[Arm, Arm]) -> FindingChange:
    before, after = arms[0].get(code, []), arms[1].get(code, [])
    presence = Presence.SAME if before and after else Presence.NEW if after else Presence.GONE
    # Where a finding is gone, the candidate is the arm whose rule may have been blind.
    having, other = (sides[1], sides[0]) if after else (sides[0], sides[1])
    worst = max((*after, *before), key=lambda finding: finding.severity)
    return FindingChange(
        code=code,
        title=worst.title,
        severity=worst.severity,
        presence=presence,
        base=len(before),
        base_runs=len(sides[0].diagnoses),
        candidate=len(after),
        candidate_runs=len(sides[1].diagnoses),
        # In more than half of the runs: a finding in one of five seeds is a bad seed, in four of five a
        # change.
        majority=2 * len(after or before) > len(having.diagnoses),
        # `gone` may only mean that the metric is no longer logged; that is counted and told.
        blind=_blind(code, other.diagnoses) if presence is not Presence.SAME else 0,
        message=(after or before)[0].message,
    )


def _blind(code: str, diagnoses: Sequence[Diagnosis]) -> int:
    """In how many runs the rule could not look."""
    return sum(
        not any(result.code == code and result.outcome in _LOOKED for result in diagnosis.results)
        for diagnosis in diagnoses
    )
