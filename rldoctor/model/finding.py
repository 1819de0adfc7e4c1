"""Results of rules, and the diagnosis made of them. Complete before any output; reporters only read it."""

from __future__ import annotations

import math
from dataclasses import field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from rldoctor.model.addition import Addition, AdditionKind
from rldoctor.model.audit import AuditRow
from rldoctor.model.derivation import Derivation
from rldoctor.model.differential import Differential
from rldoctor.model.display import Displayed
from rldoctor.model.envelope import ReferenceView
from rldoctor.model.measured import Measured
from rldoctor.model.outcome import RunOutcome
from rldoctor.model.run import Run
from rldoctor.plain_data import dataclass

if TYPE_CHECKING:
    import pandas as pd


class Standing(StrEnum):
    """Where a finding stands. Only ``NEW`` and ``WORSE`` can fail a gate."""

    NEW = "new"
    WORSE = "worse"
    KNOWN = "known"
    WAIVED = "waived"
    FEW_SEEDS = "few_seeds"


@dataclass(frozen=True, slots=True)
class Judged:
    """One finding as the gate sees it.

    ``severity`` is the level it counts at (with what it explains, without what is waived or known), over the
    seeds of its group; ``text`` why it stands where it stands, empty where there is nothing to explain.
    """

    code: str
    severity: Severity
    standing: Standing
    fails: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class RunGate:
    """The gate's view of one run.

    ``fail_on`` is a severity label or ``never``; ``seeds`` the number of runs it was judged together with
    (1: by itself); ``judged`` has an entry for every root cause, and for a symptom that fails by itself.
    """

    fail_on: str
    judged: tuple[Judged, ...] = ()
    seeds: int = 1
    covered: bool = True

    @property
    def fails(self) -> bool:
        """Whether a finding counts at or above ``fail_on``."""
        return any(one.fails for one in self.judged)

    def of(self, code: str) -> Judged | None:
        """What became of a rule's finding; None when the gate has nothing to say about it."""
        return next((one for one in self.judged if one.code == code), None)


class Severity(IntEnum):
    """How bad a finding is, ordered."""

    INFO = 1
    WARNING = 2
    ERROR = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        """Lower-case name as it stands in rule files and reports."""
        return self.name.lower()

    @classmethod
    def parse(cls, text: str) -> Severity:
        """The severity called ``text`` (any case); ValueError when there is none."""
        try:
            return cls[text.upper()]
        except KeyError:
            raise ValueError(
                f"unknown severity {text!r}: expected critical, error, warning or info"
            ) from None


class Outcome(StrEnum):
    """What became of one rule on one run. Only ``PASSED`` means that the rule looked and found nothing."""

    FIRED = "fired"
    PASSED = "passed"
    NOT_APPLICABLE = "not_applicable"
    NOT_MEASURED = "not_measured"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Interval:
    """Steps over which a condition held, inclusive; ``open`` when it held to the last point."""

    start: float
    end: float
    open: bool = False


@dataclass(frozen=True, slots=True)
class Measure:
    """One number behind a verdict: what was measured, where, and what it was compared with.

    ``window`` is the step range it was taken over, ``n`` the number of points in it; ``limit`` the threshold
    it is held against (None where it is only context).
    """

    name: str
    value: float
    unit: str = ""
    text: str = ""
    limit: float | None = None
    limit_name: str = ""
    window: tuple[float, float] | None = None
    n: int | None = None
    says: str = ""


@dataclass(frozen=True, slots=True)
class Prescription:
    """One thing to change. ``now`` and ``to`` are in the user's own key and unit (``key``), or empty.

    ``text`` is a complete sentence; ``because`` the reason; ``expect`` what should be seen afterwards.
    ``cause``: the cause it answers; not ``sure`` where a number is missing that would decide about that.
    ``assumed``: ``now`` is a default of the library that neither the log nor a file beside it states.
    """

    id: str
    text: str
    knob: str = ""
    key: str = ""
    now: str = ""
    to: str = ""
    to_number: float | None = None
    because: str = ""
    expect: str = ""
    cause: str = ""
    sure: bool = True
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Cause:
    """A possible cause; ``likely`` is True or False when the run's numbers say so, None when they cannot."""

    id: str
    text: str
    likely: bool | None = None
    fixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One pathology found in one run, with the arithmetic.

    ``setting``: where a setting is the cause, what it does (``clip_range = 0.0001 stops the policy``).
    """

    code: str
    slug: str
    title: str
    severity: Severity
    message: str
    area: str = ""
    onset: float | None = None
    intervals: tuple[Interval, ...] = ()
    measures: tuple[Measure, ...] = ()
    causes: tuple[Cause, ...] = ()
    prescriptions: tuple[Prescription, ...] = ()
    references: tuple[tuple[str, str], ...] = ()
    metrics: tuple[str, ...] = ()
    capped: str = ""
    overrides: tuple[str, ...] = ()
    expect: str = ""
    expect_check: str = ""
    false_positives: tuple[str, ...] = ()
    measured: Measured | None = None
    setting: str = ""


@dataclass(frozen=True, slots=True)
class RuleResult:
    """The outcome of one rule on one run.

    ``missing`` names the metrics or ``config.`` knobs that would have made it measurable; ``reason`` says why
    the outcome is what it is (a guard that applied, too few points); ``error`` is text for ``Outcome.ERROR``.
    ``additions``: what to log or set so that nothing is missing. ``few_points``: all that was missing is
    points.
    """

    code: str
    slug: str
    title: str
    outcome: Outcome
    finding: Finding | None = None
    missing: tuple[str, ...] = ()
    reason: str = ""
    error: str = ""
    measures: tuple[Measure, ...] = ()
    additions: tuple[Addition, ...] = ()
    few_points: bool = False

    @property
    def log_hint(self) -> str:
        """The line that logs the first of the additions that has one, else an empty string."""
        return next((one.line for one in self.additions if one.kind is AdditionKind.METRIC and one.line), "")


@dataclass(frozen=True, slots=True)
class Rival:
    """An explanation that was considered and rejected, with the measurement that rejects it."""

    code: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Root:
    """A root cause: its finding, the findings it explains, its rank score, and the rivals it beat."""

    finding: Finding
    explains: tuple[Finding, ...] = ()
    score: float = 0.0
    rivals: tuple[Rival, ...] = ()

    @property
    def severity(self) -> Severity:
        """As bad as the worst thing it explains: a small cause of a dead run is a big problem."""
        return max([self.finding.severity, *(finding.severity for finding in self.explains)])


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many rules could look at this run. ``total`` counts every rule."""

    ran: int
    not_measured: int
    not_applicable: int
    error: int
    total: int

    @property
    def share(self) -> float:
        """Rules that ran / rules that apply to the run, in [0, 1]; 0.0 when none applies."""
        applicable = self.total - self.not_applicable
        return self.ran / applicable if applicable else 0.0


