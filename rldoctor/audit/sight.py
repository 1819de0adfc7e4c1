"""What a model of the audit may look at: logged series on common steps, settings, the named numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rldoctor.audit.criteria import AuditCriteria, LibraryFormula
from rldoctor.model.algorithms import matches
from rldoctor.model.audit import AuditRow, AuditVerdict
from rldoctor.model.config import Knob
from rldoctor.model.numbers import plain
from rldoctor.model.raw import FloatArray
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.plain_data import dataclass

NAN = float("nan")
# How the vocabulary begins the source of a knob that nobody wrote down.
_ASSUMED = "default"


@dataclass(frozen=True, slots=True)
class Implied:
    """What a model found: the value, its interval, the calculation, and where it was made."""

    best: float
    low: float
    high: float
    arithmetic: str
    steps: tuple[float, float] | None = None
    points: int = 0


@dataclass(frozen=True, slots=True)
class Sight:
    """One run as the models see it.

    ``metrics`` are logged series only: a derived one would let an assumption in by the back door.
    """

    run: Run
    metrics: Mapping[str, Series]
    config: Mapping[str, float]
    criteria: AuditCriteria

    def of(self, *algorithms: str) -> bool:
        """Whether the run's algorithm is among these (names or families)."""
        return bool(self.run.algorithm) and matches(self.run.algorithm, algorithms)

    def formula(self, name: str) -> LibraryFormula | None:
        """How the run's library computes what this formula is about; None where nobody read it there."""
        found = self.criteria.formulas[name].get(self.run.framework)
        if found is None or not all(self._is(knob, values) for knob, values in found.when.items()):
            return None
        return found

    def holds(self, name: str) -> bool:
        """Whether a formula holds for the library that wrote this log, with its settings."""
        return self.formula(name) is not None

    def _is(self, name: str, values: tuple[str, ...]) -> bool:
        knob = self.run.config.get(name)
        return ("unknown" if knob is None else str(knob.value).lower()) in values

    def logged(self, *names: str) -> bool:
        """Whether all of these metrics are there."""
        return all(name in self.metrics and len(self.metrics[name]) for name in names)

    def together(self, *names: str) -> tuple[FloatArray, ...]:
        """Steps, then each metric, at the steps that all of them have with a finite value.

        Only points that were logged at one and the same step: a row of a logger. Nothing is interpolated, as
        an identity between numbers of two different updates does not hold.
        """
        if not self.logged(*names):
            return tuple(np.empty(0) for _ in range(len(names) + 1))
        return self.rows(*(self.metrics[name] for name in names))

    @staticmethod
    def rows(*found: Series) -> tuple[FloatArray, ...]:
        """Steps that all of these series have, then the values of each there, where all are finite."""
        steps = found[0].steps
        for one in found[1:]:
            steps = np.intersect1d(steps, one.steps, assume_unique=True)
        columns = [one.values[np.searchsorted(one.steps, steps)] for one in found]
        keep = np.all(np.isfinite(columns), axis=0) if columns else np.ones(steps.shape, dtype=bool)
        return (steps[keep], *(column[keep] for column in columns))

    def setting(self, name: str) -> float:
        """A setting that somebody wrote down or the library states, NaN where it is unknown."""
        return self.config.get(name, NAN)

    def logged_reward_is_learned(self) -> bool:
        """Whether nothing says that the learner sees other rewards: no factor, no normalisation."""
        factor = self.setting("reward_scale")
        return not (self.setting("normalize_reward") > 0) and (np.isnan(factor) or factor == 1)

    def written(self, name: str) -> bool:
        """Whether a setting is known otherwise than as a library's default."""
        knob = self.run.config.get(name)
        return knob is not None and not assumed(knob)


def mechanism(sight: Sight, name: str, present: bool, arithmetic: str, steps: FloatArray) -> AuditRow:
    """The row of something that is there or not: 1 or 0 without an interval, over the steps looked at."""
    value = float(present)
    return row(sight, name, Implied(value, value, value, arithmetic, span(steps), int(steps.size)))


def assumed(knob: Knob | None) -> bool:
    """Whether a knob is a library's default that nothing in the log states."""
    return knob is not None and knob.source.startswith(_ASSUMED)


def row(sight: Sight, name: str, found: Implied, against: str = "") -> AuditRow:
    """What was found, held against its setting; ``against``: another one, where this run has that instead."""
    quantity = sight.criteria.quantities[name]
    setting = against or quantity.knob
    configured = sight.config.get(setting) if setting else None
    knob = sight.run.config.get(setting) if setting else None
    verdict = AuditVerdict.IMPLIED
    if not np.isfinite([found.low, found.high]).any():
        verdict = AuditVerdict.CANNOT_TELL
    elif configured is not None:
        apart = _apart(configured, found)
        limit = max(quantity.absolute, quantity.relative * max(abs(configured), abs(found.best)))
        verdict = AuditVerdict.CONTRADICTS if apart > limit else AuditVerdict.AGREES
    return AuditRow(
        name=name,
        title=quantity.title,
        absent=quantity.absent,
        unit=quantity.unit,
        verdict=verdict,
        best=found.best,
        low=found.low,
        high=found.high,
        configured=configured,
        source=knob.source if knob is not None else ("derived" if configured is not None else ""),
        assumed=assumed(knob),
        arithmetic=plain(found.arithmetic),
        steps=found.steps,
        points=found.points,
    )


def _apart(configured: float, found: Implied) -> float:
    """How far a configured value is outside the implied interval; an open end (NaN) bounds nothing."""
    below = found.low - configured if found.low > configured else 0.0
    above = configured - found.high if found.high < configured else 0.0
    return max(below, above)


def span(steps: FloatArray) -> tuple[float, float] | None:
    """First and last of some steps."""
    return (float(steps[0]), float(steps[-1])) if steps.size else None


def spread(values: Sequence[float] | FloatArray, low: float = 0.1, high: float = 0.9) -> tuple[float, float]:
    """Two quantiles of finite values, shape (n,); on the line between two of them, as ``np.quantile``."""
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    # Not np.quantile, which imports numpy.ma, as a start would pay for that.
    first, last = np.interp(np.array([low, high]) * (ordered.size - 1), np.arange(ordered.size), ordered)
    return float(first), float(last)
