"""Good runs of one task -> their envelope."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence

import numpy as np

from rldoctor.envelope.criteria import EnvelopeCriteria
from rldoctor.envelope.identity import AXIS, differing, settings_of, task_of
from rldoctor.envelope.levels import end_level, reached, start_level
from rldoctor.errors import UsageError
from rldoctor.model.config import KnobValue
from rldoctor.model.envelope import Band, Envelope, Member, MetricLevel
from rldoctor.model.raw import FloatArray
from rldoctor.model.run import Run
from rldoctor.model.series import Series

VERSIONS = "versions."


def build(runs: Sequence[Run], name: str, criteria: EnvelopeCriteria, variant: str = "") -> Envelope:
    """The envelope of runs of one algorithm on one task.

    Raises:
        UsageError: no runs, runs of different tasks, a step axis that is not in transitions, no outcome.
    """
    # Refused before anything is computed: an envelope of two tasks would make every good run look bad.
    _check(runs, criteria)
    # By seed, so that the same runs give the same file whatever the order of the arguments; references are
    # committed and compared line by line.
    runs = sorted(runs, key=lambda run: (-1 if run.seed is None else run.seed, run.path.name))
    algorithm, env = task_of(runs[0])
    grid = common_grid(runs, criteria)
    levels = _levels(runs, criteria)
    framework = _framework(runs)
    # Metrics of several frameworks under one name may differ in estimator or unit (KL, losses); outcomes
    # may not.
    names = _shown(runs, framework, criteria)
    bands = {metric: _band([run.metrics.get(metric) for run in runs], grid, criteria) for metric in names}
    return Envelope(
        name=name,
        algorithm=algorithm,
        env=env,
        variant=variant,
        framework=framework,
        settings=settings_of(runs[0], criteria),
        members=tuple(_member(run, levels, criteria) for run in runs),
        versions=_versions(runs),
        steps=grid,
        shares=criteria.milestones,
        levels=levels,
        bands={metric: band for metric, band in bands.items() if np.isfinite(band.median).any()},
        config=_agreed(runs),
    )


def _check(runs: Sequence[Run], criteria: EnvelopeCriteria) -> None:
    if not runs:
        raise UsageError("no runs to build a reference from", hint="name the directories of good runs")
    first = runs[0]
    for run in runs:
        # All of these are errors of the call and not of a log, so each says what to pass.
        if not all(task_of(run)):
            raise UsageError(
                f"{run.path}: algorithm {run.algorithm or '(unknown)'}, environment {run.env or '(unknown)'}",
                hint="a reference needs both: --algorithm NAME, --set env_id=ID",
            )
        if run.axis != AXIS:
            raise UsageError(f"{run.path}: steps are {run.axis}, not environment steps ({run.axis_note})")
        if not any(name in run.metrics for name in (*criteria.returns, *criteria.success)):
            raise UsageError(f"{run.path}: neither a return nor a success rate is logged")
        if task_of(run) != task_of(first):
            tasks = " and ".join(" on ".join(task_of(one)) for one in (first, run))
            raise UsageError(
                f"a reference holds one algorithm on one task, found {tasks}",
                hint="name the runs of one of them, or --collection for a file each",
            )
        # Against the first run: what it does not write is compared with nobody, as everywhere.
        unlike = differing(settings_of(first, criteria), settings_of(run, criteria), criteria)
        if unlike:
            raise UsageError(f"{first.path} and {run.path} are not the same task: {unlike}")


def common_grid(runs: Sequence[Run], criteria: EnvelopeCriteria) -> FloatArray:
    """Evenly spaced steps over the range that the outcomes of all runs share, shape (n,).

    Raises:
        UsageError: they share none.
    """
    curves = [outcome(run, criteria) for run in runs]
    # The range that all runs share. Where one is missing the band of the others would be narrower, and a
    # good run would fall out of it.
    first = max(float(curve.steps[0]) for curve in curves)
    last = min(float(curve.steps[-1]) for curve in curves)
    if not first < last:
        raise UsageError(f"the runs share no steps: one begins at {first:,.0f}, one ends at {last:,.0f}")
    # Whole steps: a file of references is read by people, and step 12,345.67 never was.
    return np.round(np.linspace(first, last, criteria.whole("grid")))


def outcome(run: Run, criteria: EnvelopeCriteria) -> Series:
    """The first logged return, else the first success rate. UsageError when there is none with points."""
    for name in (*criteria.returns, *criteria.success):
        series = run.metrics.get(name)
        if series is not None and len(series.finite()):
            return series.finite()
    raise UsageError(f"{run.path}: neither a return nor a success rate has a value")


def _levels(runs: Sequence[Run], criteria: EnvelopeCriteria) -> dict[str, MetricLevel]:
    """Levels of each outcome that every run logged; success is measured on its own scale."""
    found: dict[str, MetricLevel] = {}
    for metric in (*criteria.returns, *criteria.success):
        curves = [curve for run in runs if (curve := run.metrics.get(metric)) is not None]
        # An outcome that one run did not log has no level for the group.
        if len(curves) < len(runs):
            continue
        # The median over runs: one lucky seed must not move what the others are measured against.
        start = float(np.median([start_level(curve, criteria) for curve in curves]))
        end = float(np.median([end_level(curve, criteria) for curve in curves]))
        if metric in criteria.success:
            found[metric] = MetricLevel(start, end, criteria.milestones)
        # Without a gain there are no shares of it to reach; the band is still kept.
        elif end > start:
            found[metric] = MetricLevel(
                start, end, tuple(start + share * (end - start) for share in criteria.milestones)
            )
    return found


def _framework(runs: Sequence[Run]) -> str:
    found = {run.framework for run in runs}
    return found.pop() if len(found) == 1 else ""


def _shown(runs: Sequence[Run], framework: str, criteria: EnvelopeCriteria) -> list[str]:
    """The metrics to keep; of several frameworks only the outcomes, which mean the same in all of them."""
    names = dict.fromkeys(name for run in runs for name in run.metrics if name not in criteria.leave_out)
    outcomes = {*criteria.returns, *criteria.success}
    return [name for name in names if framework or name in outcomes]


def _member(run: Run, levels: Mapping[str, MetricLevel], criteria: EnvelopeCriteria) -> Member:
    when = {metric: reached(run.metrics[metric], level.at, criteria) for metric, level in levels.items()}
    return Member(run.path.name, run.seed, run.last_step, when)


def _versions(runs: Sequence[Run]) -> dict[str, tuple[str, ...]]:
    """Every version that the configurations name, by package."""
    found: dict[str, set[str]] = {}
    for run in runs:
        for setting in run.config.unmapped:
            if setting.key.startswith(VERSIONS):
                found.setdefault(setting.key.removeprefix(VERSIONS), set()).add(str(setting.value))
    return {name: tuple(sorted(texts)) for name, texts in sorted(found.items())}


def _agreed(runs: Sequence[Run]) -> dict[str, KnobValue]:
    """The settings that every run has with the same value."""
    first = runs[0].config.knobs
    return {
        name: knob.value
        for name, knob in sorted(first.items())
        if _writable(knob.value)
        and all(name in run.config and run.config.knobs[name].value == knob.value for run in runs)
    }


def _writable(value: KnobValue) -> bool:
    """Whether JSON has the value."""
    return not isinstance(value, float) or math.isfinite(value)


def _band(curves: Sequence[Series | None], grid: FloatArray, criteria: EnvelopeCriteria) -> Band:
    logged = [curve for curve in curves if curve is not None]
    table = np.stack([on_steps(curve, grid) for curve in logged])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a step at which no run has a value is NaN
        # All five at once, since sorting the table is the expensive part.
        low, q10, median, q90, high = np.nanquantile(table, [0.0, 0.1, 0.5, 0.9, 1.0], axis=0)
    # Of four runs the 10 % quantile is an interpolation between two of them and looks more certain than it
    # is.
    quantiles = len(logged) >= criteria["band_seeds"]
    return Band(
        metric=logged[0].name,
        unit=logged[0].unit,
        count=len(logged),
        low=low,
        median=median,
        high=high,
        q10=q10 if quantiles else None,
        q90=q90 if quantiles else None,
        window=logged[0].window,
    )


def on_steps(series: Series, grid: FloatArray) -> FloatArray:
    """The series at the steps of a grid, shape (len(grid),); NaN before its first finite point.

    The last value at or before each step. Of several points since the step before, a series that the log
    did not average gives their median: one episode is no level. Nothing is carried past a run's end,
    because a grid ends where its shortest run does.
    """
    series = series.finite()
    ends = np.searchsorted(series.steps, grid, side="right")
    values = np.full(grid.shape, np.nan)
    for place, end in enumerate(ends):
        begin = ends[place - 1] if place else 0
        # A logger that averages has done this already; a second median would lag behind.
        if end > begin + 1 and place and not series.window:
            values[place] = np.median(series.values[begin:end])
        elif end:
            values[place] = series.values[end - 1]
    return values
