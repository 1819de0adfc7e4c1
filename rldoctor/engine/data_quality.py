"""A defect of the log weakens what rests on it: the metrics it concerns, and all that came from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rldoctor.engine.evaluate import Evaluated, lowered
from rldoctor.engine.policy import Policy
from rldoctor.model.derivation import FACT, SETTING, Derivation
from rldoctor.model.finding import Finding, Severity

_PREFIX = {SETTING: "config.", FACT: "run."}


def vetoed(
    evaluated: Sequence[Evaluated], derivations: Iterable[Derivation], policy: Policy
) -> list[Evaluated]:
    """Lower by one level every finding that reads a metric whose log is defective, or what came of it.

    ``derivations`` in the order in which they were made, as one may be made from another.
    """
    # What was derived over a broken step axis is as doubtful as what was logged over it, so doubt is spread
    # before anything is lowered; and a finding is lowered once, however many defects touch it.
    doubtful = _spread(_doubtful(evaluated, policy), derivations)
    return [one if one.rule.code in policy.spared_codes else _lower(one, doubtful) for one in evaluated]


def _doubtful(evaluated: Sequence[Evaluated], policy: Policy) -> dict[str, str]:
    """Metric -> the code of the defect that concerns it."""
    # Only defects that fired count: a rule that could not look at the log says nothing against it.
    findings = [one.result.finding for one in evaluated if one.result.finding is not None]
    used = tuple({name for finding in findings for name in finding.metrics})
    doubtful: dict[str, str] = {}
    for finding in findings:
        if finding.code in policy.quality_codes:
            doubtful.update(dict.fromkeys(_concerned(finding, used, policy), finding.code))
    return doubtful


def _concerned(finding: Finding, used: tuple[str, ...], policy: Policy) -> tuple[str, ...]:
    # A log with a hole in its steps concerns everything measured over them. One that merely ends before the
    # plan is the same rule at a lower level.
    if finding.severity >= policy.whole_log.get(finding.code, Severity.CRITICAL + 1):
        return used
    return policy.concerns.get(finding.code, finding.metrics)


def _spread(doubtful: dict[str, str], derivations: Iterable[Derivation]) -> dict[str, str]:
    """Also what was computed from something doubtful, by the names that rules call it."""
    reached = dict(doubtful)
    for made in derivations:
        code = next((reached[one.name] for one in made.ingredients if one.name in reached), None)
        if code is not None:
            reached.setdefault(_PREFIX.get(made.kind, "") + made.name, code)
    return reached


def _lower(one: Evaluated, doubtful: dict[str, str]) -> Evaluated:
    finding = one.result.finding
    # Findings about the log are the doubt; doubting them too would take the warning away with what it warns
    # of.
    if finding is None or one.rule.area == "logging":
        return one
    read = (*finding.metrics, *(f"config.{name}" for name in (*one.rule.requires_config, *one.rule.config)))
    code = next((doubtful[name] for name in read if name in doubtful), None)
    return one if code is None else lowered(one, f"lowered one level: {code} puts its data in doubt")
