"""The one judgement of a curve."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from rldoctor.model.arrays import median
from rldoctor.model.outcome import (
    NAN,
    Budget,
    Curve,
    CurveLevel,
    CurveOutcome,
    OutcomeKind,
    OutcomeMeasure,
    Scale,
    Stretch,
)
from rldoctor.outcome.classes import KINDS, Changes, changes, classify
from rldoctor.outcome.criteria import Criteria
from rldoctor.outcome.draws import Path, colouring, draw, unmoved
from rldoctor.outcome.explanations import Model, penalty
from rldoctor.outcome.rows import NOTHING, Rows, mostly_at_floor, prepare, thirds_fall
from rldoctor.outcome.scales import measure_of
from rldoctor.outcome.search import explain, weigh
from rldoctor.outcome.windows import few_transitions, hides_a_gain, too_few_windows, windows_of
from rldoctor.outcome.words import sentences, too_early
from rldoctor.plain_data import dataclass, replace

NO_BUDGET = Budget()
# A smaller share of its level is no range: sums of the same rewards differ in their last digits.
_SAME = 1e-9

Shares = dict[OutcomeKind, float]


@dataclass(frozen=True, slots=True)
class JudgedCurve:
    """What is known of a curve when its class is: everything the levels and the words are made of."""

    curve: Curve
    rows: Rows
    measure: OutcomeMeasure
    shares: Shares
    model: Model | None = None
    path: Path | None = None
    reasons: tuple[str, ...] = ()

    @property
    def kind(self) -> OutcomeKind:
        """The likeliest class of the likeliest side; of equal ones the first in the order of ``Kind``.

        Whether a gain goes on, was kept or solved the task is a finer question than whether there was one.
        """
        gained = sum(self.shares.get(kind, 0.0) for kind in OutcomeKind if kind.gained)
        likeliest = max(OutcomeKind, key=lambda kind: self.shares.get(kind, 0.0))
        if likeliest.gained or gained <= self.shares.get(likeliest, 0.0):
            return likeliest
        return max((kind for kind in OutcomeKind if kind.gained), key=lambda kind: self.shares.get(kind, 0.0))


def judge(curve: Curve, criteria: Criteria, scale: Scale = None, budget: Budget = NO_BUDGET) -> CurveOutcome:
    """What a curve achieved: one class with its probability, on the best scale that is known.

    Args:
        curve: what was logged; any number of points in any order, NaN and infinite ones are left out.
        criteria: the numbers of rules/outcome.yaml.
        scale: what the task or the quantity allows; None: the curve is measured by itself.
        budget: how long the run had to be before it can have learned.

    Returns:
        ``unknown`` without a finite point and ``early`` below ``least_rows`` points, both with probability 1.
    """
    rows = prepare(curve, criteria)
    if rows.points == 0:
        measure = measure_of(curve, scale, rows, 0.0, criteria)
        return _outcome(
            JudgedCurve(curve, rows, measure, {OutcomeKind.UNKNOWN: 1.0}, reasons=("no finite value",)),
            criteria,
        )
    last = float(rows.steps[-1])
    unfinished = budget.planned is not None and last < criteria["finished"] * budget.planned
    judged = _judged(curve, rows, scale, criteria, unfinished)
    if _by_spikes_alone(judged.kind, curve, criteria):
        rows = prepare(curve, criteria, averaged=True)
        judged = _judged(curve, rows, scale, criteria, unfinished)
    reason = too_early(curve, rows, budget, criteria)
    # A fall over so many rows has had its chance, whatever the counter of the steps calls it.
    fallen = judged.kind in (OutcomeKind.LOST, OutcomeKind.FELL) and rows.points >= criteria["many_rows"]
    return _outcome(_earlier(judged, reason) if reason and not fallen else judged, criteria)


def _by_spikes_alone(kind: OutcomeKind, curve: Curve, criteria: Criteria) -> bool:
    """Whether what is reached now and then was taken for spikes, and its means may say otherwise.

    A level that rose so far is not flat, and a few that were reached one after the other are no level that
    was lost: where the means of thirds do not fall, nothing fell.
    """
    if not kind.sick or not mostly_at_floor(curve, criteria):
        return False
    return kind is OutcomeKind.FLAT or not thirds_fall(curve, criteria)


def _judged(curve: Curve, rows: Rows, scale: Scale, criteria: Criteria, unfinished: bool) -> JudgedCurve:
    if rows.points < criteria["least_rows"]:
        reason = f"{rows.points} points are too few: {criteria.whole('least_rows')} are needed"
        measure = measure_of(curve, scale, rows, rows.range, criteria)
        return JudgedCurve(
            curve, rows, measure, {OutcomeKind.EARLY: 1.0}, path=unmoved(rows), reasons=(reason,)
        )
    if rows.range <= max(_SAME * float(np.max(np.abs(rows.values))), NOTHING):
        return _unchanging(curve, rows, scale, criteria)
    if rows.size < criteria["least_rows"]:
        reason = f"{rows.size} different results are too few"
        measure = measure_of(curve, scale, rows, rows.range, criteria)
        return JudgedCurve(
            curve, rows, measure, {OutcomeKind.EARLY: 1.0}, path=unmoved(rows), reasons=(reason,)
        )
    return _changing(curve, rows, scale, criteria, unfinished)


def _unchanging(curve: Curve, rows: Rows, scale: Scale, criteria: Criteria) -> JudgedCurve:
    """A constant curve hides no change: flat, unless it is solved or was learned beforehand."""
    measure = measure_of(curve, scale, rows, 0.0, criteria)
    path = unmoved(replace(rows, values=np.full(rows.size, median(rows.values))))
    kind = KINDS[int(classify(path, path.levels[:, None], measure, criteria)[0])]
    # The rule of three: what never happened in n trials may still happen in 3 of n.
    doubt = 0.0 if rows.points >= criteria["constant_points"] else 3 / rows.points
    if kind is OutcomeKind.FLAT and measure.name == "natural" and few_transitions(curve, rows, criteria):
        doubt = 1.0
    shares = {kind: 1 - doubt, OutcomeKind.EARLY: doubt}
    return JudgedCurve(curve, rows, measure, shares, path=path, reasons=(f"{rows.points:,} equal values",))


def _changing(curve: Curve, rows: Rows, scale: Scale, criteria: Criteria, unfinished: bool) -> JudgedCurve:
    """Weigh the explanations; each shares its weight among the classes of its drawn curves."""
    models = explain(rows, curve, criteria)
    weighed = [(model, weight, draw(rows, model, criteria)) for model, weight in weigh(models, criteria)]
    measure = measure_of(curve, scale, rows, _noise(rows, models, weighed[0], criteria), criteria)
    shares: Shares = {}
    votes: list[Shares] = []
    for model, weight, path in weighed:
        votes.append(_shares(rows, model, path, measure, criteria, unfinished))
        for kind, share in votes[-1].items():
            shares[kind] = shares.get(kind, 0.0) + weight * share
    reasons: tuple[str, ...] = ()
    if hides_a_gain(curve, rows, measure, criteria):
        shares[OutcomeKind.EARLY] = shares.get(OutcomeKind.EARLY, 0.0) + shares.pop(OutcomeKind.FLAT, 0.0)
        reasons = (too_few_windows(curve, rows, criteria),)
    judged = JudgedCurve(curve, rows, measure, shares, reasons=reasons)
    # The levels that are shown are those of the explanation that speaks most for the class that is shown.
    # A change that is more likely than none is told, whether or not it counts.
    changed = sum(weight for model, weight, _ in weighed if not model.constant) > 0.5
    spoken = [
        weight * vote.get(judged.kind, 0.0) * (not (changed and model.constant))
        for (model, weight, _), vote in zip(weighed, votes, strict=True)
    ]
    model, _, path = weighed[int(np.argmax(spoken))]
    return JudgedCurve(curve, rows, measure, shares, model, path, reasons)


def _noise(rows: Rows, models: list[Model], best: tuple[Model, float, Path], criteria: Criteria) -> float:
    """Noise of a row around the best explanation with a change: around a constant, learning is noise."""
    if not best[0].constant:
        return best[2].noise
    return draw(rows, next(one for one in models if not one.constant), criteria).noise


def _shares(
    rows: Rows, model: Model, path: Path, measure: OutcomeMeasure, criteria: Criteria, unfinished: bool
) -> Shares:
    """Shares of the classes among the drawn curves of one explanation."""
    if not model.constant:
        count = np.bincount(
            classify(path, path.drawn, measure, criteria, unfinished=unfinished), minlength=len(KINDS)
        )
        return {
            kind: float(share) for kind, share in zip(KINDS, count / count.sum(), strict=True) if share > 0
        }
    level = np.repeat(path.drawn.mean(axis=0, keepdims=True), len(path.drawn), axis=0)
    count = np.bincount(classify(path, level, measure, criteria), minlength=len(KINDS))
    shares = {kind: float(share) for kind, share in zip(KINDS, count / count.sum(), strict=True) if share > 0}
    early, flat = shares.pop(OutcomeKind.EARLY, 0.0), shares.pop(OutcomeKind.FLAT, 0.0)
    power = _power(rows, model, measure, criteria)
    return {**shares, OutcomeKind.FLAT: flat * power, OutcomeKind.EARLY: early + flat * (1 - power)}


def _power(rows: Rows, model: Model, measure: OutcomeMeasure, criteria: Criteria) -> float:
    """Chance that a usual gain between the first and the last third would have been seen in this noise.

    Without it, not having seen a change would count as having seen that there is none. Where the rows
    themselves bound what was gained, nothing need have been seen. Not so on a scale that is made of the
    curve's own noise: measured by that, any curve of so many rows gained little.
    """
    _, error = _contrast(rows, model, criteria["early_part"])
    needed = math.sqrt(penalty(criteria["change_penalty"] + criteria["ramp_penalty"], rows.size, criteria))
    # What a learner gains is seldom as little as the least that counts: to have missed twice that is enough.
    seen = _normal(criteria["usual_gain"] * measure.material / error - needed)
    return seen if measure.name == "own" else max(seen, _immaterial(rows, model, measure.material, criteria))


def _immaterial(rows: Rows, model: Model, material: float, criteria: Criteria) -> float:
    """Chance that the bound on the gain lies below a material one again, were the run repeated.

    An equivalence test (Schuirmann 1987) of the end against the beginning, over a longer and a shorter end: a
    gain that came late is the shorter one's.
    """
    parts = (criteria["early_part"], criteria["late_part"])
    return min(
        _normal((material - gain) / error - criteria["bound"])
        for gain, error in (_contrast(rows, model, part) for part in parts)
    )


def _contrast(rows: Rows, model: Model, part: float) -> tuple[float, float]:
    """Mean of the last ``part`` of the rows less that of the first third, and its standard error."""
    first, last = max(1, rows.size // 3), max(1, round(part * rows.size))
    contrast = np.zeros(rows.size)
    contrast[:first] -= 1 / first
    contrast[-last:] += 1 / last
    spread = (contrast * rows.spread) @ colouring(rows.size, model.rho)
    error = max(math.sqrt(model.variance) * float(np.linalg.norm(spread)), 1e-300)
    return float(contrast @ rows.values), error


def _normal(deviations: float) -> float:
    """Standard normal distribution function."""
    return 0.5 * (1 + math.erf(deviations / math.sqrt(2)))


def _earlier(judged: JudgedCurve, reason: str) -> JudgedCurve:
    """The same, when it is too early for bad news: what is not a gain has not had its chance."""
    shares = dict(judged.shares)
    bad = sum(
        shares.pop(kind, 0.0)
        for kind in (OutcomeKind.FLAT, OutcomeKind.FELL, OutcomeKind.LOST, OutcomeKind.SWINGING)
    )
    shares[OutcomeKind.EARLY] = shares.get(OutcomeKind.EARLY, 0.0) + bad
    reasons = (reason, *judged.reasons)
    return JudgedCurve(judged.curve, judged.rows, judged.measure, shares, judged.model, judged.path, reasons)


def _outcome(judged: JudgedCurve, criteria: Criteria) -> CurveOutcome:
    """The judgement with its levels and words."""
    kind, curve, path = judged.kind, judged.curve, judged.path
    shares: Mapping[OutcomeKind, float] = {one: judged.shares.get(one, 0.0) for one in OutcomeKind}
    known = CurveOutcome(
        kind,
        shares[kind],
        shares,
        judged.measure,
        points=judged.rows.points,
        source=curve.source,
        metric=curve.metric,
        windows=windows_of(curve, judged.rows),
    )
    if path is None:
        return known.told(sentences(known, judged.rows, curve, judged.reasons))
    seen = changes(path, path.levels[:, None], judged.measure, criteria)
    size, onset = _size(kind, seen, judged.measure), _onset(kind, path, judged.rows, seen)
    known = CurveOutcome(
        kind,
        shares[kind],
        shares,
        judged.measure,
        size=size,
        onset=onset,
        start=_level(path, 0, judged.rows),
        end=_level(path, -1, judged.rows),
        best=_best(path, judged.rows),
        stretches=_stretches(path, judged.rows),
        noise=path.noise,
        autocorrelation=judged.model.rho if judged.model else NAN,
        points=judged.rows.points,
        source=curve.source,
        metric=curve.metric,
        windows=windows_of(curve, judged.rows),
    )
    return known.told(sentences(known, judged.rows, curve, judged.reasons))


def _size(kind: OutcomeKind, seen: Changes, measure: OutcomeMeasure) -> float:
    """The deciding change in units of the scale; NaN where a curve without noise is measured by it."""
    change = seen.end - seen.start
    if kind.gained:
        change = seen.end - seen.base
    elif kind is OutcomeKind.LOST:
        change = -seen.loss
    return float(change[0]) / measure.unit if measure.unit > 0 else NAN


def _onset(kind: OutcomeKind, path: Path, rows: Rows, seen: Changes) -> float:
    """Step where the fitted curve has left the level before the deciding change by a tenth of it."""
    if kind in (OutcomeKind.RISING, OutcomeKind.KEPT):
        gained = float((seen.best - seen.start)[0])
        above = np.flatnonzero(path.fitted >= float(seen.start[0]) + 0.1 * gained)
        return float(rows.steps[max(above[0] - 1, 0)]) if above.size and gained > 0 else float(rows.steps[0])
    if kind in (OutcomeKind.LOST, OutcomeKind.FELL):
        high = float(seen.best[0] if kind is OutcomeKind.LOST else seen.start[0])
        above = np.flatnonzero(path.fitted >= high - 0.1 * (high - float(seen.end[0])))
        return float(rows.steps[above[-1]]) if above.size else float(rows.steps[0])
    if kind is OutcomeKind.SWINGING and len(path.places) > 1:
        return float(rows.steps[round(float(path.places[1]))])
    return NAN


def _level(path: Path, node: int, rows: Rows) -> CurveLevel:
    step = float(rows.steps[round(float(path.places[node]))])
    return CurveLevel(float(path.levels[node]), float(np.std(path.drawn[node])), step)


def _best(path: Path, rows: Rows) -> CurveLevel:
    """The best level that was held for a while, or the end."""
    held = path.held @ path.levels
    place = int(np.argmax(held))
    if path.levels[-1] >= held[place]:
        return _level(path, -1, rows)
    row = round((place + 0.5) / len(held) * (rows.size - 1))
    return CurveLevel(
        float(held[place]), float(np.std(path.held[place] @ path.drawn)), float(rows.steps[row])
    )


def _stretches(path: Path, rows: Rows) -> tuple[Stretch, ...]:
    levels = [_level(path, node, rows) for node in range(len(path.places))]
    counts = np.diff(np.round(path.places)).astype(int).tolist()
    return tuple(Stretch(a, b, n) for a, b, n in zip(levels[:-1], levels[1:], counts, strict=True) if n > 0)
