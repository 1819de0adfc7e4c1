"""Derived quantities of a run: each computed once, from the first variant whose inputs are there.

Settings and facts come first, in file order, then series; each may use what was made before it.
"""

from __future__ import annotations

import math
from dataclasses import field

import numpy as np

from rldoctor.engine.grid import on_grid
from rldoctor.engine.policy import Derived, DerivedSet, Variant
from rldoctor.language.evaluator import Scope, Value, evaluate
from rldoctor.model.algorithms import matches
from rldoctor.model.derivation import SERIES, SETTING, Derivation, Ingredient
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.plain_data import dataclass


@dataclass(slots=True)
class Ledger:
    """What is known of a run so far; ``made`` says how each derived quantity was computed."""

    run: Run
    quantities: DerivedSet
    metrics: dict[str, Series]
    config: dict[str, float]
    facts: dict[str, float]
    made: list[Derivation] = field(default_factory=list)

    def settings(self) -> None:
        """Add the derived settings and facts; one that comes out NaN is not known, so it is left out."""
        # Settings before facts and both before series, as the formulas of series name settings (a horizon,
        # a target entropy); what a setting needs of the log it reads from the logged metrics, which are
        # there already.
        for kind, quantity in self.quantities.numbers:
            known = self.config if kind == SETTING else self.facts
            # What was configured is never replaced: a derived value is an estimate, and the user's file is
            # not.
            variant = None if quantity.name in known else self._variant(quantity)
            value = math.nan if variant is None else float(np.asarray(self._value(variant)))
            # NaN in a formula says that it does not hold here. Kept as a value it would make
            # `requires_config` true, and the rule would judge with a number that is not there.
            if variant is not None and not math.isnan(value):
                known[quantity.name] = value
                self.made.append(self._derivation(kind, quantity, variant, value))

    def series(self) -> None:
        """Add the derived series; one that was logged under the same name is left alone."""
        for quantity in self.quantities.series:
            # Counted by the engine and listed here only, so that the report can say what the number is.
            if not quantity.variants and quantity.name in self.metrics:
                self.made.append(self._counted(quantity))
            variant = None if quantity.name in self.metrics else self._variant(quantity)
            if variant is not None:
                # Noted before it is made, so that its ingredients are the metrics it was made of and not
                # itself.
                self.made.append(self._derivation(SERIES, quantity, variant, None))
                self.metrics[quantity.name] = self._series(quantity, variant)

    def _variant(self, quantity: Derived) -> Variant | None:
        # The file lists variants from the most direct (logged) to the most assumed, so the first that can
        # be used is the most reliable one.
        return next((one for one in quantity.variants if self._usable(one)), None)

    def _usable(self, variant: Variant) -> bool:
        algorithm, framework = self.run.algorithm, self.run.framework
        return (
            all(name in self.metrics for name in variant.inputs)
            # Whole conditions instead of NaN in the result: a variant that lacks an input must make room
            # for the next one.
            and all(name in self.config for name in variant.config)
            and (not variant.algorithms or matches(algorithm, variant.algorithms))
            and algorithm not in variant.except_algorithms
            and (not variant.frameworks or framework in variant.frameworks)
        )

    def _series(self, quantity: Derived, variant: Variant) -> Series:
        # The first input gives grid and averaging window: the result has no finer steps and no more
        # independent points than it.
        first = self.metrics[variant.inputs[0]]
        values = np.asarray(self._value(variant), dtype=np.float64)
        # A copy, since numpy's broadcast shares one number among all points and may not be written to.
        shaped = np.broadcast_to(values, first.steps.shape).copy()
        tag = f"derived from {', '.join(self.metrics[name].tag for name in self._inputs(variant))}"
        return Series(quantity.name, first.steps, shaped, tag, quantity.unit, first.axis, window=first.window)

    def _value(self, variant: Variant) -> Value:
        """On the grid of the first input; a single number where it has none."""
        grid = self.metrics[variant.inputs[0]].steps if variant.inputs else np.empty(0)
        names: dict[str, Value] = {name: one.value for name, one in self.quantities.constants.items()}
        # Metrics last: where a constant and a metric have one name, what was logged is meant.
        names |= on_grid(self.metrics, (*variant.inputs, *variant.optional), grid)
        planned = self.facts.get("planned", math.nan)
        return evaluate(variant.value, Scope(grid, names, self.config, self.facts, {}, planned))

    def _inputs(self, variant: Variant) -> tuple[str, ...]:
        """The metrics of a variant that are there."""
        return (*variant.inputs, *(name for name in variant.optional if name in self.metrics))

    def _derivation(self, kind: str, quantity: Derived, variant: Variant, value: float | None) -> Derivation:
        return Derivation(
            quantity.name,
            kind,
            quantity.unit,
            quantity.says,
            variant.value.text,
            quantity.source,
            self._ingredients(variant),
            value,
        )

    def _counted(self, quantity: Derived) -> Derivation:
        """A series that no expression can make: the engine did, before."""
        tags = (Ingredient(self.metrics[quantity.name].tag),)
        return Derivation(quantity.name, SERIES, quantity.unit, quantity.says, "", quantity.source, tags)

    def _ingredients(self, variant: Variant) -> tuple[Ingredient, ...]:
        """Metrics, settings, facts and constants that the formula names and that are known."""
        said = variant.value
        found = [Ingredient(name, self.metrics[name].tag) for name in self._inputs(variant)]
        found += [
            Ingredient(f"config.{name}", self._origin(name), self.config[name])
            for name in sorted(said.config)
            if name in self.config
        ]
        found += [
            Ingredient(f"run.{name}", "", self.facts[name]) for name in sorted(said.run) if name in self.facts
        ]
        constants = self.quantities.constants
        return (
            *found,
            *(
                Ingredient(name, constants[name].note, constants[name].value)
                for name in sorted(said.names & constants.keys())
            ),
        )

    def _origin(self, name: str) -> str:
        """Where a setting stands, or that it is derived itself."""
        knob = self.run.config.get(name)
        return "derived" if knob is None else knob.source
