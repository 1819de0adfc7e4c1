"""One rule placed on one run: the grid, the values of every name, and the intervals found so far."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field

import numpy as np

from rldoctor.engine.intervals import active_mask, span_steps
from rldoctor.engine.names import Names, Spacings
from rldoctor.engine.prepared_run import NAN, PreparedRun
from rldoctor.language.evaluator import Scope, Value, evaluate, holding
from rldoctor.language.parser import Expression
from rldoctor.model.finding import Interval, Measure
from rldoctor.model.raw import BoolArray, FloatArray
from rldoctor.model.series import Series
from rldoctor.plain_data import dataclass
from rldoctor.rulebook.schema import WHICH, MeasureSpec, Rule


def window(
    expression: Expression, lets: Mapping[str, Expression], scope: Scope
) -> tuple[tuple[float, float] | None, int]:
    """First and last step, and number of points, that a measured value rests on (None and 0 for no grid)."""
    from rldoctor.engine.rule_constants import condition_of

    return _window(condition_of(expression, lets), scope)


def _window(condition: Expression | None, scope: Scope) -> tuple[tuple[float, float] | None, int]:
    steps: FloatArray = scope.steps
    if condition is not None:
        mask = np.asarray(evaluate(condition, scope))
        # A condition that is a single truth value or picks nothing leaves the whole grid, as the value was
        # then NaN or over everything.
        chosen = steps[mask] if mask.dtype == bool and mask.shape == steps.shape else steps
        steps = chosen if chosen.size else steps
    return ((float(steps[0]), float(steps[-1])) if steps.size else None), int(steps.size)


@dataclass(slots=True)
class Scene:
    """What a rule's expressions see; ``names`` grows: metrics, thresholds, lets, ``active``, measures.

    ``begins``: the first logged step of what it looks at, warm-up included. ``slack``: steps within which
    onsets are not told apart; ``lag``: the share of an averaging window by which they are dated back.
    """

    rule: Rule
    context: PreparedRun
    grid: FloatArray
    names: Names
    scope: Scope
    found: list[Interval] = field(default_factory=list)
    certain: bool = False
    begins: float = 0.0
    slack: float = 0.0
    lag: float = 0.0

    def value(self, expression: Expression) -> Value:
        """The value of an expression of this rule."""
        return evaluate(expression, self.scope)

    def scalar(self, expression: Expression) -> float:
        """The value as one number: the last point of an array, NaN for an empty one."""
        # The last point: a measure that is a series is shown as it stands at the end of the log.
        array = np.asarray(self.value(expression), dtype=np.float64)
        return float(array) if array.ndim == 0 else (float(array[-1]) if array.size else NAN)

    def holds(self, expression: Expression) -> bool:
        """The value as one truth: NaN is false, an array is true where any point is."""
        found = holding(expression, self.scope)
        return found if isinstance(found, bool) else bool(np.any(as_mask(found)))

    def mask(self, expression: Expression) -> BoolArray:
        """Where a condition is true; a single truth where no point of it is."""
        return as_mask(holding(expression, self.scope))

    def known(self, name: str) -> bool:
        """Whether ``config.x`` or a metric, let or measure has a finite value."""
        if name.startswith("config."):
            return name.removeprefix("config.") in self.context.config
        return name in self.names and bool(np.isfinite(np.asarray(self.names[name], dtype=np.float64)).any())

    def activate(self, *, fired: bool) -> None:
        """Set ``active``: the points inside the intervals found, or every point."""
        # A quiet rule measures over everything, or its numbers would be NaN and its reason empty.
        whole = np.ones(self.grid.shape, dtype=bool)
        self.names["active"] = active_mask(self.found, self.grid) if fired and self.found else whole

    def measures(self) -> dict[str, Measure]:
        """The numbers of ``measure``, in order; later expressions may use them by name."""
        # Numbers and texts are made of what fired, and of the rest when somebody asks.
        from rldoctor.engine.rule_constants import constants

        # `ready` texts are filled before the condition is judged, and their measures may use `active`.
        self.names.setdefault("active", np.ones(self.grid.shape, dtype=bool))
        made: dict[str, Measure] = {}
        # Several measures of a rule are taken over the same steps.
        behind = constants(self.rule).conditions
        windows: dict[Expression | None, tuple[tuple[float, float] | None, int]] = {}
        for name, spec in self.rule.measure.items():
            condition = behind[name]
            if condition not in windows:
                windows[condition] = _window(condition, self.scope)
            made[name] = self._measure(name, spec, *windows[condition])
            # At once, as a later measure may use an earlier one.
            self.names[name] = made[name].value
        return made

    def _measure(self, name: str, spec: MeasureSpec, span: tuple[float, float] | None, count: int) -> Measure:
        from rldoctor.engine.wording import formatted

        value = self.scalar(spec.value)
        limit = self.rule.thresholds.get(spec.limit)
        return Measure(
            name=name,
            value=value,
            unit=spec.unit,
            text=formatted(value, spec.format),
            limit=None if limit is None else limit.value,
            limit_name=spec.limit,
            window=span,
            n=count or None,
            says=spec.says,
        )

    def _which(self, lets: Mapping[str, str]) -> str:
        """The metrics of an ``each`` block that its condition is true of, as the log calls them."""
        held = (name for name, let in lets.items() if bool(np.any(as_mask(self.names[let]))))
        return ", ".join(self.context.metrics[name].tag for name in held if name in self.context.metrics)

    def text(self, template: str, measures: Mapping[str, Measure]) -> str:
        """A message of the rule with its fields filled."""
        from rldoctor.engine.rule_constants import constants
        from rldoctor.engine.wording import fill, step_text

        thresholds = constants(self.rule).thresholds
        # The last interval: what the reader can still do something about.
        onset = self.found[-1].start if self.found else None
        end = self.found[-1].end if self.found else None
        anchor = self.context.metrics.get(self.rule.requires[0]) if self.rule.requires else None
        extra = {
            "onset": step_text(onset),
            "interval": f"steps {step_text(onset)} to {step_text(end)}",
            "slug": self.rule.slug,
            **self.context.texts,
            "tag": anchor.tag if anchor is not None else "",
            **{block + WHICH: self._which(lets) for block, lets in self.rule.each.items()},
        }
        return fill(template, measures, {**thresholds, **extra})


def as_mask(value: Value) -> BoolArray:
    """A condition per point; numbers are true where they are neither 0 nor NaN."""
    array = np.asarray(value)
    # Python and numpy take NaN for true. Here it is false, at the level of rules as within expressions:
    # what is not known does not fire.
    return array if array.dtype == bool else np.nan_to_num(array).astype(bool)


def known_measures(measures: Mapping[str, Measure]) -> tuple[Measure, ...]:
    """The measures that have a value: a number that could not be had is no evidence."""
    return tuple(one for one in measures.values() if not math.isnan(one.value))


def rule_metrics(rule: Rule) -> list[str]:
    """Every metric a rule reads, the required ones first."""
    return [*rule.requires, *(name for group in rule.requires_one_of for name in group), *rule.optional]


def place(rule: Rule, context: PreparedRun) -> Scene:
    """Put the metrics of a rule on its grid, cut the warm-up, and evaluate its ``let``."""
    # The order: grid, cut, metrics, thresholds, lets. The warm-up is cut before the lets, so that no median
    # looks into the part that `ignore_first` excludes.
    anchor = _anchor(rule, context)
    grid = context.shared.grid(anchor.steps if anchor is not None else np.empty(0))
    whole, first = grid, 0
    if grid.size and rule.ignore_first is not None:
        # From the first logged step and not from 0: a resumed log has its odd start there.
        start = grid[0] + span_steps(rule.ignore_first, grid, context.length)
        first = int(np.searchsorted(grid, start))
    grid = context.shared.after(whole, first)
    # A threshold may not be called like a metric (checked at load), so nothing is hidden here.
    names: Names = Names(rule.let, rule.thresholds)
    names |= {
        name: context.shared.placed(name, context.metrics.get(name), whole, first)
        for name in rule_metrics(rule)
    }
    # Lets have their own spacing, or a trend over a let would take a moving mean's points for independent;
    # another rule may use the same name for something else.
    spacing = Spacings(context.spacing, rule.let)
    scope = context.scope(grid, names, spacing)
    names.scope = spacing.scope = scope
    return Scene(rule, context, grid, names, scope, begins=float(whole[0]) if whole.size else 0.0)


def _anchor(rule: Rule, context: PreparedRun) -> Series | None:
    """The series whose steps are the grid: the first required one, else the longest of the run."""
    if rule.requires:
        return context.metrics.get(rule.requires[0])
    # A rule without a required metric still needs steps; the longest series sees most of the run.
    return max(context.metrics.values(), key=len, default=None)
