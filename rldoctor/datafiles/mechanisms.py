"""What frameworks and algorithms can be told to do: ``mechanisms.yaml`` of the vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from typing import Any

from rldoctor.compiled.store import Compiled
from rldoctor.datafiles.canonical import vocabulary_names, vocabulary_sources
from rldoctor.datafiles.packs import BUILTIN
from rldoctor.model.algorithms import matches
from rldoctor.plain_data import dataclass

FILE = "mechanisms.yaml"
NEVER, ALWAYS = "never", "always"


@dataclass(frozen=True, slots=True)
class Support:
    """How a framework has a mechanism; ``algorithms``: for these only. ``by``: what switches it on."""

    state: str
    algorithms: tuple[str, ...] = ()
    by: str = ""
    default: bool = False


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One mechanism; see the head of ``mechanisms.yaml``."""

    name: str
    says: str
    words: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ("any",)
    never: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    on: tuple[str, ...] = ()
    on_at_zero: tuple[str, ...] = ()
    denied_below: Mapping[str, float] = field(default_factory=dict)
    frameworks: Mapping[str, Support] = field(default_factory=dict)

    def support(self, framework: str, algorithm: str) -> Support | None:
        """What is known of a framework; None where nothing is."""
        found = self.frameworks.get(framework)
        return found if found and matches(algorithm, found.algorithms or ("any",)) else None

    def absent(self, framework: str, algorithm: str) -> bool:
        """Whether there is no such thing here."""
        if algorithm and (not matches(algorithm, self.algorithms) or matches(algorithm, self.never)):
            return True
        found = self.support(framework, algorithm)
        return found is not None and found.state == NEVER

    def present(self, framework: str, algorithm: str, config: Mapping[str, float]) -> bool:
        """Whether it is so already, by construction or by the settings."""
        if any(config[name] < least for name, least in self.denied_below.items() if name in config):
            return False
        found = self.support(framework, algorithm)
        made = found is not None and found.state == ALWAYS
        return (
            made
            or (bool(algorithm) and matches(algorithm, self.always))
            or any(config.get(name, 0.0) > 0 for name in self.on)
            or any(config.get(name) == 0 for name in self.on_at_zero)
        )


@dataclass(frozen=True, slots=True)
class Mechanisms:
    """All of them by name, which algorithms have a setting, and with what the linter tries prescriptions.

    ``samples``: a low, a usual and a high value of a setting; ``levels``: of a metric (1 for the others).
    """

    named: Mapping[str, Mechanism] = field(default_factory=dict)
    knobs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    samples: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    levels: Mapping[str, float] = field(default_factory=dict)

    def has_knob(self, knob: str, algorithm: str) -> bool:
        """Whether an algorithm has a setting; True where nothing speaks against it."""
        only = self.knobs.get(knob)
        return only is None or not algorithm or matches(algorithm, only)


@lru_cache(maxsize=1)
def mechanisms() -> Mechanisms:
    """The built-in mechanisms. RuleError for a wrong file."""
    return MECHANISMS.load()


def read_mechanisms() -> Mechanisms:
    """The same, from the file."""
    from rldoctor.datafiles.mechanisms_file import mechanisms_file

    return build(mechanisms_file(BUILTIN / FILE, vocabulary_names()))


def build(data: Mapping[str, Any]) -> Mechanisms:
    """Typed values from checked plain ones."""
    named = {name: _mechanism(name, entry) for name, entry in data["mechanisms"].items()}
    return Mechanisms(
        named,
        {name: tuple(only) for name, only in data["knobs"].items()},
        {name: tuple(map(float, three)) for name, three in data["samples"].items()},
        {name: float(level) for name, level in data["levels"].items()},
    )


_LISTS = ("words", "algorithms", "never", "always", "on", "on_at_zero")


def _mechanism(name: str, entry: Mapping[str, Any]) -> Mechanism:
    frameworks = {
        one: Support(row["state"], tuple(row.get("for", ())), row.get("by", ""), row.get("default", False))
        for one, row in entry.get("frameworks", {}).items()
    }
    lists = {key: tuple(entry[key]) for key in _LISTS if key in entry}
    denied = {knob: float(least) for knob, least in entry.get("denied_below", {}).items()}
    return Mechanism(name, entry["says"], **lists, denied_below=denied, frameworks=frameworks)


MECHANISMS = Compiled(
    "mechanisms", Mechanisms, lambda: [BUILTIN / FILE, *vocabulary_sources()], read_mechanisms
)
