"""JUnit XML: a suite per run, a case per rule; fired is a failure, not measured is skipped."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from rldoctor.model.finding import Diagnosis, Finding, Outcome, RuleResult
from rldoctor.report import words
from rldoctor.report.clean import clean


def render(diagnoses: Sequence[Diagnosis]) -> str:
    """The report as a ``<testsuites>`` document."""
    root = Xml.Element("testsuites", name="rldoctor")
    for name, diagnosis in zip(words.names(diagnoses), diagnoses, strict=True):
        root.append(_suite(name, diagnosis))
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _suite(name: str, diagnosis: Diagnosis) -> Xml.Element:
    counts = {outcome: len(words.by_outcome(diagnosis, outcome)) for outcome in Outcome}
    suite = Xml.Element(
        "testsuite",
        name=name,
        tests=str(len(diagnosis.results)),
        failures=str(counts[Outcome.FIRED]),
        errors=str(counts[Outcome.ERROR]),
        skipped=str(counts[Outcome.NOT_MEASURED] + counts[Outcome.NOT_APPLICABLE]),
    )
    for result in diagnosis.results:
        suite.append(_case(name, result))
    return suite


def _case(suite: str, result: RuleResult) -> Xml.Element:
    case = Xml.Element("testcase", classname=suite, name=f"{clean(result.code)} {clean(result.slug)}")
    if result.outcome is Outcome.FIRED and result.finding is not None:
        case.append(_failure(result.finding))
    elif result.outcome is Outcome.ERROR:
        Xml.SubElement(case, "error", message=clean(result.error), type="rule-error")
    elif result.outcome in (Outcome.NOT_MEASURED, Outcome.NOT_APPLICABLE):
        reason = words.why_not(result) if result.outcome is Outcome.NOT_MEASURED else clean(result.reason)
        Xml.SubElement(
            case, "skipped", message=f"{result.outcome.value.replace('_', ' ')}: {reason}".rstrip(": ")
        )
    return case


def _failure(finding: Finding) -> Xml.Element:
    failure = Xml.Element("failure", message=clean(finding.message), type=finding.severity.label)
    lines = [f"{clean(finding.title)}, {words.onset(finding)}"]
    lines += [
        f"{words.measure_label(m)}: {words.measured(m)} (limit {words.limit(m) or '-'})"
        for m in finding.measures
    ]
    lines += [clean(fix.text) for fix in finding.prescriptions]
    failure.text = "\n".join(lines)
    return failure
