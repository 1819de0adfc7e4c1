"""What a run achieved: the curve that is judged, the scale it is measured on, and the judgement."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from rldoctor.model.raw import FloatArray
from rldoctor.plain_data import dataclass, replace

NAN = float("nan")


class OutcomeKind(StrEnum):
    """The nine outcomes; exactly one belongs to a curve.

    ``UNKNOWN``: nothing finite was logged. ``EARLY``: too little data to tell. ``RISING``: the last stretch
    still gains. ``KEPT``: it gained, and the end is as good as the best. ``LOST``: it gained and lost a
    share of it. ``FELL``: the end is below the start and nothing was gained before. ``FLAT``: no stretch
    differs from the first. ``SWINGING``: three reversals or more, no trend. ``SOLVED``: at the solved level
    from early on. Every change is one that is significant and material on the scale that was used.
    """

    UNKNOWN = "unknown"
    EARLY = "early"
    RISING = "rising"
    KEPT = "kept"
    LOST = "lost"
    FELL = "fell"
    FLAT = "flat"
    SWINGING = "swinging"
    SOLVED = "solved"

    @property
    def gained(self) -> bool:
        """Whether a run of this kind may be called healthy."""
        return self in (OutcomeKind.RISING, OutcomeKind.KEPT, OutcomeKind.SOLVED)

    @property
    def sick(self) -> bool:
        """Whether a run of this kind is never passed over in silence."""
        return self in (OutcomeKind.LOST, OutcomeKind.FELL, OutcomeKind.FLAT, OutcomeKind.SWINGING)


class Source(StrEnum):
    """Where a curve comes from: the policy as it trains, as it is evaluated, or its rating in self-play."""

    TRAINING = "training"
    EVALUATION = "evaluation"
    RATING = "rating"


# The unit of steps that are transitions of the environment.
TRANSITIONS = "environment steps"


@dataclass(frozen=True, slots=True)
class Curve:
    """A logged return, success rate, reward per step or rating.

    ``steps`` and ``values``: shape (n,), any order, repeats allowed; NaN and infinite points are counted
    and left out. ``window``: episodes the logger averaged over (None: not known, taken as one).
    ``spacing``: steps that two points must be apart to share no episode (0.0: every point stands for
    itself). ``widest``: the same for the widest usual window, where ``window`` is not known (0.0: not asked).
    ``metric`` is the canonical name, for the words; ``unit`` that of the steps.
    """

    steps: FloatArray
    values: FloatArray
    window: int | None = None
    spacing: float = 0.0
    metric: str = "episode_return"
    unit: str = "steps"
    source: Source = Source.TRAINING
    widest: float = 0.0


@dataclass(frozen=True, slots=True)
class TaskScale:
    """What the task allows, in the unit of the curve; NaN where it is not known.

    ``random`` and ``nothing``: score of the random and of the do-nothing policy; ``reference``: what
    published runs reach; ``solved``: the task's threshold. At least one of the first two and one of the
    last two make a scale; with less the curve is measured by itself, but a ``solved`` threshold still
    counts. ``best``: the highest score that anyone published. ``name``: the task, for the words.
    ``reached_by``: whose score or what kind of number ``reference`` is, for the words. ``assumed``: it is
    not sure to be the task of the curve.
    """

    random: float = NAN
    nothing: float = NAN
    reference: float = NAN
    solved: float = NAN
    name: str = ""
    assumed: bool = False
    best: float = NAN
    reached_by: str = "published runs"


@dataclass(frozen=True, slots=True)
class NaturalScale:
    """The range that a quantity has by itself: 0 to 1 for a success rate, reward bound x length for a return.

    ``kind`` is ``success``, ``reward`` or ``rating``: each has its own material share in rules/outcome.yaml.
    ``high - low`` is the range (400 for an Elo rating: ten to one). ``solved``: as for a task.
    """

    low: float
    high: float
    kind: str = "success"
    solved: float = NAN
    name: str = ""


Scale = TaskScale | NaturalScale | None


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a run had to be before it can have learned; each None where it is not known.

    ``warmup``: steps without any update. ``minimum``: steps that this algorithm is known to need on this
    task. ``planned``: steps that the run shall have in the end. ``random``: share of the actions at the end
    of the curve that were random, 0 to 1.
    """

    warmup: float | None = None
    minimum: float | None = None
    planned: float | None = None
    random: float | None = None


