"""One rule on one run: five outcomes, and the arithmetic behind each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from rldoctor.engine.context import NAN, Context
from rldoctor.engine.grid import on_grid
from rldoctor.engine.intervals import active_mask, intervals, span_steps
from rldoctor.engine.policy import Policy
from rldoctor.engine.wording import fill, number_text, prescription, step_text
from rldoctor.language.evaluator import Scope, Value, evaluate, spacing_of
from rldoctor.language.parser import Expression
from rldoctor.model.algorithms import OFF_POLICY, ON_POLICY, matches
from rldoctor.model.finding import Cause, Finding, Interval, Measure, Outcome, Prescription, RuleResult, Severity
from rldoctor.model.raw import BoolArray, FloatArray
from rldoctor.rulebook.schema import Edge, FixSpec, MeasureSpec, Rule


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A rule's result, and the edges of the causal graph that hold for this run."""

    rule: Rule
    result: RuleResult
    edges: tuple[Edge, ...] = ()


def evaluate_rule(rule: Rule, context: Context, policy: Policy) -> Evaluated:
    """Apply ``rule``; a crash inside it becomes this rule's ``error`` and never reaches the other rules."""
    try:
        return _Evaluation(rule, context, policy).run()
    except Exception as error:
        return Evaluated(rule, _result(rule, Outcome.ERROR, error=f"{type(error).__name__}: {error}"))


def _result(rule: Rule, outcome: Outcome, **fields: object) -> RuleResult:
    title = rule.failure_title if outcome is Outcome.FIRED else rule.title
    return RuleResult(rule.code, rule.slug, title, outcome, **fields)  # type: ignore[arg-type]


def truth(value: Value) -> bool:
    """A whole-run truth value: NaN is false, an array is true where any point is."""
    array = np.asarray(value)
    return bool(np.any(array)) if array.dtype == bool else bool(np.any(np.nan_to_num(array)))


