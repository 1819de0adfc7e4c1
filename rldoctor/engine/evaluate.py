"""One rule on one run: five outcomes, and the arithmetic behind each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from rldoctor.engine.intervals import intervals, span_steps
from rldoctor.engine.policy import Policy
from rldoctor.engine.prepared_run import PreparedRun
from rldoctor.engine.scene import Scene, known_measures, place
from rldoctor.engine.what_to_log import ALGORITHM, additions, barred
from rldoctor.language.parser import Expression
from rldoctor.model.algorithms import EITHER, FAMILIES, matches
from rldoctor.model.finding import Interval, Measure, Outcome, RuleResult, Severity
from rldoctor.model.raw import BoolArray
from rldoctor.plain_data import dataclass, replace, unfinished
from rldoctor.rulebook.schema import Edge, Guard, Rule, Span


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A rule's result, and the edges of the causal graph that hold for this run.

    ``why_not``: what a quiet rule rejects its own explanation with, made when asked for.
    """

    rule: Rule
    result: RuleResult
    edges: tuple[Edge, ...] = ()
    why_not: Callable[[], str] | None = None


def evaluate_rule(rule: Rule, context: PreparedRun, policy: Policy) -> Evaluated:
    """Apply ``rule``; a crash inside it becomes this rule's ``error`` and never reaches the other rules."""
    try:
        return _evaluate(rule, context, policy)
    # The one place where everything is caught: a run must not lose all answers to a mistake in one rule, and
    # a pack from somebody else is not under our control. The error is an outcome of its own, counted and
    # shown.
    except Exception as error:
        result = RuleResult(
            rule.code, rule.slug, rule.title, Outcome.ERROR, error=f"{type(error).__name__}: {error}"
        )
        return Evaluated(rule, result)


def _evaluate(rule: Rule, context: PreparedRun, policy: Policy) -> Evaluated:
    # The order is that of the answers' use to the reader. `not applicable` comes before `not logged`:
    # nobody should be told to log a temperature for PPO.
    early = _not_for_this_run(rule, context) or _missing(rule, context)
    if early is not None:
        return Evaluated(rule, early)
    scene = _certain(rule, context) or place(rule, context)
    scene.slack, scene.lag = policy.ranking.timing_slack * context.length, policy.ranking.window_lag
    # Only now, as the points that count are those on the rule's own grid, after its warm-up was cut off.
    early = None if scene.certain else too_little(scene)
    if early is not None:
        return Evaluated(rule, early)
    fired = _condition(scene)
    # Guards are asked of a rule that fired only: a quiet rule needs no excuse, and its reason is then that
    # it passed. The first guard in the file is the one told.
    asked = rule.unless if fired and not scene.certain else ()
    guard = next((one for one in asked if scene.holds(one.when)), None)
    # Before the measures, which may be taken over the points that fired (`active`).
    scene.activate(fired=fired and guard is None)
    if fired and guard is None:
        # Findings and rejections are for few rules of a run, and for none of most healthy ones.
        from rldoctor.engine.findings import make_finding

        finding = make_finding(scene, scene.measures(), policy)
        result = RuleResult(
            rule.code,
            rule.slug,
            finding.title,
            Outcome.FIRED,
            finding=finding,
            measures=finding.measures,
        )
        # After the measures, because a condition on an edge may read them; they hold for this run, while
        # the pages show all.
        edges = tuple(edge for edge in rule.leads_to if edge.when is None or scene.holds(edge.when))
        return Evaluated(rule, result, edges)
    passed = _Passed(scene, guard)
    return Evaluated(rule, _unfinished(rule, Outcome.PASSED, passed.rest), why_not=passed.why_not)


# The fields of a result that a rule that did not fire leaves as they are.
_NOTHING_TO_TELL = {"finding": None, "missing": (), "error": "", "additions": (), "few_points": False}


def _unfinished(rule: Rule, outcome: Outcome, rest: Callable[[], Mapping[str, object]]) -> RuleResult:
    """A result whose ``measures`` and ``reason`` are made when asked for: most reports only count it."""
    known = {"code": rule.code, "slug": rule.slug, "title": rule.title, "outcome": outcome}
    return unfinished(RuleResult, {**known, **_NOTHING_TO_TELL}, rest)


