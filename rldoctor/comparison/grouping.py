"""Runs that differ only in the seed."""

from __future__ import annotations

from collections.abc import Sequence

from rldoctor.comparison.criteria import CompareCriteria
from rldoctor.comparison.settings import settings_of
from rldoctor.model.comparison import Arm
from rldoctor.model.run import Run

GroupKey = tuple[object, ...]
# What a run was made with is no setting of it: seeds are also trained on different machines.
_MADE_WITH = "versions."


def seed_groups(
    runs: Sequence[Run], criteria: CompareCriteria, terms: Sequence[object] = ()
) -> list[list[int]]:
    """Indices of the runs, in groups of equal framework, algorithm, environment, settings and ``terms``.

    Settings that only name a run (seed, paths, dates: ``bookkeeping`` of ``rules/compare.yaml``) do not
    count, nor do versions of libraries. A run whose log holds no settings is a group of its own, as nobody
    can say what it differs in; so is one whose algorithm or environment is not known. ``terms``: hashable,
    one for each run, empty where nothing else tells runs apart.
    """
    groups: dict[GroupKey, list[int]] = {}
    for index, (run, own) in enumerate(zip(runs, terms or [None] * len(runs), strict=True)):
        settings = _settings(run, criteria)
        # The axis too: returns against iterations and against transitions do not share a curve.
        key: GroupKey = (run.framework, run.algorithm, run.env, run.axis, settings, own)
        # Nobody can say of a run without settings that it differs in the seed only; grouped by mistake it
        # would widen the spread of a good arm.
        told = bool(settings and run.algorithm and run.env)
        groups.setdefault(key if told else ("alone", index), []).append(index)
    return list(groups.values())


def _settings(run: Run, criteria: CompareCriteria) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = settings_of(Arm("seeds", str(run.path), (run,)), criteria).values()
    counted = (one for one in found if not (one.default or one.computed or one.name.startswith(_MADE_WITH)))
    return tuple(sorted((one.name, one.values) for one in counted))
