"""What ``compare`` finds between two arms of runs, complete before anything is printed."""

from __future__ import annotations

from enum import StrEnum

from rldoctor.model.display import Displayed
from rldoctor.model.finding import Diagnosis, Severity
from rldoctor.model.run import Run
from rldoctor.plain_data import dataclass


class Verdict(StrEnum):
    """How the candidate's outcome stands against the base's.

    ``UNCLEAR``: a difference large enough to matter that the noise could explain (or returns in another
    unit). ``UNKNOWN``: no outcome that both arms logged.
    """

    REGRESSION = "regression"
    IMPROVEMENT = "improvement"
    SIMILAR = "similar"
    UNCLEAR = "unclear"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Summary:
    """An outcome known only as numbers: mean and standard deviation, in the unit of the outcome."""

    mean: float
    std: float


@dataclass(frozen=True, slots=True)
class Arm:
    """One side of the comparison: runs that differ in nothing but their seed, or should.

    ``summary`` replaces the logged outcome; ``diagnoses`` stand in the order of ``runs``. ``failures`` is a
    line for each part of it that could not be read.
    """

    name: str
    path: str
    runs: tuple[Run, ...]
    diagnoses: tuple[Diagnosis, ...] = ()
    summary: Summary | None = None
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunLevel:
    """The outcome of one run over the final window: mean, its standard error, independent points in it.

    ``error`` is NaN when the run has too few points to know it; ``start`` is the level before learning.
    """

    run: str
    value: float
    error: float
    points: float
    start: float


@dataclass(frozen=True, slots=True)
class Effect:
    """The difference of the outcome, candidate minus base, with its uncertainty.

    ``window`` is the step range of the final window, both arms at the same steps (None for numbers given by
    the user). ``drop`` is the loss as a share of ``scale``, the larger of the base's level and its gain;
    negative for a gain. ``low`` and ``high`` bound the difference at ``confidence``. ``method`` is ``seeds``
    (bootstrap over runs), ``runs`` (noise within two runs) or ``summary``; ``statistic`` ``mean`` or ``iqm``.
    ``standardised`` is the difference in standard deviations over seeds and ``improvement`` the chance that a
    candidate run beats a base run, None where an arm has one run.
    """

    metric: str
    method: str
    statistic: str
    base: float
    candidate: float
    difference: float
    ratio: float
    scale: float
    drop: float
    error: float
    z: float
    low: float
    high: float
    confidence: float
    window: tuple[float, float] | None = None
    base_levels: tuple[RunLevel, ...] = ()
    candidate_levels: tuple[RunLevel, ...] = ()
    standardised: float | None = None
    improvement: float | None = None


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a metric of the candidate leaves the base's own spread and stays out of it.

    ``step`` is the first of the sustained stretch, ``until`` its last; ``from_start`` when it begins with the
    first compared point. Levels are means over the stretch; ``z`` is the largest distance in it, in spreads.
    """

    metric: str
    step: float
    until: float
    z: float
    limit: float
    base: float
    candidate: float
    from_start: bool
    resolution: float


class Side(StrEnum):
    """Which arm says something about a setting."""

    BOTH = "both"
    BASE = "base"
    CANDIDATE = "candidate"


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting that is not the same in both arms.

    ``knob`` is the canonical name or empty; ``key`` the user's own. ``base`` and ``candidate`` are the values
    as written, empty where that side does not log it. ``*_default`` marks a documented default that the log
    does not state. ``side`` is BOTH for a real difference; ``code`` a catalogue entry about its group.
    """

    key: str
    base: str
    candidate: str
    group: str
    because: str
    knob: str = ""
    side: Side = Side.BOTH
    base_default: bool = False
    candidate_default: bool = False
    code: str = ""


