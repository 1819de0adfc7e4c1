"""``rldoctor task show`` and ``task list``."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from fnmatch import fnmatchcase
from itertools import zip_longest
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from rldoctor.commands.option_kinds import one_of
from rldoctor.errors import UsageError, did_you_mean
from rldoctor.report.clean import clean
from rldoctor.report.numbers import number, plural

if TYPE_CHECKING:
    from rldoctor.model.task import Played, Published, Task

FORMATS = ("terminal", "json")
LABEL = 15
NAME = 34


def show_task(name: str, format_: str) -> int:
    """Print what is known of one task; UsageError when nothing is."""
    from rldoctor.tasks.find import find_task

    wanted, own = one_of(format_, FORMATS, "--format"), _own()
    task = find_task(name, user_tables=own)
    if task is None:
        raise UsageError(
            f"no task '{name}' is known{did_you_mean(name, _ids(own))}",
            hint=f"to measure it: rldoctor task measure {name}",
        )
    if wanted == "json":
        sys.stdout.write(json.dumps({"schema": 1, "task": _json(task)}, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in _described(task, _width()))
    return 0


def list_tasks(pattern: str, format_: str) -> int:
    """Print every known task that fits; UsageError when none does."""
    from rldoctor.tasks.find import find_task

    wanted, own = one_of(format_, FORMATS, "--format"), _own()
    ids = [id_ for id_ in _ids(own) if _fits(id_, pattern)]
    if not ids:
        raise UsageError(f"no known task fits '{pattern}'", hint="see: rldoctor task list")
    tasks = [task for id_ in ids if (task := find_task(id_, user_tables=own)) is not None]
    if wanted == "json":
        content = {"schema": 1, "tasks": [_json(task) for task in tasks]}
        sys.stdout.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in _listed(tasks))
    return 0


def _own() -> tuple[Task, ...]:
    from rldoctor.tasks.files import read_tasks

    return read_tasks(Path())


def _ids(own: Sequence[Task]) -> list[str]:
    from rldoctor.tasks.table import load

    return sorted({*load().ids(), *(task.id for task in own)}, key=str.casefold)


def _fits(id_: str, pattern: str) -> bool:
    if any(mark in pattern for mark in "*?["):
        return fnmatchcase(id_.casefold(), pattern.casefold())
    return pattern.casefold() in id_.casefold()


def _width() -> int:
    from rldoctor.report.terminal_parts import console

    return console().width


def _listed(tasks: Sequence[Task]) -> Iterator[str]:
    """One line per task: what it is called, its actions, time limit, and three scores."""
    yield f"{'task':<34} {'actions':>8} {'limit':>6} {'random':>9} {'solved':>7} {'scores':>6}"
    for task in tasks:
        limit = "" if task.horizon is None else str(task.horizon)
        random = "" if task.random is None else _short(task.random.mean)
        solved = "" if task.solved is None else _short(task.solved)
        row = (
            f"{_actions_in_short(task):>8} {limit:>6} {random:>9} {solved:>7} {len(task.published) or '':>6}"
        )
        name = clean(task.id)
        # A long id has a line of its own, so that the columns stay in place.
        yield from [name, f"{'':<{NAME}} {row}"] if len(name) > NAME else [f"{name:<{NAME}} {row}"]
    yield ""
    yield plural(len(tasks), "task")


def _short(value: float) -> str:
    return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}"


def _actions_in_short(task: Task) -> str:
    if task.action == "box":
        return f"box {task.action_dim}"
    return f"{task.choices} of" if task.choices and task.choices < 10_000 else task.action[:8]


def _described(task: Task, width: int) -> Iterator[str]:
    yield clean(task.id)
    for label, fact in _facts(task):
        lines = wrap(fact, max(width - LABEL - 2, 20), break_on_hyphens=False)
        yield from (f"  {name:<{LABEL}}{line}" for name, line in zip_longest([label], lines, fillvalue=""))
    yield from _scores(task.published)
    yield from _paragraphs("notes", task.notes, width)
    yield from _paragraphs("sources", list(_sources(task)), width)


def _paragraphs(title: str, texts: Sequence[str], width: int) -> Iterator[str]:
    if texts:
        yield from ("", f"  {title}")
    for text in texts:
        yield from wrap(
            clean(text), width, initial_indent="  - ", subsequent_indent="    ", break_on_hyphens=False
        )


def _facts(task: Task) -> Iterator[tuple[str, str]]:
    from rldoctor.tasks.scales import max_entropy

    yield "actions", _actions(task)
    yield "time limit", "unknown" if task.horizon is None else f"{task.horizon:,} steps"
    yield "early end", _ending(task)
    yield "reward", _reward(task)
    yield "random policy", _played(task.random)
    yield "doing nothing", _played(task.idle)
    yield "solved at", "no threshold known" if task.solved is None else number(task.solved)
    logged = {None: "unknown", True: "logged in info", False: "not logged"}[task.success_logged]
    yield "success", logged
    entropy = max_entropy(task)
    if entropy is not None:
        yield "most entropy", f"{number(entropy)} nats (uniform policy)"


def _actions(task: Task) -> str:
    if task.action == "box":
        edges = sorted({*zip(task.action_low, task.action_high, strict=True)})
        bounds = " and ".join(f"[{number(low)}, {number(high)}]" for low, high in edges) or "unknown bounds"
        return f"{plural(task.action_dim or 0, 'number')} in {bounds}"
    return f"{task.action}, {number(task.choices)} in all" if task.action else "unknown"


def _ending(task: Task) -> str:
    if task.ends_early is None:
        return "unknown"
    if not task.ends_early:
        return "never before the time limit"
    meaning = {"good": "success", "bad": "failure", "both": "success or failure"}
    return f"yes, {meaning.get(task.ending, 'of unknown meaning')}"


def _reward(task: Task) -> str:
    low, high = task.reward_low, task.reward_high
    ends = (
        "no bounds known"
        if low is None and high is None
        else f"{_end(low, '-')} to {_end(high, '')} per step"
    )
    if task.seen_low is None or task.seen_high is None:
        return ends
    return f"{ends}; {number(task.seen_low)} to {number(task.seen_high)} seen"


def _end(value: float | None, sign: str) -> str:
    return f"{sign}infinity" if value is None else number(value)


def _played(played: Played | None) -> str:
    if played is None:
        return "not played"
    error = "" if played.error is None else f" +- {number(_rounded(played.error))}"
    parts = [f"return {number(played.mean)}{error}"]
    if played.length is not None:
        parts.append(f"length {number(played.length)}")
    if played.success is not None:
        parts.append(f"success {100 * played.success:.0f}%")
    return ", ".join(parts) + f" ({plural(played.episodes, 'episode')})"


def _rounded(value: float) -> float:
    return float(f"{value:.2g}")


def _scores(scores: Sequence[Published]) -> Iterator[str]:
    if not scores:
        return
    yield ""
    yield f"  {'published':<14}{'score':>9}{'spread':>8}{'steps':>12}{'seeds':>6}  of"
    for one in sorted(scores, key=lambda one: (one.algorithm, one.steps or 0)):
        spread = "" if one.spread is None else number(_rounded(one.spread))
        steps = "" if one.steps is None else f"{one.steps:,.0f}"
        numbers = f"{_short(one.score):>9}{spread:>8}{steps:>12}{one.seeds or '':>6}"
        yield f"  {clean(one.algorithm):<14}{numbers}  {clean(one.env)}"


def _sources(task: Task) -> Iterator[str]:
    """Each source once, with what it gave."""
    given: dict[str, list[str]] = {}
    for what, source in task.sources.items():
        given.setdefault(source, []).append(what)
    for name, played in (("random", task.random), ("idle", task.idle)):
        if played is not None:
            given.setdefault(played.source, []).append(name)
    for one in task.published:
        known = given.setdefault(f"{one.source}: {one.kind}", [])
        if one.algorithm not in known:
            known.append(one.algorithm)
    for source, parts in given.items():
        yield f"{', '.join(parts)}: {source}"


def _json(task: Task) -> dict[str, Any]:
    return {name: _finite(value) for name, value in asdict(task).items()}


def _finite(value: Any) -> Any:
    """JSON has no infinity: an action without a bound has null there."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, tuple | list):
        return [_finite(one) for one in value]
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    return value
