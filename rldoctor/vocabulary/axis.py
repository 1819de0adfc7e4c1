"""One x axis for a run: environment transitions, wherever the log or the configuration allows it.

Every series has steps in some unit: the logger's own (``env_steps``, ``vec_steps``, ``iterations`` ...), the
rows of a table, or another one its rule names. Conversions are edges between units. They come from counters
(a logged counter joins the unit it is logged on with the unit it counts), from the configuration (n_envs,
rollout length, ...) and from summed episode lengths; the shortest path of edges is used.

``find_own_axes`` comes first: tags that are logged against another counter than the rest of the run. A
home-made logger often writes per-episode tags against the episode's number and everything else against
environment steps. It shows in the wall clock: such a tag is written until the end of the run, yet its last
step is far below the others'. A tag that merely stopped early has an early last wall time and is left alone.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field

import numpy as np

from rldoctor.model.arrays import median
from rldoctor.model.config import RunConfig
from rldoctor.model.raw import FloatArray
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass
from rldoctor.vocabulary.conservation import steps_by_one, worth_by_clock
from rldoctor.vocabulary.naming import COUNTERS, Mapped, rises

Convert = Callable[[FloatArray], FloatArray]

ENV = "env_steps"
LOGGED = "steps"
MONITOR = "monitor steps"
# The best unit to show a run in, when transitions cannot be had.
PREFERRED = (ENV, "frames", "vec_steps", "iterations", "updates", "epochs", "episodes")
# unit -> knobs whose product is one unit in transitions; -1 divides.
_FACTORS: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = (
    ("vec_steps", (("n_envs", 1),)),
    ("frames", (("action_repeat", -1),)),
    ("iterations", (("rollout_batch", 1),)),
    ("updates", (("utd", -1),)),
)
_TAIL = 10
# Rows that stand for more than this many times the usual number of episodes are a restart or a gap.
_SKIPPED = 5
# The length of one episode is a whole number; that of several is not, most of the time.
_WHOLE = 0.9
_MEAN = pattern("mean|avg|average", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Conversion:
    """A conversion to ``target``; ``how`` finishes the sentence "converted by"."""

    target: str
    convert: Convert
    how: str


@dataclass(slots=True)
class Axes:
    """All units of a run and the conversions between them."""

    edges: dict[str, list[Conversion]] = field(default_factory=dict)

    def add(self, source: str, target: str, convert: Convert, how: str) -> None:
        """Add a conversion unless this pair has one."""
        known = self.edges.setdefault(source, [])
        if source != target and all(edge.target != target for edge in known):
            known.append(Conversion(target, convert, how))

    def path(self, source: str, target: str) -> list[Conversion] | None:
        """The shortest chain of conversions (empty when the units are equal), or None."""
        seen: dict[str, list[Conversion]] = {source: []}
        waiting = deque([source])
        while waiting:
            unit = waiting.popleft()
            if unit == target:
                return seen[unit]
            for edge in self.edges.get(unit, ()):
                if edge.target not in seen:
                    seen[edge.target] = [*seen[unit], edge]
                    waiting.append(edge.target)
        return None


def build_axes(mapped: Sequence[Mapped], config: RunConfig) -> Axes:
    """The conversions a run offers, counters first."""
    axes = Axes()
    # The first conversion of a pair stays, so the order is that of trust: what was counted during the run,
    # what adds up to it, what the configuration says, and last what only looks like it.
    for series in sorted(mapped, key=lambda one: one.order):
        counted = COUNTERS.get(series.metric)
        if counted is not None and series.unit != counted:
            _add_counter(axes, series, counted)
    _add_lengths(axes, mapped)
    _add_factors(axes, config)
    _add_monitor(axes, mapped, config)
    _add_identity(axes, mapped, config)
    _add_clock(axes, mapped)
    return axes


def _add_counter(axes: Axes, series: Mapped, counted: str) -> None:
    steps, values = series.raw.steps, series.raw.values * series.rule.scale.factor
    good = np.isfinite(values) & np.isfinite(steps)
    if not good.any() or not rises(values[good]):
        return
    how = f"the logged {series.raw.tag}"
    # Both ways where both rise: another tag may be logged on the unit that this one counts.
    axes.add(series.unit, counted, interpolation(steps[good], values[good]), how)
    if rises(steps[good]):
        axes.add(counted, series.unit, interpolation(np.maximum.accumulate(values[good]), steps[good]), how)


def _add_lengths(axes: Axes, mapped: Sequence[Mapped]) -> None:
    """Summed lengths place episodes, where every episode was logged with its length."""
    for series in mapped:
        if series.metric != "episode_length" or series.rule.window is not None:
            continue
        steps = series.raw.steps
        whole = steps.size > 1 and float((np.diff(steps) == 1).mean()) > 0.9
        row = series.raw.axis == "row" and (series.guessed or _row_each_episode(series, mapped))
        per_episode = series.unit == "episodes" or row
        if whole and per_episode and axes.path(series.unit, ENV) is None:
            each = _episodes_each(series, mapped)
            # A mean length says nothing of how many episodes it stands for: its sum is no step count.
            if each.max() <= 1 and _is_mean(series):
                continue
            total = np.cumsum(np.nan_to_num(series.raw.values) * each)
            how = f"the sum of {series.raw.tag}"
            how += ", taken for every episode since the row before" if each.max() > 1 else ""
            axes.add(series.unit, ENV, interpolation(steps, total), how)


def _row_each_episode(series: Mapped, mapped: Sequence[Mapped]) -> bool:
    """Whether a count of episodes grows by one from row to row of the table that a series is in."""
    return any(one.metric == "episodes" and one.unit == series.unit and steps_by_one(one) for one in mapped)


def _is_mean(series: Mapped) -> bool:
    """A mean over several episodes: it says so, or it is no whole number of steps."""
    lengths = series.raw.values[np.isfinite(series.raw.values)]
    whole = lengths.size == 0 or float((lengths == np.round(lengths)).mean()) >= _WHOLE
    return not whole or _MEAN.search(series.raw.tag) is not None


def _episodes_each(series: Mapped, mapped: Sequence[Mapped]) -> FloatArray:
    """How many episodes a row stands for: more than one where only every tenth is written down."""
    one = np.ones(series.raw.steps.size)
    counter = next(
        (other for other in mapped if other.metric == "episodes" and other.unit == series.unit), None
    )
    if counter is None or counter.raw.values.size != one.size or not rises(counter.raw.values):
        return one
    passed = np.diff(counter.raw.values, prepend=0.0)
    typical = median(passed[1:])
    # The first row may continue an earlier run, and a restart counts anew: what one row usually stands for.
    usual: FloatArray = np.where((passed > 0) & (passed <= _SKIPPED * typical), passed, typical)
    return usual if typical > 1 else one


def _add_factors(axes: Axes, config: RunConfig) -> None:
    for unit, knobs in _FACTORS:
        numbers = [(config.number(name), sign) for name, sign in knobs]
        if all(number is not None and number > 0 for number, _ in numbers):
            factor = float(np.prod([float(number or 1.0) ** sign for number, sign in numbers]))
            names = " and ".join(name for name, _ in knobs)
            axes.add(unit, ENV, _times(factor), f"{names} of the configuration")


def _add_monitor(axes: Axes, mapped: Sequence[Mapped], config: RunConfig) -> None:
    """Summed lengths of a monitor are transitions, or raw frames when they are a multiple of the plan."""
    own = [float(one.raw.steps[-1]) for one in mapped if one.unit == MONITOR and one.raw.steps.size]
    if not own:
        return
    skip = config.number("action_repeat") or 1.0
    planned = config.number("total_env_steps")
    # A frame-skip wrapper below the Monitor counts raw frames: then the total is a multiple of the plan.
    if planned and skip == 1.0:
        ratio = max(own) / planned
        skip = round(ratio) if ratio > 1.5 and abs(ratio / round(ratio) - 1.0) < 0.1 else 1.0
    how = "the sum of episode lengths"
    if skip != 1.0:
        how += f", which counts {skip:g} frames per step of the configured length"
    axes.add(MONITOR, ENV, _times(1.0 / skip), how)


def _add_identity(axes: Axes, mapped: Sequence[Mapped], config: RunConfig) -> None:
    """Evidence that an unknown logger's step is one transition."""
    own = [one for one in mapped if one.unit == LOGGED and one.raw.steps.size]
    if not own or axes.path(LOGGED, ENV) is not None:
        return
    for series in own:
        if series.metric == "buffer_size" and _fills(series):
            axes.add(LOGGED, ENV, _times(1.0), f"{series.raw.tag}, which grows by one per step")
            return
    # A run that ends where the configuration says in transitions counted transitions.
    last = max(float(np.nanmax(one.raw.steps)) for one in own)
    planned = config.number(ENV if ENV in config else "total_env_steps")
    if planned and abs(last / planned - 1.0) < 0.05:
        axes.add(LOGGED, ENV, _times(1.0), "the configured length of the run")


