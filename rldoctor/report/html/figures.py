"""Which curves a finding is shown with, and what is marked on them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from rldoctor.model.algorithms import called
from rldoctor.model.derivation import Derivation
from rldoctor.model.envelope import ReferenceView
from rldoctor.model.finding import Diagnosis, Finding, Measure
from rldoctor.model.raw import FloatArray
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.plain_data import dataclass
from rldoctor.report import words
from rldoctor.report.clean import clean
from rldoctor.report.derived import computed, origin
from rldoctor.report.html.bands import NO_REFERENCE, Drawn, band_of, same
from rldoctor.report.html.curves import STRETCHES, curve, rough, view
from rldoctor.report.numbers import finite, number, plural, step

MAX_FIGURES = 4
# A label takes this share of the width; a line of fewer points, or further from straight, is no counter.
NEAR, COUNTED, STRAIGHT = 0.15, 5, 0.02
OVERVIEW = words.OVERVIEW
_FILLER = {
    "typical",
    "median",
    "mean",
    "start",
    "end",
    "best",
    "limit",
    "max",
    "min",
    "last",
    "share",
    "of",
    "in",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at a step, with its label."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A horizontal line at a value that the task is known for, with its label."""

    at: float
    text: str


def levels_of(diagnosis: Diagnosis) -> dict[str, list[TaskLine]]:
    """What the task allows, by the metric that was judged on its scale; empty without such a scale."""
    if diagnosis.achieved is None:
        return {}
    curve = diagnosis.achieved.deciding
    scale = curve.measure
    levels = [TaskLine(scale.random, "random policy"), TaskLine(scale.solved, "solved")]
    if scale.name == "task" and finite(scale.random) is not None:
        top = scale.random + scale.unit
        if not math.isclose(top, scale.solved):
            levels.append(TaskLine(top, scale.reached_by))
    return {curve.metric: [level for level in levels if finite(level.at) is not None]}


