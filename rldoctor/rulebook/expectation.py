"""What a test expects of a rule, and how far a result is from it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from rldoctor.datafiles.scalars import Choice, Flag, Scalar, TextValue
from rldoctor.datafiles.shapes import ListOf, MapOf, Nullable, Record
from rldoctor.datafiles.sheet import INVALID, Sheet
from rldoctor.model.finding import Finding, Outcome, RuleResult, Severity
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass
from rldoctor.rulebook.formula import Level
from rldoctor.yamlio import TreePath

_TOLERANCE = pattern(
    r"\s*(?P<value>[-+0-9.eE_]+|nan)\s*(?:\+/-\s*(?P<slack>[0-9.eE_+-]+)\s*(?P<share>%?))?\s*"
)
# Room for rounding where a test gives no tolerance.
_ROUNDING = 1e-6
END = "end"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A number and how far from it a result may be; NaN expects NaN."""

    value: float
    slack: float

    def holds(self, found: float | None) -> bool:
        """Whether ``found`` is near enough; None never is."""
        if found is None or math.isnan(found) or math.isnan(self.value):
            return found is not None and math.isnan(found) and math.isnan(self.value)
        return found == self.value or abs(found - self.value) <= self.slack

    def __str__(self) -> str:
        """The form of the test file."""
        return f"{self.value:g} +/- {self.slack:g}"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a rule must say; absent parts are not compared.

    ``until`` is a step or ``"end"``; ``fixes`` maps a fix to its number, or to None where it has none;
    ``likely`` lists exactly the causes that must be likely. ``came_true``: what the check of the rule's own
    ``expect`` must say of the run.
    """

    outcome: Outcome
    onset: Tolerance | None = None
    until: Tolerance | str | None = None
    severity: Severity | None = None
    measure: Mapping[str, Tolerance] = field(default_factory=dict)
    fixes: Mapping[str, Tolerance | None] = field(default_factory=dict)
    missing: tuple[str, ...] | None = None
    guard: str = ""
    likely: tuple[str, ...] | None = None
    came_true: bool | None = None


def tolerance(value: float | str) -> Tolerance:
    """``102400``, ``102400 +/- 8192``, ``0.5 +/- 10 %``. ValueError for any other text."""
    if not isinstance(value, str):
        return Tolerance(float(value), _ROUNDING * abs(float(value)))
    match = _TOLERANCE.fullmatch(value)
    if match is None:
        raise ValueError(value)
    number = float(match["value"])
    slack = _ROUNDING * abs(number) if match["slack"] is None else float(match["slack"])
    return Tolerance(number, slack * abs(number) / 100 if match["share"] else slack)


@dataclass(frozen=True, slots=True)
class ExpectedNumber(Scalar):
    """A number, or one with its tolerance; ``end``: the word ``end`` too."""

    end: bool = False
    says = "a number"

    @property
    def harmless(self) -> int:
        """0."""
        return 0

    def fits(self, value: Any) -> bool:
        """A number or text that :func:`tolerance` can read."""
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return False
        try:
            tolerance(value)
        except ValueError:
            return self.end and value == END
        return True

    def check(self, value: Any, sheet: Sheet, place: TreePath) -> Any:
        """As written."""
        if self.fits(value):
            return value
        sheet.wrong("expected a number, or one with its tolerance: 102400 +/- 8192", *place)
        return INVALID


_NAMES = ListOf(TextValue(), alone=True, unique=True)
EXPECTATION = Record(
    {"outcome": Choice(tuple(one.value for one in Outcome), "outcome")},
    {
        "onset": ExpectedNumber(),
        "until": ExpectedNumber(end=True),
        "severity": Level(),
        "measure": MapOf(ExpectedNumber()),
        "fixes": MapOf(Nullable(ExpectedNumber())),
        "missing": _NAMES,
        "guard": TextValue(),
        "likely": _NAMES,
        "came_true": Flag(),
    },
)


def build(plain: Mapping[str, Any]) -> Expectation:
    """The ``expect`` of a case, from checked plain values."""
    fixes = plain.get("fixes", {})
    lists = {key: tuple(plain[key]) if key in plain else None for key in ("missing", "likely")}
    until = plain.get("until")
    return Expectation(
        outcome=Outcome(plain["outcome"]),
        onset=tolerance(plain["onset"]) if "onset" in plain else None,
        until=until if until is None or until == END else tolerance(until),
        severity=Severity.parse(plain["severity"]) if "severity" in plain else None,
        measure={name: tolerance(value) for name, value in plain.get("measure", {}).items()},
        fixes={name: None if value is None else tolerance(value) for name, value in fixes.items()},
        guard=plain.get("guard", ""),
        came_true=plain.get("came_true"),
        **lists,
    )


def differences(expected: Expectation, result: RuleResult) -> list[str]:
    """Every way in which a result is not what was expected, in words; empty when it is."""
    if result.outcome is not expected.outcome:
        reason = result.error or result.reason or (result.finding.message if result.finding else "")
        return [f"outcome {result.outcome}, expected {expected.outcome}" + (f" ({reason})" if reason else "")]
    return [*_about_result(expected, result), *_about_finding(expected, result.finding)]


def _about_result(expected: Expectation, result: RuleResult) -> Iterator[str]:
    if expected.missing is not None and set(expected.missing) != set(result.missing):
        yield f"missing {_listed(result.missing)}, expected {_listed(expected.missing)}"
    if expected.guard and expected.guard not in result.reason:
        yield f"guard '{expected.guard}' expected, the reason is '{result.reason}'"
    measures = {
        one.name: one.value for one in result.measures or (result.finding.measures if result.finding else ())
    }
    for name, wanted in expected.measure.items():
        if not wanted.holds(measures.get(name)):
            yield f"measure {name} {_shown(measures.get(name))}, expected {wanted}"


def _about_finding(expected: Expectation, finding: Finding | None) -> Iterator[str]:
    if finding is None:
        asked = (expected.onset, expected.until, expected.severity, expected.likely, expected.fixes or None)
        if any(part is not None for part in asked):
            yield "no finding to compare onset, until, severity, fixes or causes with"
        return
    if expected.severity is not None and finding.severity is not expected.severity:
        yield f"severity {finding.severity.label}, expected {expected.severity.label}"
    if expected.onset is not None and not expected.onset.holds(finding.onset):
        yield f"onset {_shown(finding.onset)}, expected {expected.onset}"
    yield from _about_end(expected, finding)
    yield from _about_fixes(expected, finding)
    likely = {cause.id for cause in finding.causes if cause.likely}
    if expected.likely is not None and likely != set(expected.likely):
        yield f"likely causes {_listed(sorted(likely))}, expected {_listed(expected.likely)}"


def _about_end(expected: Expectation, finding: Finding) -> Iterator[str]:
    if expected.until is None:
        return
    last = finding.intervals[-1] if finding.intervals else None
    if isinstance(expected.until, str):
        if last is None or not last.open:
            yield f"until {_shown(last.end if last else None)}, expected the end of the run"
    elif last is None or not expected.until.holds(last.end):
        yield f"until {_shown(last.end if last else None)}, expected {expected.until}"


def _about_fixes(expected: Expectation, finding: Finding) -> Iterator[str]:
    found = {one.id: one.to_number for one in finding.prescriptions}
    for name, wanted in expected.fixes.items():
        if name not in found:
            yield f"fix {name} is not prescribed (prescribed: {_listed(list(found))})"
        elif wanted is None and found[name] is not None:
            yield f"fix {name} has the number {_shown(found[name])}, expected none"
        elif wanted is not None and not wanted.holds(found[name]):
            yield f"fix {name} {_shown(found[name])}, expected {wanted}"


def _shown(number: float | None) -> str:
    return "not there" if number is None else f"{number:.6g}"


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names) or "nothing"
