"""The kinds of faults that a diagnosis leaves open, from trainings whose fault is known.

A run whose only findings are outcomes (it did not learn, it fell) has a cause that no rule could see.
What it can be is no guess: trainings with one planted fault, or none, were diagnosed, and those that
were left with an outcome and no cause are counted by kind of fault. On environments left out, nothing
that was tried on their logs (nearest trainings, forests) told more about the kind than these counts, so
no more is claimed, and beside each kind stands the check that finds it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rldoctor.differential.criteria import DifferentialCriteria, KindOfFault
from rldoctor.differential.planted import LeftOpen
from rldoctor.differential.probed import Probed, experiment
from rldoctor.model.audit import AuditRow, AuditVerdict
from rldoctor.model.differential import Differential, OpenKind, OpenTraining
from rldoctor.model.finding import Diagnosis, Severity
from rldoctor.plain_data import dataclass

EXAMPLES = 2
MECHANISM = "0 or 1"


def differential(
    diagnosis: Diagnosis,
    criteria: DifferentialCriteria,
    trainings: Sequence[LeftOpen],
    probes: Sequence[Probed] = (),
) -> Differential | None:
    """What is left where outcomes are all that was found; None where a cause was, or nothing was counted."""
    finding, run = open_finding(diagnosis, criteria), diagnosis.run
    family = criteria.family(run.algorithm)
    if not finding or not family:
        return None
    refuted = _refuted(diagnosis.audit, criteria)
    left = [one for one in trainings if one.mechanism not in refuted]
    shares = counted(left, family, finding, criteria)
    if shares.of_family.total() < criteria.limits["least"]:
        return None
    ranked = sorted(criteria.kinds, key=lambda kind: -shares.of(kind.id))[: int(criteria.limits["shown"])]
    possible = [one for one in probes if one.mechanism not in refuted]
    like = [one for one in left if criteria.family(one.algorithm) == family]
    like.sort(key=lambda one: (one.finding != finding, one.env != run.env, one.algorithm != run.algorithm))
    return Differential(
        finding=finding,
        family=family,
        same=shares.same.total(),
        of_family=shares.of_family.total(),
        kinds=tuple(_kind(kind, shares, like) for kind in ranked),
        refuted=tuple(sorted({one.mechanism for one in trainings} & refuted)),
        experiment=experiment(ranked[0], ranked[1], family, criteria, possible),
    )


def open_finding(diagnosis: Diagnosis, criteria: DifferentialCriteria) -> str:
    """The code of the outcome that was found without a cause; empty where there is none, or a cause."""
    told = [root.finding.code for root in diagnosis.roots if root.severity >= Severity.WARNING]
    return told[0] if told and criteria.open.issuperset(told) else ""


@dataclass(frozen=True, slots=True)
class Shares:
    """The estimated share of every kind among trainings that were left open like this one.

    ``every``, ``of_family`` and ``same`` count trainings by kind: all, those of the family, and those of it
    that were left with the same finding.
    """

    criteria: DifferentialCriteria
    every: Counter[str]
    of_family: Counter[str]
    same: Counter[str]

    def of(self, kind: str) -> float:
        """The share of a kind; the smaller count is drawn towards the larger one (Dirichlet priors)."""
        limits, kinds = self.criteria.limits, len(self.criteria.kinds)
        # One training more of each kind: one that was not met yet is not impossible.
        overall = (self.every[kind] + 1) / (self.every.total() + kinds)
        within = _drawn(self.of_family, kind, overall, limits["of_family"])
        return _drawn(self.same, kind, within, limits["of_finding"])


def counted(
    trainings: Iterable[LeftOpen], family: str, finding: str, criteria: DifferentialCriteria
) -> Shares:
    """The trainings by kind; mechanisms of no kind are left out."""
    found = Shares(criteria, Counter(), Counter(), Counter())
    for one in trainings:
        kind = criteria.kind_of(one.mechanism)
        if kind is None:
            continue
        of_family = criteria.family(one.algorithm) == family
        found.every[kind.id] += 1
        found.of_family[kind.id] += of_family
        found.same[kind.id] += of_family and one.finding == finding
    return found


def _drawn(counts: Counter[str], kind: str, towards: float, weight: float) -> float:
    return (counts[kind] + weight * towards) / (counts.total() + weight)


def _kind(kind: KindOfFault, shares: Shares, like: Iterable[LeftOpen]) -> OpenKind:
    examples = [one for one in like if one.mechanism in kind.mechanisms][:EXAMPLES]
    return OpenKind(
        id=kind.id,
        title=kind.title,
        share=shares.of(kind.id),
        same=shares.same[kind.id],
        family=shares.of_family[kind.id],
        check=kind.check,
        line=kind.line,
        examples=tuple(OpenTraining(one.algorithm, one.env, one.fault, one.kept) for one in examples),
    )


def _refuted(audit: Iterable[AuditRow], criteria: DifferentialCriteria) -> set[str]:
    """What the log shows not to be wrong in this run."""
    holds = {row.name for row in audit if row.verdict is AuditVerdict.AGREES or _works(row)}
    tables: Iterable[Mapping[str, tuple[str, ...]]] = (kind.mechanisms for kind in criteria.kinds)
    return {name for table in tables for name, rows in table.items() if holds.intersection(rows)}


def _works(row: AuditRow) -> bool:
    """Whether the row is of a mechanism that the log shows at work."""
    return row.unit == MECHANISM and row.best == 1 and row.verdict is AuditVerdict.IMPLIED