@dataclass(slots=True)
class _Passed:
    """A rule that did not fire, or whose ``guard`` held: its numbers and words, made when asked for."""

    scene: Scene
    guard: Guard | None
    measures: Mapping[str, Measure] | None = None

    def rest(self) -> Mapping[str, object]:
        """The ``measures`` and the ``reason`` of the result."""
        try:
            said = self._said()
        # As for the whole rule: a mistake in a pack of somebody else must not take the report away.
        except Exception as error:
            return _no_numbers(error)
        reason = f"{self.guard.id}: {said}" if self.guard else said
        return {"measures": known_measures(self._measures()), "reason": reason}

    def why_not(self) -> str:
        """The guard, or the numbers that decided; the rule's own words where the outcome of the run did."""
        from rldoctor.engine.deciding import deciding, is_outcome

        if self.guard or is_outcome(self.scene.rule.when):
            return self._said()
        return deciding(self.scene, self._measures())

    def _measures(self) -> Mapping[str, Measure]:
        if self.measures is None:
            self.measures = self.scene.measures()
        return self.measures

    def _said(self) -> str:
        said = self.guard.says if self.guard else self.scene.rule.passed_message
        return self.scene.text(said, self._measures())


def _no_numbers(error: Exception) -> Mapping[str, object]:
    return {"measures": (), "reason": f"its numbers are missing: {type(error).__name__}: {error}"}


def _not_ready(scene: Scene) -> Mapping[str, object]:
    try:
        return {"measures": (), "reason": scene.text(scene.rule.not_ready_says, scene.measures())}
    except Exception as error:  # as above
        return _no_numbers(error)


def _quiet(rule: Rule, outcome: Outcome, reason: str, **fields: object) -> RuleResult:
    return RuleResult(rule.code, rule.slug, rule.title, outcome, reason=reason, **fields)  # type: ignore[arg-type]


def _not_for_this_run(rule: Rule, context: PreparedRun) -> RuleResult | None:
    algorithm, scope = context.run.algorithm, rule.applies_to
    excepted = bool(algorithm) and matches(algorithm, scope.except_algorithms)
    if matches(algorithm, scope.algorithms) and not excepted:
        return None
    # A family (on_policy) is known where the algorithm is not: a rule for PPO is then not ruled out, but it
    # may not judge either, and one option of the user settles it.
    if algorithm and (excepted or not _could_match(algorithm, scope.algorithms)):
        return _quiet(rule, Outcome.NOT_APPLICABLE, f"not for {algorithm}")
    why = f"only the family ({algorithm}) is known" if algorithm else "the algorithm is not known"
    return _quiet(
        rule,
        Outcome.NOT_MEASURED,
        f"{why}: pass --algorithm",
        missing=(ALGORITHM,),
        additions=additions((ALGORITHM,), context.place(), context.quantities),
    )


def _could_match(family: str, wanted: Sequence[str]) -> bool:
    """Whether some member of ``family`` is among the wanted algorithms."""
    members = {**FAMILIES, **EITHER}.get(family, frozenset())
    return not set(wanted).isdisjoint(members)


def _missing(rule: Rule, context: PreparedRun) -> RuleResult | None:
    missing = [name for name in rule.requires if name not in context.metrics]
    missing += [f"config.{name}" for name in rule.requires_config if name not in context.config]
    # Told as `a or b`, so that the advice on what to log can choose the shorter way.
    for group in rule.requires_one_of:
        if not any(name in context.metrics for name in group):
            missing.append(" or ".join(group))
    if not missing:
        return None
    # Nobody with a discrete policy should be told to log its width.
    whose = barred(missing, context.place(), context.quantities)
    if whose:
        return _quiet(rule, Outcome.NOT_APPLICABLE, f"not for {whose}")
    reason = f"not logged: {', '.join(missing)}"
    return _quiet(
        rule,
        Outcome.NOT_MEASURED,
        reason,
        missing=tuple(missing),
        additions=additions(missing, context.place(), context.quantities),
    )


def _certain(rule: Rule, context: PreparedRun) -> Scene | None:
    """The rule on a run that shows what no noise can produce, its warm-up included; else None."""
    sure = rule.beyond_doubt
    if sure is None:
        return None
    scene = place(replace(rule, ignore_first=None), context)
    points = int(np.isfinite(np.asarray(scene.names[rule.requires[0]], dtype=np.float64)).sum())
    scene.certain = points >= sure.points and scene.holds(sure.when)
    return scene if scene.certain else None