class Figures:
    """Collects the curves of a page, each once, and describes figures that refer to them."""

    def __init__(self, points: int) -> None:
        """``points``: the most points a curve may have."""
        self.points = points
        self.curves: list[dict[str, object]] = []
        self.figures: list[dict[str, Any]] = []
        self._known: dict[tuple[int, str], int] = {}
        self.bands: list[dict[str, object]] = []
        self._bands: dict[tuple[str, str], int] = {}

    def overview(
        self,
        position: int,
        run: Run,
        findings: Sequence[Finding],
        reference: ReferenceView = NO_REFERENCE,
        noun: str = "cause",
        levels: Mapping[str, Sequence[TaskLine]] = MappingProxyType({}),
    ) -> list[dict[str, Any]]:
        """The learning curve with the onset of each root cause; empty when no return was logged.

        ``noun``: what the findings are called. ``levels``: by metric, what the task allows.
        """
        found = next((name for name in words.OVERVIEW if drawable(run, name)), None)
        if found is None:
            return []
        onsets = [(rank, finite(finding.onset)) for rank, finding in enumerate(findings[:5], 1)]
        known = [(onset, rank) for rank, onset in onsets if onset is not None]
        marks = _labelled(sorted(known), noun, run.last_step)
        return [self._figure(position, run, found, marks, [], [], reference, levels.get(found, ()))]

    def finding(
        self,
        position: int,
        run: Run,
        finding: Finding,
        reference: ReferenceView = NO_REFERENCE,
        derivations: Sequence[Derivation] = (),
    ) -> list[dict[str, Any]]:
        """Figures of one finding: its metrics with thresholds, intervals and onset.

        ``run`` is that of the diagnosis, which holds the derived series too; ``derivations`` say how these
        were made.
        """
        known = [name for name in finding.metrics if drawable(run, name)]
        limits = limits_by_metric(finding.measures, {name: run.metrics[name] for name in known})
        names = _telling(run, known, limits)[:MAX_FIGURES]
        onset = finite(finding.onset)
        spans = [(part.start, part.end) for part in finding.intervals][:200]
        marks = (
            [] if onset is None else [Mark(onset, f"since {step(onset)}" if onset > 0 else "from the start")]
        )
        return [
            {
                **self._figure(position, run, name, marks, spans, limits[name], reference),
                "derived": computed(name, derivations),
            }
            for name in names
        ]

    def _figure(
        self,
        position: int,
        run: Run,
        name: str,
        marks: list[Mark],
        spans: list[tuple[float, float]],
        limits: list[Measure],
        reference: ReferenceView,
        levels: Sequence[TaskLine] = (),
    ) -> dict[str, Any]:
        series = run.metrics[name]
        values = [m.limit for m in limits if m.limit is not None]
        band = band_of(run, name, reference)
        curves = np.concatenate([series.values[np.isfinite(series.values)], *band.seen])
        seen = _beside(curves, levels)
        shape = view(np.concatenate([curves, [level.at for level in seen]]), values)
        kind, low, high = shape or ("linear", 0.0, 1.0)
        drawn = [measure for measure in limits if measure.limit is not None and low <= measure.limit <= high]
        self.figures.append(
            {
                "curve": self._curve(position, name, series),
                "type": kind,
                "range": [float(f"{low:.6g}"), float(f"{high:.6g}")],
                "limits": [
                    {"at": m.limit, "side": _side(m), "text": f"limit {number(m.limit)}"} for m in drawn
                ],
                "spans": spans,
                "marks": [{"at": mark.at, "text": mark.text} for mark in marks],
                "levels": [{"at": level.at, "text": level.text} for level in seen],
                **({"band": self._band(band)} if band.metric else {}),
            }
        )
        return {
            "id": len(self.figures) - 1,
            "legend": band.legend,
            **_caption(called(name, run.algorithm), series, kind, marks, drawn),
            "beyond": ", ".join(f"{one.text} {number(one.at)}" for one in levels if one not in seen),
        }

    def _band(self, band: Drawn) -> int:
        if band.key not in self._bands:
            self.bands.append(band.data)
            self._bands[band.key] = len(self.bands) - 1
        return self._bands[band.key]

    def _curve(self, position: int, name: str, series: Series) -> int:
        key = (position, name)
        if key not in self._known:
            self.curves.append(curve(series, self.points))
            self._known[key] = len(self.curves) - 1
        return self._known[key]


def drawable(run: Run, name: str) -> bool:
    """Whether a metric of the run has two points or more to draw (the reference's own are not the run's)."""
    series = run.metrics.get(name)
    return (
        series is not None
        and series.attributes.get("provenance") != "reference"
        and int(np.isfinite(series.values).sum()) > 1
    )


def _telling(run: Run, names: Sequence[str], limits: Mapping[str, Sequence[Measure]]) -> list[str]:
    """Distinct curves that change, or that a limit is held against: a constant is told by its number.

    What only counts the steps (``train/n_updates``) says least and comes last.
    """
    moves = {name: float(np.ptp(run.metrics[name].finite().values)) > 0 for name in names}
    told = [name for name in _distinct(run, names) if moves[name] or limits[name]]
    return sorted(told, key=lambda name: not limits[name] and _counts(run.metrics[name]))


def _counts(series: Series) -> bool:
    """Whether a curve is a straight line that rises from row to row: a counter."""
    seen = series.finite()
    if seen.values.size < COUNTED or not (np.diff(seen.values) >= 0).all():
        return False
    steps, values = seen.steps - seen.steps[0], seen.values - seen.values[0]
    return bool(np.abs(steps / steps[-1] - values / values[-1]).max() < STRAIGHT)


