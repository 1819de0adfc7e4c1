"""Which metric leaves the base's own spread first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import field
from statistics import NormalDist

import numpy as np

from rldoctor.comparison.bootstrap import student_quantile
from rldoctor.comparison.criteria import CompareCriteria
from rldoctor.comparison.levels import check_axes
from rldoctor.model.comparison import Arm, Departure
from rldoctor.model.raw import BoolArray, FloatArray
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.plain_data import dataclass


@dataclass(slots=True)
class Departures:
    """Departures by step, metrics that never left, and metrics that could not be searched (with why)."""

    found: list[Departure] = field(default_factory=list)
    unmoved: list[str] = field(default_factory=list)
    untested: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Grid:
    """Both arms on common bins: ``steps`` (g,) are the bins' starts, values have shape (runs, g)."""

    steps: FloatArray
    width: float
    base: FloatArray
    candidate: FloatArray


def find_departures(base: Arm, candidate: Arm, criteria: CompareCriteria) -> Departures:
    """The first sustained departure of every logged metric, ordered by step, then by size."""
    result = Departures()
    names = {name: None for arm in (base, candidate) for run in arm.runs for name in run.metrics}
    for metric in names:
        if metric not in criteria.not_signals:
            _search(metric, base, candidate, criteria, result)
    result.found.sort(key=lambda one: (one.step, -abs(one.z)))
    return result


def _search(metric: str, base: Arm, candidate: Arm, criteria: CompareCriteria, result: Departures) -> None:
    arms = [_series(arm.runs, metric) for arm in (base, candidate)]
    # A metric of one arm only is listed as untested and not left out: that it is missing may be the change.
    for arm, found in zip((base, candidate), arms, strict=True):
        if not found:
            result.untested.append((metric, f"not logged in the {arm.name}"))
            return
    check_axes(metric, *arms)
    parts = [[series for _, series in found] for found in arms]
    # Before any level is compared: NaN would poison the means and hide the clearest departure there is.
    broken = _first_nonfinite(metric, *parts)
    if broken is not None:
        result.found.append(broken)
        return
    grid = _grid(parts[0], parts[1], criteria)
    if grid is None:
        result.untested.append((metric, f"fewer than {criteria.whole('least_points')} points at equal steps"))
        return
    departure = _departure(metric, grid, criteria)
    if departure is None:
        result.unmoved.append(metric)
    else:
        result.found.append(departure)


def _series(runs: Sequence[Run], metric: str) -> list[tuple[Run, Series]]:
    found = [(run, run.metrics[metric]) for run in runs if metric in run.metrics]
    return [(run, series) for run, series in found if np.isfinite(series.values).any()]


def _first_nonfinite(metric: str, base: Sequence[Series], candidate: Sequence[Series]) -> Departure | None:
    """NaN or infinity in the candidate, after its first number, that no base run has: it departs there."""
    # Where the base has NaN too, NaN is what this metric looks like.
    if any(_broken_at(series) is not None for series in base):
        return None
    steps = [at for series in candidate if (at := _broken_at(series)) is not None]
    if not steps:
        return None
    level = float(np.mean([np.nanmean(series.finite().values) for series in base]))
    end = max(float(series.steps[-1]) for series in candidate)
    return Departure(metric, min(steps), end, math.inf, 0.0, level, math.nan, False, 0.0)


def _broken_at(series: Series) -> float | None:
    finite = np.isfinite(series.values)
    # After the first number: averages over episodes are NaN until one has ended.
    bad = ~finite & (np.cumsum(finite) > 0)
    return float(series.steps[np.argmax(bad)]) if bad.any() else None


def _grid(base: Sequence[Series], candidate: Sequence[Series], criteria: CompareCriteria) -> _Grid | None:
    """Bin means of every run over the steps that all share; None when there are too few points."""
    every = [one.finite() for one in (*base, *candidate)]
    # Only the steps that all runs share. Beyond the shortest run the mean of an arm would jump because one
    # run is gone.
    start, end = max(float(one.steps[0]) for one in every), min(float(one.steps[-1]) for one in every)
    counts = [int(((one.steps >= start) & (one.steps <= end)).sum()) for one in every]
    # No finer than the sparsest run: empty bins that are filled by interpolation have no noise of their
    # own, and the spread would be too small.
    size = min(criteria.whole("grid"), *counts)
    if size < criteria["least_points"] or end <= start:
        return None
    edges = np.linspace(start, end, size + 1)
    values = np.array([_bin_means(one, edges) for one in every])
    return _Grid(edges[:-1], (end - start) / size, values[: len(base)], values[len(base) :])


def _bin_means(series: Series, edges: FloatArray) -> FloatArray:
    """Mean in each bin, shape (bins,); an empty one lies on the line between its neighbours."""
    inside = (series.steps >= edges[0]) & (series.steps <= edges[-1])
    place = np.clip(np.searchsorted(edges, series.steps[inside], side="right") - 1, 0, edges.size - 2)
    count = np.bincount(place, minlength=edges.size - 1)
    total = np.bincount(place, weights=series.values[inside], minlength=edges.size - 1)
    used = np.flatnonzero(count)
    # Bins without a point exist in uneven logs; a line between the neighbours keeps them from being a
    # departure.
    return np.interp(np.arange(edges.size - 1), used, total[used] / count[used])


