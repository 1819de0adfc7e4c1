"""A run's numbers on the scale of its task. Pure functions; None: the table does not know enough."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import numpy as np

from rldoctor.compiled.store import Compiled
from rldoctor.model.task import Played, Published, Task
from rldoctor.plain_data import dataclass

# Pseudo-algorithms of the published scores that are references, the better one first.
REFERENCES = ("expert", "human")
FLOORS = ("random",)


@dataclass(frozen=True, slots=True)
class TaskCriteria:
    """The thresholds of ``criteria.yaml`` by name; ``clipped``: tasks whose returns are seldom scores."""

    limits: Mapping[str, float]
    clipped: tuple[str, ...] = ()


@cache
def criteria() -> Mapping[str, float]:
    """The thresholds by name."""
    return LIMITS.load().limits


def _read() -> TaskCriteria:
    from rldoctor.tasks.criteria_file import criteria_file

    data = criteria_file()
    limits = {name: float(entry["value"]) for name, entry in data["thresholds"].items()}
    return TaskCriteria(limits, tuple(data["clipped"]))


LIMITS = Compiled("tasks", TaskCriteria, lambda: [Path(__file__).parent / "criteria.yaml"], _read)


@dataclass(frozen=True, slots=True)
class ScaleRatio:
    """First returns over the random policy's. ``low`` and ``high``: 95 % interval (Fieller).

    ``rescaled``: -1 too small, 1 too large, 0 neither or not certain.
    """

    ratio: float
    low: float
    high: float
    rescaled: int
    source: str


def reward_scale_ratio(task: Task, first_returns: Sequence[float]) -> ScaleRatio | None:
    """How the returns of an untrained policy compare with the random policy's.

    None with too few finite returns, or where the random policy's mean is not certainly different from 0. An
    untrained deterministic policy behaves more like the idle one, so "rescaled" is only said where the ratio
    to that is as extreme; a return of the other sign was never made by a factor.
    """
    returns = np.asarray(first_returns, dtype=float)
    returns = returns[np.isfinite(returns)]
    if task.random is None or len(returns) < criteria()["least_returns"]:
        return None
    against = _fieller(returns, task.random)
    if against is None:
        return None
    verdicts = {_extreme(against)}
    if task.idle is not None:
        still = _fieller(returns, task.idle)
        verdicts.add(0 if still is None else _extreme(still))
    verdict = verdicts.pop() if len(verdicts) == 1 else 0
    return ScaleRatio(*against, rescaled=verdict, source=task.random.source)


def _fieller(returns: np.ndarray, played: Played) -> tuple[float, float, float] | None:
    """Ratio of two independent means with its interval.

    Fieller (1954), "Some problems in interval estimation", J. R. Stat. Soc. B 16. It is bounded exactly where
    the denominator differs from 0 at the level of the interval; ``least_distance`` asks for more than that.
    """
    error = played.error
    if error is None or abs(played.mean) <= criteria()["least_distance"] * error or played.mean == 0:
        return None
    z2 = criteria()["interval_z"] ** 2
    mean, variance = float(returns.mean()), float(returns.var(ddof=1)) / len(returns)
    ratio, g = mean / played.mean, z2 * error**2 / played.mean**2
    spread = math.sqrt(z2 * (variance + ratio**2 * error**2 - g * variance)) / abs(played.mean)
    return ratio, (ratio - spread) / (1 - g), (ratio + spread) / (1 - g)


def _extreme(interval: tuple[float, float, float]) -> int:
    """-1 or 1 where the whole interval says so, with the same sign; 0 otherwise."""
    _, low, high = interval
    limit = criteria()["rescaled_ratio"]
    if low > 0 and high < limit:
        return -1
    return 1 if low > 1 / limit else 0


@dataclass(frozen=True, slots=True)
class Idleness:
    """A level against the do-nothing policy's.

    ``share``: part of the way from the random policy's return (0) to the idle one's (1), None where the two
    are the same. ``same``: return and length are the idle policy's.
    """

    share: float | None
    same: bool
    source: str


def like_doing_nothing(task: Task, returns: Sequence[float], lengths: Sequence[float]) -> Idleness | None:
    """Whether a policy gets what doing nothing gets. ``lengths`` may be empty where they are not logged.

    None where the idle policy was not played, no return is finite, or doing nothing is all that can be told
    apart: the random policy gets the same and no reference is known.
    """
    level, length = _mean(returns), _mean(lengths)
    idle, reference = task.idle, reference_of(task)
    if idle is None or level is None:
        return None
    others = (_level(task.random), None if reference is None else reference.score)
    way = [abs(other - idle.mean) for other in others if other is not None]
    noise = criteria()["interval_z"] * math.hypot(idle.error or 0.0, _error(returns))
    if not way or max(way) <= noise:
        return None
    same = abs(level - idle.mean) <= max(noise, criteria()["idle_return"] * max(way))
    if length is not None and idle.length:
        same = same and abs(length - idle.length) <= criteria()["idle_length"] * idle.length
    return Idleness(_share(level, _level(task.random), idle.mean, noise), same, idle.source)


def _level(played: Played | None) -> float | None:
    return None if played is None else played.mean


def _mean(values: Sequence[float]) -> float | None:
    kept = np.asarray(values, dtype=float)
    kept = kept[np.isfinite(kept)]
    return float(kept.mean()) if len(kept) else None


def _error(values: Sequence[float]) -> float:
    kept = np.asarray(values, dtype=float)
    kept = kept[np.isfinite(kept)]
    return float(kept.std(ddof=1)) / math.sqrt(len(kept)) if len(kept) > 1 else 0.0


def _share(level: float, start: float | None, end: float, noise: float = 0.0) -> float | None:
    if start is None or abs(end - start) <= noise:
        return None
    return (level - start) / (end - start)


@dataclass(frozen=True, slots=True)
class Reference:
    """What counts as arrival on a task, in return, and in words whose number it is; ``short``: its kind."""

    score: float
    words: str
    source: str
    short: str = "published runs"


def reference_of(task: Task) -> Reference | None:
    """The return that counts as arrival: the registered threshold, else the best published, else the bound.

    A best published score that is far below what the rewards allow is of weak runs (PPO on dm_control's dogs
    has 20 of 1,000) and gives way to the bound.
    """
    solved = solved_at(task)
    if solved is not None:
        source = task.sources.get("solved", "")
        return Reference(solved, "the threshold it was registered with", source, "registered threshold")
    best, bound, start = _best(task), _bound(task), floor_of(task)
    if best is None or bound is None:
        return best or bound
    weak = start is not None and best.score - start < criteria()["published_of_bound"] * (bound.score - start)
    return bound if weak else best


def solved_at(task: Task) -> float | None:
    """The threshold a task was registered with, None where no run can be above it.

    Pusher has one of 0 and pays minus a distance: to fall short of that tells nothing of a run.
    """
    bound = _bound(task)
    if task.solved is None or (bound is not None and task.solved >= bound.score):
        return None
    return task.solved


def _best(task: Task) -> Reference | None:
    """An expert's or human's score, else the best of an algorithm: of several seeds, if there is one.

    The best of single runs is a lucky one.
    """
    for name in REFERENCES:
        found = next((one for one in task.published if one.algorithm == name), None)
        if found is not None:
            return Reference(found.score, f"{name}, {found.kind}", found.source)
    scores = [one for one in task.published if one.algorithm not in FLOORS]
    scores = [one for one in scores if (one.seeds or 0) >= criteria()["reference_seeds"]] or scores
    if not scores:
        return None
    best = max(scores, key=lambda one: one.score)
    return Reference(best.score, f"the best published score ({best.algorithm}, {best.env})", best.source)


def _bound(task: Task) -> Reference | None:
    """The largest reward in each step of an episode of fixed length."""
    if task.reward_high is None or task.horizon is None or task.ends_early is not False:
        return None
    score = task.reward_high * task.horizon
    source = task.sources.get("reward", "")
    return Reference(score, "the largest reward in each step", source, "the most its rewards allow")


@dataclass(frozen=True, slots=True)
class Reached:
    """``share``: 0 is the random policy's return, 1 the reference."""

    share: float
    random: float
    reference: Reference


