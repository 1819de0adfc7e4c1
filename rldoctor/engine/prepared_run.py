"""One run prepared for the rules: derived quantities and facts about the whole run, computed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import field

import numpy as np

from rldoctor.audit.audit import audit, with_implied
from rldoctor.audit.audit import facts as audit_facts
from rldoctor.audit.sight import assumed
from rldoctor.engine.achieved import NOTHING, Achieved, achieved, facts, other_reward, task_of_run
from rldoctor.engine.assumption import with_assumed
from rldoctor.engine.derive import Ledger
from rldoctor.engine.grid import Shared, on_grid
from rldoctor.engine.known_task import with_task
from rldoctor.engine.policy import DerivedSet, Outcomes, Policy
from rldoctor.engine.reward_terms import reward_terms
from rldoctor.engine.task_facts import beside_task
from rldoctor.engine.what_to_log import LoggedSoFar
from rldoctor.language.evaluator import Scope, Value, evaluate
from rldoctor.model.addition import SETTING
from rldoctor.model.algorithms import matches
from rldoctor.model.arrays import distinct, median
from rldoctor.model.audit import AuditRow
from rldoctor.model.derivation import Derivation
from rldoctor.model.raw import FloatArray
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.plain_data import dataclass, replace
from rldoctor.rulebook.schema import OUTCOME_NAMES, PackFact

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """What every rule sees of a run.

    ``metrics``: logged and derived series by canonical name. ``config``: numeric knobs, logged and derived.
    ``facts``: the ``run.`` values. ``spacing``: steps that two points of a metric must be apart to be
    independent (0.0: every point is). ``derivations``: how the derived ones were made. ``shared``: what
    rules need not compute again. ``quantities``: everything that could be derived of a run. ``texts``: what
    messages may cite of the task.
    """

    run: Run
    metrics: Mapping[str, Series]
    config: Mapping[str, float]
    facts: Mapping[str, float]
    spacing: Mapping[str, float]
    derivations: tuple[Derivation, ...] = ()
    audit: tuple[AuditRow, ...] = ()
    achieved: Achieved = NOTHING
    texts: Mapping[str, str] = field(default_factory=dict)
    quantities: DerivedSet = field(default_factory=DerivedSet, compare=False, repr=False)
    shared: Shared = field(default_factory=Shared, compare=False, repr=False)

    @property
    def planned(self) -> float:
        """Planned length in steps of the run's axis, NaN when unknown."""
        return self.facts.get("planned", NAN)

    @property
    def length(self) -> float:
        """What percentages refer to: the logged length (a share of the plan may be all of a stopped run)."""
        return self.facts.get("steps", 0.0)

    def place(self) -> LoggedSoFar:
        """Where something that is missing would be logged."""
        known = (*self.metrics, *(SETTING + name for name in self.config))
        run = self.run
        off = frozenset(SETTING + name for name, knob in run.config.knobs.items() if knob.value == OFF)
        return LoggedSoFar(run.framework, run.algorithm, frozenset(known), run.log_hints, off, self._never())

    def _never(self) -> dict[str, str]:
        """What such a run cannot have, and because of what."""
        never = dict.fromkeys(self.quantities.continuous, "discrete actions") if self._has_choices() else {}
        if matches(self.run.algorithm, ("value_based",)):
            never |= dict.fromkeys(self.quantities.of_policy, self.run.algorithm)
        return never

    def _has_choices(self) -> bool:
        """Whether actions are discrete: as configured, known of the task, or the algorithm has no others."""
        # Not by the entropy: exp(2.84) is 17 choices and the width of two continuous actions alike.
        if "action_dim" in self.config:
            return False
        return "n_actions" in self.config or matches(self.run.algorithm, ("value_based",))

    def scope(
        self, grid: FloatArray, names: Mapping[str, Value], spacing: Mapping[str, float] | None = None
    ) -> Scope:
        """An evaluation scope over ``grid``; ``spacing``: of ``names``, where these are more than metrics."""
        apart = self.spacing if spacing is None else spacing
        return Scope(grid, names, self.config, self.facts, apart, self.planned, self.shared.memo)