def _departure(metric: str, grid: _Grid, criteria: CompareCriteria) -> Departure | None:
    # A departure must last. Of hundreds of bins times dozens of metrics some exceed any limit for a moment.
    length = max(criteria.whole("sustained_points"), math.ceil(criteria["sustained"] * grid.steps.size))
    runs = [_steady(part, length) for part in (grid.base, grid.candidate)]
    base, candidate = (part.mean(axis=0) for part in runs)
    z = (candidate - base) / _spread(grid, runs[0], length, criteria)
    # With few seeds the spread itself is uncertain, and the limit widens accordingly.
    limit = criteria["z_limit"] * _doubt(grid.base.shape[0], criteria)
    # Each side for itself: a metric that swings above and below has not left anywhere.
    stretches = [_stretch(z > limit, length), _stretch(z < -limit, length)]
    first = min((one for one in stretches if one is not None), default=None)
    if first is None:
        return None
    part = slice(*first)
    return Departure(
        metric=metric,
        step=float(grid.steps[first[0]]),
        until=float(grid.steps[first[1] - 1] + grid.width),
        z=float(z[part][np.argmax(np.abs(z[part]))]),
        limit=limit,
        base=float(base[part].mean()),
        candidate=float(candidate[part].mean()),
        from_start=first[0] == 0,
        resolution=grid.width,
    )


def _steady(values: FloatArray, length: int) -> FloatArray:
    """Centred running median of about ``length`` points, same shape: noise goes, the edge of a step stays."""
    half = length // 2
    # A median keeps the edge of a step where a mean would begin the departure half a window early. Edges
    # are repeated, as there is nothing beyond them.
    padded = np.pad(values, ((0, 0), (half, half)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1, axis=1)
    return np.asarray(np.median(windows, axis=-1))


def _spread(grid: _Grid, base: FloatArray, length: int, criteria: CompareCriteria) -> FloatArray:
    """The base's own spread at each grid point, shape (g,); ``base`` are its runs after the running median.

    Over its seeds where it has several, averaged over a sustained stretch; how far a single run wanders over
    that stretch otherwise. Never less than the noise of either arm or a share of the level.
    """
    # One run has no spread over seeds. How far it wanders by itself over such a stretch stands in for it,
    # trend included, so that a steep part is not called a departure.
    several = base.shape[0] > 1
    own = np.var(base, axis=0, ddof=1) if several else _wander(base[0], length)
    # Averaged over time: the variance of three seeds at one step is hardly known, and where they happen to
    # cross it is 0.
    padded = np.pad(own, length, mode="edge")
    own = np.lib.stride_tricks.sliding_window_view(padded, 2 * length + 1).mean(axis=-1)
    floor = max(_noise(grid.base), _noise(grid.candidate)) / math.sqrt(length)
    # A metric that is constant over seeds (a schedule) has no spread, and any change would be infinite; a
    # share of its level is the least that counts.
    level = criteria["least_spread"] * np.abs(base).mean(axis=0)
    return np.asarray(np.sqrt(np.maximum(own, np.maximum(floor, level) ** 2)) + np.finfo(float).tiny)


def _wander(values: FloatArray, length: int) -> FloatArray:
    """Variance of one run in a centred window of ``2 * length + 1`` grid points, its trend included."""
    padded = np.pad(values, length, mode="edge")
    return np.asarray(np.var(np.lib.stride_tricks.sliding_window_view(padded, 2 * length + 1), axis=-1))


def _noise(values: FloatArray) -> float:
    """Typical point-to-point noise of the runs of an arm, as the standard deviation of their running median.

    1.25 is how much wider a median scatters than a mean, 1.4826 / sqrt(2) turns a median step into a
    standard deviation; the division by the root of the window's length is left to the caller.
    """
    return float(1.25 * 1.4826 / np.sqrt(2) * np.median(np.abs(np.diff(values, axis=1))))


def _doubt(seeds: int, criteria: CompareCriteria) -> float:
    """How much wider the limit is because the spread rests on few seeds: Student's t over normal quantile.

    Averaged over time, n seeds are taken to be worth 2 (n - 1) degrees of freedom. One run has no spread over
    seeds at all; nothing widens the limit then, and the report says what that means.
    """
    upper = 1 - criteria["significance"] / 2
    return 1.0 if seeds < 2 else student_quantile(upper, 2 * (seeds - 1)) / NormalDist().inv_cdf(upper)


def _stretch(beyond: BoolArray, length: int) -> tuple[int, int] | None:
    """First and one past the last index of the first run of at least ``length`` true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], beyond, [False]]).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    long = np.flatnonzero(ends - starts >= length)
    return (int(starts[long[0]]), int(ends[long[0]])) if long.size else None
