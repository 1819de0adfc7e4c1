"""A task that no name speaks of and the log gives away: its actions, lengths, rewards and first returns.

Default logs of most libraries do not say what was trained on. An engineer sees it all the same: returns that
equal the lengths, two actions and 25 steps at the start are CartPole. What is said here is such a guess and
no more (``assumed``): every measure that the log has must agree with the table, the actions must speak for
it, and no other task of the table may fit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache

import numpy as np

from rldoctor.model.algorithms import matches
from rldoctor.model.raw import FloatArray
from rldoctor.model.series import Series
from rldoctor.model.task import Task, TaskMatch
from rldoctor.plain_data import dataclass
from rldoctor.tasks.evidence import LogNames, LogShows
from rldoctor.tasks.loose import (
    CONTINUOUS,
    DISCRETE,
    Spoken,
    actions_agree,
    mentioned,
    named_loosely,
    nameless,
    possible,
    starts_random,
    task_spoken,
    usable,
)
from rldoctor.tasks.scales import criteria
from rldoctor.tasks.table import load


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one log shows. ``returns`` and ``lengths``: shape (rows,), of the rows that have both."""

    log: LogShows
    returns: FloatArray
    lengths: FloatArray


def unnamed(log: LogShows, named: LogNames) -> TaskMatch:
    """The task of a log that nothing names, if no folder mentions another one."""
    if named_loosely(named) is not None or not nameless(named):
        return TaskMatch(None)
    found, said = recognised(log), mentioned((named.run, *named.folders))
    return found if not said or (found.task and found.task.family in said) else TaskMatch(None)


def recognised(log: LogShows) -> TaskMatch:
    """The one task of the table that the log looks like in every respect; a match without one otherwise."""
    returns, lengths = _rows_with_both(log.metrics)
    if len(returns) < criteria()["recognised_rows"]:
        return TaskMatch(None)
    seen = _Seen(log, returns, lengths)
    found = [task for task in _played() if _fits(task, seen)]
    families_found = {task.family for task in found}
    # Tasks without known scores, or that begin as many do, are here to leave a doubt where there is one.
    if len(families_found) != 1 or not any(usable(task.id) and _telling(task, seen) for task in found):
        return TaskMatch(None)
    family = families_found.pop()
    task = task_spoken(Spoken(family, "", family), float(lengths.max()))
    how = "assumed, as the log looks like it and like no other"
    return TaskMatch(None) if task is None else TaskMatch(task, task.id, how, assumed=True)


@cache
def _played() -> tuple[Task, ...]:
    """The tasks of the table that a random policy played, in every version."""
    every = map(load().task, load().ids())
    return tuple(task for task in every if task is not None and task.random is not None)


def _rows_with_both(metrics: Mapping[str, Series]) -> tuple[FloatArray, FloatArray]:
    if "episode_return" not in metrics or "episode_length" not in metrics:
        return np.empty(0), np.empty(0)
    one, other = metrics["episode_return"].finite(), metrics["episode_length"].finite()
    _, here, there = np.intersect1d(one.steps, other.steps, return_indices=True)
    return one.values[here], other.values[there]


def _fits(task: Task, seen: _Seen) -> bool:
    # The cheapest questions first: most tasks are out by their first returns.
    if not starts_random(task, seen.returns, seen.lengths) or not _ends_like(task, seen.lengths):
        return False
    if bool(task.success_logged) != ("success_rate" in seen.log.metrics) or not _pays_like(task, seen):
        return False
    sure = _actions_speak_for(task, seen)
    return (
        sure is not None
        and (not usable(task.id) or possible(task, seen.returns, seen.lengths))
        and (sure or _starts_close(task, seen))
    )


def _actions_speak_for(task: Task, seen: _Seen) -> bool | None:
    """True where their number was seen, False where only the algorithm tells their kind, None otherwise."""
    other = "n_actions" if task.action == "box" else "action_dim"
    agree = actions_agree(task, seen.log)
    if other in seen.log.actions or agree is False:
        return None
    if agree or _whole_entropy(task, seen):
        return True
    of_kind = matches(seen.log.algorithm, CONTINUOUS if task.action == "box" else DISCRETE)
    return False if of_kind else None


def _whole_entropy(task: Task, seen: _Seen) -> bool:
    """Whether a fresh policy spread its choice over as many actions as the task has."""
    low = seen.log.actions.get("n_actions", (math.nan, math.nan))[0]
    if task.action != "discrete" or not math.isfinite(low):
        return False
    return math.ceil(low - criteria()["recognised_entropy"]) == task.choices


def _ends_like(task: Task, lengths: FloatArray) -> bool:
    """Where nothing ends an episode but the time limit, all must have been as long.

    Else none may be longer, and rows that stay at their longest below it are at another limit.
    """
    limits = criteria()
    if not task.horizon:
        return True
    if not (task.ends_early or task.ending):
        return bool(np.abs(lengths / task.horizon - 1).max() <= limits["horizon_slack"])
    longest = float(lengths.max())
    pinned = np.count_nonzero(lengths == longest) >= limits["recognised_rows"]
    return not (pinned and longest < task.horizon * (1 - limits["horizon_slack"]))


def _pays_like(task: Task, seen: _Seen) -> bool:
    """Whether returns are what the task pays for so many steps, at first as its random policy gets it.

    One reward for every step is an identity: a task that pays so must show it, and another one must not.
    """
    limits, played = criteria(), task.random
    if played is None or not played.length:
        return False
    if task.each_step is not None:
        return _each_pays(task.each_step, seen) >= limits["recognised_share"]
    varied = len(np.unique(np.round(seen.lengths))) >= limits["recognised_rows"]
    # A goal that ends the episode may be all that such a task pays besides.
    others = [1.0] if task.reward_low == -1 else [1.0, -1.0]
    if varied and max(_each_pays(reward, seen) for reward in others) >= limits["recognised_share"]:
        return False
    rate, rows = played.mean / played.length, int(limits["start_rows"])
    noise = limits["start_apart"] * (played.std or 0) / played.length
    apart = np.abs(seen.returns[:rows] / seen.lengths[:rows] - rate).min()
    return bool(apart <= limits["recognised_rate"] * abs(rate) + limits["recognised_noise"] * noise)


def _each_pays(reward: float, seen: _Seen) -> float:
    limits = criteria()
    slack = limits["count_steps"] + limits["count_share"] * np.abs(seen.returns)
    return float(np.mean(np.abs(seen.returns - reward * seen.lengths) <= slack))


def _starts_close(task: Task, seen: _Seen) -> bool:
    """Whether the very first row is a random policy's; asked where nothing tells the number of actions.

    Replay learners begin with random actions. A return near 0 is that of many tasks.
    """
    limits, played = criteria(), task.random
    if played is None or played.std is None or not played.length:
        return False
    within = limits["recognised_return"]
    paid = abs(float(seen.returns[0]) - played.mean) <= within * played.std or not played.std
    slack = within * (played.length_std or 0) + limits["horizon_slack"] * played.length
    lasted = abs(float(seen.lengths[0]) - played.length) <= slack
    return paid and lasted


def _telling(task: Task, seen: _Seen) -> bool:
    """Whether the random policy's returns and lengths are not those of many tasks.

    Returns around 0 in episodes of 1,000 steps are; where episodes end by themselves their length tells.
    """
    played, sure = task.random, bool(_actions_speak_for(task, seen))
    if played is None or not played.mean:
        return False
    if task.each_step is not None or (sure and played.length_std):
        return True
    apart = criteria()["recognised_seen" if sure else "recognised_telling"]
    return abs(played.mean) > apart * (played.std or 0)
