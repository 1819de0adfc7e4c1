"""Runs that differ only in the seed, for a page of many runs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rldoctor.engine.comparison.criteria import Criteria, load_criteria
from rldoctor.engine.comparison.settings import settings_of
from rldoctor.model.comparison import Arm
from rldoctor.model.run import Run
from rldoctor.report.clean import clean
from rldoctor.rulebook.locate import builtin_rules_dir

Key = tuple[object, ...]


def seed_groups(runs: Sequence[Run]) -> list[list[int]]:
    """Indices of the runs, in groups of equal framework, algorithm, environment and settings.

    A run whose log holds no settings is a group of its own: nobody can say what it differs in. So is one
    whose algorithm or environment is not known.
    """
    criteria = load_criteria(builtin_rules_dir())
    groups: dict[Key, list[int]] = {}
    for index, run in enumerate(runs):
        groups.setdefault(_key(index, run, criteria), []).append(index)
    return list(groups.values())


def _key(index: int, run: Run, criteria: Criteria) -> Key:
    found = settings_of(Arm("", str(run.path), (run,)), criteria)
    settings = tuple(
        sorted((name, one.values) for name, one in found.items() if not (one.default or one.computed))
    )
    if not (settings and run.algorithm and run.env):
        return ("alone", index)
    return (run.framework, run.algorithm, run.env, run.axis, settings)


def group_name(names: Sequence[str]) -> str:
    """What the names of a group have in common: ``ppo-Hopper-v5`` of ``ppo-Hopper-v5-0`` and ``-1``."""
    if len(names) == 1:
        return names[0]
    first, last = min(names), max(names)
    common = 0
    while common < min(len(first), len(last)) and first[common] == last[common]:
        common += 1
    return clean(re.sub(r"[-_/.#\s]*(seed|s)?[-_=]*$", "", first[:common], flags=re.IGNORECASE)) or clean(
        first
    )
