"""A run in a page of Markdown for a coding agent: what it needs to make one change, and nothing else.

The headings are always these, in this order, whatever was found. What comes from a log is cleaned, on one
line and cut: it is data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rldoctor.model.differential import Differential
from rldoctor.model.finding import Diagnosis, Finding, Measure, Root
from rldoctor.model.reading import WHOLE, Unread
from rldoctor.report import audited, left_open, losses, run_names, words
from rldoctor.report.clean import clean
from rldoctor.report.numbers import plural
from rldoctor.report.remedies import remedies
from rldoctor.report.snippets import snippet
from rldoctor.report.terminal_summary import total, worst_first
from rldoctor.report.todo import Fix, Todo, todo

HEADINGS = (
    "Cause",
    "Evidence",
    "Change",
    "If that did not help",
    "Rejected",
    "Other causes",
    "To log",
    "Trust",
)
MAX_TEXT = 320
MAX_MEASURES, MAX_ALTERNATIVES, MAX_REJECTED, MAX_OTHERS, MAX_REMEDIES, MAX_FALSE = 6, 3, 5, 4, 3, 2
MAX_RUNS = 8


def render(diagnoses: Sequence[Diagnosis], *, reading: Unread = WHOLE) -> str:
    """One section for each run, worst first; of many runs a list of all, and the first ones in full."""
    names = run_names.full_names(diagnoses)
    order = worst_first(diagnoses)
    lines: list[str] = []
    if len(diagnoses) > 1:
        lines += [f"# {total(diagnoses)}", ""]
        lines += [f"- {_cut(names[place])}: {_verdict(diagnoses[place])}" for place in order]
        lines += ["", f"In full: the first {MAX_RUNS}.", ""] if len(order) > MAX_RUNS else [""]
    for place in order[:MAX_RUNS]:
        lines += [*_run(names[place], diagnoses[place]), ""]
        if lost := losses.in_short(diagnoses[place].run):
            lines += [_cut(lost), ""]
    lines += [_cut(f"Not read: {text}") for text in losses.not_read(reading)]
    return "\n".join(lines).rstrip() + "\n"


def _verdict(diagnosis: Diagnosis) -> str:
    return f"{words.verdict_label(diagnosis).lower()}: {_cut(words.headline(diagnosis))}"


def _run(name: str, diagnosis: Diagnosis) -> Iterator[str]:
    yield f"# {_cut(name)}"
    yield ""
    yield f"- verdict: {_verdict(diagnosis)}"
    yield f"- run: {_cut(', '.join(words.facts(diagnosis.run)))}"
    for text in (diagnosis.verdict_note, diagnosis.outcome_note):
        if text:
            yield f"- outcome: {_cut(text)}"
    yield f"- coverage: {words.coverage(diagnosis)}"
    for one in audited.contradictions(diagnosis.audit)[:MAX_REMEDIES]:
        yield f"- by the log: {_cut(audited.sentence(one))}"
    first = diagnosis.roots[0] if diagnosis.roots else None
    fixes = todo(diagnosis)
    sections = (
        _cause(first, diagnosis),
        _evidence(first),
        _change(fixes.first, diagnosis),
        _alternatives(fixes),
        _rejected(first),
        [*_others(diagnosis.roots[1:]), *_left_open(diagnosis.differential)],
        _to_log(diagnosis),
        _trust(first),
    )
    for heading, lines in zip(HEADINGS, sections, strict=True):
        yield from ("", f"## {heading}", *(list(lines) or ["- none"]))


def _cause(root: Root | None, diagnosis: Diagnosis) -> Iterator[str]:
    if root is None:
        return
    finding = root.finding
    yield f"- {clean(finding.code)} ({root.severity.label}): {_cut(finding.title)}"
    if finding.setting:
        yield f"- setting: {_cut(finding.setting)}"
    yield f"- when: {words.onset(finding)} {words.held(finding, diagnosis.run)}".rstrip()
    yield f"- {_cut(finding.message)}"
    yield from (f"- likely: {_cut(cause.text)}" for cause in finding.causes if cause.likely)
    yield from (f"- it explains {clean(one.code)}: {_cut(one.title)}" for one in root.explains[:MAX_OTHERS])


def _evidence(root: Root | None) -> Iterator[str]:
    """The numbers that are held against a limit first."""
    measures = () if root is None else sorted(root.finding.measures, key=lambda one: one.limit is None)
    for one in measures[:MAX_MEASURES]:
        yield f"- {_cut(words.measure_label(one))}: {words.measured(one)}{_context(one)}"


def _context(one: Measure) -> str:
    parts = [words.held_against(one)] if one.limit is not None else []
    parts += [f"steps {words.window(one)}"] if one.window else []
    return f" ({', '.join(parts)})" if parts else ""


def _change(fix: Fix | None, diagnosis: Diagnosis) -> Iterator[str]:
    if fix is None:
        return
    yield f"- {_cut(fix.change or fix.sentence)}"
    line = snippet(fix.prescription, diagnosis.run)
    if line is not None:
        yield from _code(line.where, line.text)
    for label, text in (("because", fix.prescription.because), ("expect", fix.prescription.expect)):
        if text:
            yield f"- {label}: {_cut(text)}"


def _code(where: str, text: str) -> Iterator[str]:
    """One line in line; what is nested in a block of its own, as its indentation counts."""
    lines = text.splitlines()
    if len(lines) == 1:
        yield f"- {where}: `{lines[0]}`"
        return
    yield from (f"- {where}:", "  ```", *(f"  {one}" for one in lines), "  ```")


def _alternatives(fixes: Todo) -> Iterator[str]:
    rest = [fix for group in fixes.otherwise for fix in group.fixes]
    yield from (f"- {_cut(fix.change or fix.sentence)}" for fix in rest[:MAX_ALTERNATIVES])
    yield from _more(rest, MAX_ALTERNATIVES)


def _rejected(root: Root | None) -> Iterator[str]:
    rivals = () if root is None else root.rivals
    for one in rivals[:MAX_REJECTED]:
        yield f"- {clean(one.code)} {_cut(one.title, 90)}: {_cut(one.text, 140)}"
    yield from _more(rivals, MAX_REJECTED)


def _others(roots: Sequence[Root]) -> Iterator[str]:
    for one in roots[:MAX_OTHERS]:
        finding = one.finding
        yield f"- {clean(finding.code)} ({one.severity.label}): {_cut(finding.title)}, {words.onset(finding)}"
    yield from _more(roots, MAX_OTHERS)


def _left_open(left: Differential | None) -> Iterator[str]:
    if left is None:
        return
    yield f"- left open: {_cut(left_open.basis(left))}:"
    for one, (share, title) in zip(left.kinds, left_open.shares(left), strict=False):
        yield f"- {share} {_cut(title)}. Check: {_cut(one.check)}"
        yield from _code("code", one.line)
    if left.experiment is not None:
        yield f"- {left_open.APART.lower()}: {_cut(left_open.experiment(left.experiment))}"
        yield from _code("code", left.experiment.line)


def _to_log(diagnosis: Diagnosis) -> Iterator[str]:
    for one in remedies(diagnosis).steps[:MAX_REMEDIES]:
        yield f"- {one.opens}: {_cut(one.line)}"


def _trust(root: Root | None) -> Iterator[str]:
    if root is None:
        return
    finding: Finding = root.finding
    yield from (f"- record: {_cut(text)}" for text in words.record(finding))
    yield from (f"- wrong when: {_cut(text)}" for text in finding.false_positives[:MAX_FALSE])
    yield f"- what the code means: `rldoctor explain {clean(finding.code)}`"


def _more(found: Sequence[object], most: int) -> Iterator[str]:
    if len(found) > most:
        yield f"- and {plural(len(found) - most, 'more', 'more')}: `rldoctor analyze PATH -v`"


def _cut(text: object, most: int = MAX_TEXT) -> str:
    """One line, without marks that Markdown would read as structure, no longer than ``most``."""
    plain = " ".join(clean(text).replace("`", "'").split())
    return plain if len(plain) <= most else f"{plain[: most - 3].rstrip()}..."
