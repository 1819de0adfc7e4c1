"""JUnit XML: a suite per run, a case per rule; fired is a failure, not measured is skipped.

A finding that the gate does not count (known, waived, in too few seeds) is skipped with that reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from rldoctor.model.finding import Diagnosis, Finding, Measure, Outcome, Root, RuleResult
from rldoctor.model.reading import WHOLE, Unread
from rldoctor.report import losses, run_names, words
from rldoctor.report.clean import clean

COUNTS = {
    "tests": "testcase",
    "failures": "testcase/failure",
    "errors": "testcase/error",
    "skipped": "testcase/skipped",
}


def render(diagnoses: Sequence[Diagnosis], *, reading: Unread = WHOLE) -> str:
    """The report as a ``<testsuites>`` document."""
    root = Xml.Element("testsuites", name="rldoctor")
    for name, diagnosis in zip(run_names.relative_names(diagnoses), diagnoses, strict=True):
        root.append(suite(name, diagnosis, reading))
    if reading.failures:
        root.append(_not_read(reading))
    for key in COUNTS:
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def suite(name: str, diagnosis: Diagnosis, reading: Unread) -> Xml.Element:
    """The suite of a run."""
    made = Xml.Element("testsuite", name=name)
    if lost := losses.of_run(diagnosis.run):
        case = Xml.SubElement(made, "testcase", classname=name, name="the log is read completely")
        _say(case, lost, reading, "failure")
    roots = {root.finding.code: root for root in diagnosis.roots}
    for result in diagnosis.results:
        excuse = words.excused(diagnosis, result.code)
        made.append(_case(name, result, excuse, roots.get(result.code)))
    return _counted(made)


def not_read_text(reading: Unread) -> tuple[str, dict[str, int]]:
    """The suite of what gave no run, as text one level deep, and its counts; nothing where all was read."""
    if not reading.failures:
        return "", {}
    made = _not_read(reading)
    Xml.indent(made, level=1)
    return Xml.tostring(made, encoding="unicode").rstrip(), {key: int(made.get(key, "0")) for key in COUNTS}


def _not_read(reading: Unread) -> Xml.Element:
    """A suite with a case for each part that gave no run."""
    suite = Xml.Element("testsuite", name=f"rldoctor: {losses.NOT_READ.lower()}")
    for text in losses.not_read(reading):
        case = Xml.SubElement(suite, "testcase", classname=suite.get("name", ""), name=text)
        _say(case, [text], reading, "error")
    return _counted(suite)


def _say(case: Xml.Element, lost: Sequence[str], reading: Unread, kind: str) -> None:
    """Losses fail a case under ``--strict``; else it is skipped, which is said and is no pass."""
    message = f"not read completely: {'; '.join(lost)}"
    if reading.strict:
        Xml.SubElement(case, kind, message=message, type="loss")
    else:
        Xml.SubElement(case, "skipped", message=message)


def _counted(suite: Xml.Element) -> Xml.Element:
    for key, tag in COUNTS.items():
        suite.set(key, str(len(suite.findall(tag))))
    return suite


def _case(suite: str, result: RuleResult, excuse: str, root: Root | None) -> Xml.Element:
    case = Xml.Element("testcase", classname=suite, name=f"{clean(result.code)} {clean(result.slug)}")
    if result.outcome is Outcome.FIRED and excuse:
        Xml.SubElement(case, "skipped", message=f"found, and not counted: {excuse}")
    elif result.outcome is Outcome.FIRED and result.finding is not None:
        case.append(_failure(result.finding, root))
    elif result.outcome is Outcome.ERROR:
        Xml.SubElement(case, "error", message=clean(result.error), type="rule-error")
    elif result.outcome in (Outcome.NOT_MEASURED, Outcome.NOT_APPLICABLE):
        reason = words.why_not(result) if result.outcome is Outcome.NOT_MEASURED else clean(result.reason)
        Xml.SubElement(
            case, "skipped", message=f"{result.outcome.value.replace('_', ' ')}: {reason}".rstrip(": ")
        )
    return case


def _evidence(measure: Measure) -> str:
    held = words.held_against(measure)
    return f"{words.measure_label(measure)}: {words.measured(measure)}" + (f" ({held})" if held else "")


def _failure(finding: Finding, root: Root | None) -> Xml.Element:
    # The level that the verdict and the gate use: that of a root cause with what it explains.
    level = finding.severity if root is None else root.severity
    failure = Xml.Element("failure", message=clean(finding.message), type=level.label)
    lines = [f"{clean(finding.title)}, {words.onset(finding)}"]
    lines += [weight] if root is not None and (weight := words.weight(root)) else []
    lines += map(_evidence, finding.measures)
    lines += [clean(fix.text) for fix in finding.prescriptions]
    failure.text = "\n".join(lines)
    return failure