def prepare(
    run: Run,
    policy: Policy,
    derived: DerivedSet,
    beside: Mapping[str, Series] | None = None,
) -> PreparedRun:
    """Derive quantities and judge the outcome of a run; ``beside`` are further series, of a reference."""
    task = task_of_run(run, policy.tasks, policy.env)
    # Settings known from the task come first: the audit may use them, a counter in the log overrules them.
    run = with_task(run, task.task)
    audited = audit(run, policy.audit)
    run = with_implied(run, audited, policy.audit)
    metrics = {**run.metrics.series, **(beside or {})}
    # First of all, as it is about what was logged, and derived quantities may be NaN where nothing broke.
    broken = _nonfinite(metrics, policy.nonfinite, policy.nonfinite_at_once)
    if broken is not None:
        metrics[broken.name] = broken
    config = {name: number for name in run.config if (number := run.config.number(name)) is not None}
    # Counts and lengths go in before anything is derived, as formulas use them (steps x updates per
    # transition).
    ledger = Ledger(run, derived, metrics, config, _counts(run))
    # Settings before series, as series name settings; the facts that judge the outcome come after both.
    ledger.settings()
    ledger.series()
    # After the series are derived: those carry the window of their first input, and a trend over them has
    # to be thinned like one over it.
    spacing = {name: _spacing(one, metrics.get("episode_length")) for name, one in metrics.items()}
    # Two steps, because facts are expressions over the run, which is not complete without them.
    ready = PreparedRun(run, metrics, config, ledger.facts, spacing)
    found = achieved(run, metrics, config, spacing, task, policy.judging)
    found = with_assumed(found, run, metrics, config, spacing, audited, policy.judging)
    view = _outcome(ready, policy.outcome)
    same = not other_reward(run, policy.judging)
    scores = beside_task(run, metrics, found.task, same_reward=same)
    terms = reward_terms(run, policy.terms)
    known = {
        **ledger.facts,
        **_facts(ready, policy, view),
        **audit_facts(audited),
        **facts(found, policy.judging),
        **scores.facts,
        **terms.facts,
    }
    if known["outcome_arrived"] > 0:
        known["solved"] = 1.0
    _add_pack_facts(known, ready, policy, view)
    made, texts = tuple(ledger.made), {**scores.texts, **terms.texts}
    return PreparedRun(
        run,
        metrics,
        config,
        known,
        spacing,
        made,
        audited,
        found,
        texts,
        quantities=derived,
    )


# The value of a setting that is written and switched off.
OFF = "none"
# What the vocabulary calls a program it does not recognise.
_HOME_MADE = ("", "generic")
# Notes of the readers on a configuration that may be another run's.
_APART = ("config-above", "separate-runs")


def _counts(run: Run) -> dict[str, float]:
    """Facts that need no judgement: lengths, and how much of the log was understood."""
    mapped = len(run.metrics) + len(run.metrics.alternates)
    unmapped, ignored = len(run.metrics.unmapped), len(run.metrics.ignored)
    return {
        "steps": run.last_step,
        "transitions": run.last_step if run.axis == "env_steps" else NAN,
        "planned": _planned(run),
        "on_env_steps": float(run.axis == "env_steps"),
        "home_made": float(run.framework in _HOME_MADE),
        "config_apart": float(any(note.code in _APART for note in run.notes)),
        "on_policy": float(matches(run.algorithm, ("on_policy",))),
        "off_policy": float(matches(run.algorithm, ("off_policy",))),
        "value_based": float(matches(run.algorithm, ("value_based",))),
        "language_model": float(matches(run.algorithm, ("language_model",))),
        "tags": float(mapped + unmapped + ignored),
        "unmapped": float(unmapped),
        "ignored": float(ignored),
        **{f"assumed_{name}": 1.0 for name, knob in run.config.knobs.items() if assumed(knob)},
    }


def _planned(run: Run) -> float:
    # A plan in environment steps says nothing about a log that counts iterations: a run would look half
    # done or never done.
    planned = run.planned_steps if run.axis == "env_steps" else None
    return float(planned) if planned and planned > 0 else NAN


def _nonfinite(metrics: Mapping[str, Series], watched: Sequence[str], at_once: Set[str]) -> Series | None:
    """How many of the watched metrics are NaN or infinite at each step, after each one's first finite value.

    A metric that starts with NaN (no episode finished yet) is not broken, nor one that starts infinite,
    except for those of ``at_once``. ``tag`` names the first to break.
    """
    bad_steps: dict[str, FloatArray] = {}
    # A list and not every metric: an explained variance is NaN whenever all returns are equal, in perfectly
    # healthy runs.
    logged = [metrics[name] for name in watched if name in metrics and len(metrics[name])]
    if not logged:
        return None
    for series in logged:
        finite = np.isfinite(series.values)
        # From the first finite value on; averages over episodes are NaN until the first one has ended.
        begun = ~np.isnan(series.values) if series.name in at_once else finite
        first = int(np.argmax(begun)) if begun.any() else len(series)
        bad_steps[series.tag] = series.steps[first:][~finite[first:]]
    # One grid of all steps at which any of them was logged: the first NaN must not move to the next step of
    # another metric.
    grid = distinct(np.concatenate([series.steps for series in logged]))
    counts = np.zeros(grid.shape)
    for steps in bad_steps.values():
        counts[np.searchsorted(grid, steps)] += 1.0
    broken = {tag: steps[0] for tag, steps in bad_steps.items() if steps.size}
    tag = min(broken, key=lambda name: broken[name]) if broken else ", ".join(bad_steps)
    return Series("nonfinite_metrics", grid, counts, tag, "metrics")


