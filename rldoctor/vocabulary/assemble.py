"""Named series -> the metric frame of the run, on one axis, in canonical units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

import numpy as np

from rldoctor.model.config import RunConfig
from rldoctor.model.raw import FloatArray, Note, RawSeries
from rldoctor.model.series import Series
from rldoctor.plain_data import dataclass, replace
from rldoctor.vocabulary.axis import ENV, MONITOR, Axes, by_clock, largest, main_unit, stretched, target_unit
from rldoctor.vocabulary.naming import Mapped, percent_scale
from rldoctor.vocabulary.series import PER_EPISODE, Cleaned, Points, clean, real_points
from rldoctor.vocabulary.tables import FAMILIES


@dataclass(slots=True)
class Assembled:
    """Primary series by name, the others, the axis they are on, and what was done to them."""

    unit: str
    main: str
    series: dict[str, Series] = field(default_factory=dict)
    alternates: list[Series] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


@dataclass(slots=True)
class _Work:
    """Everything needed on the way; ``seen`` collects tags per kind of repair."""

    axes: Axes
    config: RunConfig
    algorithm: str
    raw: Sequence[RawSeries]
    raw_notes: Sequence[Note]
    target: str
    units: Mapping[str, str]
    clock: list[tuple[FloatArray, FloatArray]] = field(default_factory=list)
    last: float = 0.0
    seen: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def saw(self, code: str, tag: str, detail: object = "") -> None:
        """Remember one repair of a tag, and how much or what it was."""
        self.seen.setdefault(code, []).append((tag, f" ({detail})" if detail != "" else ""))


def assemble(
    mapped: Sequence[Mapped],
    axes: Axes,
    config: RunConfig,
    algorithm: str,
    raw: Sequence[RawSeries],
    raw_notes: Sequence[Note],
    units: Mapping[str, str],
) -> Assembled:
    """Convert, scale and clean every series; the first of a metric is primary, the rest alternates.

    ``units``: the unit of each canonical metric.
    """
    # One target for all: rules compare metrics at equal steps, so a run is shown on the best axis that the
    # majority of its series can reach, and the rest is brought to it.
    main = main_unit(mapped)
    work = _Work(axes, config, algorithm, raw, raw_notes, target_unit(axes, main), units)
    result = Assembled(work.target, main)
    for one, steps in _placed(mapped, work):
        _add(result, one, _series(one, steps, work))
    result.notes = _notes(work)
    return result


def _placed(mapped: Sequence[Mapped], work: _Work) -> list[tuple[Mapped, FloatArray]]:
    """Every series with converted steps, in order of preference; those that must be placed by clock last."""
    # The homeless last: the clock they are placed by is that of all series that have a place.
    found: list[tuple[Mapped, FloatArray | None]] = []
    for one in sorted(mapped, key=_preference):
        path = work.axes.path(one.unit, work.target)
        if path is None:
            found.append((one, None))
            continue
        steps = one.raw.steps
        for edge in path:
            steps = edge.convert(steps)
        found.append((one, steps))
        _remember(one, steps, work)
    return [(one, _homeless(one, work) if steps is None else steps) for one, steps in found]


def _preference(one: Mapped) -> tuple[int, str, bool, int]:
    """Which series of a metric is primary: the table's order, the first agent, native steps, the longest."""
    return (one.order, one.agent, one.raw.axis == "row", -one.raw.steps.size)


def _remember(one: Mapped, steps: FloatArray, work: _Work) -> None:
    if steps.size:
        work.last = max(work.last, largest(steps))
        if one.raw.wall is not None:
            work.clock.append((one.raw.wall, steps))


def _homeless(one: Mapped, work: _Work) -> FloatArray:
    """Steps of a series whose unit has no conversion: by the wall clock, else spread over the run."""
    placed = by_clock(one, work.clock)
    if placed is not None:
        work.saw("axis-by-clock", one.raw.tag)
        return placed
    if work.last > 0:
        work.saw("axis-stretched", one.raw.tag)
        return stretched(one, work.last)
    return one.raw.steps


def _series(one: Mapped, steps: FloatArray, work: _Work) -> Series:
    # From the values as logged: after ``exp`` a placeholder of 0 is a 1.
    real = real_points(one, work.raw, work.raw_notes, work.algorithm)
    points = Points(steps, _scaled(one, work), one.raw.wall)
    if not real.all():
        work.saw("placeholder-zeros", one.raw.tag, int((~real).sum()))
        points = points.take(real)
    cleaned = clean(points, average=one.metric in PER_EPISODE)
    _tell(one, cleaned, work)
    return Series(
        name=one.metric,
        steps=cleaned.points.steps,
        values=cleaned.points.values,
        tag=one.raw.tag,
        unit=work.units[one.metric],
        axis=work.target,
        wall=cleaned.points.wall,
        window=_window(one, work),
        estimator=one.rule.estimator,
        aggregation=one.rule.aggregation,
        attributes=_attributes(one),
    )


def _window(one: Mapped, work: _Work) -> int | None:
    """Episodes behind a row: the library's default, or what its setting says (Stable-Baselines3)."""
    window = one.rule.window
    set_to = work.config.number("stats_window") if window is not None and window > 1 else None
    return window if set_to is None or not set_to >= 1 else int(set_to)


