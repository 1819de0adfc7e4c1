"""Counts over labelled runs. Pure functions; what the figures mean is in ``docs/validation.md``."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from laboratory.validation.cases import DiagnosedRun, SeenFinding
from laboratory.validation.criteria import ValidationCriteria
from rldoctor.model.finding import Severity


@dataclass(frozen=True, slots=True)
class HitRate:
    """``hits`` of ``of``. ``runs`` also counts those on which the rule could not look (in neither)."""

    hits: int
    of: int
    runs: int

    @property
    def share(self) -> float | None:
        """In [0, 1]; None when there is nothing to count."""
        return self.hits / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class RuleScore:
    """One rule on one set of runs. ``correct`` and ``alarmed`` are numbers of runs."""

    recall: HitRate
    as_root: HitRate
    false_alarms: HitRate
    unexpected: HitRate
    alarmed: int
    correct: int


@dataclass(frozen=True, slots=True)
class OnsetError:
    """Error of the onset in percent of the run's length: median (None without a run), and over how many."""

    median: float | None
    of: int
    runs: int


@dataclass(frozen=True, slots=True)
class Overall:
    """The whole diagnosis on one set of runs."""

    root_first: HitRate
    root_found: HitRate
    healthy_alarmed: HitRate
    hidden_alarmed: HitRate
    onset: OnsetError


def split(cases: Iterable[DiagnosedRun], name: str) -> list[DiagnosedRun]:
    """The runs of one split, or ``all``."""
    return [case for case in cases if name in ("all", case.label.split)]


def score_rule(code: str, cases: Sequence[DiagnosedRun], criteria: ValidationCriteria) -> RuleScore:
    """How a rule did."""
    sick = [case for case in cases if case.label.sick]
    healthy = [case for case in cases if case.label.healthy]
    listed = [case for case in sick if code in (*case.label.roots, *case.label.symptoms)]
    level = criteria.found
    return RuleScore(
        recall=_rate(code, [case for case in sick if case.label.roots[:1] == (code,)], level),
        as_root=_rate(code, [case for case in sick if code in case.label.roots], level),
        false_alarms=_rate(code, healthy, level),
        unexpected=_rate(code, [case for case in sick if case not in listed], level),
        alarmed=_rate(code, healthy, criteria.alarm).hits,
        correct=_rate(code, listed, level).hits,
    )


def _rate(code: str, cases: Sequence[DiagnosedRun], level: Severity) -> HitRate:
    """On how many of the runs where a rule could look it is found."""
    looked = [case for case in cases if code in case.seen.looked]
    hits = sum(case.seen.found(code, level) is not None for case in looked)
    return HitRate(hits, len(looked), len(cases))


def score_overall(cases: Sequence[DiagnosedRun], criteria: ValidationCriteria) -> Overall:
    """How the diagnosis did."""
    sick = [case for case in cases if case.label.sick]
    return Overall(
        root_first=_share(sick, [root_first(case) for case in sick]),
        root_found=_share(sick, [root_found(case, criteria) is not None for case in sick]),
        healthy_alarmed=_alarmed([case for case in cases if case.label.healthy], criteria),
        hidden_alarmed=_alarmed([case for case in cases if case.label.hidden], criteria),
        onset=onset_error(sick, criteria),
    )


def _share(cases: Sequence[DiagnosedRun], holds: Sequence[bool]) -> HitRate:
    return HitRate(sum(holds), len(cases), len(cases))


def _alarmed(cases: Sequence[DiagnosedRun], criteria: ValidationCriteria) -> HitRate:
    return _share(cases, [bool(alarms(case, criteria)) for case in cases])


def alarms(case: DiagnosedRun, criteria: ValidationCriteria) -> list[SeenFinding]:
    """The root causes that say the run is broken."""
    return [root for root in case.seen.roots if root.weight >= criteria.alarm]


def root_first(case: DiagnosedRun) -> bool:
    """Whether the first-ranked root cause is an expected one, at any level."""
    return any(root.code in case.label.roots for root in case.seen.roots[:1])


def root_found(case: DiagnosedRun, criteria: ValidationCriteria) -> SeenFinding | None:
    """The finding of the best expected root that was found anywhere."""
    found = (case.seen.found(code, criteria.found) for code in case.label.roots)
    return next((one for one in found if one is not None), None)


def first_right(code: str, cases: Sequence[DiagnosedRun], criteria: ValidationCriteria) -> HitRate:
    """On how many of the runs whose first root cause it is, at the level that counts, the rule is right."""
    named = [case for case in cases if _first(case, criteria) == code]
    return _share(named, [code in case.label.roots for case in named])


def _first(case: DiagnosedRun, criteria: ValidationCriteria) -> str:
    """Code of the first root cause; "" where none counts."""
    first = case.seen.roots[0] if case.seen.roots else None
    return first.code if first is not None and first.weight >= criteria.found else ""


def probability(code: str, cases: Sequence[DiagnosedRun], criteria: ValidationCriteria) -> float:
    """How probable it is that a rule that is named first is right, in (0, 1).

    The mean of a beta distribution: what these runs show, drawn towards what faults that no rule was
    written for show (``criteria.yaml``), as a record of three runs is no certainty.
    """
    found, given = first_right(code, cases, criteria), criteria.probability
    return (found.hits + given["prior"] * given["weight"]) / (found.of + given["weight"])


def claims(cases: Sequence[DiagnosedRun], criteria: ValidationCriteria) -> list[tuple[float, bool]]:
    """Probability of each held-out run's first root by the other runs, and whether it is right."""
    tuned = split(cases, "tune")
    firsts = [(_first(case, criteria), case) for case in split(cases, "hold")]
    return [
        (probability(code, tuned, criteria), code in case.label.roots)
        for code, case in firsts
        if code and not case.label.unlabelled
    ]


def onset_error(sick: Sequence[DiagnosedRun], criteria: ValidationCriteria) -> OnsetError:
    """Over the runs whose fault begins in the middle, where an expected root with a known onset was found."""
    late = [case for case in sick if case.label.onset > 0 and case.label.steps > 0]
    errors = []
    for case in late:
        found = root_found(case, criteria)
        if found is not None and found.onset is not None:
            errors.append(100 * abs(found.onset - case.label.onset) / case.label.steps)
    return OnsetError(statistics.median(errors) if errors else None, len(errors), len(late))


def status(code: str, cases: Sequence[DiagnosedRun], criteria: ValidationCriteria) -> str:
    """``stable``, ``tested`` or ``experimental``, by what ``criteria.yaml`` asks for."""
    held, every = score_rule(code, split(cases, "hold"), criteria), score_rule(code, cases, criteria)
    needs = criteria.stable
    if (
        held.recall.of >= needs["runs"]
        and _tasks(code, split(cases, "hold")) >= needs["tasks"]
        and (held.recall.share or 0.0) >= needs["recall"]
        and every.false_alarms.of >= needs["healthy"]
        and (every.false_alarms.share or 0.0) <= needs["false_alarms"]
        and every.alarmed <= needs["false_alarms_at_error"]
    ):
        return "stable"
    needs = criteria.tested
    calm = every.alarmed <= needs["false_alarms_at_error"]
    return "tested" if calm and every.correct >= needs["runs"] else "experimental"


def _tasks(code: str, cases: Sequence[DiagnosedRun]) -> int:
    """Different pairs of algorithm and task among the sick runs whose first expected root a rule is."""
    return len(
        {
            (case.label.algo, case.label.task)
            for case in cases
            if case.label.sick and case.label.roots[:1] == (code,) and code in case.seen.looked
        }
    )
