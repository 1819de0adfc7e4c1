"""One training run, understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from rldoctor.model.config import RunConfig
from rldoctor.model.display import Displayed
from rldoctor.model.frame import MetricFrame
from rldoctor.model.raw import Note
from rldoctor.plain_data import dataclass

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Wording:
    """How the user's framework spells a canonical knob, and how to turn a canonical value into theirs.

    ``user = 1 - canonical`` when ``complement`` (Spinning Up's ``polyak``), else ``canonical / scale``
    (``scale`` is e.g. the number of environments for a per-environment buffer).
    """

    key: str
    scale: float = 1.0
    complement: bool = False

    def to_user(self, value: float) -> float:
        """The user's number for a canonical ``value``."""
        return 1.0 - value if self.complement else value / self.scale


@dataclass(frozen=True, slots=True)
class Run(Displayed):
    """Metrics, configuration and provenance of one run.

    ``framework`` is a vocabulary name (``stable_baselines3``, ``generic``); ``algorithm`` a lower-case name
    (``ppo``, ``sac``), or a family (``on_policy``, ``off_policy``) when only that could be told, or ``""``.
    ``axis`` is the unit of every step (``env_steps`` where the conversion was possible) and ``axis_note`` how
    it was converted. ``wording`` maps a canonical knob to the framework's own key and unit,
    for the prescriptions; ``log_hints`` a canonical metric to the line of code that would log it.
    ``files``: names of the files that were read, relative to ``path``.
    """

    id: str
    path: Path
    format: str
    framework: str
    algorithm: str
    metrics: MetricFrame
    config: RunConfig
    env: str = ""
    seed: int | None = None
    axis: str = "env_steps"
    axis_note: str = ""
    notes: tuple[Note, ...] = ()
    wording: Mapping[str, Wording] = field(default_factory=dict)
    log_hints: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """One line: a run holds arrays of any size."""
        facts = ", ".join(one for one in (self.framework, self.algorithm, self.env) if one)
        return (
            f"<Run {str(self.path)!r}: {facts}; {len(self.metrics.series)} metrics to {self.last_step:,.0f}>"
        )

    def to_pandas(self) -> pd.DataFrame:
        """The metrics as a tidy frame: ``metric, step, value, wall_time, tag``, one row per logged point."""
        return self.metrics.to_pandas()

    @property
    def last_step(self) -> float:
        """The largest step of any metric (0.0 for a run with no points)."""
        return max((float(s.steps[-1]) for s in self.metrics.series.values() if len(s)), default=0.0)

    @property
    def planned_steps(self) -> float | None:
        """The planned length in environment transitions, when the configuration says it."""
        return self.config.number("total_env_steps")