def reached_share(task: Task, level: float) -> Reached | None:
    """``(level - random) / (reference - random)``; None where either is unknown or out of order."""
    reference, start = reference_of(task), floor_of(task)
    if reference is None or start is None or reference.score <= start or not math.isfinite(level):
        return None
    return Reached((level - start) / (reference.score - start), start, reference)


def floor_of(task: Task) -> float | None:
    """The random policy's mean return: measured, else published."""
    if task.random is not None:
        return task.random.mean
    return next((one.score for one in task.published if one.algorithm in FLOORS), None)


def published(task: Task, algorithm: str, steps: float) -> Published | None:
    """The published score of ``algorithm`` after the most steps that are no more than ``steps``.

    Of several, one of this very version comes before its relatives, then the one of most seeds.
    """
    fitting = [
        one
        for one in task.published
        if one.algorithm == algorithm and one.steps is not None and one.steps <= steps
    ]
    return max(fitting, key=lambda one: (one.steps, one.env == task.id, one.seeds or 0), default=None)


def rescaled_for_sure(task: Task, found: ScaleRatio, first: float, largest: float, length: float) -> int:
    """``found.rescaled`` where neither learning nor the length of the episodes explains it, else 0.

    ``first`` and ``largest``: level of the first returns and largest absolute one of the whole curve;
    ``length``: mean length of the first episodes, NaN where it is not logged. A log whose first row comes
    late begins with a policy that has learned: on a task of costs its return is small, on one of rewards
    large, without any factor. So the level must be out of place beside what published runs end at as well;
    where that is not known nothing is said.
    """
    reference, limits = reference_of(task), criteria()
    if reference is None or task.random is None or not (math.isfinite(first) and math.isfinite(largest)):
        return 0
    if not _extreme_per_step(task, found, length):
        return 0
    known = (abs(task.random.mean), abs(reference.score))
    limit = limits["rescaled_ratio"]
    if found.rescaled < 0 and abs(first) < limit * min(known) and largest < limit * max(known):
        return -1
    return 1 if found.rescaled > 0 and abs(first) > limits["beyond"] * max(known) else 0


