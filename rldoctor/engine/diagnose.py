"""A run and a rulebook in, a diagnosis out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from rldoctor.engine.caps import at_most_warnings
from rldoctor.engine.data_quality import vetoed
from rldoctor.engine.evaluate import Evaluated, evaluate_rule
from rldoctor.engine.gains import below_reference, likely_gain, unseen_gain
from rldoctor.engine.policy import DerivedSet, Policy
from rldoctor.engine.prepared_run import PreparedRun, prepare
from rldoctor.language.evaluator import calm
from rldoctor.model.algorithms import called
from rldoctor.model.arrays import mostly_least
from rldoctor.model.finding import Coverage, Diagnosis, Outcome, Root, Severity
from rldoctor.model.frame import MetricFrame
from rldoctor.model.numbers import number_text
from rldoctor.model.outcome import CurveOutcome, OutcomeKind
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.outcome.words import DID
from rldoctor.plain_data import replace
from rldoctor.rulebook.schema import Rule


def diagnose_run(
    run: Run,
    rules: Sequence[Rule],
    policy: Policy,
    derived: DerivedSet,
    beside: Mapping[str, Series] | None = None,
) -> Diagnosis:
    """Apply every rule, rank what fired, and say how much could be looked at.

    ``beside`` are series that were not logged by this run and that rules may use by name (a reference). The
    returned ``Diagnosis.run`` also carries the derived series, so that a report can plot them.
    """
    # The order of these calls is the method. Facts and derived quantities first, since every rule reads
    # them; then the rules, each for itself: none sees what another one said, so the order of the pack
    # decides nothing.
    with calm():
        context = prepare(run, policy, derived, beside)
        looked = [evaluate_rule(rule, context, policy) for rule in rules]
    # Doubt in the data lowers findings before they are ranked: ranked first, an artefact of a broken log
    # could already have become the root cause of what is real.
    looked = at_most_warnings(looked, context.achieved, context.metrics)
    evaluated = vetoed(looked, context.derivations, policy)
    # The verdict is read off the root causes and not off all findings, or one fault with ten symptoms would
    # look worse than three faults.
    roots = _ranked(evaluated, context, policy)
    verdict, note = _verdict(roots, evaluated, context, policy)
    return Diagnosis(
        run=replace(context.run, metrics=_with_derived(run.metrics, context)),
        coverage=_coverage(evaluated),
        verdict=verdict,
        roots=tuple(sorted(roots, key=lambda root: (-root.severity, -root.score))),
        results=tuple(one.result for one in evaluated),
        verdict_note=note,
        outcome_note=outcome_note(context, _told_by(evaluated)),
        derivations=context.derivations,
        audit=context.audit,
        achieved=context.achieved.outcome,
    )


def _ranked(evaluated: Sequence[Evaluated], context: PreparedRun, policy: Policy) -> tuple[Root, ...]:
    if not any(one.result.outcome is Outcome.FIRED for one in evaluated):
        return ()
    from rldoctor.engine.ranking import rank

    first_seen = _first_seen([one.rule for one in evaluated], context)
    return rank(evaluated, policy.ranking, context.length, first_seen)


def _first_seen(rules: Sequence[Rule], context: PreparedRun) -> dict[str, float]:
    """First logged step of each rule's leading metric, by code."""
    # Ranking compares onsets, and a finding cannot begin before its metric was logged: without this step a
    # metric whose logging starts late would acquit a cause that was there before.
    leading = {rule.code: context.metrics.get(rule.requires[0]) for rule in rules if rule.requires}
    return {code: float(one.steps[0]) for code, one in leading.items() if one is not None and len(one)}


def _with_derived(frame: MetricFrame, context: PreparedRun) -> MetricFrame:
    return replace(frame, series=dict(context.metrics))


def _coverage(evaluated: Sequence[Evaluated]) -> Coverage:
    count = {outcome: sum(one.result.outcome is outcome for one in evaluated) for outcome in Outcome}
    return Coverage(
        ran=count[Outcome.FIRED] + count[Outcome.PASSED],
        not_measured=count[Outcome.NOT_MEASURED],
        not_applicable=count[Outcome.NOT_APPLICABLE],
        error=count[Outcome.ERROR],
        total=len(evaluated),
    )