@dataclass(frozen=True, slots=True)
class Diagnosis(Displayed):
    """The verdict on one run. ``verdict`` is a severity label, ``healthy`` or ``not_enough_data``.

    ``derivations``: what was computed once for all rules, and how; the series themselves are in ``run``.
    ``achieved``: what the run achieved, judged once, on which scale. ``audit``: what the log implies of the
    settings and mechanisms, held against the configured ones. ``differential``: the kinds of faults that are
    left where an outcome was found and no cause; None where nothing is left open.
    ``gate``: which findings count against the run in CI; None until a gate has looked.
    """

    run: Run
    coverage: Coverage
    verdict: str
    roots: tuple[Root, ...] = ()
    results: tuple[RuleResult, ...] = ()
    verdict_note: str = ""
    outcome_note: str = ""
    reference: ReferenceView = field(default_factory=ReferenceView)
    derivations: tuple[Derivation, ...] = ()
    audit: tuple[AuditRow, ...] = ()
    achieved: RunOutcome | None = None
    differential: Differential | None = None
    extras: dict[str, str] = field(default_factory=dict)
    gate: RunGate | None = None

    def __repr__(self) -> str:
        """One line: verdict, codes of the root causes, how many rules could look."""
        codes = ", ".join(root.finding.code for root in self.roots) or "no findings"
        seen = self.coverage
        looked = f"{seen.ran} of {seen.total - seen.not_applicable} rules looked"
        return f"<Diagnosis {str(self.run.path)!r}: {self.verdict}; {codes}; {looked}>"

    def to_frame(self) -> pd.DataFrame:
        """The findings, one row each: see :func:`findings_frame`."""
        return findings_frame(self)

    @property
    def worst(self) -> Severity | None:
        """The highest severity among the findings, or None."""
        return max((root.severity for root in self.roots), default=None)


COLUMNS = (
    "rank",
    "code",
    "severity",
    "severity_as_cause",
    "title",
    "explained_by",
    "onset",
    "share",
    "message",
    "fix",
    "run",
)


def findings_frame(diagnosis: Diagnosis) -> pd.DataFrame:
    """Root causes in order, each followed by the findings it explains.

    ``explained_by`` is the code of the root cause, empty for root causes themselves;
    ``severity`` is the finding's own level, ``severity_as_cause`` that of a root cause with what it explains,
    which the verdict and the gate use (empty for what is explained);
    ``rank`` is that of the root cause, from 1; ``onset`` a step (NaN: not known); ``share`` of the run's
    steps over which it held, in [0, 1] (NaN: no intervals); ``fix`` the text of the first prescription.
    """
    import pandas as pd

    rows = [
        _row(rank, finding, root, diagnosis)
        for rank, root in enumerate(diagnosis.roots, 1)
        for finding in (root.finding, *root.explains)
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"rank": "int64", "onset": "float64", "share": "float64"})


def _row(rank: int, finding: Finding, root: Root, diagnosis: Diagnosis) -> dict[str, object]:
    is_root = finding is root.finding
    last = diagnosis.run.last_step
    held = sum(part.end - part.start for part in finding.intervals)
    return {
        "rank": rank,
        "code": finding.code,
        "severity": finding.severity.label,
        "severity_as_cause": root.severity.label if is_root else "",
        "title": finding.title,
        "explained_by": "" if is_root else root.finding.code,
        "onset": math.nan if finding.onset is None else finding.onset,
        "share": min(1.0, held / last) if finding.intervals and last > 0 else math.nan,
        "message": finding.message,
        "fix": next((one.text for one in finding.prescriptions), ""),
        "run": diagnosis.run.id,
    }
