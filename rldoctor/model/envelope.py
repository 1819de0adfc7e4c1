"""What good runs of one algorithm on one task did: bands over steps, and how a run stands against them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from rldoctor.model.config import KnobValue
from rldoctor.model.raw import FloatArray
from rldoctor.plain_data import dataclass

Reached = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """One metric over the runs of an envelope, each array of the shape of the envelope's ``steps``.

    ``low`` and ``high`` are the lowest and highest run, ``median`` the middle one; ``q10`` and ``q90`` are
    None with too few runs for quantiles. NaN: no run had a value there. ``count``: runs that logged it.
    """

    metric: str
    unit: str
    count: int
    low: FloatArray
    median: FloatArray
    high: FloatArray
    q10: FloatArray | None = None
    q90: FloatArray | None = None
    window: int | None = None

    @property
    def edges(self) -> tuple[FloatArray, FloatArray, str]:
        """Lower and upper edge to draw, and what they are in words."""
        if self.q10 is None or self.q90 is None:
            return self.low, self.high, "lowest to highest"
        return self.q10, self.q90, "10 % to 90 %"


@dataclass(frozen=True, slots=True)
class Member:
    """One run of an envelope. ``milestones``: metric -> step at which it reached each share (None: never)."""

    run: str
    seed: int | None
    steps: float
    milestones: Mapping[str, Reached] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MetricLevel:
    """The level of a metric before learning and at the end (medians over runs), and what each share means."""

    start: float
    end: float
    at: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Envelope:
    """Bands of good runs over environment transitions.

    ``framework`` is that of its runs, empty for several: what libraries log about their insides differs.
    ``settings`` are those that change what a return means (reward, environment). ``steps``: shape (n,),
    increasing. ``shares`` are those of the milestones. ``source`` is the file it was read from, or empty.
    ``config``: the hyperparameters, by canonical name and in canonical units, that all its runs share.
    """

    name: str
    algorithm: str
    env: str
    variant: str
    framework: str
    settings: Mapping[str, KnobValue]
    members: tuple[Member, ...]
    versions: Mapping[str, tuple[str, ...]]
    steps: FloatArray
    shares: tuple[float, ...]
    levels: Mapping[str, MetricLevel]
    bands: Mapping[str, Band]
    source: str = ""
    config: Mapping[str, KnobValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Milestone:
    """A share of success (or of the gain in return): the step each reference run and this run reached it."""

    share: float
    level: float
    reference: Reached
    run: float | None


@dataclass(frozen=True, slots=True)
class ReferenceView:
    """How a run stands against its reference.

    ``envelope`` is None where there is none; ``used`` is false where there is one that must not be compared
    with. ``reason`` says why there is no comparison. ``basis`` is the metric of the milestones. ``assumed``:
    the environment is only taken to be the envelope's, as the log looks like it, or (``guessed``) the
    algorithm, where it is one of two that log the same.
    """

    envelope: Envelope | None = None
    used: bool = False
    reason: str = ""
    basis: str = ""
    milestones: tuple[Milestone, ...] = ()
    assumed: bool = False
    guessed: str = "task"
