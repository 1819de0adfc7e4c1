"""What is known of a rule from runs with known labels."""

from __future__ import annotations

from dataclasses import dataclass

STATUSES = ("experimental", "tested", "stable")
SPLITS = {"hold": "held-out", "all": "bundled"}
"""Where figures may come from, and how that is said of the runs."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The record of one rule on the bundled runs (``docs/validation.md`` defines the figures).

    ``found`` of ``shown`` runs that show its fault, and ``low`` to ``high``, the interval of that share (both
    in [0, 1], None without such a run); ``false_alarms`` of ``healthy`` runs. Only runs on which the rule
    could look count. ``split`` is ``hold`` (runs that no threshold was adjusted on) or ``all``.
    """

    status: str
    found: int
    shown: int
    false_alarms: int
    healthy: int
    low: float | None = None
    high: float | None = None
    split: str = "hold"

    @property
    def recall(self) -> float | None:
        """The share found, in [0, 1]; None without a run that shows the fault."""
        return self.found / self.shown if self.shown else None

    @property
    def sentence(self) -> str:
        """``on held-out runs found in 7 of 8 (95 % CI 53-98 %), false alarms in 0 of 27``."""
        where = SPLITS.get(self.split, self.split)
        found = f"found in {self.found} of {self.shown}{self._interval()}"
        alarms = f"false alarms in {self.false_alarms} of {self.healthy}"
        if not self.healthy:
            alarms = "no healthy run where it could look"
        if not self.shown:
            return f"on {where} runs: none shows this fault; {alarms}"
        return f"on {where} runs: {found}, {alarms}"

    def _interval(self) -> str:
        if self.low is None or self.high is None:
            return ""
        return f" (95 % CI {100 * self.low:.0f}-{100 * self.high:.0f} %)"
