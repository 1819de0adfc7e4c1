"""How far a run got, as far as that can be told without knowing the logger."""

from __future__ import annotations

import re

import numpy as np

from rldoctor.model.raw import RawRun, RawSeries
from rldoctor.patterns import pattern

# Columns that count transitions, best first, and all columns that are an axis for the others.
_STEPS = pattern(
    r"(total_?timesteps|timesteps_total|totalenvinteracts|total-env-interacts|num_env_steps\w*|total_?env_?steps|"
    r"num_steps_sampled|global_step|env_steps?|(?<![a-z])_?steps?|timesteps?)$",
    re.IGNORECASE,
)
_AXIS = pattern(r"(steps?|interacts|iterations?|epochs?|episodes?|updates|frames?)$", re.IGNORECASE)


def is_axis(tag: str) -> bool:
    """Whether a column is one that others are plotted against."""
    return bool(_AXIS.search(tag) or _STEPS.search(tag))


def last_step(run: RawRun) -> float | None:
    """The last step of a run: the largest native step, else the largest value of a step column."""
    # Native steps are the logger's own word; a column is only taken for steps by its name.
    native = [float(np.nanmax(part.steps)) for part in run.series if part.axis == "step" and part.steps.size]
    if native:
        return max(native)
    tables = [_largest(part) for part in run.series if part.axis == "row" and _STEPS.search(part.tag)]
    known = [value for value in tables if value is not None]
    return max(known, default=None)


def wall_range(run: RawRun) -> tuple[float, float] | None:
    """First and last Unix time of a run, or None when nothing has times."""
    parts = [part.wall for part in run.series if part.wall is not None and part.wall.size]
    if not parts:
        return None
    return min(float(np.nanmin(part)) for part in parts), max(float(np.nanmax(part)) for part in parts)


def _largest(part: RawSeries) -> float | None:
    finite = part.values[np.isfinite(part.values)]
    return float(finite.max()) if finite.size else None