def _scaled(one: Mapped, work: _Work) -> FloatArray:
    scale, values = one.rule.scale, one.raw.values
    if one.rule.exp:
        values = np.exp(values)
    if one.metric == "episode_length" and (each := _steps_each(one, work)) != 1.0:
        work.saw("length-in-frames", one.raw.tag, f"{1 / each:g} frames a step")
        values = values * each
    percent = percent_scale(one)
    if percent != 1.0:
        work.saw("percent", one.raw.tag)
    factor = scale.factor * percent
    if scale.per:
        known = work.config.number(scale.per)
        # A loss that was logged times 0 is lost: there is nothing to divide it by.
        divisor = scale.default if known is None or known == 0 else known
        # Left as it was, and said so: a rule about its size would otherwise fire on our ignorance.
        if divisor is None:
            work.saw("scale-unknown", one.raw.tag, f"contains {scale.per}")
            divisor = 1.0
        factor /= divisor
    scaled: FloatArray = values if factor == 1.0 else values * factor
    return scaled


def _steps_each(one: Mapped, work: _Work) -> float:
    """Transitions that one step of a monitor is: its lengths count what its steps are the sum of."""
    path = work.axes.path(MONITOR, ENV) if one.unit == MONITOR else None
    size = np.ones(1)
    for edge in path or ():
        size = edge.convert(size)
    return float(size[0])


def _attributes(one: Mapped) -> dict[str, str]:
    attributes = {key: str(value) for key, value in one.rule.attributes.items()}
    if one.metric in FAMILIES:
        # What the wildcard of the row stood for; a guess has no row, and the end of its tag says the same.
        attributes["component"] = one.part or one.raw.tag.rpartition("/")[2]
    if one.guessed:
        attributes["guessed"] = "yes"
    context = {key: value for key, value in one.raw.context.items() if value}
    return {**attributes, **context}


def _add(result: Assembled, one: Mapped, series: Series) -> None:
    # A family has any number of members (one per term of the reward), none of which is the primary one.
    if one.metric in FAMILIES or one.metric in result.series:
        result.alternates.append(series)
    # Of placeholders only, nothing is left: a metric that was never measured was not logged.
    elif len(series):
        result.series[one.metric] = series


def _tell(one: Mapped, cleaned: Cleaned, work: _Work) -> None:
    tag = one.raw.tag
    if cleaned.superseded:
        work.saw("steps-went-back", tag, cleaned.superseded)
    if cleaned.stray:
        work.saw("stray-points", tag, cleaned.stray)
    if cleaned.sorted_:
        work.saw("steps-unordered", tag)
    if cleaned.unplaced:
        work.saw("points-without-step", tag, cleaned.unplaced)


_TEXTS = {
    "steps-went-back": ("warning", "steps went back, later points replace earlier ones (points replaced): "),
    "stray-points": ("warning", "stray points at earlier steps were left out (points): "),
    "steps-unordered": ("warning", "points were not in order of steps and were sorted: "),
    "points-without-step": ("warning", "points without a step were left out (points): "),
    "placeholder-zeros": (
        "info",
        "zeros the logger writes where nothing was measured were left out (points): ",
    ),
    "axis-by-clock": ("info", "logged against another counter and placed by wall-clock time: "),
    "axis-stretched": ("warning", "logged against an unknown counter and spread evenly over the run: "),
    "scale-unknown": ("warning", "multiplied by a coefficient that the configuration does not give: "),
    "length-in-frames": ("info", "lengths in frames, converted to transitions: "),
    "percent": ("info", "read as a percentage: "),
}
_LISTED = 12


def _notes(work: _Work) -> list[Note]:
    notes = []
    for code, found in work.seen.items():
        level, text = _TEXTS[code]
        more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
        listed = ", ".join(f"{tag}{detail}" for tag, detail in found[:_LISTED])
        notes.append(Note(code, f"{text}{listed}{more}", level, tuple(tag for tag, _ in found)))
    return notes


def with_units(mapped: Sequence[Mapped], own_unit: str, offset: float, table_unit: bool) -> list[Mapped]:
    """Fill in the unit of every series' own steps: a table's rows, the rule's axis, or the logger's unit.

    ``offset`` is added to steps in the logger's unit (``table_unit`` when the framework's table gave it).
    """
    found = []
    for one in map(_counted, mapped):
        # Row numbers of two files count different things, so each file's rows are a unit of their own.
        if one.raw.axis == "row":
            found.append(one.on(f"rows of {one.raw.source or 'the table'}"))
        elif one.unit:
            found.append(one)
        # An offset belongs to the logger's own steps: rows, and tags with an axis of their own, never had it.
        elif offset and table_unit:
            found.append(replace(one, raw=replace(one.raw, steps=one.raw.steps + offset), unit=own_unit))
        else:
            found.append(one.on(own_unit))
    return found


def _counted(one: Mapped) -> Mapped:
    """A counter that begins at another number than the logger's own steps, as these do."""
    offset = one.rule.offset
    return replace(one, raw=replace(one.raw, values=one.raw.values + offset)) if offset else one
