"""A task as the user writes it in the settings (``[task."MyEnv-v0"]``), checked, and back as TOML."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any

from rldoctor.errors import UsageError, did_you_mean
from rldoctor.model.task import ACTIONS, ENDINGS, Played, Published, Task
from rldoctor.plain_data import dataclass
from rldoctor.tasks.table import split

KEYS = (
    "action",
    "action-dim",
    "action-low",
    "action-high",
    "choices",
    "horizon",
    "reward-low",
    "reward-high",
    "reward-seen",
    "ends-early",
    "ending",
    "random",
    "idle",
    "solved",
    "success-logged",
    "published",
    "source",
    "note",
)
PLAYED_KEYS = ("mean", "std", "episodes", "length", "length-std", "success")
PUBLISHED_KEYS = ("algorithm", "score", "spread", "steps", "seeds", "kind", "source")
OWN = "the user's settings"
# Group of fields with a common source -> the keys that give them.
_SOURCED = {
    "spaces": ("action", "action-dim", "action-low", "action-high", "choices", "horizon"),
    "solved": ("solved",),
    "reward": ("reward-low", "reward-high"),
    "seen": ("reward-seen",),
    "ending": ("ends-early", "ending"),
    "success": ("success-logged",),
}


def tasks_from_settings(table: Mapping[str, Any], where: str = "rldoctor.toml") -> tuple[Task, ...]:
    """The tasks of a settings table ``{id: {key: value}}``, each number with the source the user gave.

    Raises:
        UsageError: all problems, one a line: ``rldoctor.toml: task 'MyEnv-v0', horizon: ...``.
    """
    if not isinstance(table, Mapping):
        raise UsageError(f"{where}: 'task' must be a table", hint='write [task."MyEnv-v0"]')
    problems: list[str] = []
    tasks = tuple(_task(str(id_), entry, where, problems) for id_, entry in table.items())
    if problems:
        raise UsageError("\n".join(problems), hint="keys of a task: " + ", ".join(KEYS))
    return tasks


@dataclass(slots=True)
class _Reader:
    """One table being read: takes values out and notes what is wrong with them."""

    values: Mapping[str, Any]
    where: str
    problems: list[str]
    known: tuple[str, ...]
    names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Note unknown keys at once; ``action_dim`` and ``action-dim`` are one."""
        for key in self.values:
            name = str(key).replace("_", "-")
            if name not in self.known:
                self.wrong(str(key), f"no such key{did_you_mean(name, self.known)}")
            elif name in self.names:
                self.wrong(str(key), f"given twice, as '{self.names[name]}' too")
            self.names.setdefault(name, str(key))

    def wrong(self, key: str, text: str) -> None:
        self.problems.append(f"{self.where}, {key}: {text}")

    def take(self, key: str, good: Callable[[Any], bool], expected: str) -> Any:
        """The value of ``key`` if it is good, else None (absent, or noted as wrong)."""
        if key not in self.names:
            return None
        value = self.values[self.names[key]]
        if good(value):
            return value
        self.wrong(key, f"expected {expected}, got {value!r}")
        return None

    def number(self, key: str, low: float = -math.inf, high: float = math.inf) -> float | None:
        limits = "" if low == -math.inf else f" from {low:g}" + ("" if high == math.inf else f" to {high:g}")
        value = self.take(key, lambda v: _is_number(v) and low <= v <= high, f"a number{limits}")
        return None if value is None else float(value)

    def whole(self, key: str) -> int | None:
        found = self.take(key, lambda v: _is_whole(v) and v >= 1, "a whole number of 1 or more")
        return None if found is None else int(found)

    def text(self, key: str, allowed: Sequence[str] = ()) -> str:
        if allowed:
            return str(self.take(key, lambda v: v in allowed, f"one of {', '.join(allowed)}") or "")
        return str(self.take(key, lambda v: isinstance(v, str) and bool(v.strip()), "text") or "").strip()

    def answer(self, key: str) -> bool | None:
        found: bool | None = self.take(key, lambda v: isinstance(v, bool), "true or false")
        return found

    def required(self, key: str, value: object) -> None:
        if value in (None, "") and key not in self.names:
            self.wrong(key, "is required")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _task(id_: str, entry: object, where: str, problems: list[str]) -> Task:
    at = f"{where}: task '{id_}'"
    if not isinstance(entry, Mapping):
        problems.append(f"{at}: expected a table, got {entry!r}")
        return Task(id_)
    read = _Reader(entry, at, problems, KEYS)
    source = read.text("source") or OWN
    dim = read.whole("action-dim")
    low, high = _edge(read, "action-low", dim), _edge(read, "action-high", dim)
    seen = read.take("reward-seen", lambda v: _is_pair(v), "two numbers [least, largest]")
    note = read.text("note")
    low_reward, high_reward = read.number("reward-low"), read.number("reward-high")
    task = Task(
        id=id_,
        family=split(id_)[0],
        action=read.text("action", ACTIONS),
        action_dim=dim,
        action_low=low,
        action_high=high,
        choices=read.whole("choices"),
        horizon=read.whole("horizon"),
        reward_low=low_reward,
        reward_high=high_reward,
        each_step=low_reward if low_reward == high_reward else None,
        seen_low=float(seen[0]) if seen else None,
        seen_high=float(seen[1]) if seen else None,
        ends_early=read.answer("ends-early"),
        ending=read.text("ending", ENDINGS),
        random=_played(read, "random", source),
        idle=_played(read, "idle", source),
        solved=read.number("solved"),
        success_logged=read.answer("success-logged"),
        published=_all_published(read, id_, source),
        sources={name: source for name, keys in _SOURCED.items() if any(key in read.names for key in keys)},
        notes=(note,) if note else (),
    )
    _agree(read, task)
    return task


