"""At which level each finding of a run counts, and what several seeds make of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from rldoctor.model.finding import Diagnosis, Severity

Levels = Mapping[str, Severity]
AGGREGATES = ("any", "median", "all")


def recorded(diagnosis: Diagnosis, left_out: Set[str] = frozenset()) -> dict[str, Severity]:
    """Every finding of a run with its level, root causes at the worst level of what they explain.

    What a root in ``left_out`` explains is left out with it.
    """
    found: dict[str, Severity] = {}
    for root in diagnosis.roots:
        if root.finding.code in left_out:
            continue
        kept = [one for one in root.explains if one.code not in left_out]
        for child in kept:
            found[child.code] = max(child.severity, found.get(child.code, child.severity))
        worst = max([root.finding.severity, *(child.severity for child in kept)])
        found[root.finding.code] = max(worst, found.get(root.finding.code, worst))
    return found


def counting(diagnosis: Diagnosis, waived: Set[str], known: Levels) -> dict[str, Severity]:
    """The same without what is waived; what is known does not make the root that explains it worse."""
    found = recorded(diagnosis, waived)
    for root in diagnosis.roots:
        finding = root.finding
        if finding.code in found:
            fresh = [
                child.severity
                for child in root.explains
                if child.code not in waived and known.get(child.code, 0) < child.severity
            ]
            found[finding.code] = max([finding.severity, *fresh])
    return found


def aggregate(levels: Sequence[int], how: str) -> int:
    """The level at which a finding counts over seeds: 0 for none.

    ``levels`` has one entry per seed that could show it, 0 where it does not. ``any``: the highest;
    ``median``: the highest that more than half of the seeds reach; ``all``: the highest that all reach.
    """
    if not levels:
        return 0
    ordered = sorted(levels, reverse=True)
    return ordered[{"any": 0, "median": len(ordered) // 2, "all": len(ordered) - 1}[how]]


def needed(count: int, how: str) -> int:
    """How many of ``count`` seeds must have a finding for it to count."""
    return {"any": 1, "median": count // 2 + 1, "all": count}[how]