def _verdict(
    roots: Sequence[Root], evaluated: Sequence[Evaluated], context: PreparedRun, policy: Policy
) -> tuple[str, str]:
    """The verdict and, where it is not_enough_data, why."""
    # Where hardly anything of the log was understood, what fired rests on the little that was: only an
    # error or worse stands against that.
    blind = any(root.finding.code in policy.no_data_codes for root in roots)
    counted = [
        root
        for root in roots
        if not _is_remark(root, policy) and root.finding.code not in policy.no_data_codes
    ]
    worst: Severity | None = max((root.severity for root in counted), default=None)
    # A note beside a flat or fallen return does not make it well.
    # Except of a model that was good before it was trained, whose reward has nowhere to rise to.
    sick = context.achieved.outcome.kind.sick and not context.facts.get("good_from_the_start", 0.0) > 0
    told = worst is not None and not (sick and worst < Severity.WARNING)
    if worst is not None and told and not (blind and worst < Severity.ERROR):
        return worst.label, ""
    missing = _unjudged(evaluated, context, policy, blind=blind)
    if missing:
        return "not_enough_data", missing
    # Calling a sick run healthy costs more than anything: `healthy` needs evidence that the run went well,
    # and not only rules that stayed quiet.
    if sick:
        return Severity.WARNING.label, "no rule that could look explains what the return did"
    return "healthy", ""


def _unjudged(evaluated: Sequence[Evaluated], context: PreparedRun, policy: Policy, *, blind: bool) -> str:
    """Silence is no pass: why a quiet run cannot be called healthy, empty when it can."""
    if blind or not any(name in context.metrics for name in policy.needs_one_of):
        return "no return, success rate or reward could be read: nothing says how the run went"
    # From the weakest demand to the strongest, so that the reason given is the first thing to repair.
    return (
        _seen_too_little(evaluated, policy)
        or _too_early(context, policy)
        or _gain_in_doubt(context, policy)
        or next((note.text for note in context.run.notes if note.code in policy.incomplete_notes), "")
    )


def _seen_too_little(evaluated: Sequence[Evaluated], policy: Policy) -> str:
    ran = _coverage(evaluated).ran
    if ran < policy.healthy_rules:
        return f"only {ran} rules could look at this run"
    short = [
        one.rule.code
        for one in evaluated
        if one.result.few_points and one.rule.area not in policy.aside_areas
    ]
    if len(short) >= policy.short_rules:
        return f"{len(short)} rules need more points than were logged ({', '.join(short)})"
    return ""


def _too_early(context: PreparedRun, policy: Policy) -> str:
    outcome = context.achieved.outcome
    open_yet = outcome.kind in (OutcomeKind.EARLY, OutcomeKind.UNKNOWN)
    solved = context.facts.get("solved", math.nan) > 0
    unlikely = outcome.kind.gained and not likely_gain(outcome.deciding, policy.judging)
    if (open_yet and not solved) or unlikely:
        return f"too early to judge the return: {outcome.deciding.texts[-1]}"
    return ""


def _gain_in_doubt(context: PreparedRun, policy: Policy) -> str:
    """What speaks against a gain: evaluations, good runs of the task, episodes that may only be shorter."""
    outcome = context.achieved.outcome
    unseen = unseen_gain(outcome, policy.judging)
    if unseen is not None:
        return f"training rose against its own noise, but {unseen.points:,} evaluations show no gain"
    good = below_reference(outcome, context.metrics, policy.judging)
    if good is not None and outcome.deciding.end is not None:
        now, least = number_text(outcome.deciding.end.value), number_text(good)
        return f"the return rose, but it is {now} where the lowest of the reference runs had {least}"
    if _may_be_shorter(outcome.deciding, context):
        return (
            "a return below zero also rises where episodes only get shorter, and no episode length is logged"
        )
    return ""


def _may_be_shorter(found: CurveOutcome, context: PreparedRun) -> bool:
    """Whether a gain, measured by itself, may be that of episodes that end sooner.

    Of a known task the scale tells; a length that is logged is judged by rules (OUT-06).
    """
    if not found.kind.gained or found.measure.name != "own" or not (found.start and found.best):
        return False
    lengths = any(name in context.metrics for name in ("episode_length", "eval_length"))
    return found.start.value < 0 and found.best.value < 0 and not lengths


