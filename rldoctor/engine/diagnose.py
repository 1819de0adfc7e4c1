"""A run and a rulebook in, a diagnosis out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from rldoctor.engine.data_quality import vetoed
from rldoctor.engine.evaluate import Evaluated, evaluate_rule
from rldoctor.engine.policy import DerivedSet, Policy
from rldoctor.engine.prepared_run import PreparedRun, prepare
from rldoctor.engine.ranking import rank
from rldoctor.language.evaluator import calm
from rldoctor.model.finding import Coverage, Diagnosis, Outcome, Root, Severity
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.rulebook.schema import Rule

_LOOKED = (Outcome.PASSED, Outcome.FIRED)


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
    context = prepare(run, policy, derived, beside)
    with calm():
        looked = [evaluate_rule(rule, context, policy) for rule in rules]
    # Doubt in the data lowers findings before they are ranked: ranked first, an artefact of a broken log
    # could already have become the root cause of what is real.
    evaluated = vetoed(looked, context.derivations, policy)
    # The verdict is read off the root causes and not off all findings, or one fault with ten symptoms would
    # look worse than three faults.
    roots = rank(evaluated, policy.ranking, context.length, _first_seen(rules, context))
    verdict, note = _verdict(roots, evaluated, context, policy)
    return Diagnosis(
        run=replace(run, metrics=_with_derived(run.metrics, context)),
        coverage=_coverage(evaluated),
        verdict=verdict,
        roots=tuple(sorted(roots, key=lambda root: (-root.severity, -root.score))),
        results=tuple(one.result for one in evaluated),
        verdict_note=note,
        outcome_note=outcome_note(context),
        derivations=context.derivations,
    )


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
    if worst is not None and not (blind and worst < Severity.ERROR):
        return worst.label, ""
    missing = _unjudged(evaluated, context, policy, blind=blind)
    # Calling a sick run healthy costs more than anything: `healthy` needs evidence that the run went well,
    # and not only rules that stayed quiet.
    return ("not_enough_data", missing) if missing else ("healthy", "")


def _unjudged(evaluated: Sequence[Evaluated], context: PreparedRun, policy: Policy, *, blind: bool) -> str:
    """Silence is no pass: why a quiet run cannot be called healthy, empty when it can."""
    if blind or not any(name in context.metrics for name in policy.needs_one_of):
        return "no return, success rate or reward could be read: nothing says how the run went"
    # From the weakest demand to the strongest, so that the reason given is the first thing to repair.
    ran = _coverage(evaluated).ran
    if ran < policy.healthy_rules:
        return f"only {ran} rules could look at this run"
    if not _outcome_judged(context):
        return "too few points of the return to say how the run went"
    judged = any(one.rule.code in policy.judge_codes and one.result.outcome in _LOOKED for one in evaluated)
    # No rule that asks whether the run failed could look, and no fact says that it went well: only then
    # does silence mean nothing, as either alone is an answer.
    if not judged and not any(context.facts.get(name, math.nan) > 0 for name in policy.went_well):
        return "too short, or too noisy, to say whether the return rose"
    return ""


def _is_remark(root: Root, policy: Policy) -> bool:
    """A note about the log itself, which says nothing against the run."""
    return root.severity is Severity.INFO and root.finding.area in policy.remark_areas


def _outcome_judged(context: PreparedRun) -> bool:
    facts = context.facts
    return any(math.isfinite(facts.get(name, math.nan)) for name in ("improving", "success_end"))


def outcome_note(context: PreparedRun) -> str:
    """One sentence on how the return went, for the head of a report."""
    facts = context.facts
    start, end, best = (facts.get(name, np.nan) for name in ("return_start", "return_end", "return_best"))
    if not math.isfinite(start):
        return ""
    # The best level is a median of several points; the ends may be of fewer.
    best = np.nanmax([start, end, best])
    text = f"return {start:.4g} at the start, {end:.4g} at the end, best {best:.4g}"
    success = facts.get("success_end", np.nan)
    text += f", success {success:.0%} at the end" if math.isfinite(success) else ""
    # From the strongest statement to the weakest; a solved run is usually still improving too.
    if facts.get("solved", np.nan) > 0:
        return f"{text}: solved"
    if facts.get("improving", np.nan) > 0:
        return f"{text}: still improving"
    return f"{text}: learned and kept it" if facts.get("learned", np.nan) > 0 else text
