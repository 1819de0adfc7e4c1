"""Curves small enough for a page, with every spike kept."""

from __future__ import annotations

import numpy as np

from rldoctor.model.raw import FloatArray
from rldoctor.model.series import Series

MAX_POINTS = 2000
LOG_RANGE = 1e3
OUTLIER_RANGE = 20.0
# A curve of this many points that goes up and down over its own range this often is a wall of ink.
ROUGH_POINTS = 300
ROUGH_TURNS = 20.0
STRETCHES = 100


def reduce(x: FloatArray, y: FloatArray, limit: int = MAX_POINTS) -> tuple[FloatArray, FloatArray]:
    """At most ``limit`` points of a finite curve: the lowest and the highest of each block of equal length.

    ``x``, ``y``: shape (n,), finite; x increasing. The extremes of the curve and its end points are kept.
    """
    if x.size <= limit:
        return x, y
    blocks = max(1, (limit - 2) // 2)
    edges = np.linspace(0, x.size, blocks + 1).astype(np.intp)
    starts = edges[:-1]
    group = np.repeat(np.arange(blocks), np.diff(edges))
    # Sorting by (block, value) puts each block's extremes at its two ends.
    order = np.lexsort((y, group))
    keep = np.unique(np.concatenate([[0, x.size - 1], order[starts], order[edges[1:] - 1]]))
    return x[keep], y[keep]


def rough(y: FloatArray) -> bool:
    """Whether a finite curve, shape (n,), is too restless for its course to be seen without its mean."""
    if y.size < ROUGH_POINTS:
        return False
    span = float(np.ptp(y))
    return span > 0 and float(np.abs(np.diff(y)).sum()) > ROUGH_TURNS * span


def means(x: FloatArray, y: FloatArray, stretches: int = STRETCHES) -> tuple[FloatArray, FloatArray]:
    """The means of at most ``stretches`` stretches of equally many points; both shape (n,), finite."""
    edges = np.linspace(0, x.size, min(stretches, x.size) + 1).astype(np.intp)
    counts = np.diff(edges)
    return np.add.reduceat(x, edges[:-1]) / counts, np.add.reduceat(y, edges[:-1]) / counts


def curve(series: Series, limit: int = MAX_POINTS) -> dict[str, object]:
    """A curve for the page: lists ``x`` and ``y`` plus how many points were logged, drawn and not finite.

    A gap of non-finite values breaks the line: a None stands where it was. ``mean`` (lists
    ``x`` and ``y``) is only there for a rough curve.
    """
    finite = np.isfinite(series.values)
    over = _mean(series.steps[finite], series.values[finite])
    x, y = reduce(series.steps[finite], series.values[finite], limit)
    xs: list[float | None] = [float(value) for value in x]
    ys: list[float | None] = [_short(value) for value in y]
    for step in _gaps(series.steps, finite)[:50]:
        at = int(np.searchsorted(x, step))
        x, y = np.insert(x, at, step), np.insert(y, at, np.nan)
        xs.insert(at, step)
        ys.insert(at, None)
    return {"x": xs, "y": ys, "n": len(series), "bad": int((~finite).sum()), **over}


def _mean(x: FloatArray, y: FloatArray) -> dict[str, object]:
    if not rough(y):
        return {}
    at, level = means(x, y)
    return {"mean": {"x": [_short(v) for v in at], "y": [_short(v) for v in level]}}


def _short(value: float) -> float:
    """Six significant digits: more cannot be seen, and they double the file."""
    return float(f"{value:.6g}")


def _gaps(steps: FloatArray, finite: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[float]:
    """The first step of each stretch of non-finite values."""
    bad = ~finite
    first = bad & ~np.concatenate([[False], bad[:-1]])
    return [float(step) for step in steps[first]]


def view(values: FloatArray, limits: list[float]) -> tuple[str, float, float] | None:
    """How to show finite ``values``: axis type, lower and upper end (as data values); None for no values.

    Positive values over more than three decades get a logarithmic axis. A few extreme points do not
    squeeze the rest: they are left outside the first view (a double click shows everything).
    """
    if values.size == 0:
        return None
    low, high = float(values.min()), float(values.max())
    near = [limit for limit in limits if _near(limit, low, high)]
    if low > 0 and high / low > LOG_RANGE:
        positive = [limit for limit in near if limit > 0]
        low, high = min([low, *positive]), max([high, *positive])
        room = (high / low) ** 0.06
        return "log", low / room, high * room
    core_low, core_high = (float(v) for v in np.quantile(values, [0.005, 0.995]))
    span = core_high - core_low
    if span > 0 and high - low > OUTLIER_RANGE * span:
        low, high = core_low - span, core_high + span
    low, high = min([low, *near]), max([high, *near])
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    return "linear", low - margin, high + margin


def _near(limit: float, low: float, high: float) -> bool:
    """Whether a limit is close enough to the curve to be drawn without flattening it."""
    if low > 0 and limit > 0:
        return low / 1e4 <= limit <= high * 1e4
    span = max(high - low, 0.1 * max(abs(low), abs(high)))
    return low - 2 * span <= limit <= high + 2 * span
