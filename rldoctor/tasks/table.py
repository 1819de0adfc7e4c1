"""The shipped table: facts by exact id, and what may be borrowed from another version of the same family.

``measured.csv`` is written by ``python -m rldoctor.tasks``; the other files were gathered by hand. Long files
are split only for the task that is asked for, so that a look-up costs a millisecond or two and not ten.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from rldoctor.model.task import Published, Task
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass, replace
from rldoctor.tasks.rows import task_of_row

DATA = Path(__file__).parent / "data"
VERSION = pattern(r"(.+)-(v\d+)")


@dataclass(frozen=True, slots=True)
class Family:
    """Versions of one environment: those of a group give the same reward, so their scores may be compared."""

    groups: tuple[tuple[str, ...], ...]
    note: str
    source: str

    @property
    def versions(self) -> list[str]:
        """All versions, oldest first."""
        return [version for group in self.groups for version in group]

    def group(self, version: str) -> tuple[str, ...]:
        """The versions that give the same reward as ``version``, itself included."""
        return next((group for group in self.groups if version in group), ())


@dataclass(frozen=True, slots=True)
class Definition:
    """What the source code of some tasks says of reward and ending."""

    patterns: tuple[str, ...]
    reward_low: float | None
    reward_high: float | None
    each_step: float | None
    ends: str
    source: str


@dataclass(frozen=True, slots=True)
class TaskTable:
    """The files as read; ``measured`` and ``published`` hold lines that are not split yet."""

    columns: tuple[str, ...]
    measured: Mapping[str, str]
    published: Mapping[str, tuple[str, ...]]
    sources: Mapping[str, str]
    families: Mapping[str, Family]
    definitions: tuple[Definition, ...]

    def ids(self) -> list[str]:
        """Every id that the table knows, versions that are known by their family included."""
        versions = (f"{name}-{one}" for name, family in self.families.items() for one in family.versions)
        return list(dict.fromkeys([*self.measured, *self.published, *versions]))

    def task(self, id_: str) -> Task | None:
        """The facts of an exact id, with those of its family that hold for it too; None when not known."""
        family, version = split(id_)
        base = self._row(id_) or (Task(id_) if id_ in self.published else None)
        known = self.families.get(family)
        if known is not None and version in known.versions:
            base = self._with_family(base or Task(id_), family, version, known)
        if base is None:
            return None
        told = replace(base, family=family, published=self._scores(self._same(id_)))
        if not told.published and known is not None:
            others = self._scores(f"{family}-{one}" for one in known.versions)
            told = replace(told, other_versions=others)
        return self._defined(told)

    def _row(self, id_: str) -> Task | None:
        line = self.measured.get(id_)
        if line is None:
            return None
        return task_of_row(dict(zip(self.columns, next(csv.reader([line])), strict=True)))

    def _same(self, id_: str) -> list[str]:
        """The ids whose scores are comparable: the task itself first."""
        family, version = split(id_)
        known = self.families.get(family)
        group = known.group(version) if known is not None else ()
        return list(dict.fromkeys([id_, *(f"{family}-{one}" for one in group)]))

    def _with_family(self, task: Task, name: str, version: str, family: Family) -> Task:
        """Fill what the version lacks: everything from one of the same reward, else spaces and limit only."""
        notes = (f"{family.note} ({family.source})",) if family.note else ()
        if not task.action:
            near = sorted(family.versions, key=lambda one: abs(_number(one) - _number(version)))
            group = family.group(version)
            for other in [*(one for one in near if one in group), *near]:
                row = self._row(f"{name}-{other}")
                if row is not None:
                    task, told = _borrowed(task, row, same=other in group)
                    notes = (told, *notes)
                    break
        return replace(task, notes=(*task.notes, *notes))

    def _scores(self, ids: Iterable[str]) -> tuple[Published, ...]:
        rows = [row for id_ in ids for row in csv.reader(self.published.get(id_, ()))]
        return tuple(
            Published(
                env=env,
                algorithm=algorithm,
                score=float(score),
                spread=float(spread) if spread else None,
                steps=float(steps) if steps else None,
                seeds=int(seeds) if seeds else None,
                kind=self.sources[kind],
                source=self.sources[source],
            )
            for env, algorithm, score, spread, steps, seeds, kind, source in rows
        )

    def _defined(self, task: Task) -> Task:
        for one in self.definitions:
            if any(fnmatchcase(task.id, pattern) for pattern in one.patterns):
                return _with_definition(task, one)
        return task


def split(id_: str) -> tuple[str, str]:
    """Family and version: ``Ant-v4`` is ``Ant`` and ``v4``; the version is empty where there is none."""
    found = VERSION.fullmatch(id_)
    return (found[1], found[2]) if found else (id_, "")


def _number(version: str) -> int:
    return int(version[1:])


def _borrowed(task: Task, row: Task, *, same: bool) -> tuple[Task, str]:
    if same:
        note = (
            f"spaces and the returns of simple policies were measured in {row.id}, whose reward is the same"
        )
        return replace(row, id=task.id), note
    note = f"spaces and time limit are those of {row.id}; its returns are not used, as its reward differs"
    spaces = {name: row.sources[name] for name in ("spaces",) if name in row.sources}
    return replace(
        task,
        action=row.action,
        action_dim=row.action_dim,
        action_low=row.action_low,
        action_high=row.action_high,
        choices=row.choices,
        horizon=row.horizon,
        sources={**task.sources, **spaces},
    ), note


def _with_definition(task: Task, one: Definition) -> Task:
    sources = dict(task.sources)
    if one.reward_low is not None or one.reward_high is not None:
        sources["reward"] = one.source
    if one.ends:
        sources["ending"] = one.source
    return replace(
        task,
        reward_low=one.reward_low,
        reward_high=one.reward_high,
        each_step=one.each_step,
        ends_early=one.ends != "none" if one.ends else task.ends_early,
        ending="" if one.ends == "none" else one.ends,
        sources=sources,
    )


@cache
def load() -> TaskTable:
    """The shipped table, read once per process."""
    columns, measured = _lines("measured.csv")
    _, published = _lines("published.csv")
    by_env: dict[str, list[str]] = {}
    for line in published:
        by_env.setdefault(line.partition(",")[0], []).append(line)
    return TaskTable(
        columns=tuple(columns.split(",")),
        measured={line.partition(",")[0]: line for line in measured},
        published={env: tuple(lines) for env, lines in by_env.items()},
        sources={row["key"]: row["text"] for row in _rows("sources.csv")},
        families={row["family"]: _family(row) for row in _rows("families.csv")},
        definitions=tuple(_definition(row) for row in _rows("definitions.csv")),
    )


def _lines(name: str) -> tuple[str, list[str]]:
    first, *rest = (DATA / name).read_text(encoding="utf-8").splitlines()
    return first, rest


def _rows(name: str) -> Iterable[dict[str, str]]:
    return csv.DictReader((DATA / name).read_text(encoding="utf-8").splitlines())


def _family(row: Mapping[str, str]) -> Family:
    groups = tuple(tuple(group.split()) for group in row["same_reward"].split("|"))
    return Family(groups, row["note"], row["source"])


def _definition(row: Mapping[str, str]) -> Definition:
    names = ("reward_low", "reward_high", "each_step")
    low, high, each = (float(row[name]) if row[name] else None for name in names)
    return Definition(tuple(row["tasks"].split()), low, high, each, row["ends"], row["source"])