def _is_remark(root: Root, policy: Policy) -> bool:
    """A note about the log itself, which says nothing against the run."""
    return root.severity is Severity.INFO and root.finding.area in policy.remark_areas


_OUTCOME = "outcome"


# A level this much smaller than what is material is zero: fits leave the last digits of a difference.
_NOTHING = 1e-6


def _level_text(value: float, found: CurveOutcome) -> str:
    """Three digits of a level; a success rate in percent."""
    value = 0.0 if abs(value) < _NOTHING * found.measure.material else value
    return f"{value:.0%}" if found.metric.endswith("success_rate") else number_text(float(f"{value:.3g}"))


def _levels(context: PreparedRun, found: CurveOutcome) -> list[float]:
    """Start, end and best level.

    Where nothing but noise explains the curve they are one number; what a reader sees are its ends, medians
    of some rows. Those of rows that mostly stand at a floor would be the floor, whatever is reached.
    """
    fitted = [one.value for one in (found.start, found.end, found.best) if one is not None]
    seen = [context.facts.get(f"return_{name}", math.nan) for name in ("start", "end", "best")]
    one_level = np.ptp(fitted) <= _NOTHING * found.measure.material and found.metric == "episode_return"
    shown = one_level and not any(map(math.isnan, seen)) and not _mostly_at_floor(context)
    levels = seen if shown else fitted
    # Levels are means over different stretches; nobody calls one of them the best beside a better one.
    return [*levels[:-1], max(levels)] if levels else levels


def _mostly_at_floor(context: PreparedRun) -> bool:
    return mostly_least(context.metrics["episode_return"].finite().values)


def _told_by(evaluated: Sequence[Evaluated]) -> str:
    """The worst finding about what the run achieved, in words; where there is one it is not too early."""
    found = [one.result.finding for one in evaluated if one.rule.area == _OUTCOME]
    told = [one for one in found if one is not None and one.severity >= Severity.WARNING]
    worst = max(told, key=lambda one: one.severity, default=None)
    return "" if worst is None else f"{worst.title[:1].lower()}{worst.title[1:]} ({worst.code})"


def _no_more_than_idle(context: PreparedRun, found: CurveOutcome) -> str:
    """Why a rise is none: the policy acts less and less, and doing nothing gets more still."""
    idle = context.facts.get("idle_return", math.nan)
    if found.kind is not OutcomeKind.FLAT or found.start is None or found.end is None or found.best is None:
        return ""
    rose = found.end.value - found.start.value > found.measure.material
    return f"no more than doing nothing gets, {idle:.3g}" if rose and found.best.value <= idle else ""


def outcome_note(context: PreparedRun, told: str = "") -> str:
    """One or two sentences on how the run went and on which scale, for the head of a report.

    ``told``: what a finding says of it where the curve alone is too early to be judged.
    """
    outcome = context.achieved.outcome
    found = outcome.deciding
    if found.start is None or found.end is None or found.best is None:
        return ""
    levels = [_level_text(value, found) for value in _levels(context, found)]
    name = called("return" if found.metric.endswith("return") else found.metric, context.run.algorithm)
    text = f"{name} {levels[0]} at the start, {levels[1]} at the end, best {levels[2]}"
    success = context.facts.get("success_end", math.nan)
    if math.isfinite(success) and not found.metric.endswith("success_rate"):
        text += f", success {success:.0%} at the end"
    solved = context.facts.get("solved", math.nan) > 0
    early = outcome.kind is OutcomeKind.EARLY and told
    idle = _no_more_than_idle(context, found)
    did = "solved" if solved and not outcome.kind.sick else told if early else idle or DID[outcome.kind]
    sure = f" (probability {found.probability:.0%})" if outcome.kind is not OutcomeKind.EARLY else ""
    said = f"{text}: {did}{sure}; {found.measure.sentence}"
    disagreement = called(outcome.disagreement, context.run.algorithm)
    return f"{said}. {disagreement}" if disagreement else said