def too_little(scene: Scene) -> RuleResult | None:
    """The result of a rule that has too few points, or whose ``ready`` is false; None when it may judge."""
    rule = scene.rule
    if rule.requires:
        # Finite points: a column full of NaN is there and says nothing.
        count = int(np.isfinite(np.asarray(scene.names[rule.requires[0]], dtype=np.float64)).sum())
        if count < rule.min_points:
            after = " after the warm-up" if rule.ignore_first is not None else ""
            reason = f"{count} points of {rule.requires[0]}{after}, {rule.min_points} needed"
            return _quiet(rule, Outcome.NOT_MEASURED, reason, few_points=True)
    # After the count, since most `ready` compare medians, which few points make up.
    if rule.ready is not None and not scene.holds(rule.ready):
        return _unfinished(rule, Outcome.NOT_MEASURED, partial(_not_ready, scene))
    return None


def _condition(scene: Scene) -> bool:
    """Whether the rule's condition holds; sets the intervals over which it does."""
    if scene.certain:
        scene.found = _since(scene)
        return True
    mask = scene.mask(scene.rule.when)
    # Two kinds of rules. A single truth value judges the run as a whole and has no interval of its own
    # (`since` looks for one); an array is judged over time, like an alert that must hold for a while.
    if mask.ndim == 0:
        # No stretch of `since` leaves the finding without an onset. That is weaker than an onset that was
        # made up: ranking calls it a property of the whole run.
        scene.found = _since(scene) if bool(mask) else []
        return bool(mask)
    scene.found = _intervals(scene, mask, scene.rule.when, hold=True)
    return bool(scene.found)


def _intervals(scene: Scene, mask: BoolArray, expression: Expression, *, hold: bool) -> list[Interval]:
    rule, grid, length = scene.rule, scene.grid, scene.context.length
    # `for` filters alerts, and an onset of a verdict that stands already needs no filter.
    held = span_steps(rule.hold, grid, length) if hold else 0.0
    found = intervals(mask, grid, hold=held, bridge=span_steps(rule.bridge, grid, length))
    return [_dated(one, scene, expression) for one in found]


def _dated(one: Interval, scene: Scene, expression: Expression) -> Interval:
    """The interval from where its condition began to be true, and not from where the log shows it first.

    A trailing mean over a window crosses a limit late. What holds at the first point that is
    judged held before: a row tells of the steps since the one before it, the warm-up is not looked at, and
    nothing speaks for a change at its end.
    """
    first = float(scene.grid[0])
    if one.start <= first:
        row = span_steps(Span("points", 2), scene.grid, 0.0)
        near = first - scene.begins <= scene.slack + row
        return replace(one, start=max(0.0, (scene.begins if near else first) - row))
    lag = _lag(expression, scene)
    return replace(one, start=max(first, one.start - lag)) if lag > 0 else one


def _lag(expression: Expression, scene: Scene) -> float:
    """How late the widest averaging window of the logger makes what the condition compares, in steps."""
    names, seen, found = set(expression.names), set[str](), 0.0
    while names - seen:
        name = (names - seen).pop()
        seen.add(name)
        # The reference is a mean over the same window, and comes as late.
        if name.startswith("reference_"):
            return 0.0
        # A single number behind a limit dates nothing.
        if np.ndim(scene.names.get(name, 0.0)) > 0:
            found = max(found, scene.context.spacing.get(name, 0.0))
            names |= scene.rule.let[name].names if name in scene.rule.let else set()
    return found * scene.lag


def _since(scene: Scene) -> list[Interval]:
    """The last stretch over which ``since`` held: when a whole-run condition began."""
    since = scene.rule.since
    if scene.certain and scene.rule.beyond_doubt is not None:
        since = scene.rule.beyond_doubt.since or since
    if since is None or not scene.grid.size:
        return []
    mask = np.broadcast_to(scene.mask(since), scene.grid.shape)
    # The last stretch: what was so at the start and healed is not when the present trouble began.
    return _intervals(scene, mask, since, hold=False)[-1:]


def lowered(evaluated: Evaluated, reason: str) -> Evaluated:
    """The same finding one level less severe (never below info), because its data are in doubt."""
    finding = evaluated.result.finding
    # A note stays a note: below it there is only silence, and silence is never a pass.
    if finding is None or finding.severity is Severity.INFO:
        return evaluated
    weaker = replace(finding, severity=Severity(finding.severity - 1), capped=reason)
    return replace(evaluated, result=replace(evaluated.result, finding=weaker))
