"""The one judgement of a curve."""

from __future__ import annotations

import math

import numpy as np

from rldoctor.model.outcome import NAN, Budget, Curve, Kind, Level, Measure, Outcome, Scale, Stretch
from rldoctor.model.raw import FloatArray
from rldoctor.outcome.classes import KINDS, changes, classify
from rldoctor.outcome.criteria import Criteria
from rldoctor.outcome.draws import Path, colouring, draw
from rldoctor.outcome.explanations import Model, penalty
from rldoctor.outcome.partition import by_stretches
from rldoctor.outcome.ramps import by_ramps
from rldoctor.outcome.rows import Rows, prepare
from rldoctor.outcome.scales import measure as measured

_EPS = 1e-12


def judge(curve: Curve, criteria: Criteria, scale: Scale = None, budget: Budget = Budget()) -> Outcome:
    rows = prepare(curve, criteria)
    if rows.size == 0:
        return _certain(Kind.UNKNOWN, curve, rows, measured(curve, scale, rows, 0.0, criteria))
    constant = rows.range <= 1e-9 * float(np.max(np.abs(rows.values)))
    if rows.size < criteria["least_rows"] and not (constant and rows.points >= criteria["least_rows"]):
        return _certain(Kind.EARLY, curve, rows, measured(curve, scale, rows, rows.range, criteria))
    if constant:
        m = measured(curve, scale, rows, 0.0, criteria)
        solved = rows.values[-1] >= m.solved
        return _certain(Kind.SOLVED if solved else Kind.FLAT, curve, rows, m)
    models = explain(rows, lowest(curve, rows), criteria)
    weights = weigh(models, criteria)
    paths = [draw(rows, model, criteria) for model, _ in weights]
    changing = next(one for one in models if not one.constant)
    m = measured(curve, scale, rows, draw(rows, changing, criteria).noise, criteria)
    windows = (rows.steps[-1] - rows.steps[0]) / curve.spacing if curve.spacing > 0 else math.inf
    shares = dict.fromkeys(Kind, 0.0)
    for (model, weight), path in zip(weights, paths, strict=True):
        for kind, share in _shares(rows, model, path, m, criteria).items():
            shares[kind] += weight * share
    if windows < criteria["windows"]:
        shares[Kind.EARLY] += shares.pop(Kind.FLAT)
        shares[Kind.FLAT] = 0.0
    kind = max(shares, key=lambda k: shares[k])
    p = paths[0]
    n = len(p.places)
    ch = changes(p, p.levels[:, None], m, criteria)
    return Outcome(kind, shares[kind], shares, m, size=float((ch.end - ch.start)[0]) / m.unit, noise=p.noise, autocorrelation=weights[0][0].rho,
        start=Level(float(ch.start[0]), float(np.std(p.drawn[0])), float(rows.steps[0])),
        end=Level(float(ch.end[0]), float(np.std(p.drawn[-1])), float(rows.steps[-1])),
        best=Level(float(ch.best[0]), 0, 0), points=rows.points, metric=curve.metric, source=curve.source,
        stretches=tuple(Stretch(Level(p.levels[i], 0, rows.steps[int(p.places[i])]), Level(p.levels[i+1], 0, rows.steps[int(p.places[i+1])]), 0) for i in range(0, n-1)))


def _certain(kind: Kind, curve: Curve, rows: Rows, m: Measure) -> Outcome:
    return Outcome(kind, 1.0, {k: float(k is kind) for k in Kind}, m, points=rows.points, metric=curve.metric, source=curve.source)


def lowest(curve: Curve, rows: Rows) -> float:
    if curve.spacing <= 0 or rows.size < 2:
        return 0.0
    gap = float(rows.steps[-1] - rows.steps[0]) / (rows.size - 1)
    return max(0.0, 1 - gap / curve.spacing) * 0.98


def weigh(models: list[Model], criteria: Criteria) -> list[tuple[Model, float]]:
    raw = np.exp(-(np.array([one.cost for one in models]) - models[0].cost) / criteria["temperature"])
    share = raw / raw.sum()
    kept = [(model, float(one)) for model, one in zip(models, share, strict=True) if one >= criteria["least_weight"]]
    total = sum(w for _, w in kept)
    return [(model, w / total) for model, w in kept]


def _shares(rows: Rows, model: Model, path: Path, m: Measure, criteria: Criteria) -> dict[Kind, float]:
    kinds = classify(path, path.drawn, m, criteria)
    if model.constant:
        seen = int(classify(path, path.levels[:, None], m, criteria)[0])
        if KINDS[seen] is not Kind.FLAT:
            return {KINDS[seen]: 1.0}
        power = _power(rows, model, m.material, criteria)
        return {Kind.FLAT: power, Kind.EARLY: 1 - power}
    count = np.bincount(kinds, minlength=len(KINDS)) / kinds.size
    return dict(zip(KINDS, (float(c) for c in count), strict=True))


def _power(rows: Rows, model: Model, material: float, criteria: Criteria) -> float:
    """Chance that a material change would have been seen in this noise."""
    third = max(1, rows.size // 3)
    contrast = np.zeros(rows.size)
    contrast[:third], contrast[-third:] = -1 / third, 1 / third
    spread = (contrast * rows.spread) @ colouring(rows.size, model.rho)
    error = math.sqrt(model.variance) * float(np.linalg.norm(spread))
    needed = math.sqrt(penalty(criteria['change_penalty']+criteria['ramp_penalty'], rows.size, criteria))
    return 0.5 * (1 + math.erf((material / max(error, _EPS) - needed) / math.sqrt(2)))


def explain(rows: Rows, lowest: float, criteria: Criteria) -> list[Model]:
    """Every explanation with its best autocorrelation, best first."""
    known = np.array(criteria.grid("autocorrelations"))
    rhos = known[known >= lowest] if lowest <= known[-1] else known[-1:]
    models = by_ramps(rows, rhos, criteria)
    best = min(models, key=lambda one: one.cost)
    models += by_stretches(rows, np.unique([rhos[0], best.rho]), criteria)
    return sorted(models, key=lambda one: one.cost)
