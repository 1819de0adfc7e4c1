"""The changes: of a run as it was read, of the file it is in, and of the run as it was understood."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from laboratory.metamorphic.numbers import numbers
from rldoctor.datafiles.canonical import canonical
from rldoctor.engine.policy import load_policy
from rldoctor.model.config import RunConfig
from rldoctor.model.frame import MetricFrame
from rldoctor.model.raw import FloatArray, RawRun, RawSeries
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.paths import builtin_rules_dir

Change = Callable[[RawRun], RawRun]
SEED = 0
# What the name of a change begins with, where rows or metrics are taken away: less must never make healthy.
THINNED, WITHOUT, UNCONFIGURED = "every", "without", "no configuration"


def of_raw() -> dict[str, Change]:
    """The changes of a run as it was read, by name."""
    made: dict[str, Change] = {
        "tags in reverse order": lambda run: replace(run, series=run.series[::-1]),
        "prefix before tags": lambda run: _renamed(run, lambda tag: f"worker0/{tag}"),
        "tags in upper case": lambda run: _renamed(run, str.upper),
        "unrelated tags": _with_junk,
        "1 % noise": lambda run: _noisy(run, _of_spread),
        "noise of 1 % of each value": lambda run: _noisy(run, _of_value),
    }
    for count in numbers().every:
        made[f"{THINNED} {count} rows"] = _thinner(count)
    made[UNCONFIGURED] = lambda run: replace(run, settings=[])
    return made


def _renamed(run: RawRun, rename: Callable[[str], str]) -> RawRun:
    return replace(run, series=[replace(one, tag=rename(one.tag)) for one in run.series])


def _with_junk(run: RawRun) -> RawRun:
    """A few walks of their own beside the longest series, under tags that mean nothing."""
    longest = max(run.series, key=lambda one: one.steps.size)
    draw = np.random.default_rng(SEED)
    made = [
        replace(
            longest, tag=f"zz_unrelated/{index}", values=np.cumsum(draw.standard_normal(longest.steps.size))
        )
        for index in range(numbers().junk)
    ]
    return replace(run, series=[*run.series, *made])


def _noisy(run: RawRun, size: Callable[[FloatArray], FloatArray]) -> RawRun:
    draw = np.random.default_rng(SEED)
    return replace(run, series=[one if _exact(one) else _blurred(one, size, draw) for one in run.series])


def _of_spread(values: FloatArray) -> FloatArray:
    """What never moves has no noise of measurement, and what moves little has little."""
    finite = values[np.isfinite(values)]
    return np.full(values.shape, float(finite.std()) if finite.size else 0.0)


def _of_value(values: FloatArray) -> FloatArray:
    return np.abs(values)


def _exact(one: RawSeries) -> bool:
    last = one.tag.rpartition("/")[2]
    return any(word in last for word in numbers().exact)


def _blurred(
    one: RawSeries, size: Callable[[FloatArray], FloatArray], draw: np.random.Generator
) -> RawSeries:
    noise = numbers().noise * draw.standard_normal(one.values.size)
    return replace(one, values=one.values + noise * size(one.values))


def _thinner(count: int) -> Change:
    return lambda run: replace(run, series=_thinned(run.series, count))


def _thinned(series: list[RawSeries], count: int) -> list[RawSeries]:
    """Every ``count``-th row of each file: a row is what has a step of its own there."""
    kept: dict[str, np.ndarray] = {}
    for source in {one.source for one in series}:
        steps = np.unique(np.concatenate([one.steps for one in series if one.source == source]))
        kept[source] = steps[count - 1 :: count]
    return [_only(one, np.isin(one.steps, kept[one.source])) for one in series]


def _only(one: RawSeries, mask: np.ndarray) -> RawSeries:
    wall = None if one.wall is None else one.wall[mask]
    return replace(one, steps=one.steps[mask], values=one.values[mask], wall=wall)


def without_metrics(run: RawRun) -> Iterator[tuple[str, RawRun]]:
    """The run without each of its tags but those that count: a log without steps is another question."""
    tags = dict.fromkeys(one.tag for one in run.series)
    for tag in tags:
        if any(word in tag for word in ("time/", "global_step", "_step", "Step")):
            continue
        yield f"{WITHOUT} {tag}", replace(run, series=[one for one in run.series if one.tag != tag])


def unnamed(run: Run) -> Run:
    """The run without anything that tells its task, and without what no scale keeps."""
    told = {"env_id", *load_policy(builtin_rules_dir()).judging.rewards}
    knobs = {name: knob for name, knob in run.config.knobs.items() if name not in told}
    series = {name: one for name, one in run.metrics.series.items() if name not in numbers().mixed}
    alternates = [one for one in run.metrics.alternates if one.name not in numbers().mixed]
    return replace(
        run,
        id="run",
        path=Path("run"),
        env="",
        config=RunConfig(knobs),
        metrics=MetricFrame(series, tuple(alternates)),
    )


def scaled(run: Run, factor: float) -> Run:
    """The same training with every reward multiplied by ``factor``."""
    frame = run.metrics
    return replace(
        run,
        metrics=replace(
            frame,
            series={name: _scaled(one, factor) for name, one in frame.series.items()},
            alternates=tuple(_scaled(one, factor) for one in frame.alternates),
        ),
    )


def _scaled(one: Series, factor: float) -> Series:
    power = numbers().powers.get(canonical().units.get(one.name, ""), 0)
    return replace(one, values=one.values * factor**power) if power else one
