"""The whole comparison: check that the arms are comparable, measure, and say what may be concluded."""

from __future__ import annotations

from collections.abc import Mapping

from rldoctor.comparison.bisection import attribution, bisection
from rldoctor.comparison.changes import SettingChanges, find_changes
from rldoctor.comparison.criteria import CompareCriteria
from rldoctor.comparison.departures import Departures, find_departures
from rldoctor.comparison.effect import effect_of_numbers, effect_of_runs, judge
from rldoctor.comparison.findings_diff import compare_findings
from rldoctor.comparison.levels import Compared, compare_levels
from rldoctor.comparison.remarks import make_remarks
from rldoctor.comparison.seeds import seed_spread
from rldoctor.comparison.twins import arm_twins
from rldoctor.engine.policy import DerivedSet, Policy
from rldoctor.engine.prepared_run import prepare
from rldoctor.errors import UsageError
from rldoctor.model.comparison import Arm, Comparison, Effect, Verdict


def compare_arms(
    base: Arm, candidate: Arm, policy: Policy, derived: DerivedSet, criteria: CompareCriteria
) -> Comparison:
    """Compare two arms.

    Raises:
        UsageError: different environments, steps in different units, or numbers for one arm only.
    """
    # What cannot be compared is refused before anything is measured: a number with a warning beside it is
    # quoted without the warning.
    _check(base, candidate)
    # Settings before returns: a changed reward decides which outcome may be compared at all (success before
    # return).
    changes = find_changes(base, candidate, criteria)
    compared = _levels(base, candidate, policy, derived, criteria, bool(changes.changes_return))
    effect = _effect(base, candidate, compared, criteria)
    verdict, reason = _verdict(effect, changes, criteria)
    # Which metric left first is looked for in logged runs only; two numbers have no curve.
    moved = find_departures(base, candidate, criteria) if base.runs and candidate.runs else Departures()
    sides = (("base", compared.base), ("candidate", compared.candidate)) if compared else ()
    spreads = [seed_spread(name, levels, criteria) for name, levels in sides]
    # An arm with few runs has no spread worth a remark, and silence there is right: the number of runs is
    # told elsewhere.
    known = tuple(one for one in spreads if one is not None)
    return Comparison(
        base=base,
        candidate=candidate,
        verdict=verdict,
        reason=reason,
        effect=effect,
        departures=tuple(moved.found),
        unmoved=tuple(moved.unmoved),
        untested=tuple(moved.untested),
        changes=tuple(changes.changed),
        one_sided=tuple(changes.one_sided),
        consequences=tuple(changes.consequences),
        bisection=bisection(changes.changed),
        attribution=attribution(verdict, changes.changed, len(changes.one_sided))
        if _configured(changes)
        else "",
        findings=compare_findings(base, candidate),
        spreads=known,
        remarks=make_remarks(verdict, reason, effect, changes, known, criteria),
        notes=(*_about_arms(base, candidate), *(compared.notes if compared else ()), *changes.notes),
        twins=arm_twins(base, candidate, criteria),
    )


def _configured(changes: SettingChanges) -> bool:
    return not any("no configuration was found" in note for note in changes.notes)


def _check(base: Arm, candidate: Arm) -> None:
    if (base.summary is None) != (candidate.summary is None):
        raise UsageError(
            "mean and standard deviation are given for one arm only",
            hint="give --base-mean, --base-std, --candidate-mean and --candidate-std together",
        )
    environments = [sorted({run.env for run in arm.runs if run.env}) for arm in (base, candidate)]
    # An arm of mixed environments has a spread that is not one of seeds, and every interval would be wrong
    # with it.
    for arm, found in zip((base, candidate), environments, strict=True):
        if len(found) > 1:
            raise UsageError(
                f"the {arm.name} {arm.path} mixes environments: {', '.join(found)}",
                hint="an arm is one experiment with several seeds: give a directory or glob of one of them",
            )
    # Only where both are known. Logs without an environment are common; a note says that they were taken to
    # be the same.
    if all(environments) and environments[0] != environments[1]:
        raise UsageError(
            f"different environments: {environments[0][0]} in the base, {environments[1][0]} in the "
            "candidate: their returns cannot be compared",
            hint="compare runs of the same environment",
        )


def _levels(
    base: Arm,
    candidate: Arm,
    policy: Policy,
    derived: DerivedSet,
    criteria: CompareCriteria,
    success_first: bool,
) -> Compared | None:
    # By arm and run: both arms may hold runs of one name, and their averaging windows differ.
    spacing: Mapping[str, Mapping[str, float]] = {
        f"{arm.name}/{run.id}": prepare(run, policy, derived).spacing
        for arm in (base, candidate)
        for run in arm.runs
    }
    return compare_levels(base, candidate, spacing, criteria, success_first=success_first)


def _effect(base: Arm, candidate: Arm, compared: Compared | None, criteria: CompareCriteria) -> Effect | None:
    if base.summary is not None and candidate.summary is not None:
        return effect_of_numbers(base.summary, candidate.summary, criteria)
    return effect_of_runs(compared, criteria) if compared is not None else None


def _verdict(
    effect: Effect | None, changes: SettingChanges, criteria: CompareCriteria
) -> tuple[Verdict, str]:
    """The verdict; a difference of returns is not one of learning when the reward itself was changed."""
    if effect is None:
        return (
            Verdict.UNKNOWN,
            "no outcome (return, success rate or reward) that both sides log at the same steps",
        )
    verdict, reason = judge(effect, criteria)
    # A change of the reward makes returns incomparable, but not success rates: those are still judged.
    certain = verdict in (Verdict.REGRESSION, Verdict.IMPROVEMENT)
    if certain and changes.changes_return and effect.metric not in ("success_rate", "eval_success_rate"):
        names = ", ".join(change.key for change in changes.changes_return)
        return Verdict.UNCLEAR, f"{reason}, but {names} changed: the returns may not be in the same unit"
    return verdict, reason


def _about_arms(base: Arm, candidate: Arm) -> list[str]:
    notes = []
    unnamed = [arm.name for arm in (base, candidate) if arm.runs and not any(run.env for run in arm.runs)]
    if unnamed:
        notes.append(f"the environment of the {' and the '.join(unnamed)} is not known: taken to be the same")
    # Not an error: whoever checks the tool compares a run with itself first.
    if base.runs and {run.path for run in base.runs} == {run.path for run in candidate.runs}:
        notes.append("both sides are the same runs")
    return [*notes, *_lost(base), *_lost(candidate)]


def _lost(arm: Arm) -> list[str]:
    """What the arm is judged without."""
    runs = [
        f"{arm.name} {run.id or run.path}: the log was not read completely: {note.text}"
        for run in arm.runs
        for note in run.notes
        if note.lost
    ]
    return [*(f"{arm.name}: not read: {text}" for text in arm.failures), *runs]
