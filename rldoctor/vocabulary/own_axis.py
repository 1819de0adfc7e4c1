"""Tags that are logged against another counter than the rest of the run.

A home-made logger often writes per-episode tags against the episode's number and everything else against
environment steps. It shows in the wall clock: such a tag is written until the end of the run, yet its last
step is far below the others'. A tag that merely stopped early has an early last wall time and is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rldoctor.model.raw import FloatArray
from rldoctor.vocabulary.axis import LOGGED, interpolation
from rldoctor.vocabulary.mapped import Mapped

# A last step below this share of the run's last step is another axis, if the tag was written to the end.
_SHORT = 0.5
# Written to the end: the last point falls into this last part of the run's wall time.
_END = 0.1
# The run's own axis is that of at least this many tags.
_MAIN_TAGS = 2


def find_own_axes(mapped: Sequence[Mapped]) -> list[Mapped]:
    """``mapped`` with the unit of tags on another axis replaced: ``episodes`` or ``own steps``.

    Only series with ``unit`` ``steps`` and wall times are looked at.
    """
    looked = [one for one in mapped if one.unit == LOGGED and one.raw.wall is not None and one.raw.steps.size]
    if len(looked) < _MAIN_TAGS + 1:
        return list(mapped)
    last = {id(one): float(np.nanmax(one.raw.steps)) for one in looked}
    longest = max(last.values())
    main = [one for one in looked if last[id(one)] >= _SHORT * longest]
    if len(main) < _MAIN_TAGS:
        return list(mapped)
    begin = min(_wall(one)[0] for one in looked)
    end = max(_wall(one)[-1] for one in looked)
    late = end - _END * (end - begin)
    return [
        one.on(_unit(one))
        if id(one) in last and last[id(one)] < _SHORT * longest and _wall(one)[-1] >= late and end > begin
        else one
        for one in mapped
    ]


def _wall(one: Mapped) -> FloatArray:
    assert one.raw.wall is not None
    return one.raw.wall


def _unit(one: Mapped) -> str:
    """Consecutive whole numbers that start at the beginning count episodes."""
    steps = one.raw.steps
    if steps.size > 1 and steps[0] <= 10 and float(np.median(np.diff(steps))) <= 10:
        return "episodes"
    return "own steps"


def by_clock(series: Mapped, reference: Sequence[tuple[FloatArray, FloatArray]]) -> FloatArray | None:
    """Steps of ``series`` by its wall times among ``(wall, converted steps)`` of other series, or None."""
    usable = [(wall, steps) for wall, steps in reference if wall.size > 1]
    if series.raw.wall is None or not usable:
        return None
    wall = np.concatenate([one for one, _ in usable])
    steps = np.concatenate([one for _, one in usable])
    order = np.argsort(wall, kind="stable")
    placed = interpolation(wall[order] - wall[order][0], np.maximum.accumulate(steps[order]))
    return placed(np.maximum(series.raw.wall - wall[order][0], 0.0))


def stretched(series: Mapped, last: float) -> FloatArray:
    """Steps of ``series`` spread evenly so that its last one is the run's ``last``."""
    steps = series.raw.steps
    longest = float(np.nanmax(steps)) if steps.size else 0.0
    factor = last / longest if longest > 0 else 1.0
    scaled: FloatArray = steps * factor
    return scaled
