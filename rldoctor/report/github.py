"""GitHub workflow commands: one annotation per root cause, a notice for a run without any; the worst first.

GitHub shows ten errors, ten warnings and ten notices of a step; what is cut off must not be the worst. A root
cause has the level of the worst that it explains, as in the gate. A finding that the gate does not count
(known, waived, in too few seeds) is a notice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rldoctor.model.finding import Diagnosis, Root, Severity
from rldoctor.model.reading import WHOLE, Unread
from rldoctor.report import losses, run_names, words
from rldoctor.report.clean import clean

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
}


def render(diagnoses: Sequence[Diagnosis], *, reading: Unread = WHOLE) -> str:
    """The commands, one per line."""
    found = [
        one
        for name, diagnosis in zip(run_names.names(diagnoses), diagnoses, strict=True)
        for one in _run(name, diagnosis, reading)
    ]
    found += [_loss("rldoctor: not read", text, reading) for text in losses.not_read(reading)]
    worst_first = sorted(found, key=lambda one: -one[0])
    return "".join(f"{line}\n" for _, line in worst_first)


def _loss(title: str, text: str, reading: Unread) -> tuple[int, str]:
    level = Severity.ERROR if reading.strict else Severity.WARNING
    return int(level), _command(_LEVELS[level], title, text)


def _run(name: str, diagnosis: Diagnosis, reading: Unread) -> Iterator[tuple[int, str]]:
    """The rank of each command (a notice has 0) and the command."""
    if lost := losses.of_run(diagnosis.run):
        yield _loss(f"rldoctor: {name}: log not read completely", "\n".join(losses.listed(lost)), reading)
    for root in diagnosis.roots:
        rank = 0 if words.excused(diagnosis, root.finding.code) else int(root.severity)
        yield rank, _root(name, root, diagnosis)
    if not diagnosis.roots:
        text = f"{words.alone(diagnosis)} {words.coverage(diagnosis)}"
        yield 0, _command("notice", f"rldoctor: {name}: {words.verdict_label(diagnosis).lower()}", text)


def _root(name: str, root: Root, diagnosis: Diagnosis) -> str:
    finding = root.finding
    excuse = words.excused(diagnosis, finding.code)
    level = "notice" if excuse else _LEVELS[root.severity]
    lines = [f"{clean(finding.title)}, {words.onset(finding)}. {clean(finding.message)}"]
    lines += [clean(fix.text) for fix in finding.prescriptions[:1]]
    if said := words.counted(diagnosis, finding.code):
        lines.append(said)
    return _command(level, f"rldoctor: {name}: {clean(finding.code)}", "\n".join(lines))


def _command(level: str, title: str, text: str) -> str:
    return f"::{level} title={_escape(title, property_value=True)}::{_escape(text)}"


def _escape(text: str, *, property_value: bool = False) -> str:
    """The runner's own escapes: a log cannot start a command of its own."""
    for character, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
        text = text.replace(character, code)
    return text.replace(":", "%3A").replace(",", "%2C") if property_value else text
