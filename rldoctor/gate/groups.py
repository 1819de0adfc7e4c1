"""Runs that differ only in the seed."""

from __future__ import annotations

from collections.abc import Sequence

from rldoctor.engine.comparison.criteria import Criteria
from rldoctor.engine.comparison.settings import settings_of
from rldoctor.model.comparison import Arm
from rldoctor.model.run import Run

Key = tuple[object, ...]


def seed_groups(runs: Sequence[Run], terms: Sequence[object], criteria: Criteria) -> list[list[int]]:
    """Indices of the runs, in groups of equal framework, algorithm, environment, settings and ``terms``.

    Settings that only name a run (seed, paths, dates: ``bookkeeping`` of ``rules/compare.yaml``) do not
    count. A run whose log holds no settings is a group of its own, as nobody can say what it differs in; so
    is one whose algorithm or environment is not known.
    """
    groups: dict[Key, list[int]] = {}
    for index, (run, own) in enumerate(zip(runs, terms, strict=True)):
        settings = _settings(run, criteria)
        key: Key = (run.framework, run.algorithm, run.env, run.axis, settings, own)
        told = bool(settings and run.algorithm and run.env)
        groups.setdefault(key if told else ("alone", index), []).append(index)
    return list(groups.values())


def _settings(run: Run, criteria: Criteria) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = settings_of(Arm("seeds", str(run.path), (run,)), criteria).values()
    return tuple(sorted((one.name, one.values) for one in found if not (one.default or one.computed)))
