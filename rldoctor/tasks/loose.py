"""A task that a name speaks of without a version: ``lunar_lander``, ``HalfCheetah``, ``gym_cartpole_v1``.

Such a task is assumed and never known. The name must stand for itself (no word beside it that is not
neutral), and the log must look like that task: lengths, returns, actions and the first returns are held
against the table. A log that cannot be held against it has no task.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from rldoctor.model.algorithms import matches
from rldoctor.model.raw import FloatArray
from rldoctor.model.series import Series
from rldoctor.model.task import Task, TaskMatch
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass
from rldoctor.tasks import names
from rldoctor.tasks.evidence import LogNames, LogShows
from rldoctor.tasks.scales import criteria, floor_of, on_scores, reference_of
from rldoctor.tasks.table import load, split

_PART = pattern(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
# Replay learners with one output for each action, and learners that need continuous ones.
DISCRETE = ("dqn", "ddqn", "qrdqn", "rainbow", "c51", "iqn", "discrete_sac")
CONTINUOUS = ("sac", "td3", "ddpg", "tqc", "crossq", "redq", "droq", "d4pg", "fasttd3")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A family that a name speaks of, with its version where one stands beside it, and the name."""

    family: str
    version: str
    name: str


@cache
def families() -> dict[str, str]:
    """Families by their letters alone; only those whose scores are in the table and in the unit of logs."""
    found = {}
    for id_ in load().ids():
        family, version = split(id_)
        if version and "/" not in id_ and usable(id_):
            found[family.casefold()] = family
    return {re.sub(r"[^a-z0-9]", "", key): family for key, family in found.items()}


@cache
def usable(id_: str) -> bool:
    """Whether the scores of a task are known, in the unit of logs."""
    task = load().task(id_)
    known = task is not None and task.random is not None and reference_of(task) is not None
    return known and task is not None and on_scores(task)


def spoken(name: str) -> Spoken | None:
    """The family that ``name``, one part of a path, speaks of alone; None where there is any doubt."""
    words = _words(name)
    places = _places(words)
    if not places:
        return None
    _, start, stop = max(places)
    beside = [*words[:start], *words[stop:]]
    lists = names.words()
    if any(not word.isdigit() and word not in lists.neutral for word in beside):
        return None
    version = f"v{words[stop + 1]}" if words[stop : stop + 1] == ["v"] and len(words) > stop + 1 else ""
    return Spoken(families()["".join(words[start:stop])], version, name)


def _places(words: Sequence[str]) -> list[tuple[int, int, int]]:
    """Length, start and stop of the words that together are a family's name."""
    return [
        (stop - start, start, stop)
        for start in range(len(words))
        for stop in range(start + 1, len(words) + 1)
        if "".join(words[start:stop]) in families()
    ]


def mentioned(texts: Sequence[str]) -> set[str]:
    """The families whose names stand in ``texts``, whatever else does."""
    said = map(_words, texts)
    return {families()["".join(words[start:stop])] for words in said for _, start, stop in _places(words)}


def _words(name: str) -> list[str]:
    """Words of snake_case and CamelCase and numbers; what is neutral as a whole (``A2C``) is one word."""
    pieces = re.split(r"[^A-Za-z0-9]+", name)
    neutral = names.words().neutral
    found = [[piece] if piece.lower() in neutral else _PART.findall(piece) for piece in pieces if piece]
    return [word.lower() for words in found for word in words]


def named_loosely(log: LogNames) -> Spoken | None:
    """What the configuration, else the names of run and folders, speak of; None where they do not agree."""
    if log.config and log.config.casefold() not in names.words().nameless:
        return spoken(log.config)
    texts = [part for text in (log.run, *log.folders) for part in re.split(r"[/\\]", text) if part]
    words = {word.lower() for text in texts for word in _PART.findall(text)}
    if words & (names.words().elsewhere | names.words().changed):
        return None
    found = [one for one in map(spoken, texts) if one is not None]
    return found[0] if len({(one.family, one.version) for one in found}) == 1 else None


def nameless(log: LogNames) -> bool:
    """Whether nothing names an environment: no configuration does, and no word stands for another one."""
    if log.config and log.config.casefold() not in names.words().nameless:
        return False
    words = {word.lower() for text in (log.run, *log.folders) for word in _PART.findall(text)}
    return not words & (names.words().elsewhere | names.words().changed)