def _add_clock(axes: Axes, mapped: Sequence[Mapped]) -> None:
    """Frames per second x seconds, where nothing else says how many transitions a counted unit is worth."""
    for series in mapped:
        counted = COUNTERS.get(series.metric, ENV)
        if counted == ENV or axes.path(counted, ENV) is not None:
            continue
        each = worth_by_clock(series, mapped)
        if each is not None and each >= 1:
            axes.add(counted, ENV, _times(each), f"frames per second x seconds ({each:,.4g} each)")


def _fills(series: Mapped) -> bool:
    """A replay buffer that holds as many transitions as steps went by, until it is full."""
    steps, values = series.raw.steps, series.raw.values
    growing = values < np.nanmax(values)
    if growing.sum() < 2:
        return False
    return bool(np.nanmax(np.abs(values[growing] - steps[growing]) / np.maximum(steps[growing], 1)) < 0.05)


def _times(factor: float) -> Convert:
    return lambda steps: steps * factor


def interpolation(steps: FloatArray, values: FloatArray) -> Convert:
    """Linear between known points, with the slope of the ends beyond them, never below zero.

    Repeated ``steps`` keep their last value; before the first point the line runs to zero one spacing earlier
    at the latest (row -1, or step 0).
    """
    # Stable, so that of repeated steps the one logged last comes last and is kept.
    order = np.argsort(steps, kind="stable")
    x, y = steps[order], values[order]
    last = np.append(np.diff(x) > 0, True)
    x, y = x[last], y[last]
    start = min(-1.0, x[0] - 1.0) if x[0] <= 0 else 0.0
    # The slope of the last points, not of the last pair: counters are logged unevenly.
    tail = min(_TAIL, x.size - 1)
    slope = (y[-1] - y[-1 - tail]) / (x[-1] - x[-1 - tail]) if tail else 0.0
    # A counter starts at zero whatever its first logged value: the line is led back to it.
    if y[0] > 0:
        x, y = np.concatenate([[start], x]), np.concatenate([[0.0], y])

    def convert(at: FloatArray) -> FloatArray:
        inside = np.interp(at, x, y)
        beyond: FloatArray = np.where(at > x[-1], y[-1] + (at - x[-1]) * max(slope, 0.0), inside)
        return beyond

    return convert


