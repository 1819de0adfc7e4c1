"""One run prepared for the rules: derived quantities and facts about the whole run, computed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

import numpy as np

from rldoctor.engine.derive import Ledger
from rldoctor.engine.grid import Shared, on_grid
from rldoctor.engine.policy import DerivedSet, Outcomes, Policy
from rldoctor.engine.what_to_log import LoggedSoFar
from rldoctor.language.evaluator import Scope, Value, evaluate
from rldoctor.model.addition import SETTING
from rldoctor.model.algorithms import matches
from rldoctor.model.derivation import Derivation
from rldoctor.model.raw import FloatArray
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.plain_data import dataclass

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """What every rule sees of a run.

    ``metrics``: logged and derived series by canonical name. ``config``: numeric knobs, logged and derived.
    ``facts``: the ``run.`` values. ``spacing``: steps that two points of a metric must be apart to be
    independent (0.0: every point is). ``derivations``: how the derived ones were made. ``shared``: what
    rules need not compute again. ``quantities``: everything that could be derived of a run.
    """

    run: Run
    metrics: Mapping[str, Series]
    config: Mapping[str, float]
    facts: Mapping[str, float]
    spacing: Mapping[str, float]
    derivations: tuple[Derivation, ...] = ()
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
        return LoggedSoFar(run.framework, run.algorithm, frozenset(known), run.log_hints, off)

    def scope(self, grid: FloatArray, names: Mapping[str, Value]) -> Scope:
        """An evaluation scope over ``grid``."""
        return Scope(grid, names, self.config, self.facts, self.spacing, self.planned, self.shared.memo)


def prepare(
    run: Run,
    policy: Policy,
    derived: DerivedSet,
    beside: Mapping[str, Series] | None = None,
) -> PreparedRun:
    """Derive quantities and judge the outcome of a run; ``beside`` are further series, of a reference."""
    metrics = {**run.metrics.series, **(beside or {})}
    broken = _nonfinite(metrics, policy.nonfinite)
    if broken is not None:
        metrics[broken.name] = broken
    config = {name: number for name in run.config if (number := run.config.number(name)) is not None}
    ledger = Ledger(run, derived, metrics, config, _counts(run))
    ledger.settings()
    ledger.series()
    spacing = {name: _spacing(one, metrics.get("episode_length")) for name, one in metrics.items()}
    ready = PreparedRun(run, metrics, config, ledger.facts, spacing)
    facts = {**ledger.facts, **_facts(ready, policy)}
    return PreparedRun(run, metrics, config, facts, spacing, tuple(ledger.made), derived)


# The value of a setting that is written and switched off.
OFF = "none"
# What the vocabulary calls a program it does not recognise.
_HOME_MADE = ("", "generic")


def _counts(run: Run) -> dict[str, float]:
    """Facts that need no judgement: lengths, and how much of the log was understood."""
    mapped = len(run.metrics) + len(run.metrics.alternates)
    unmapped, ignored = len(run.metrics.unmapped), len(run.metrics.ignored)
    return {
        "steps": run.last_step,
        "planned": _planned(run),
        "on_env_steps": float(run.axis == "env_steps"),
        "home_made": float(run.framework in _HOME_MADE),
        "on_policy": float(matches(run.algorithm, ("on_policy",))),
        "off_policy": float(matches(run.algorithm, ("off_policy",))),
        "tags": float(mapped + unmapped + ignored),
        "unmapped": float(unmapped),
        "ignored": float(ignored),
    }


def _planned(run: Run) -> float:
    planned = run.planned_steps if run.axis == "env_steps" else None
    return float(planned) if planned and planned > 0 else NAN


def _nonfinite(metrics: Mapping[str, Series], watched: Sequence[str]) -> Series | None:
    """How many of the watched metrics are NaN or infinite at each step, after each one's first finite value.

    A metric that starts with NaN (no episode finished yet) is not broken. ``tag`` names the first to break.
    """
    bad_steps: dict[str, FloatArray] = {}
    logged = [metrics[name] for name in watched if name in metrics and len(metrics[name])]
    if not logged:
        return None
    for series in logged:
        finite = np.isfinite(series.values)
        first = int(np.argmax(finite)) if finite.any() else len(series)
        bad_steps[series.tag] = series.steps[first:][~finite[first:]]
    grid = np.unique(np.concatenate([series.steps for series in logged]))
    counts = np.zeros(grid.shape)
    for steps in bad_steps.values():
        counts[np.searchsorted(grid, steps)] += 1.0
    broken = {tag: steps[0] for tag, steps in bad_steps.items() if steps.size}
    tag = min(broken, key=lambda name: broken[name]) if broken else ", ".join(bad_steps)
    return Series("nonfinite_metrics", grid, counts, tag, "metrics")


def _spacing(series: Series, length: Series | None) -> float:
    """Steps between independent points: the framework's averaging window times the mean episode length."""
    if not series.window or series.window <= 1 or length is None or series.axis != "env_steps":
        return 0.0
    typical = float(np.nanmedian(length.values)) if np.isfinite(length.values).any() else 0.0
    return series.window * typical


def _facts(context: PreparedRun, policy: Policy) -> dict[str, float]:
    outcome = policy.outcome
    source = next((name for name in outcome.sources if _has_points(context.metrics.get(name))), None)
    success = _success_source(context.metrics, outcome)
    anchor = context.metrics.get(source or success or "")
    if anchor is None:
        return dict.fromkeys(outcome.facts, NAN)
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
    scope = Scope(grid, names, context.config, {}, spacing, context.planned)
    return _evaluate_facts(policy, scope, names)


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


def _evaluate_facts(policy: Policy, scope: Scope, names: dict[str, Value]) -> dict[str, float]:
    facts: dict[str, float] = {}
    for name, expression in policy.outcome.facts.items():
        facts[name] = float(np.asarray(evaluate(expression, scope)))
        names[name] = facts[name]  # the scope shares this dict: later facts may use earlier ones
    return facts


def _has_points(series: Series | None) -> bool:
    return series is not None and bool(np.isfinite(series.values).any())