def task_spoken(one: Spoken, longest: float) -> Task | None:
    """The task of the version that was named, else the newest one whose scores are known.

    ``longest``: of the logged episodes. Where that is the time limit of another version, it is that one.
    """
    ids = [id_ for id_ in load().ids() if split(id_)[0] == one.family and usable(id_)]
    if one.version:
        ids = [id_ for id_ in ids if split(id_)[1] == one.version]
    newest = sorted(ids, key=lambda id_: int(split(id_)[1][1:]), reverse=True)
    tasks = [task for id_ in newest if (task := load().task(id_)) is not None]
    return next((task for task in tasks if _cut_at(task, longest)), tasks[0] if tasks else None)


def _cut_at(task: Task, longest: float) -> bool:
    slack = criteria()["horizon_slack"]
    return bool(task.horizon) and abs(longest / (task.horizon or 1) - 1) <= slack


def assumed(log: LogShows, named: LogNames) -> TaskMatch:
    """The task that names speak of loosely, where the log agrees; else a match without one."""
    one = named_loosely(named)
    lengths = _finite(log.metrics, "episode_length")
    task = None if one is None or not lengths.size else task_spoken(one, float(lengths.max()))
    if one is None or task is None:
        return TaskMatch(None)
    everyday = one.family.casefold() in names.words().everyday and not named.config
    same = actions_agree(task, log)
    if same is False or (everyday and not same) or not looks_like(task, log.metrics):
        return TaskMatch(None)
    return TaskMatch(task, task.id, f"assumed, as '{one.name}' speaks of it and the log agrees", assumed=True)


def actions_agree(task: Task, log: LogShows) -> bool | None:
    """Whether the actions of the log are the task's: False where not, None where nothing shows them."""
    if matches(log.algorithm, DISCRETE if task.action == "box" else CONTINUOUS):
        return False
    key, count = ("action_dim", task.action_dim) if task.action == "box" else ("n_actions", task.choices)
    if count and key in log.settings:
        return round(log.settings[key]) == count
    if count and key in log.actions:
        low, high = log.actions[key]
        # A policy that has learned already has less entropy than its actions allow, and never more.
        return True if low <= count <= high else False if low > count else None
    if task.action != "discrete" or not task.choices or "entropy" not in log.metrics:
        return None
    entropy = _finite(log.metrics, "entropy")
    return False if (entropy > math.log(task.choices) + criteria()["entropy_slack"]).any() else None


def looks_like(task: Task, metrics: Mapping[str, Series]) -> bool:
    """Whether returns and lengths can be those of the task, and begin where its random policy is."""
    returns, lengths = _finite(metrics, "episode_return"), _finite(metrics, "episode_length")
    if not returns.size or not lengths.size or task.random is None:
        return False
    return possible(task, returns, lengths) and starts_random(task, returns, lengths)


def possible(task: Task, returns: FloatArray, lengths: FloatArray) -> bool:
    """Whether returns and lengths lie between what is known of the task."""
    reference, floor, limits = reference_of(task), floor_of(task), criteria()
    if reference is None or floor is None or not task.horizon:
        return False
    scores = [one.score for one in task.published]
    best = max([reference.score, *scores])
    high = best + limits["beyond_best"] * (best - floor)
    low = floor - limits["below_start"] * (reference.score - floor)
    sized = np.abs(returns).max() >= limits["rescaled_ratio"] * min(abs(floor), abs(reference.score))
    short = lengths.max() <= task.horizon * (1 + limits["horizon_slack"])
    return bool(sized and short and low <= returns.min() and returns.max() <= high)


def starts_random(task: Task, returns: FloatArray, lengths: FloatArray) -> bool:
    """Whether one of the first rows has a return and a length of the random policy."""
    played, limits = task.random, criteria()
    rows, reference = int(limits["start_rows"]), reference_of(task)
    if played is None or played.std is None or not played.length:
        return False
    least = 0.0 if reference is None else limits["idle_return"] * (reference.score - played.mean)
    near = np.abs(returns[:rows] - played.mean).min() <= max(limits["start_apart"] * played.std, least)
    ratio = lengths[:rows] / played.length
    factor = limits["start_length"]
    return bool(near and ((ratio >= 1 / factor) & (ratio <= factor)).any())


def _finite(metrics: Mapping[str, Series], name: str) -> FloatArray:
    return metrics[name].finite().values if name in metrics else np.empty(0)