def largest(steps: FloatArray) -> float:
    """The largest step, NaN left out (of all NaN: NaN, with numpy's warning); ``steps`` is not empty."""
    # ``nanmax`` copies and warns: it is only asked where the plain maximum says that there is a NaN.
    top = float(steps.max())
    return top if top == top else float(np.nanmax(steps))


def main_unit(mapped: Iterable[Mapped]) -> str:
    """The unit most series of a run are logged in."""
    counts: dict[str, int] = {}
    for series in mapped:
        if series.metric != "ignore":
            counts[series.unit] = counts.get(series.unit, 0) + 1
    return max(counts, key=lambda unit: counts[unit]) if counts else ENV


def target_unit(axes: Axes, unit: str) -> str:
    """The best unit that ``unit`` can be converted to."""
    return next((name for name in PREFERRED if axes.path(unit, name) is not None), unit)


def axis_note(axes: Axes, unit: str, target: str, notes: Mapping[str, str]) -> str:
    """One sentence on what a step of the run is."""
    shown = notes.get(unit, "")
    told = f" ({shown})" if shown else ""
    path = axes.path(unit, target)
    if unit == target:
        return f"steps are {unit.replace('_', ' ')} as logged{told}"
    how = ", then ".join(edge.how for edge in path or ())
    return f"{unit.replace('_', ' ')} converted to {target.replace('_', ' ')} by {how}{told}"


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
    # By identity: two tags of a run may hold the same numbers.
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
    if steps.size > 1 and steps[0] <= 10 and median(np.diff(steps)) <= 10:
        return "episodes"
    return "own steps"


def by_clock(series: Mapped, reference: Sequence[tuple[FloatArray, FloatArray]]) -> FloatArray | None:
    """Steps of ``series`` by its wall times among ``(wall, converted steps)`` of other series, or None."""
    usable = [(wall, steps) for wall, steps in reference if wall.size > 1]
    if series.raw.wall is None or not usable:
        return None
    # All series together: each alone may be logged too rarely to say where the run was at a time.
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
