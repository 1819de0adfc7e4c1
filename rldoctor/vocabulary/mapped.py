"""A logged series together with what it was found to mean."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rldoctor.model.raw import FloatArray, RawSeries
from rldoctor.vocabulary.tables import TagRule

# Guesses come after every row of a table.
GUESSED_ORDER = 100_000
# Which unit a counter counts.
COUNTERS = {
    "env_steps": "env_steps",
    "vec_steps": "vec_steps",
    "frames": "frames",
    "iterations": "iterations",
    "epochs": "epochs",
    "gradient_updates": "updates",
    "episodes": "episodes",
}


@dataclass(frozen=True, slots=True)
class Mapped:
    """One logged series, its rule, and the ``unit`` of its own steps.

    ``order`` ranks rivals for one metric (lower is preferred); ``part`` is what a wildcard of the rule stood
    for; ``agent`` the agent it belongs to in a multi-agent log.
    """

    raw: RawSeries
    rule: TagRule
    order: int
    unit: str = ""
    part: str = ""
    agent: str = ""
    guessed: bool = False

    @property
    def metric(self) -> str:
        """Canonical name."""
        return self.rule.metric

    def on(self, unit: str) -> Mapped:
        """The same series with steps in ``unit``."""
        return replace(self, unit=unit)

    def renamed(self, metric: str) -> Mapped:
        """The same series read as another metric."""
        return replace(self, rule=replace(self.rule, metric=metric))


def rises(values: FloatArray, share: float = 0.9) -> bool:
    """Whether finite values never fall, but for a few restarts: what a counter does.

    ``share``: how many of the moves go up. Standing still is no move, so a number of episodes per collection,
    nearly always the same, does not pass for a count of episodes.
    """
    finite = values[np.isfinite(values)]
    if finite.size < 2:
        return bool(finite.size)
    moves = np.diff(finite)
    moves = moves[moves != 0]
    return bool(moves.size and (moves > 0).mean() >= share and finite[-1] > finite[0])
