"""What the outcome is judged with, as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from rldoctor.plain_data import dataclass


@dataclass(frozen=True, slots=True)
class Criteria:
    """Everything the outcome is judged with: numbers by name, and lists of numbers by name.

    ``rewards``: settings that make another reward of a task's, with the value that does not.
    ``bounds``: those that bound the reward of a step between 0 and this.
    """

    limits: Mapping[str, float] = field(default_factory=dict)
    grids: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    rewards: Mapping[str, float | None] = field(default_factory=dict)
    bounds: Mapping[str, float] = field(default_factory=dict)

    def __getitem__(self, name: str) -> float:
        """A number by name; KeyError for one that the file does not define."""
        return self.limits[name]

    def whole(self, name: str) -> int:
        """A number that counts something."""
        return int(self.limits[name])

    def grid(self, name: str) -> tuple[float, ...]:
        """A list of numbers by name, in rising order."""
        return self.grids[name]
