"""What a column counts, by what must agree whatever its name is.

A column called ``step`` proves nothing. An episode cannot be longer than the transitions so far, and
transitions per second times seconds are transitions. A guessed step column that breaks one of these counts
something else: thousands or rollouts where the clock says how many transitions each is, episodes where every
row holds the length of one, iterations where the configuration knows their size. Where none of that is known
its unit is unknown, and nothing that is measured in transitions is asked of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field

import numpy as np

from rldoctor.model.algorithms import matches
from rldoctor.model.arrays import median
from rldoctor.model.config import RunConfig
from rldoctor.model.raw import FloatArray, Note
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass, replace
from rldoctor.vocabulary.generic import words
from rldoctor.vocabulary.naming import Mapped

_MEAN = pattern("mean|avg|average", re.IGNORECASE)
CODE = "axis-by-conservation"


@dataclass(frozen=True, slots=True)
class Conserved:
    """The series with step columns under what they count, the arithmetic in words, columns left out."""

    mapped: list[Mapped]
    notes: list[Note] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A counter read otherwise (None: as nothing), and why."""

    counter: Mapped | None
    why: str


def conserved(mapped: Sequence[Mapped], config: RunConfig, algorithm: str) -> Conserved:
    """``mapped`` with every guessed count of transitions that cannot be one under what it counts instead."""
    kept = Conserved([])
    for one in mapped:
        read = _read(one, mapped, config, algorithm) if one.metric == "env_steps" and one.guessed else None
        counter = one if read is None else read.counter
        if read is not None:
            kept.notes.append(Note(CODE, read.why, "info", (one.raw.tag,)))
        if counter is not None:
            kept.mapped.append(counter)
        else:
            kept.ignored.append(one.raw.tag)
    return kept


def _read(one: Mapped, mapped: Sequence[Mapped], config: RunConfig, algorithm: str) -> _Reading | None:
    """How a counter is to be read where the log contradicts it; None where nothing does."""
    lengths = _companion(one, mapped, "episode_length")
    # First, as this alone clears nearly every counter and costs least.
    if lengths is None or not steps_by_one(one):
        return None
    longer = _longer(one, lengths)
    each = worth_by_clock(one, mapped)
    if longer is None and each is None:
        return None
    told = longer or f"{one.raw.tag} grows by one from row to row"
    if each is not None and each >= words().conservation["apart"]:
        return _times(one, each, told)
    if longer is None:
        return None
    return _as_episodes(one, lengths, config, algorithm, told) or _unknown(one, told)


def _companion(one: Mapped, mapped: Sequence[Mapped], metric: str) -> Mapped | None:
    """The first series of a metric that is logged on the same steps."""
    same = (other for other in mapped if other.metric == metric and other.unit == one.unit)
    return next((other for other in same if other.raw.source == one.raw.source), None)


def _together(*series: Mapped) -> tuple[FloatArray, ...]:
    """The finite values of series at the steps that all of them have."""
    steps = series[0].raw.steps
    alike = all(np.array_equal(steps, other.raw.steps) for other in series[1:])
    if alike and bool((steps[1:] > steps[:-1]).all()):
        columns = [part.raw.values * part.rule.scale.factor for part in series]
    else:
        steps, columns = _at_common_steps(series)
    keep = np.all(np.isfinite(columns), axis=0) if steps.size else np.zeros(0, dtype=bool)
    return tuple(column[keep] for column in columns)


def _at_common_steps(series: Sequence[Mapped]) -> tuple[FloatArray, list[FloatArray]]:
    """The steps that all series have, and the last value of each there."""
    steps = series[0].raw.steps
    for other in series[1:]:
        steps = np.intersect1d(steps, other.raw.steps)
    columns = []
    for part in series:
        order = np.argsort(part.raw.steps, kind="stable")
        at = np.searchsorted(part.raw.steps[order], steps, side="right") - 1
        columns.append(part.raw.values[order][at] * part.rule.scale.factor)
    return steps, columns


def _longer(one: Mapped, lengths: Mapped) -> str | None:
    """The sentence on finished episodes that are longer than the steps so far; None where there are few."""
    steps, length = _together(one, lengths)
    wrong = (steps > 0) & (length > steps)
    if wrong.sum() < words().conservation["rows"]:
        return None
    last = int(np.flatnonzero(wrong)[-1])
    return (
        f"{one.raw.tag} cannot count transitions: at {steps[last]:,.0f} an episode of {length[last]:,.4g} "
        f"steps had ended, and so in {int(wrong.sum()):,} rows"
    )


def steps_by_one(one: Mapped) -> bool:
    """Whether a counter grows by exactly one from row to row."""
    moves = np.diff(one.raw.values[np.isfinite(one.raw.values)])
    return bool(moves.size and (moves == 1).mean() >= words().conservation["by_one"])


def worth_by_clock(one: Mapped, mapped: Sequence[Mapped]) -> float | None:
    """Transitions that one unit of the counter is worth, by frames per second and seconds; None unsure."""
    rate, time = (_companion(one, mapped, name) for name in ("fps", "wall_time"))
    if rate is None or time is None:
        return None
    steps, fps, seconds = _together(one, rate, time)
    if steps.size < words().conservation["rows"] + 1:
        return None
    moved = steps[1:] - steps[0]
    single = np.cumsum(fps[1:] * np.diff(seconds))
    whole = fps[1:] * seconds[1:] - fps[0] * seconds[0]
    half = moved > moved[-1] / 2
    ratios = [made[half] / moved[half] for made in (whole, single)] if half.any() else []
    steady = [ratio for ratio in ratios if ratio.size and _alike(ratio)]
    return median(steady[0]) if steady else None


def _alike(ratio: FloatArray) -> bool:
    low, high = np.sort(ratio)[[int(0.1 * (ratio.size - 1)), int(0.9 * (ratio.size - 1))]]
    return bool(low > 0 and high - low <= words().conservation["alike"] * median(ratio))


def _times(one: Mapped, each: float, told: str) -> _Reading:
    """The counter in transitions, each of its units worth ``each`` of them."""
    thousand = words().conservation["thousand"]
    if abs(each / thousand - 1) <= words().conservation["near"]:
        each = thousand
    scale = replace(one.rule.scale, factor=one.rule.scale.factor * each)
    what = "thousands of transitions" if each == thousand else f"rollouts of {each:,.4g} transitions"
    why = f"{told}; frames per second x seconds are {each:,.4g} times as many, so it counts {what}"
    return _Reading(replace(one, rule=replace(one.rule, scale=scale)), why)


def _as_episodes(
    one: Mapped, lengths: Mapped, config: RunConfig, algorithm: str, told: str
) -> _Reading | None:
    """A counter of iterations of a known size, or of episodes whose lengths are logged one by one."""
    size, (values,) = config.number("rollout_batch"), _together(lengths)
    rollout = size is not None and size > words().conservation["episodes"] * median(values)
    if rollout and matches(algorithm, ("on_policy",)):
        why = f"{told}; it counts iterations of {size:,.0f} transitions (configuration)"
        return _Reading(one.renamed("iterations"), why)
    single = not _MEAN.search(lengths.raw.tag) and lengths.rule.window is None
    if size is not None or not single or not bool((values == np.round(values)).all()):
        return None
    total = f"{values.size:,} rows of {lengths.raw.tag} add up to {values.sum():,.0f} transitions"
    return _Reading(one.renamed("episodes"), f"{told}; {total}: it counts episodes")


def _unknown(one: Mapped, told: str) -> _Reading:
    why = f"{told}; whether it counts episodes or iterations the log does not say, so its unit is unknown"
    return _Reading(None, why)
