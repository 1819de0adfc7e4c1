"""The canonical names: ``canonical.yaml`` of the vocabulary, and what packs add to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rldoctor.datafiles.packs import BUILTIN, Packs
from rldoctor.datafiles.read import SCHEMA, checked
from rldoctor.datafiles.scalars import Name, TextValue
from rldoctor.datafiles.shapes import ListOf, MapOf, Record
from rldoctor.datafiles.sheet import Names
from rldoctor.model.algorithms import OFF_POLICY, ON_POLICY

FILE, FRAMEWORKS, ALGORITHMS = "canonical.yaml", "frameworks", "algorithms.yaml"


@dataclass(frozen=True, slots=True)
class NewName(Name):
    """A name that nothing may have yet: a second meaning would change what the built-in rules read."""

    def objection(self, value: str, names: Names) -> str:
        """A name that is taken."""
        taken: Collection[str] = names.get(self.of, ())
        return f"the {self.what} '{value}' exists already: give yours another name" if value in taken else ""


METRIC = Record({"unit": TextValue(), "meaning": TextValue()}, {"sign": TextValue()})
MEANT = Record({"meaning": TextValue()})
_SECTIONS = {
    "metrics": MapOf(METRIC, NewName("metric", "metric")),
    "knobs": MapOf(MEANT, NewName("knob", "knob")),
    "axes": MapOf(MEANT, NewName("axis", "axis unit")),
}
CANONICAL = Record({**_SECTIONS, "schema": SCHEMA})
ADDITIONS = Record({}, {**_SECTIONS, "schema": SCHEMA})

_ALIASES = ListOf(TextValue(), least=1, unique=True)
_METRICS = ListOf(Name("metric"), least=1)
ALGORITHM_FILE = Record(
    {
        "schema": SCHEMA,
        "names": MapOf(_ALIASES),
        "not_in_names": ListOf(TextValue()),
        "modules": ListOf(TextValue(), least=1),
        "settings": ListOf(TextValue(), least=1),
        "signs": ListOf(Record({"algorithm": Name("algorithm"), "metrics": _METRICS})),
        "families": Record({"on_policy": _METRICS, "off_policy": _METRICS}),
        "ambiguous": MapOf(_METRICS, Name("metric")),
    }
)


@dataclass(frozen=True, slots=True)
class Canonical:
    """Every canonical name: metric -> unit, the knobs, the units of a step axis."""

    units: Mapping[str, str]
    knobs: frozenset[str]
    axes: frozenset[str]


@lru_cache(maxsize=16)
def canonical(packs: Packs = ()) -> Canonical:
    """The built-in names, then those that the vocabulary folders ``packs`` add. RuleError for a wrong one."""
    data = checked(BUILTIN / FILE, CANONICAL)
    known = Canonical(_units(data), frozenset(data["knobs"]), frozenset(data["axes"]))
    # One after the other: a pack may not take a name that an earlier one has given a meaning either.
    for folder in packs:
        if (path := folder / FILE).is_file():
            known = _with(known, checked(path, ADDITIONS, _taken(known)))
    return known


def _units(data: Mapping[str, Any]) -> dict[str, str]:
    return {name: info["unit"] for name, info in data.get("metrics", {}).items()}


def _taken(known: Canonical) -> Names:
    return {"metric": known.units.keys(), "knob": known.knobs, "axis": known.axes}


def _with(known: Canonical, data: Mapping[str, Any]) -> Canonical:
    return Canonical(
        {**known.units, **_units(data)},
        known.knobs | data.get("knobs", {}).keys(),
        known.axes | data.get("axes", {}).keys(),
    )


@lru_cache(maxsize=1)
def algorithm_file() -> Mapping[str, Any]:
    """``algorithms.yaml``, checked. RuleError for a wrong file."""
    names = {"metric": canonical().units.keys()}
    data: Mapping[str, Any] = checked(BUILTIN / ALGORITHMS, ALGORITHM_FILE, names)
    return data


@lru_cache(maxsize=1)
def algorithms() -> frozenset[str]:
    """What an algorithm may be called in a data file: canonical names, families, ``any``."""
    # Rules and tables may speak of algorithms that no configuration has a word for (`npg`).
    return frozenset(algorithm_file()["names"]) | ON_POLICY | OFF_POLICY | {"any", "on_policy", "off_policy"}


def framework_names(packs: Packs = ()) -> list[str]:
    """Names of all framework tables and ``generic``, sorted."""
    folders = (BUILTIN, *packs)
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
