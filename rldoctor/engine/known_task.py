"""What the user says of tasks, and settings known from the name of one: actions and their bounds, time limit.

The settings open rules that could not look for want of them. What the log or its configuration says stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rldoctor.engine.policy import Policy
from rldoctor.errors import UsageError, did_you_mean
from rldoctor.model.config import Knob
from rldoctor.model.run import Run
from rldoctor.model.task import Task
from rldoctor.plain_data import replace


def with_tasks(policy: Policy, tasks: Sequence[Task] | Mapping[str, Mapping[str, Any]], env: str) -> Policy:
    """The policy with the user's tasks (as read, or as a settings file has them) and the task of all runs.

    UsageError where ``env`` is no known task, or an entry is wrong.
    """
    if not tasks and not env:
        return policy
    from rldoctor.tasks.entry import tasks_from_settings
    from rldoctor.tasks.find import find_task
    from rldoctor.tasks.table import load

    own = tasks_from_settings(tasks, "tasks") if isinstance(tasks, Mapping) else tuple(tasks)
    if env and find_task(env, user_tables=own) is None:
        raise UsageError(
            f"no task '{env}' is known{did_you_mean(env, [*load().ids(), *(one.id for one in own)])}",
            hint='see: rldoctor task list; an entry [task."NAME"] in rldoctor.toml adds one',
        )
    return replace(policy, tasks=own, env=env)


def with_task(run: Run, task: Task | None) -> Run:
    """The run with the settings of its task that nobody wrote down."""
    if task is None:
        return run
    source = f"known of {task.id}"
    found = {name: Knob(name, value, name, value, source) for name, value in _settings(task)}
    return replace(run, config=replace(run.config, knobs={**found, **run.config.knobs}))


def _settings(task: Task) -> Iterator[tuple[str, float | int]]:
    if task.action == "box" and task.action_dim:
        yield "action_dim", task.action_dim
        # The widest component, as the bounds of a configuration are read.
        if task.action_high and max(map(abs, task.action_high)) < float("inf"):
            yield "action_high", max(task.action_high, key=abs)
        if task.action_low and max(map(abs, task.action_low)) < float("inf"):
            yield "action_low", max(task.action_low, key=abs)
    if task.action == "discrete" and task.choices:
        yield "n_actions", task.choices
    if task.horizon:
        yield "max_episode_length", task.horizon
