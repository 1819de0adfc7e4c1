"""The canonical names: ``canonical.yaml`` of the vocabulary, and what packs add to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from rldoctor.compiled.store import Compiled
from rldoctor.datafiles.packs import BUILTIN, Packs
from rldoctor.model.addition import SETTING
from rldoctor.model.algorithms import GROUPS
from rldoctor.plain_data import dataclass

# What a fingerprint looks at.
MARKS = ("tags", "files", "contexts", "settings")
FILE, FRAMEWORKS, ALGORITHMS = "canonical.yaml", "frameworks", "algorithms.yaml"


@dataclass(frozen=True, slots=True)
class Canonical:
    """Every canonical name: metric -> unit, the knobs, the units of a step axis.

    ``continuous``: metrics, and settings as ``config.x``, that discrete actions do not have; ``of_policy``:
    what a learner without a policy network does not have.
    """

    units: Mapping[str, str]
    knobs: frozenset[str]
    axes: frozenset[str]
    continuous: frozenset[str] = frozenset()
    of_policy: frozenset[str] = frozenset()


@lru_cache(maxsize=16)
def canonical(packs: Packs = ()) -> Canonical:
    """The built-in names, then those that the vocabulary folders ``packs`` add. RuleError for a wrong one."""
    known = CANONICAL.load()
    # One after the other: a pack may not take a name that an earlier one has given a meaning either.
    for folder in packs:
        if (path := folder / FILE).is_file():
            # Only packs that add names need the checker.
            from rldoctor.datafiles.canonical_file import additions_file

            known = _with(known, additions_file(path, _taken(known)))
    return known


def read_canonical() -> Canonical:
    """The built-in names, from their file. RuleError with every problem of it."""
    from rldoctor.datafiles.canonical_file import canonical_file

    data = canonical_file(BUILTIN / FILE)
    return Canonical(
        _units(data),
        frozenset(data["knobs"]),
        frozenset(data["axes"]),
        _only(data, "actions"),
        _only(data, "network"),
    )


def _units(data: Mapping[str, Any]) -> dict[str, str]:
    return {name: info["unit"] for name, info in data.get("metrics", {}).items()}


def _only(data: Mapping[str, Any], key: str) -> frozenset[str]:
    """What the file restricts: ``actions`` to continuous ones, ``network`` to a policy's."""
    sections = (("", data.get("metrics", {})), (SETTING, data.get("knobs", {})))
    return frozenset(
        kind + name for kind, section in sections for name, info in section.items() if key in info
    )


def _taken(known: Canonical) -> dict[str, Collection[str]]:
    return {"metric": known.units.keys(), "knob": known.knobs, "axis": known.axes}


def _with(known: Canonical, data: Mapping[str, Any]) -> Canonical:
    return Canonical(
        {**known.units, **_units(data)},
        known.knobs | data.get("knobs", {}).keys(),
        known.axes | data.get("axes", {}).keys(),
        known.continuous | _only(data, "actions"),
        known.of_policy | _only(data, "network"),
    )


@lru_cache(maxsize=1)
def algorithm_file() -> Mapping[str, Any]:
    """``algorithms.yaml``, checked. RuleError for a wrong file."""
    return ALGORITHM_NAMES.load()


def read_algorithms() -> dict[str, Any]:
    """The same, from the file."""
    from rldoctor.datafiles.canonical_file import algorithms_file

    return algorithms_file(BUILTIN / ALGORITHMS, canonical().units.keys())


@lru_cache(maxsize=1)
def algorithms() -> frozenset[str]:
    """What an algorithm may be called in a data file: canonical names, groups, ``any``."""
    # Rules and tables may speak of algorithms that no configuration has a word for (`npg`).
    return frozenset(algorithm_file()["names"]).union(*GROUPS.values(), GROUPS, ("any",))


def framework_names(packs: Packs = ()) -> list[str]:
    """Names of all framework tables and ``generic``, sorted."""
    folders = (BUILTIN, *packs)
    # ``generic`` is no file among the tables: its rules have another form.
    found = {path.stem for folder in folders for path in (folder / FRAMEWORKS).glob("*.yaml")}
    return sorted(found | {"generic"})


def vocabulary_names(packs: Packs = ()) -> dict[str, Collection[str]]:
    """Everything that data files may refer to by its canonical name."""
    known = canonical(packs)
    return {
        "metric": known.units.keys(),
        "knob": known.knobs,
        "axis": known.axes,
        "algorithm": algorithms(),
        "framework": framework_names(packs),
    }


def vocabulary_sources() -> list[Path]:
    """The files in which the names stand that every other data file may refer to."""
    return [BUILTIN / FILE, BUILTIN / ALGORITHMS, BUILTIN / FRAMEWORKS]


CANONICAL = Compiled("canonical", Canonical, lambda: [BUILTIN / FILE], read_canonical)
# Made from both files: the metrics that ``algorithms.yaml`` speaks of are checked against ``canonical.yaml``.
ALGORITHM_NAMES = Compiled(
    "algorithms", dict, lambda: [BUILTIN / FILE, BUILTIN / ALGORITHMS], read_algorithms
)