@dataclass(frozen=True, slots=True)
class BisectionStep:
    """One run of the bisection: the candidate with ``revert`` set back to the base's values.

    ``when`` says after which earlier answers it is made; ``keep`` stay as in the candidate.
    """

    when: str
    revert: tuple[SettingChange, ...]
    keep: tuple[SettingChange, ...]


class Presence(StrEnum):
    """How a finding of the candidate compares with the base."""

    NEW = "new"
    GONE = "gone"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class FindingChange:
    """One finding, and in how many runs of each arm it fires.

    ``majority`` when it fires in more than half of the runs of the arm that has it. ``blind`` counts the runs
    of the other arm in which the rule could not look: there "new" or "gone" is not certain.
    """

    code: str
    title: str
    severity: Severity
    presence: Presence
    base: int
    base_runs: int
    candidate: int
    candidate_runs: int
    majority: bool
    blind: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class SeedSpread:
    """How much the runs of one arm differ among themselves (catalogue OUT-11)."""

    arm: str
    runs: int
    low: float
    median: float
    high: float
    relative_range: float
    bimodal: bool
    high_variance: bool


@dataclass(frozen=True, slots=True)
class Remark:
    """A catalogue finding about the comparison itself (OUT-01, OUT-11, CFG-09, NUM-06)."""

    code: str
    title: str
    severity: Severity
    text: str


@dataclass(frozen=True, slots=True)
class TwinValue:
    """A number that differs in the first row that is not the same; ``missing``: one run has no such row."""

    metric: str
    base: float
    candidate: float
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Twin:
    """Two runs of one algorithm, held against each other number by number.

    ``base`` and ``candidate`` name the runs. ``rows`` and ``numbers`` are equal to the last digit, the last
    of them at step ``equal_until`` (None: none); ``telling`` of the numbers have so many decimals that chance
    does not make them equal; ``same_seed``: the configurations of both say so. ``step``: of the first
    difference, None where there is none. ``when`` is ``before`` the first update, in the row of the first
    ``update``, or ``later``; ``kind`` what differs first, and ``says`` what that localises, both of
    ``rules/compare.yaml``; ``rounding`` as a kind: the difference is one of rounding. ``fits`` are changed
    settings that can make it; None where one run has no settings. ``seed``: another seed can make it too;
    ``vague``: so can nearly everything.
    """

    base: str
    candidate: str
    rows: int
    numbers: int
    telling: int
    same_seed: bool = False
    equal_until: float | None = None
    step: float | None = None
    when: str = ""
    kind: str = ""
    differs: tuple[TwinValue, ...] = ()
    says: str = ""
    fits: tuple[str, ...] | None = None
    seed: bool = False
    vague: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Comparison(Displayed):
    """Everything that two arms tell about each other.

    ``changes`` are settings that differ (most suspicious first), ``one_sided`` those that one side does not
    log, ``consequences`` values that follow from a change. ``unmoved`` are metrics without a departure,
    ``untested`` those that could not be searched, with the reason. ``twins``: candidate runs beside the base
    run that is theirs to the first number that differs.
    """

    base: Arm
    candidate: Arm
    verdict: Verdict
    reason: str
    effect: Effect | None = None
    departures: tuple[Departure, ...] = ()
    unmoved: tuple[str, ...] = ()
    untested: tuple[tuple[str, str], ...] = ()
    changes: tuple[SettingChange, ...] = ()
    one_sided: tuple[SettingChange, ...] = ()
    consequences: tuple[SettingChange, ...] = ()
    bisection: tuple[BisectionStep, ...] = ()
    attribution: str = ""
    findings: tuple[FindingChange, ...] = ()
    spreads: tuple[SeedSpread, ...] = ()
    remarks: tuple[Remark, ...] = ()
    notes: tuple[str, ...] = ()
    twins: tuple[Twin, ...] = ()

    def __repr__(self) -> str:
        """One line: both arms and the verdict."""
        return f"<Comparison {self.base.path!r} with {self.candidate.path!r}: {self.verdict.value}>"
