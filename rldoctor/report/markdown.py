"""Markdown for a job summary or a pull-request comment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rldoctor.model.differential import Differential
from rldoctor.model.envelope import ReferenceView
from rldoctor.model.finding import Diagnosis, Finding, Outcome, Root
from rldoctor.model.reading import WHOLE, Unread
from rldoctor.patterns import pattern
from rldoctor.report import envelope_words as say
from rldoctor.report import left_open, losses, run_names, words
from rldoctor.report.additions import Once
from rldoctor.report.clean import clean
from rldoctor.report.numbers import plural
from rldoctor.report.snippets import Snippet, snippet
from rldoctor.report.todo import Fix, todo

_SPECIAL = pattern(r"([\\`*_\[\]#|~$]|^[-+])")
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "@\u200b"}


def render(diagnoses: Sequence[Diagnosis], *, reading: Unread = WHOLE) -> str:
    """The report as GitHub-flavoured Markdown; text from the log is escaped."""
    lines = ["# rldoctor", ""]
    names = run_names.names(diagnoses)
    if len(diagnoses) > 1:
        lines += _index(names, diagnoses)
    for name, diagnosis in zip(names, diagnoses, strict=True):
        lines += _run(name if len(diagnoses) > 1 else str(diagnosis.run.path), diagnosis)
    if texts := losses.not_read(reading):
        lines += [f"## {losses.NOT_READ}", "", *(f"- {escape(text)}" for text in texts)]
    return "\n".join(lines).rstrip() + "\n"


def escape(text: object) -> str:
    """Text that Markdown shows as it is, without markup, HTML, links or mentions."""
    safe = _SPECIAL.sub(r"\\\1", clean(text))
    return "".join(_HTML.get(character, character) for character in safe)


def _code(text: str) -> str:
    """A line of our own vocabularies as code; nothing for nothing."""
    return f"`{text}`" if text and "`" not in text else escape(text)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _index(names: Sequence[str], diagnoses: Sequence[Diagnosis]) -> list[str]:
    lines = [_row("run", "verdict", "first root cause", "since"), "|---|---|---|---:|"]
    for name, diagnosis in zip(names, diagnoses, strict=True):
        first = diagnosis.roots[0].finding if diagnosis.roots else None
        cause = f"{escape(first.code)} {escape(first.title)}" if first else ""
        since = words.onset(first).removeprefix("since step ").removeprefix("over the ") if first else ""
        lines.append(_row(escape(name), words.verdict_label(diagnosis).lower(), cause, since))
    return [*lines, ""]


def _run(name: str, diagnosis: Diagnosis) -> Iterator[str]:
    yield f"## {escape(name)}"
    yield ""
    yield escape(", ".join(words.facts(diagnosis.run)))
    yield ""
    verdict = f"**{words.verdict_label(diagnosis)}**: {escape(words.headline(diagnosis))}"
    yield f"{verdict} {words.coverage(diagnosis)}"
    if diagnosis.verdict_note:
        yield ""
        yield escape(diagnosis.verdict_note)
    yield ""
    if lost := losses.of_run(diagnosis.run):
        yield f"**{losses.TITLE}**"
        yield ""
        yield from (f"- {escape(text)}" for text in losses.listed(lost))
        yield ""
    for root in diagnosis.roots:
        yield from _root(root, words.counted(diagnosis, root.finding.code))
    yield from _fixes(diagnosis)
    yield from _left_open(diagnosis.differential)
    yield from _reference(diagnosis.reference)
    yield from _unmeasured(diagnosis)


def _root(root: Root, counted: str) -> Iterator[str]:
    finding = root.finding
    title = f"{escape(finding.code)} {escape(finding.title)}"
    weight = f"; {words.weight(root)}" if words.weight(root) else ""
    yield f"### {title} ({finding.severity.label}, {words.onset(finding)}{weight})"
    yield ""
    yield escape(finding.message)
    yield ""
    if counted:
        yield f"**In the gate**: {escape(counted)}"
        yield ""
    yield from _evidence(finding)
    for child in root.explains:
        yield f"- explains {escape(child.code)} {escape(child.title)} ({words.onset(child)})"
    for rival in root.rivals:
        yield f"- not {escape(rival.code)} {escape(rival.title)}: {escape(rival.text)}"
    if root.explains or root.rivals:
        yield ""


def _evidence(finding: Finding) -> Iterator[str]:
    if not finding.measures:
        return
    yield _row("measured", "steps", "value", "limit", "n")
    yield "|---|---|---:|---:|---:|"
    for measure in finding.measures:
        points = "" if measure.n is None else f"{measure.n:,}"
        label, value = escape(words.measure_label(measure)), escape(words.measured(measure))
        yield _row(label, words.window(measure), value, words.limit(measure), points)
    yield ""


def _fixes(diagnosis: Diagnosis) -> Iterator[str]:
    found = todo(diagnosis)
    if found.first is None:
        return
    yield f"### {words.fixes_title(diagnosis)}"
    yield ""
    yield from _fix(found.first, diagnosis, "1.")
    yield ""
    if found.otherwise:
        yield f"<details><summary>{words.OTHERWISE}</summary>"
        yield ""
        for group in found.otherwise:
            yield f"{escape(group.heading)}"
            yield ""
            for fix in group.fixes:
                yield from _fix(fix, diagnosis, "-")
            yield ""
        yield "</details>"
        yield ""


def _fix(fix: Fix, diagnosis: Diagnosis, mark: str) -> Iterator[str]:
    head = [f"**{escape(fix.change)}**"] if fix.change else []
    reason = [f"Because: {escape(fix.prescription.because)}"] if fix.prescription.because else []
    yield f"{mark} {' '.join([*head, escape(fix.sentence), *reason])}".rstrip()
    yield from _snippet(snippet(fix.prescription, diagnosis.run), " " * len(f"{mark} "))


def _snippet(line: Snippet | None, indent: str) -> Iterator[str]:
    """The line to write as a code block inside the list; it holds plain keys and values only."""
    if line is not None:
        lines = ("", f"{escape(line.where)}:", "", "```", *line.text.splitlines(), "```")
        yield from (f"{indent}{part}".rstrip() for part in lines)


def _left_open(left: Differential | None) -> Iterator[str]:
    if left is None:
        return
    yield f"### {left_open.TITLE}"
    yield ""
    yield f"{escape(left_open.basis(left))}:"
    yield ""
    for one, (share, title) in zip_longest(left.kinds, left_open.shares(left)):
        yield f"- **{share}** {escape(title)}{f'. {escape(clean(one.check))}' if one else ''}"
    yield ""
    if left.experiment is not None:
        yield f"{left_open.APART}: {escape(left_open.experiment(left.experiment))}"
        yield from ("", "```python", *left.experiment.line.splitlines(), "```", "")
    yield escape(left_open.CAUTION)
    yield ""


def _reference(view: ReferenceView) -> Iterator[str]:
    if view.envelope is None:
        return
    yield "### Against the reference"
    yield ""
    if not view.used:
        yield f"{escape(view.reason)}."
    else:
        yield f"{escape(say.title(view))}{': ' if view.basis else ''}{escape(say.basis(view))}"
    yield ""
    if view.milestones:
        yield _row("", *(escape(head) for head in say.heads(view)))
        yield f"|---|{'---:|' * len(view.milestones)}"
        yield _row("reference", *say.theirs(view))
        yield _row("this run", *say.mine(view))
        yield ""


def _unmeasured(diagnosis: Diagnosis) -> Iterator[str]:
    missed = words.by_outcome(diagnosis, Outcome.NOT_MEASURED)
    if not missed:
        return
    yield f"<details><summary>{plural(len(missed), 'rule')} not measured</summary>"
    yield ""
    once = Once(diagnosis.run)
    for result in missed:
        told, see = once.of(result)
        more = [f"{escape(one.what)}{': ' if one.code else ''}{_code(one.code)}" for one in told]
        more += [f"see {escape(', '.join(see))}"] if see else []
        why = "; ".join([escape(words.why_not(result)), *more])
        yield f"- {escape(result.code)} {escape(result.title)}: {why}"
    yield ""
    yield "</details>"
    yield ""
