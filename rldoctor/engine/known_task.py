"""Settings that are known from the name of the task: dimensions and bounds of the actions, the time limit.

They open rules that could not look for want of them. What the log or its configuration says stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rldoctor.model.config import Knob
from rldoctor.model.run import Run
from rldoctor.model.task import Task


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