def _extreme_per_step(task: Task, found: ScaleRatio, length: float) -> bool:
    """Whether the reward of a step is as far off as the return: episodes that end at once get little too."""
    if task.ends_early is False:
        return True
    usual = None if task.random is None else task.random.length
    if not usual or not length > 0:
        return False
    ratio, limit = found.ratio * usual / length, criteria()["rescaled_ratio"]
    return ratio < limit if found.rescaled < 0 else ratio > 1 / limit


def on_scores(task: Task) -> bool:
    """Whether logged returns are in the unit of the table's scores, unless somebody changed the reward."""
    return not any(fnmatchcase(task.id, pattern) for pattern in LIMITS.load().clipped)


def only_the_goal_ends(task: Task) -> bool:
    """Whether an episode that ends before its time limit has reached its goal."""
    return task.ends_early is True and task.ending == "good"


def max_entropy(task: Task, *, squashed: bool = False) -> float | None:
    """The largest entropy of a policy on these actions, in nats: ln n, or the sum of ln(high - low).

    ``squashed``: of actions rescaled to [-1, 1], the space in which SAC counts its entropy. None where the
    number of actions is not known, or the box has no bounds.
    """
    if task.action == "box" and task.action_dim:
        if squashed:
            return task.action_dim * math.log(2)
        ranges = [high - low for low, high in zip(task.action_low, task.action_high, strict=True)]
        usable = len(ranges) == task.action_dim and all(0 < one < math.inf for one in ranges)
        return sum(math.log(one) for one in ranges) if usable else None
    return math.log(task.choices) if task.choices else None


def q_bounds(task: Task, gamma: float) -> tuple[float | None, float | None]:
    """Least and largest discounted return that the rewards allow; None where a bound is not known.

    For ``gamma`` < 1 the sum is not cut at the time limit: learners go on with the value of the last state
    there. An episode may be over after one step, so a bound of the favourable sign is that of one step.
    """
    if gamma < 1:
        steps = 1 / (1 - gamma)
    elif task.horizon is not None:
        steps = float(task.horizon)
    else:
        return None, None
    least = 1.0 if task.ends_early is not False else steps
    low = None if task.reward_low is None else min(task.reward_low * steps, task.reward_low * least)
    high = None if task.reward_high is None else max(task.reward_high * steps, task.reward_high * least)
    return low, high