@dataclass(frozen=True, slots=True)
class CurveLevel:
    """A level of the curve: value, standard error (NaN: not known), and the step it belongs to."""

    value: float
    error: float
    step: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the curve without a break: a line from ``start`` to ``end``, ``rows`` rows long."""

    start: CurveLevel
    end: CurveLevel
    rows: int


@dataclass(frozen=True, slots=True)
class OutcomeMeasure:
    """The scale that was used: ``name`` is ``task``, ``natural`` or ``own``.

    ``sentence`` names it for a report. A change is material from ``material`` on, in the unit of the curve;
    ``unit`` is what one unit of ``size`` is worth, and ``unit_name`` how it is called. ``noise``: standard
    deviation of a row. ``random``, ``nothing``, ``solved``: as for a task; NaN where they do not count.
    ``harm``: a change for the worse is material from here on, ``material`` where it is NaN. ``assumed`` and
    ``reached_by``: as for a task.
    """

    name: str
    sentence: str
    material: float
    unit: float
    unit_name: str
    noise: float = 0.0
    random: float = NAN
    nothing: float = NAN
    solved: float = NAN
    harm: float = NAN
    assumed: bool = False
    reached_by: str = ""

    @property
    def worse(self) -> float:
        """What a loss must come to."""
        return self.material if self.harm != self.harm else self.harm


@dataclass(frozen=True, slots=True)
class CurveOutcome:
    """The judgement of one curve.

    ``probability`` is that of ``kind``, ``probabilities`` those of all kinds (they add up to 1). ``size``:
    the deciding change (the gain of rising and kept, the loss of lost and fell, the net change otherwise,
    signed) in units of ``measure``. ``onset``: step where the deciding change began, NaN without one.
    ``start``, ``end``, ``best``: None where nothing was logged. ``autocorrelation`` between neighbouring
    rows and ``noise`` (standard deviation of a row) are those of the explanation that was chosen.
    ``windows``: how many averaging windows of its logger the curve is long, infinite where that is not known.
    ``alone``: probability of a gain, measured by itself, of a run that is young for its task (0: not asked).
    ``still``: of rising to the end, measured by itself, where the task's scale shows no gain.
    ``texts``: the arithmetic, one sentence each.
    """

    kind: OutcomeKind
    probability: float
    probabilities: Mapping[OutcomeKind, float]
    measure: OutcomeMeasure
    size: float = NAN
    onset: float = NAN
    start: CurveLevel | None = None
    end: CurveLevel | None = None
    best: CurveLevel | None = None
    stretches: tuple[Stretch, ...] = ()
    noise: float = NAN
    autocorrelation: float = NAN
    points: int = 0
    source: Source = Source.TRAINING
    metric: str = ""
    windows: float = math.inf
    alone: float = 0.0
    still: float = 0.0
    texts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Freeze the probabilities: every rule reads the same object."""
        object.__setattr__(self, "probabilities", MappingProxyType(dict(self.probabilities)))

    def told(self, texts: tuple[str, ...]) -> CurveOutcome:
        """The same with its sentences."""
        return replace(self, texts=texts)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; numbers that are not finite are None."""
        return {
            "kind": self.kind.value,
            "probability": plain(self.probability),
            "probabilities": {kind.value: plain(share) for kind, share in self.probabilities.items()},
            "size": plain(self.size),
            "scale": {
                "name": self.measure.name,
                "sentence": self.measure.sentence,
                "unit": self.measure.unit_name,
                "material": plain(self.measure.material),
            },
            "onset": plain(self.onset),
            "start": level_dict(self.start),
            "end": level_dict(self.end),
            "best": level_dict(self.best),
            "noise": plain(self.noise),
            "autocorrelation": plain(self.autocorrelation),
            "points": self.points,
            "source": self.source.value,
            "metric": self.metric,
            "texts": list(self.texts),
        }


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """The outcome of a run: that of the curve that counts, every curve's, and whether they disagree.

    ``disagreement`` is empty where the curves agree, else one sentence with both.
    """

    deciding: CurveOutcome
    curves: tuple[CurveOutcome, ...] = field(default=())
    disagreement: str = ""

    @property
    def kind(self) -> OutcomeKind:
        """The kind of the curve that counts."""
        return self.deciding.kind

    @property
    def probability(self) -> float:
        """Its probability."""
        return self.deciding.probability

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: the deciding curve's, and beside them ``curves`` and ``disagreement``."""
        return {
            **self.deciding.to_dict(),
            "curves": [one.to_dict() for one in self.curves],
            "disagreement": self.disagreement,
        }


def plain(value: float) -> float | None:
    """A number as JSON knows it: None for NaN and infinity."""
    return float(value) if math.isfinite(value) else None


def level_dict(level: CurveLevel | None) -> dict[str, float | None] | None:
    """A level as plain values."""
    if level is None:
        return None
    return {"value": plain(level.value), "error": plain(level.error), "step": plain(level.step)}
