"""What is audited, and every number the models decide with, as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from rldoctor.plain_data import dataclass


@dataclass(frozen=True, slots=True)
class AuditedQuantity:
    """One audited setting or mechanism.

    ``absent`` says of a mechanism that it is not there; ``knob`` is the setting it is held against, empty
    for one. ``sets``: the knob that the log itself gives away. Implied and configured value contradict
    each other where the configured one is outside the implied interval by more than ``absolute``, and by
    more than ``relative`` of the larger of the two.
    """

    name: str
    title: str
    unit: str
    source: str
    absent: str = ""
    knob: str = ""
    sets: str = ""
    absolute: float = 0.0
    relative: float = 0.0


@dataclass(frozen=True, slots=True)
class LibraryFormula:
    """How one library computes a number that it logs.

    ``source``: version, file and line it was read from. ``row``: what a row holds, ``mean`` over an update,
    ``last`` minibatch, or empty where that makes no difference. ``when``: settings and the values with which
    it holds, ``unknown`` for one that nobody wrote down. ``numbers``: named numbers that differ for it.
    """

    source: str
    row: str = ""
    form: str = ""
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditCriteria:
    """The quantities by name, the named numbers, and formulas by name and library."""

    quantities: Mapping[str, AuditedQuantity] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    formulas: Mapping[str, Mapping[str, LibraryFormula]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> float:
        """A number by name; KeyError for one that the file does not define."""
        return self.numbers[name]