def _is_pair(value: object) -> bool:
    return (
        isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)) and value[0] <= value[1]
    )


def _edge(read: _Reader, key: str, dim: int | None) -> tuple[float, ...]:
    """Bounds of an action, one number for all dimensions or a list of one for each."""
    found = read.take(
        key,
        lambda v: _is_number(v) or (isinstance(v, list) and bool(v) and all(map(_is_number, v))),
        "a number, or a list of one for each dimension",
    )
    if found is None:
        return ()
    values = tuple(float(v) for v in (found if isinstance(found, list) else [found] * (dim or 1)))
    if dim is not None and len(values) != dim:
        read.wrong(key, f"has {len(values)} numbers, action-dim is {dim}")
    return values


def _played(read: _Reader, key: str, source: str) -> Played | None:
    entry = read.take(key, lambda v: isinstance(v, Mapping), "a table {mean, std, episodes, ...}")
    if entry is None:
        return None
    inner = _Reader(entry, f"{read.where}, {key}", read.problems, PLAYED_KEYS)
    mean, episodes = inner.number("mean"), inner.whole("episodes")
    inner.required("mean", mean)
    inner.required("episodes", episodes)
    return Played(
        mean=math.nan if mean is None else mean,
        std=inner.number("std", 0),
        episodes=episodes or 0,
        length=inner.number("length", 0),
        length_std=inner.number("length-std", 0),
        success=inner.number("success", 0, 1),
        source=source,
    )


def _all_published(read: _Reader, id_: str, source: str) -> tuple[Published, ...]:
    found = read.take(
        "published",
        lambda v: isinstance(v, list) and all(isinstance(one, Mapping) for one in v),
        "an array of tables {algorithm, score, steps, ...}",
    )
    entries = enumerate(found or (), 1)
    return tuple(_published(read, f"published {number}", one, id_, source) for number, one in entries)


def _published(read: _Reader, key: str, entry: Mapping[str, Any], id_: str, source: str) -> Published:
    inner = _Reader(entry, f"{read.where}, {key}", read.problems, PUBLISHED_KEYS)
    algorithm, score = inner.text("algorithm"), inner.number("score")
    inner.required("algorithm", algorithm)
    inner.required("score", score)
    return Published(
        env=id_,
        algorithm=algorithm.lower(),
        score=math.nan if score is None else score,
        spread=inner.number("spread", 0),
        steps=inner.number("steps", 0),
        seeds=inner.whole("seeds"),
        kind=inner.text("kind"),
        source=inner.text("source") or source,
    )


def _agree(read: _Reader, task: Task) -> None:
    """What cannot be true together."""
    for low, high, keys in (
        ((task.reward_low,), (task.reward_high,), "reward"),
        (task.action_low, task.action_high, "action"),
    ):
        pairs = zip(low, high, strict=False)
        if any(one is not None and other is not None and one > other for one, other in pairs):
            read.wrong(f"{keys}-low", f"is larger than {keys}-high")
    if task.ending and task.ends_early is False:
        read.wrong("ending", "says what an early end means, but ends-early is false")


def settings_of(task: Task) -> dict[str, Any]:
    """The entry of a measured task as :func:`tasks_from_settings` reads it; what is not known is left out."""
    entry: dict[str, Any] = {
        "action": task.action,
        "action-dim": task.action_dim,
        "action-low": _short(task.action_low),
        "action-high": _short(task.action_high),
        "choices": task.choices,
        "horizon": task.horizon,
        "reward-low": task.reward_low,
        "reward-high": task.reward_high,
        "reward-seen": None if task.seen_low is None else [task.seen_low, task.seen_high],
        "ends-early": task.ends_early,
        "ending": task.ending,
        "solved": task.solved,
        "success-logged": task.success_logged,
        "random": _played_entry(task.random),
        "idle": _played_entry(task.idle),
        "source": task.random.source if task.random is not None else "",
        "note": "; ".join(task.notes),
    }
    return {key: value for key, value in entry.items() if value not in (None, "", [])}


def _short(values: tuple[float, ...]) -> float | list[float] | None:
    # Bounds that are no bounds are left out: TOML could write inf, but no rule can use it.
    if not values or not all(map(math.isfinite, values)):
        return None
    return values[0] if len(set(values)) == 1 else list(values)


def _played_entry(played: Played | None) -> dict[str, Any] | None:
    if played is None:
        return None
    values = (played.mean, played.std, played.episodes, played.length, played.length_std, played.success)
    return {key: value for key, value in zip(PLAYED_KEYS, values, strict=True) if value is not None}


def toml_of(task: Task, *, prefix: str = "") -> str:
    """The entry as TOML. ``prefix`` is ``tool.rldoctor.`` for pyproject.toml, empty for rldoctor.toml."""
    lines = [header(task.id, prefix=prefix)]
    lines += [f"{key} = {_toml(value)}" for key, value in settings_of(task).items()]
    return "\n".join(lines) + "\n"


def header(id_: str, *, prefix: str = "") -> str:
    """``[task."MyEnv-v0"]``."""
    return f"[{prefix}task.{_toml(id_)}]"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        # Six digits are far below the standard error of any such number; -0.0 is 0.
        text = f"{value + 0.0:.6g}"
        return text if "." in text or "e" in text else f"{text}.0"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    # A JSON string without escaped non-ASCII is a TOML basic string, DEL apart, which JSON leaves as it is.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
