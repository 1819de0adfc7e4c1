"""The task of a run: from what the user says, its configuration, its own name, the folders it lies in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from rldoctor.model.task import Task, TaskMatch
from rldoctor.plain_data import replace
from rldoctor.tasks import names
from rldoctor.tasks.table import load, split


def find_task(name: str, *, user_tables: Sequence[Task] = ()) -> Task | None:
    """The task that ``name`` stands for (an id, ``module:id``, dm_control's ``cheetah_run``), else None.

    What the user wrote about a task wins over the shipped table, field by field.
    """
    own = {task.id: task for task in user_tables}
    id_ = names.whole(name, own)
    if not id_:
        return None
    shipped, written = load().task(id_), own.get(id_)
    if shipped is None or written is None:
        return written or shipped
    return overridden(shipped, written)


def overridden(shipped: Task, written: Task) -> Task:
    """``shipped`` with every field that ``written`` knows."""
    known = {
        one.name: value
        for one in fields(Task)
        if one.name not in ("id", "family", "sources", "notes", "published")
        and (value := getattr(written, one.name)) not in (None, "", ())
    }
    return replace(
        shipped,
        **known,
        published=(*written.published, *shipped.published),
        sources={**shipped.sources, **written.sources},
        notes=(*shipped.notes, *written.notes),
    )


def task_of(
    *,
    option: str = "",
    config: str = "",
    config_where: str = "the configuration",
    run_name: str = "",
    folders: Sequence[str] = (),
    user_tables: Sequence[Task] = (),
) -> TaskMatch:
    """The task of a run and how it was told; a match without a task says why there is none.

    The order: ``option`` (``--env``) settles it, then ``config`` (the environment's name in the settings),
    then ``run_name`` and ``folders`` together. A configuration that names something else is never overruled
    by a folder, and two different tasks are none.
    """
    if option:
        return _named(option, f"--env {option}", user_tables)
    said = names.inside_all((run_name, *folders), [task.id for task in user_tables])
    if config and config.casefold() not in names.words().nameless:
        return _configured(config, config_where, said.ids, user_tables)
    if len(said.ids) == 1:
        id_ = next(iter(said.ids))
        return TaskMatch(find_task(id_, user_tables=user_tables), id_, f"the name '{said.places[id_]}'")
    if said.ids:
        listed = " and ".join(sorted(said.ids))
        return TaskMatch(None, "", f"the names of run and folders speak of {listed}")
    return TaskMatch(None, "", said.refused or "neither configuration nor names speak of a known task")


def _named(name: str, how: str, user_tables: Sequence[Task]) -> TaskMatch:
    task = find_task(name, user_tables=user_tables)
    return TaskMatch(task, name, how if task is not None else f"{how} is not in the table of tasks")


def _configured(config: str, where: str, said: set[str], user_tables: Sequence[Task]) -> TaskMatch:
    found = _named(config, f"'{config}' in {where}", user_tables)
    task = found.task
    if task is None and "<" in config:
        # What Python prints for a wrapped environment: <TimeLimit<...<CartPole-v1>>>.
        inner, _ = names.inside(config, [one.id for one in user_tables])
        if len(inner) == 1:
            task = find_task(inner.pop(), user_tables=user_tables)
            found = TaskMatch(task, config, f"'{config}' in {where}")
    if task is None:
        return found
    others = {id_ for id_ in said if split(id_)[0] != split(task.id)[0]}
    if others:
        return TaskMatch(None, config, f"'{config}' in {where}, but its folder speaks of {min(others)}")
    return found