def _spacing(series: Series, length: Series | None) -> float:
    """Steps between independent points: the framework's averaging window times the mean episode length."""
    # Only where all three are known. A guess that is too wide would leave too few points to see anything,
    # and the autocorrelation of what is left is corrected for anyway.
    if not series.window or series.window <= 1 or length is None or series.axis != "env_steps":
        return 0.0
    # The median length over the run: lengths change as a policy learns, and the mean follows the few
    # longest.
    values = length.values
    typical = median(values[~np.isnan(values)]) if np.isfinite(values).any() else 0.0
    return series.window * typical


def _outcome(context: PreparedRun, outcome: Outcomes) -> Scope | None:
    """The return and what goes with it on its own steps; None where neither return nor success is logged."""
    # Training episodes before evaluations, as policy.yaml has them: they are logged from the first step,
    # and a trend needs points.
    source = next((name for name in outcome.sources if _has_points(context.metrics.get(name))), None)
    success = _success_source(context.metrics, outcome)
    # A run that logs success alone is still judged, on the steps of that.
    anchor = context.metrics.get(source or success or "")
    if anchor is None:
        return None
    grid = anchor.steps
    placed = on_grid(context.metrics, [source or "", success or "", "episode_length", "episodes"], grid)
    names: dict[str, Value] = {
        **outcome.thresholds,
        "ret": placed[source or ""],
        "success": placed[success or ""],
        "length": placed["episode_length"],
        "episodes_logged": placed["episodes"],
    }
    spacing = {
        "ret": context.spacing.get(source or "", 0.0),
        "success": context.spacing.get(success or "", 0.0),
    }
    return Scope(grid, names, context.config, {}, spacing, context.planned)


def _success_source(metrics: Mapping[str, Series], outcome: Outcomes) -> str | None:
    """The success rate that tells how the run ended.

    A few evaluations, each drawn on until the next, would speak for steps long before the end: the median of
    the last part of the run would then be an old one.
    """
    logged = [name for name in outcome.success if _has_points(metrics.get(name))]
    end = max((_last_step(metrics[name]) for name in logged), default=0.0)
    late, wanted = end * (1 - outcome.thresholds["success_late"]), outcome.thresholds["success_points"]
    often = (name for name in logged if _points_from(metrics[name], late) >= wanted)
    return next(often, logged[0] if logged else None)


def _last_step(series: Series) -> float:
    return float(series.steps[np.isfinite(series.values)][-1])


def _points_from(series: Series, step: float) -> int:
    return int(np.count_nonzero(np.isfinite(series.values) & (series.steps >= step)))


def _facts(context: PreparedRun, policy: Policy, view: Scope | None) -> dict[str, float]:
    if view is None:
        return dict.fromkeys(policy.outcome.facts, NAN)
    facts: dict[str, float] = {}
    names = dict(view.names)
    scope = replace(view, names=names)
    for name, expression in policy.outcome.facts.items():
        # In file order: each fact may name those above it, and none can refer to itself.
        facts[name] = float(np.asarray(evaluate(expression, scope)))
        names[name] = facts[name]  # the scope shares this dict: later facts may use earlier ones
    return facts


def _add_pack_facts(
    facts: dict[str, float], context: PreparedRun, policy: Policy, view: Scope | None
) -> None:
    """Add what the packs say of the run; each fact may use those above it, so they are made in file order."""
    for pack in policy.packs:
        limits = {name: one.value for name, one in pack.thresholds.items()}
        for fact in pack.facts:
            scope = _fact_scope(fact, context, view)
            seen = None if scope is None else replace(scope, names={**limits, **scope.names}, run=facts)
            value = NAN if seen is None else np.asarray(evaluate(fact.value, seen), dtype=np.float64)
            # One number: the last point, as a rule's measure takes it, where a formula gives a series.
            facts[fact.name] = float(np.ravel(value)[-1]) if np.size(value) else NAN


def _fact_scope(fact: PackFact, context: PreparedRun, view: Scope | None) -> Scope | None:
    """What a fact sees: its own metrics, else the outcome; None where a metric of it was not logged."""
    if fact.inputs:
        if not all(name in context.metrics for name in fact.inputs):
            return None
        grid = context.metrics[fact.inputs[0]].steps
        return context.scope(grid, on_grid(context.metrics, fact.inputs, grid))
    if view is not None:
        return view
    unknown: dict[str, Value] = dict.fromkeys(OUTCOME_NAMES, NAN)
    return context.scope(np.empty(0), unknown)


def _has_points(series: Series | None) -> bool:
    return series is not None and bool(np.isfinite(series.values).any())
