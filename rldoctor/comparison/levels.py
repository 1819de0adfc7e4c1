"""The outcome that is compared, and its level in each run over the same steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from rldoctor.comparison.criteria import CompareCriteria
from rldoctor.errors import UsageError
from rldoctor.language.functions.base import CallContext
from rldoctor.language.functions.statistics import effective_size
from rldoctor.language.functions.trends import independent_points, noise
from rldoctor.model.comparison import Arm, RunLevel
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.plain_data import dataclass

Spacing = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Compared:
    """The outcome metric with the levels of both arms over ``window``; ``notes`` say what was left out."""

    metric: str
    window: tuple[float, float]
    base: tuple[RunLevel, ...]
    candidate: tuple[RunLevel, ...]
    notes: tuple[str, ...]


def compare_levels(
    base: Arm,
    candidate: Arm,
    spacing: Mapping[str, Spacing],
    criteria: CompareCriteria,
    *,
    success_first: bool,
) -> Compared | None:
    """Levels of the first outcome that both arms log, at equal steps; None when there is none.

    ``spacing``: by run id of either arm (``base/...``), steps between independent points of each metric.

    Raises:
        UsageError: the arms count their steps in different units.
    """
    # The first metric that both log at common steps, so that one number decides. With several to choose
    # from, somebody would find one that regressed.
    for metric in _order(criteria, success_first):
        found = [_logged(arm, metric) for arm in (base, candidate)]
        if all(found):
            check_axes(metric, *found)
            window = _window([one for part in found for _, one in part], criteria)
            if window is not None:
                return _compared(metric, (base, candidate), found, spacing, window, criteria)
    return None


def _order(criteria: CompareCriteria, success_first: bool) -> list[str]:
    if not success_first:
        return list(criteria.outcomes)
    # Stable: success rates come before returns, each in the order of the file.
    return sorted(criteria.outcomes, key=lambda name: name in criteria.returns)


def _logged(arm: Arm, metric: str) -> list[tuple[Run, Series]]:
    """The runs of an arm that log a metric, with its finite points."""
    found = [(run, run.metrics[metric].finite()) for run in arm.runs if metric in run.metrics]
    return [(run, series) for run, series in found if len(series)]


def check_axes(
    metric: str, base: Iterable[tuple[Run, Series]], candidate: Iterable[tuple[Run, Series]]
) -> None:
    """UsageError when the two arms do not count ``metric`` in the same steps."""
    units = [{series.axis for _, series in arm} for arm in (base, candidate)]
    if len(units[0] | units[1]) > 1:
        first, second = (", ".join(sorted(unit)) for unit in units)
        raise UsageError(
            f"{metric} is logged against {first} in the base and against {second} in the candidate: "
            "not comparable at equal steps",
            hint="say what is missing for the conversion, for example --set n_envs=16; see: rldoctor inspect",
        )


def _window(series: Sequence[Series], criteria: CompareCriteria) -> tuple[float, float] | None:
    """The final window of the steps that every run has; None when they share no steps."""
    # At equal steps, whatever the runs did afterwards: a candidate that trained twice as long is not better
    # for it.
    start = max(float(one.steps[0]) for one in series)
    end = min(float(one.steps[-1]) for one in series)
    if end < start:
        return None
    return end - criteria["final_window"] * (end - start), end


def _compared(
    metric: str,
    arms: tuple[Arm, Arm],
    found: Sequence[list[tuple[Run, Series]]],
    spacing: Mapping[str, Spacing],
    window: tuple[float, float],
    criteria: CompareCriteria,
) -> Compared:
    levels = [
        tuple(
            _level(run, series, spacing.get(f"{arm.name}/{run.id}", {}).get(metric, 0.0), window, criteria)
            for run, series in part
        )
        for arm, part in zip(arms, found, strict=True)
    ]
    notes = [*_left_out(metric, arms, found), *_lengths(arms, found, window[1], criteria)]
    return Compared(metric, window, levels[0], levels[1], tuple(notes))


def _level(
    run: Run, series: Series, spacing: float, window: tuple[float, float], criteria: CompareCriteria
) -> RunLevel:
    """Mean over the window; its error from the points in it that are independent of each other."""
    # The end of training and not the best point: the maximum of a noisy curve grows with the number of
    # points.
    inside = (series.steps >= window[0]) & (series.steps <= window[1])
    if not inside.any():  # logged more sparsely than the window is long: the last value before its end
        inside = series.steps == series.steps[series.steps <= window[1]].max()
    # The level before learning, for the scale of a drop.
    head = series.steps <= series.steps[0] + criteria["start_window"] * (window[1] - series.steps[0])
    error, points = _error(CallContext(series.steps, spacing), series, inside)
    value = float(series.values[inside].mean())
    return RunLevel(run.id, value, error, points, float(series.values[head].mean()))


def _error(context: CallContext, series: Series, inside: np.ndarray) -> tuple[float, float]:
    """Standard error of the window's mean, and how many independent points it rests on.

    The spread is that of the window as it is, drift included: a run that still wanders has no sharper level.
    Where the window holds too few independent points, the noise around the local level of the whole run.
    """
    _, values = independent_points(context, series.values, inside)
    # Averaging windows are thinned away, autocorrelation lowers the count further: 1,000 rows of a
    # 100-episode mean, one per episode, are worth some ten points.
    points = max(1.0, effective_size(values))
    spread = noise(context, series.values)
    # Fewer have no spread; the noise around the level of the whole run then stands alone.
    if values.size >= 3:
        # Where few points are left in the window, the larger of both: three points that agree are luck.
        own = float(np.std(values, ddof=1))
        spread = max(own, spread) if np.isfinite(spread) and points < 6 else own
    return float(spread / np.sqrt(points)), points


def _left_out(metric: str, arms: Sequence[Arm], found: Sequence[list[tuple[Run, Series]]]) -> Iterable[str]:
    for arm, part in zip(arms, found, strict=True):
        missing = [run.id for run in arm.runs if run.id not in {one.id for one, _ in part}]
        if missing:
            yield f"{arm.name}: {', '.join(missing)} logs no {metric} and is left out of the effect"


def _lengths(
    arms: Sequence[Arm],
    found: Sequence[list[tuple[Run, Series]]],
    end: float,
    criteria: CompareCriteria,
) -> Iterable[str]:
    """Which runs end early: the comparison stops where the shortest one does."""
    lasts = [
        (float(series.steps[-1]), arm, run)
        for arm, part in zip(arms, found, strict=True)
        for run, series in part
    ]
    longest = max(last for last, _, _ in lasts)
    # Everything is cut at the shortest run, silently; a run that crashed early would shorten the comparison
    # without anybody noticing.
    short = [(last, arm, run) for last, arm, run in lasts if last < criteria["short_run"] * longest]
    for last, arm, run in short:
        yield (
            f"{arm.name}: {run.id} ends at step {last:,.0f} of {longest:,.0f}; "
            f"everything is compared up to step {end:,.0f} only"
        )