class _Evaluation:
    """The steps of evaluating one rule, in order, each able to end it."""

    def __init__(self, rule: Rule, context: Context, policy: Policy) -> None:
        self.rule, self.context, self.policy = rule, context, policy
        self.names: dict[str, Value] = {}
        self.found: list[Interval] = []

    def run(self) -> Evaluated:
        early = self._not_for_this_run() or self._missing()
        if early is not None:
            return Evaluated(self.rule, early)
        self._place()
        early = self._too_little()
        if early is not None:
            return Evaluated(self.rule, early)
        fired = self._condition()
        guard = next((one for one in self.rule.unless if truth(self._value(one.when))), None) if fired else None
        self._activate(fired and guard is None)
        measures = self._measures()
        if not fired or guard is not None:
            return Evaluated(self.rule, self._passed(measures, f"{guard.id}: {self._text(guard.says, measures)}" if guard else ""))
        return Evaluated(self.rule, self._fired(measures), self._edges())

    def _not_for_this_run(self) -> RuleResult | None:
        algorithm, scope = self.context.run.algorithm, self.rule.applies_to
        if "any" in scope.algorithms and algorithm not in scope.except_algorithms:
            return None
        if not algorithm:
            return _result(self.rule, Outcome.NOT_MEASURED, missing=("algorithm",), reason="the algorithm is not known: pass --algorithm")
        if matches(algorithm, scope.algorithms) and not matches(algorithm, scope.except_algorithms):
            return None
        if _could_match(algorithm, scope.algorithms):
            return _result(self.rule, Outcome.NOT_MEASURED, missing=("algorithm",), reason=f"only the family ({algorithm}) is known: pass --algorithm")
        return _result(self.rule, Outcome.NOT_APPLICABLE, reason=f"not for {algorithm}")

    def _missing(self) -> RuleResult | None:
        rule, context = self.rule, self.context
        missing = [name for name in rule.requires if name not in context.metrics]
        missing += [f"config.{name}" for name in rule.requires_config if name not in context.config]
        for group in rule.requires_one_of:
            if not any(name in context.metrics for name in group):
                missing.append(" or ".join(group))
        if not missing:
            return None
        return _result(self.rule, Outcome.NOT_MEASURED, missing=tuple(missing), reason=f"not logged: {', '.join(missing)}", log_hint=self._hint(missing))

    def _hint(self, missing: list[str]) -> str:
        hints = self.context.run.log_hints
        return next((hints[name] for entry in missing for name in entry.split(" or ") if name in hints), "")

    def _place(self) -> None:
        rule, context = self.rule, self.context
        wanted = [*rule.requires, *(name for group in rule.requires_one_of for name in group), *rule.optional]
        anchor = context.metrics.get(rule.requires[0]) if rule.requires else self._longest()
        self.grid: FloatArray = anchor.steps if anchor is not None else np.empty(0)
        placed = on_grid(context.metrics, wanted, self.grid)
        if self.grid.size and rule.ignore_first is not None:
            begin = self.grid[0] + span_steps(rule.ignore_first, self.grid, context.length)
            keep = self.grid >= begin
            self.grid = self.grid[keep]
            placed = {name: value[keep] if isinstance(value, np.ndarray) else value for name, value in placed.items()}
        self.names.update(placed)
        self.names.update({name: threshold.value for name, threshold in rule.thresholds.items()})
        self.scope: Scope = context.scope(self.grid, self.names)
        spacing = dict(context.spacing)
        self.scope = replace(self.scope, spacing=spacing)
        for name, expression in rule.let.items():
            self.names[name] = evaluate(expression, self.scope)
            spacing[name] = spacing_of(expression, self.scope)

    def _longest(self) -> object:
        return max(self.context.metrics.values(), key=len, default=None)

    def _value(self, expression: Expression) -> Value:
        return evaluate(expression, self.scope)

    def _scalar(self, expression: Expression) -> float:
        array = np.asarray(self._value(expression), dtype=np.float64)
        return float(array) if array.ndim == 0 else (float(array[-1]) if array.size else NAN)

    def _too_little(self) -> RuleResult | None:
        rule = self.rule
        if rule.requires:
            first = np.asarray(self.names[rule.requires[0]], dtype=np.float64)
            count = int(np.isfinite(first).sum())
            if count < rule.min_points:
                reason = f"{count} points of {rule.requires[0]}{_after(rule)}, {rule.min_points} needed"
                return _result(rule, Outcome.NOT_MEASURED, reason=reason)
        if rule.ready is not None and not truth(self._value(rule.ready)):
            return _result(rule, Outcome.NOT_MEASURED, reason=self._text(rule.not_ready_says, self._measures()))
        return None

    def _condition(self) -> bool:
        value = np.asarray(self._value(self.rule.when))
        mask = value if value.dtype == bool else np.nan_to_num(value).astype(bool)
        if mask.ndim == 0:
            self.found = self._since() if bool(mask) else []
            return bool(mask)
        self.found = self._intervals(mask, hold=True)
        return bool(self.found)

    def _intervals(self, mask: BoolArray, *, hold: bool) -> list[Interval]:
        length = self.context.length
        held = span_steps(self.rule.hold, self.grid, length) if hold else 0.0
        return intervals(mask, self.grid, hold=held, bridge=span_steps(self.rule.bridge, self.grid, length))

    def _since(self) -> list[Interval]:
        """The last stretch over which ``since`` held: when a whole-run condition began."""
        if self.rule.since is None or not self.grid.size:
            return []
        value = np.asarray(self._value(self.rule.since))
        mask = np.broadcast_to(value if value.dtype == bool else np.nan_to_num(value).astype(bool), self.grid.shape)
        return self._intervals(mask, hold=False)[-1:]

    def _activate(self, fired: bool) -> None:
        mask = active_mask(self.found, self.grid) if fired and self.found else np.ones(self.grid.shape, dtype=bool)
        self.names["active"] = mask

    def _measures(self) -> dict[str, Measure]:
        self.names.setdefault("active", np.ones(self.grid.shape, dtype=bool))
        made: dict[str, Measure] = {}
        for name, spec in self.rule.measure.items():
            value = self._scalar(spec.value)
            made[name] = self._measure(name, spec, value)
            self.names[name] = value
        return made

    def _measure(self, name: str, spec: MeasureSpec, value: float) -> Measure:
        limit = self.rule.thresholds.get(spec.limit)
        window = (float(self.grid[0]), float(self.grid[-1])) if self.grid.size else None
        return Measure(
            name,
            value,
            spec.unit,
            number_text(value, spec.format),
            None if limit is None else limit.value,
            spec.limit,
            window,
            int(self.grid.size) or None,
            spec.says,
        )

    def _text(self, template: str, measures: Mapping[str, Measure]) -> str:
        thresholds = {name: number_text(one.value) for name, one in self.rule.thresholds.items()}
        onset = self.found[-1].start if self.found else None
        end = self.found[-1].end if self.found else None
        anchor = self.context.metrics.get(self.rule.requires[0]) if self.rule.requires else None
        extra = {
            "onset": step_text(onset),
            "interval": f"steps {step_text(onset)} to {step_text(end)}",
            "slug": self.rule.slug,
            "tag": anchor.tag if anchor is not None else "",
        }
        return fill(template, measures, {**thresholds, **extra})

    def _passed(self, measures: Mapping[str, Measure], reason: str) -> RuleResult:
        said = reason or (self._text(self.rule.passed_message, measures) if self.rule.passed_message else "")
        return _result(self.rule, Outcome.PASSED, reason=said, measures=_known(measures))

    def _fired(self, measures: Mapping[str, Measure]) -> RuleResult:
        rule = self.rule
        severity, capped = self._severity()
        causes = self._causes(measures)
        finding = Finding(
            code=rule.code,
            slug=rule.slug,
            title=rule.failure_title,
            severity=severity,
            message=self._text(rule.message, measures),
            area=rule.area,
            onset=self.found[-1].start if self.found else None,
            intervals=tuple(self.found),
            measures=_known(measures),
            causes=causes,
            prescriptions=self._prescriptions(causes, measures),
            references=tuple((one.title, one.url) for one in rule.references),
            metrics=tuple(name for name in self._metric_names() if name in self.context.metrics),
            capped=capped,
            overrides=rule.overridden,
            expect=rule.expect,
            false_positives=rule.false_positives,
        )
        return _result(rule, Outcome.FIRED, finding=finding, measures=finding.measures)

    def _metric_names(self) -> list[str]:
        rule = self.rule
        return [*rule.requires, *(name for group in rule.requires_one_of for name in group), *rule.optional]

    def _severity(self) -> tuple[Severity, str]:
        rule, facts = self.rule, self.context.facts
        raised = [level for level, expression in rule.escalate if truth(self._value(expression))]
        severity = max([rule.severity, *raised])
        lowered = [level for level, expression in rule.reduce if truth(self._value(expression))]
        severity = min([severity, *lowered])
        if rule.code in self.policy.gate_exempt or rule.area in self.policy.gate_exempt_areas:
            return severity, ""
        if rule.cap_if_solved is not None and facts.get("solved", NAN) > 0 and severity > rule.cap_if_solved:
            return rule.cap_if_solved, f"{severity.label}, lowered to {rule.cap_if_solved.label}: the task is solved"
        learning = facts.get("improving", NAN) > 0 or facts.get("learned", NAN) > 0
        if rule.cap_if_improving is not None and learning and severity > rule.cap_if_improving:
            return rule.cap_if_improving, f"{severity.label}, lowered to {rule.cap_if_improving.label}: the run learns all the same"
        return severity, ""

    def _causes(self, measures: Mapping[str, Measure]) -> tuple[Cause, ...]:
        """Likely causes first, then those that no number could decide, then the rejected ones.

        A cause that needs a number the log does not hold is left out once another one is likely.
        """
        made: list[tuple[int, Cause]] = []
        for spec in self.rule.causes:
            likely = None if spec.more_likely_if is None else self._likely(spec.more_likely_if)
            text = spec.rejected_says if likely is False and spec.rejected_says else spec.says
            place = {True: 0, False: 3, None: 1 if spec.more_likely_if is None else 2}[likely]
            made.append((place, Cause(spec.id, self._text(text, measures), likely, spec.fixes)))
        decided = any(place == 0 for place, _ in made)
        kept = [(place, cause) for place, cause in made if not (decided and place == 2)]
        return tuple(cause for _, cause in sorted(kept, key=lambda pair: pair[0]))

    def _likely(self, expression: Expression) -> bool | None:
        """True or False when the run's numbers decide, None when a number it needs is unknown."""
        known = [self.context.config.get(name, NAN) for name in expression.config]
        known += [self.context.facts.get(name, NAN) for name in expression.run]
        known += [float(value) for name in expression.names if isinstance(value := self.names.get(name), float)]
        answer = truth(self._value(expression))
        return None if not answer and any(math.isnan(value) for value in known) else answer

    def _prescriptions(self, causes: tuple[Cause, ...], measures: Mapping[str, Measure]) -> tuple[Prescription, ...]:
        """Fixes of the likely causes first, then of the undecided ones, then the rest; rejected causes' fixes are left out."""
        rejected = {fix for cause in causes if cause.likely is False for fix in cause.fixes}
        wanted = [fix for cause in causes if cause.likely is not False for fix in cause.fixes]
        named = {fix for cause in self.rule.causes for fix in cause.fixes}
        order = list(dict.fromkeys([*wanted, *(fix for fix in self.rule.fixes if fix not in named)]))
        order = order or [fix for fix in self.rule.fixes if fix in rejected]
        return tuple(self._prescribe(self.rule.fixes[fix], measures) for fix in order)

    def _prescribe(self, spec: FixSpec, measures: Mapping[str, Measure]) -> Prescription:
        fields = {name: measure.text for name, measure in measures.items()}
        fields |= {name: number_text(one.value) for name, one in self.rule.thresholds.items()}
        fields |= {f"config_{name}": number_text(value) for name, value in self.context.config.items()}
        return prescription(spec, self._target(spec), self.context.run, fields)

    def _target(self, spec: FixSpec) -> float | None:
        if spec.to is None or not all(self._has(name) for name in spec.needs):
            return None
        value = self._scalar(spec.to)
        if not math.isfinite(value):
            return None
        return value if value == 0 else round(value, spec.digits - 1 - math.floor(math.log10(abs(value))))

    def _has(self, name: str) -> bool:
        if name.startswith("config."):
            return name.removeprefix("config.") in self.context.config
        return name in self.names and bool(np.isfinite(np.asarray(self.names[name], dtype=np.float64)).any())

    def _edges(self) -> tuple[Edge, ...]:
        return tuple(edge for edge in self.rule.leads_to if edge.when is None or truth(self._value(edge.when)))


def _known(measures: Mapping[str, Measure]) -> tuple[Measure, ...]:
    """The measures that have a value: a number that could not be had is no evidence."""
    return tuple(one for one in measures.values() if not math.isnan(one.value))


def _after(rule: Rule) -> str:
    return " after the warm-up" if rule.ignore_first is not None else ""


def _could_match(family: str, wanted: tuple[str, ...]) -> bool:
    """Whether some member of ``family`` is among the wanted algorithms."""
    members = {"on_policy": ON_POLICY, "off_policy": OFF_POLICY}.get(family, frozenset())
    return bool(members & set(wanted))


def lowered(evaluated: Evaluated, reason: str) -> Evaluated:
    """The same finding one level less severe (never below info), because its data are in doubt."""
    finding = evaluated.result.finding
    if finding is None or finding.severity is Severity.INFO:
        return evaluated
    weaker = replace(finding, severity=Severity(finding.severity - 1), capped=reason)
    return replace(evaluated, result=replace(evaluated.result, finding=weaker))
