"""Which findings count: waivers first, then the seeds of a group together, then the baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from rldoctor.gate.levels import Levels, aggregate, counting, needed
from rldoctor.gate.waivers import Waiver, active, waiver_of
from rldoctor.model.finding import Diagnosis, Judged, Outcome, RunGate, Severity, Standing
from rldoctor.plain_data import dataclass, replace

LOOKED = (Outcome.FIRED, Outcome.PASSED)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked of a run: a severity label or ``never``, and the least coverage (a share)."""

    fail_on: str = "error"
    least: float = 0.0


@dataclass(frozen=True, slots=True)
class Conditions:
    """What decides besides the findings. ``known``: per run the levels of the baseline, None for a run it
    does not know; None as a whole when there is no baseline.
    """

    how: str = "any"
    waivers: tuple[Waiver, ...] = ()
    known: Sequence[Levels | None] | None = None
    today: date = date.min


@dataclass(frozen=True, slots=True)
class _Seed:
    """One run of a group: its levels, what was known of it, and what is waived in it."""

    diagnosis: Diagnosis
    levels: Levels
    known: Levels
    in_baseline: bool
    waived: Mapping[str, Waiver]

    @property
    def looked(self) -> set[str]:
        """Codes that could be found in this run and are not waived: only these have a say."""
        return {one.code for one in self.diagnosis.results if one.outcome in LOOKED} - self.waived.keys()


def judge(
    diagnoses: Sequence[Diagnosis],
    terms: Sequence[Terms],
    groups: Sequence[Sequence[int]],
    conditions: Conditions,
) -> list[Diagnosis]:
    """The diagnoses with their ``gate``. ``groups`` are indices of runs that are judged together."""
    made = list(diagnoses)
    seeds = [_seed(one, index, conditions) for index, one in enumerate(diagnoses)]
    for group in groups:
        together = [seeds[index] for index in group]
        for index in group:
            own = terms[index]
            judged = _judged(seeds[index], together, own, conditions)
            covered = diagnoses[index].coverage.share >= own.least
            made[index] = replace(diagnoses[index], gate=RunGate(own.fail_on, judged, len(group), covered))
    return made


def _seed(diagnosis: Diagnosis, index: int, conditions: Conditions) -> _Seed:
    known = conditions.known[index] if conditions.known is not None else None
    waived = active(conditions.waivers, diagnosis, conditions.today)
    levels = counting(diagnosis, waived.keys(), known or {})
    return _Seed(diagnosis, levels, known or {}, known is not None, waived)


def _judged(seed: _Seed, group: Sequence[_Seed], terms: Terms, conditions: Conditions) -> tuple[Judged, ...]:
    roots = [root.finding.code for root in seed.diagnosis.roots]
    found = [_one(code, seed, group, terms, conditions) for code in roots]
    return (*found, *_left_over(found, seed, group, terms, conditions))


def _left_over(
    found: Sequence[Judged], seed: _Seed, group: Sequence[_Seed], terms: Terms, conditions: Conditions
) -> list[Judged]:
    """Symptoms whose root causes differ from seed to seed, so that only the symptom is common to them."""
    if len(group) == 1:
        return []
    missed = {one.code for one in found if one.standing is Standing.FEW_SEEDS}
    symptoms = dict.fromkeys(
        child.code
        for root in seed.diagnosis.roots
        if root.finding.code in missed
        for child in root.explains
        if child.code in seed.levels
    )
    judged = [_one(code, seed, group, terms, conditions) for code in symptoms]
    return [one for one in judged if one.fails]


def _one(code: str, seed: _Seed, group: Sequence[_Seed], terms: Terms, conditions: Conditions) -> Judged:
    waiver = seed.waived.get(code)
    own = seed.levels.get(code, _own_level(seed.diagnosis, code))
    if waiver is not None:
        until = f"waived until {waiver.expires.isoformat()}: {waiver.reason}"
        return Judged(code, own, Standing.WAIVED, False, until)
    voters = [one for one in group if one is seed or code in one.looked]
    level = aggregate([int(one.levels.get(code, 0)) for one in voters], conditions.how)
    before = aggregate([int(one.known.get(code, 0)) for one in voters], conditions.how)
    notes = _expired(code, seed, conditions)
    if len(group) > 1:
        notes.append(_arithmetic(code, own, voters, conditions.how))
    if not level:
        return Judged(code, own, Standing.FEW_SEEDS, False, "; ".join(notes))
    standing, why = _against(Severity(level), before, seed, conditions)
    fails = standing is not Standing.KNOWN and terms.fail_on != "never"
    fails = fails and level >= Severity.parse(terms.fail_on)
    return Judged(code, Severity(level), standing, fails, "; ".join([*why, *notes]))


def _own_level(diagnosis: Diagnosis, code: str) -> Severity:
    """The level of a finding as it stands in the report."""
    levels = {child.code: child.severity for root in diagnosis.roots for child in root.explains}
    levels.update({root.finding.code: root.severity for root in diagnosis.roots})
    return levels[code]


def _against(level: Severity, before: int, seed: _Seed, conditions: Conditions) -> tuple[Standing, list[str]]:
    if conditions.known is None:
        return Standing.NEW, []
    if level <= before:
        return Standing.KNOWN, [f"known: {Severity(before).label} in the baseline"]
    if before:
        return Standing.WORSE, [f"worse: {Severity(before).label} in the baseline, now {level.label}"]
    return Standing.NEW, [
        "new: not in the baseline" if seed.in_baseline else "new: the baseline has no such run"
    ]


def _expired(code: str, seed: _Seed, conditions: Conditions) -> list[str]:
    waiver = waiver_of(conditions.waivers, seed.diagnosis, code)
    return [f"{waiver.name} expired on {waiver.expires.isoformat()}"] if waiver is not None else []


def _arithmetic(code: str, level: Severity, voters: Sequence[_Seed], how: str) -> str:
    """``in 1 of 3 seeds at error or worse; --aggregate median asks for 2``."""
    have = sum(one.levels.get(code, 0) >= level for one in voters)
    return (
        f"in {have} of {len(voters)} seeds at {level.label} or worse; "
        f"--aggregate {how} asks for {needed(len(voters), how)}"
    )