def _labelled(known: Sequence[tuple[float, int]], noun: str, length: float) -> list[Mark]:
    """The onsets in their order, those that stand too near for two labels under that of the first."""
    groups: list[list[tuple[float, int]]] = []
    for one in known:
        if groups and one[0] - groups[-1][0][0] < NEAR * length:
            groups[-1].append(one)
        else:
            groups.append([one])
    marks = []
    for group in groups:
        ranks = ", ".join(str(rank) for rank in sorted(rank for _, rank in group))
        text = f"{noun}{'s' if len(group) > 1 else ''} {ranks}"
        marks += [Mark(at, text if place == 0 else "") for place, (at, _) in enumerate(group)]
    return marks


def _distinct(run: Run, names: Sequence[str]) -> list[str]:
    """Without what is the same curve again, as ``outcome_return`` mostly is ``episode_return``."""
    found: list[str] = []
    for name in sorted(names, key=lambda one: run.metrics[one].tag.startswith("derived")):
        if not any(same(run.metrics[name], run.metrics[other]) for other in found):
            found.append(name)
    return [name for name in names if name in found]


def _beside(values: FloatArray, levels: Sequence[TaskLine]) -> list[TaskLine]:
    """The levels that can be drawn beside a curve without squeezing it into less than half of the plot."""
    low, high = float(values.min()), float(values.max())
    room = max(high - low, 0.05 * max(abs(low), abs(high)))
    return [level for level in levels if low - room / 2 <= level.at <= high + room / 2]


def _side(measure: Measure) -> int:
    """On which side of its limit the measured value lies: 1 above, -1 below, 0 not known."""
    value, limit = finite(measure.value), finite(measure.limit)
    return 0 if value is None or limit is None else int(value > limit) - int(value < limit)


def _caption(
    name: str, series: Series, kind: str, marks: list[Mark], limits: list[Measure]
) -> dict[str, str]:
    values = series.values[np.isfinite(series.values)]
    bad = series.values.size - values.size
    parts = [plural(values.size, "point")]
    parts += [f"{plural(bad, 'value')} not finite, not drawn"] if bad else []
    parts += [f"mean over {series.window} episodes as logged"] if series.window else []
    parts += ["logarithmic scale"] if kind == "log" else []
    parts += [f"thick line: means of {STRETCHES} stretches"] if rough(values) else []
    ends = f"from {number(float(values[0]))} to {number(float(values[-1]))}"
    spread = f"lowest {number(float(values.min()))}, highest {number(float(values.max()))}"
    label = f"{name} over training: {ends}; {spread}"
    label += f"; marked at step {', '.join(step(mark.at) for mark in marks)}" if marks else ""
    label += f"; limit {', '.join(number(m.limit) for m in limits)}" if limits else ""
    return {
        "title": clean(name),
        # "reward" of a language model needs no unit of that name behind it.
        "unit": "" if name.endswith(series.unit) else words.unit(series.unit),
        "tag": origin(series.tag),
        "about": ", ".join(parts),
        "label": label,
    }


def limits_by_metric(measures: Sequence[Measure], series: Mapping[str, Series]) -> dict[str, list[Measure]]:
    """Each measure with a limit, under the one metric on whose scale the limit stands.

    The unit must agree. Among metrics of the same unit, the one that shares a word with the measure's or
    the threshold's name wins (``kl_typical`` and ``approx_kl``); without such a word it must be the only one.
    """
    found: dict[str, list[Measure]] = {name: [] for name in series}
    for measure in measures:
        name = _metric_of(measure, series) if finite(measure.limit) is not None else None
        if name is not None:
            found[name].append(measure)
    return found


def _metric_of(measure: Measure, series: Mapping[str, Series]) -> str | None:
    unit = _unit(measure.unit)
    same = [name for name, part in series.items() if _unit(part.unit) == unit and unit]
    shared_words = (set(measure.name.split("_")) | set(measure.limit_name.split("_"))) - _FILLER
    shared = [name for name in same if shared_words & set(name.split("_"))]
    if shared:
        return shared[0]
    return same[0] if len(same) == 1 else None


def _unit(text: str) -> str:
    """The unit without remarks: ``fraction 0..1`` and ``fraction`` are the same."""
    return text.lower().split("(")[0].replace("0..1", "").strip()
