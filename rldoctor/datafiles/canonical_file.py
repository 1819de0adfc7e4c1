"""The form of ``canonical.yaml`` and ``algorithms.yaml``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from rldoctor.datafiles.read import SCHEMA, checked
from rldoctor.datafiles.scalars import Choice, Name, TextValue
from rldoctor.datafiles.shapes import ListOf, MapOf, Record
from rldoctor.datafiles.sheet import Names
from rldoctor.model.algorithms import FAMILIES
from rldoctor.plain_data import dataclass


@dataclass(frozen=True, slots=True)
class NewName(Name):
    """A name that nothing may have yet: a second meaning would change what the built-in rules read."""

    def objection(self, value: str, names: Names) -> str:
        """A name that is taken."""
        taken: Collection[str] = names.get(self.of, ())
        return f"the {self.what} '{value}' exists already: give yours another name" if value in taken else ""


# What only such actions, or only such a network, have.
_ACTIONS = Choice(("continuous",), "kind of actions")
_NETWORK = Choice(("policy",), "network")
METRIC = Record(
    {"unit": TextValue(), "meaning": TextValue()},
    {"sign": TextValue(), "actions": _ACTIONS, "network": _NETWORK},
)
MEANT = Record({"meaning": TextValue()}, {"actions": _ACTIONS})
# Only for a pack ``checked`` is given the names that are taken; nothing in our own file is.
_SECTIONS = {
    "metrics": MapOf(METRIC, NewName("metric", "metric")),
    "knobs": MapOf(MEANT, NewName("knob", "knob")),
    "axes": MapOf(MEANT, NewName("axis", "axis unit")),
}
CANONICAL = Record({**_SECTIONS, "schema": SCHEMA})
# A pack need not have a section it adds nothing to.
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
        "families": Record(dict.fromkeys(FAMILIES, _METRICS)),
        "ambiguous": MapOf(_METRICS, Name("metric")),
    }
)


def canonical_file(path: Path) -> Mapping[str, Any]:
    """The plain ``canonical.yaml`` of the program. RuleError with every problem of the file."""
    data: Mapping[str, Any] = checked(path, CANONICAL)
    return data


def additions_file(path: Path, taken: Names) -> Mapping[str, Any]:
    """The plain ``canonical.yaml`` of a pack, which gives no new meaning to the names that are ``taken``.

    RuleError with every problem of the file.
    """
    data: Mapping[str, Any] = checked(path, ADDITIONS, taken)
    return data


def algorithms_file(path: Path, metrics: Collection[str]) -> dict[str, Any]:
    """The plain ``algorithms.yaml``. RuleError with every problem of the file."""
    data: dict[str, Any] = checked(path, ALGORITHM_FILE, {"metric": metrics})
    return data
