"""What is known of a rule from runs with known labels."""

from __future__ import annotations

from rldoctor.plain_data import dataclass

STATUSES = ("experimental", "tested", "stable")
SPLITS = {"hold": "held-out", "all": "bundled"}
"""Where figures may come from, and how that is said of the runs."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The record of one rule on the bundled runs (``docs/validation.md`` defines the figures).

    ``found`` of ``shown`` runs that show its fault, and ``low`` to ``high``, the interval of that share (both
    in [0, 1], None without such a run) at ``confidence``; ``false_alarms`` of ``healthy`` runs. Only runs on
    which the rule could look count. ``split`` is ``hold`` (no threshold was adjusted on them) or ``all``.
    Of the ``first_named`` bundled runs whose first root cause it is it is right on ``first_right``;
    ``probability``, in (0, 1), is that of being right there, None where nothing was measured.
    """

    status: str
    found: int
    shown: int
    false_alarms: int
    healthy: int
    low: float | None = None
    high: float | None = None
    confidence: float = 0.95
    split: str = "hold"
    first_right: int = 0
    first_named: int = 0
    probability: float | None = None

    @property
    def recall(self) -> float | None:
        """The share found, in [0, 1]; None without a run that shows the fault."""
        return self.found / self.shown if self.shown else None

    @property
    def sentence(self) -> str:
        """``on held-out runs: found in 7 of 8 (95 % CI 53-98 %), false alarms in 0 of 27 healthy ones``."""
        return f"on {SPLITS.get(self.split, self.split)} runs: {self._finds()}, {self._alarms()}"

    def _finds(self) -> str:
        if not self.shown:
            return "none with this fault where it could look"
        interval = ""
        if self.low is not None and self.high is not None:
            interval = f" ({100 * self.confidence:g} % CI {100 * self.low:.0f}-{100 * self.high:.0f} %)"
        return f"found in {self.found} of {self.shown}{interval}"

    def _alarms(self) -> str:
        if not self.healthy:
            return "no healthy one where it could look"
        return f"false alarms in {self.false_alarms} of {self.healthy} healthy ones"
