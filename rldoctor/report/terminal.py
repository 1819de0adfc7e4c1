"""The report on a terminal. Every string goes through a ``Paragraph``, which is never read as markup."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from rldoctor.model.finding import Diagnosis, Finding, Outcome, Rival, Root
from rldoctor.model.raw import Note
from rldoctor.model.series import Series
from rldoctor.report import audited, words
from rldoctor.report.additions import Once
from rldoctor.report.blocks import Block, ColumnLook, Paragraph, Sheaf
from rldoctor.report.clean import clean
from rldoctor.report.layout import Printer, printer
from rldoctor.report.numbers import number, plural
from rldoctor.report.sparkline import can_show, sparkline
from rldoctor.report.terminal_detail import NORMAL, QUIET, VERBOSE, quiet, rules, settings
from rldoctor.report.terminal_envelope import reference
from rldoctor.report.terminal_parts import STYLES, console, indented, table
from rldoctor.report.terminal_summary import summary
from rldoctor.report.todo import Alternatives, Fix, todo

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from rldoctor.report.snippets import Snippet
MAX_NOTES = 5
MAX_OTHERWISE = 2
MAX_DETAILED = 8
MAX_RIVALS = 4
MAX_TWINS = 8
TWIN = "twin"


def render(diagnoses: Sequence[Diagnosis], detail: int = NORMAL) -> str:
    """The report as plain text, 80 columns, for a file. ``detail`` as in :func:`show`."""
    from io import StringIO

    buffer = StringIO()
    show(diagnoses, Printer(buffer, 80), detail)
    return "".join(f"{line.rstrip()}\n" for line in buffer.getvalue().splitlines())


def show(
    diagnoses: Sequence[Diagnosis], target: Console | Printer | None = None, detail: int = NORMAL
) -> None:
    """Print the report. Several runs: a table of all of them, then the ones with findings in full, if few.

    ``detail``: ``QUIET`` one line per run, ``VERBOSE`` every run with every rule, setting and note.
    """
    out = target or printer(sys.stdout) or console()
    if detail == QUIET:
        for line in quiet(diagnoses):
            out.print(line, soft_wrap=True)  # a line per run, for grep
        return
    if len(diagnoses) == 1:
        _print(out, _run(diagnoses[0], out, detail))
        return
    _print(out, summary(diagnoses))
    _print(out, _twins(diagnoses))
    sick = [diagnosis for diagnosis in diagnoses if diagnosis.roots or detail == VERBOSE]
    if len(sick) > MAX_DETAILED and detail != VERBOSE:
        out.print(f"{len(sick)} runs have findings. In full: add -o report.html, or analyze fewer paths.")
        return
    for diagnosis in sick:
        out.rule(style="dim", characters="-")
        _print(out, _run(diagnosis, out, detail))


def _print(out: Console | Printer, parts: Iterable[Block | RenderableType]) -> None:
    for part in parts:
        out.print(part)


def _run(diagnosis: Diagnosis, out: Console | Printer, detail: int) -> Iterator[Block]:
    blocks = can_show(getattr(out.file, "encoding", None))
    yield from _header(diagnosis)
    yield from _fixes(diagnosis, detail)
    for rank, root in enumerate(diagnosis.roots, 1):
        yield from _root(rank, root, diagnosis, detail, blocks=blocks)
    if blocks:
        yield from _curve(diagnosis)
    yield from _audit(diagnosis)
    yield from reference(diagnosis.reference)
    if detail == VERBOSE:
        yield from settings(diagnosis)
        yield from rules(diagnosis)
    else:
        yield from _unmeasured(diagnosis)
    yield from _notes(diagnosis.run.notes, detail)


def _twins(diagnoses: Sequence[Diagnosis]) -> Iterator[Block]:
    """Runs that are another one to the last digit until something is not the same."""
    told = [(one.run, note.text) for one in diagnoses for note in one.run.notes if note.code == TWIN]
    if told:
        yield Paragraph("\nThe same training until a number differs", style="bold")
        yield from (indented(f"{clean(run.id)}: {clean(text)}") for run, text in told[:MAX_TWINS])
    if len(told) > MAX_TWINS:
        yield indented(f"and {len(told) - MAX_TWINS} more: see the notes of -f json", style="dim")


def _audit(diagnosis: Diagnosis) -> Iterator[Block]:
    """Settings that do not act as configured and mechanisms that are absent; silent where there is none."""
    wrong = audited.contradictions(diagnosis.audit)
    if wrong:
        yield Paragraph("\nThe log contradicts", style="bold")
        yield from (indented(audited.sentence(one)) for one in wrong)


def _curve(diagnosis: Diagnosis) -> Iterator[Block]:
    """The learning curve as a sparkline."""
    metrics = diagnosis.run.metrics
    series = next(
        (metrics[name] for name in words.OVERVIEW if name in metrics and sparkline(metrics[name])), None
    )
    if series is not None:
        yield Paragraph("\nLearning curve", style="bold")
        yield _spark(series)


def _spark(series: Series) -> Block:
    known = series.finite().values
    ends = f"{number(float(known[0]))} to {number(float(known[-1]))}"
    return indented(f"{sparkline(series)} {clean(series.name).replace('_', ' ')}, {ends}")


def _header(diagnosis: Diagnosis) -> Iterator[Block]:
    run = diagnosis.run
    yield Paragraph(clean(run.path), style="bold")
    yield Paragraph(", ".join(words.facts(run)), style="dim")
    if run.axis_note:
        yield Paragraph(clean(run.axis_note), style="dim")
    yield Paragraph()
    verdict = Paragraph(f" {words.verdict_label(diagnosis)} ", style=STYLES.get(diagnosis.verdict, "bold"))
    yield verdict.append(f" {words.headline(diagnosis)}", style="bold not dim")
    yield indented(words.coverage(diagnosis))
    for text in (diagnosis.verdict_note, diagnosis.outcome_note):
        if text:
            yield indented(clean(text))


def _root(
    rank: int, root: Root, diagnosis: Diagnosis, detail: int = NORMAL, *, blocks: bool = False
) -> Iterator[Block]:
    finding = root.finding
    yield Paragraph()
    title = Paragraph(f"{rank}. {clean(finding.title)}", style="bold")
    yield title.append(
        f"  {clean(finding.code)}, {finding.severity.label}", style=STYLES[finding.severity.label]
    )
    when = (words.onset(finding), words.held(finding, diagnosis.run), words.weight(root))
    yield indented("; ".join(part for part in when if part))
    yield indented(clean(finding.message))
    if finding.capped:
        yield indented(clean(finding.capped))
    if counted := words.counted(diagnosis, finding.code):
        yield indented(f"in the gate: {counted}")
    first = diagnosis.run.metrics.get(finding.metrics[0]) if finding.metrics else None
    if blocks and first is not None and sparkline(first):
        yield _spark(first)
    if finding.measures:
        yield _evidence(finding)
    yield from _labelled("explains", [_symptom(child) for child in root.explains])
    yield from _labelled("likely", [clean(c.text) for c in finding.causes if c.likely])
    yield from _labelled("not", _rivals(root.rivals, detail))
    yield from _labelled("measured", words.record(finding))


def _rivals(rivals: Sequence[Rival], detail: int) -> list[str]:
    lines = [f"{clean(rival.code)} {clean(rival.title)}: {clean(rival.text)}" for rival in rivals]
    more = len(lines) - MAX_RIVALS
    return (
        lines
        if more <= 1 or detail == VERBOSE
        else [*lines[:MAX_RIVALS], f"and {more} more: see --verbose or the HTML report"]
    )


def _symptom(child: Finding) -> str:
    return f"{clean(child.code)} {clean(child.title)} ({words.onset(child)})"


def _evidence(finding: Finding) -> Sheaf:
    grid = table(
        ("measured", "left"), ("steps", "right"), ("value", "right"), ("limit", "right"), ("n", "right")
    )
    for measure in finding.measures:
        cells = (
            words.measure_label(measure),
            words.window(measure),
            words.measured(measure),
            words.limit(measure),
            "" if measure.n is None else f"{measure.n:,}",
        )
        grid.add_row(*(Paragraph(cell) for cell in cells))
    return grid


def _labelled(label: str, lines: Sequence[str]) -> Iterator[Block]:
    """``label`` in a hanging column before each line."""
    if not lines:
        return
    grid = Sheaf([ColumnLook(least=11, fold=False), ColumnLook()])
    for position, line in enumerate(lines):
        grid.add_row(Paragraph("" if position else f"   {label}", style="dim"), Paragraph(line))
    yield grid


def _fixes(diagnosis: Diagnosis, detail: int) -> Iterator[Block]:
    """The change for the first root, then in short what to try if it did not help, by cause."""
    found = todo(diagnosis)
    if found.first is None:
        return
    yield Paragraph(f"\n{words.fixes_title(diagnosis)}", style="bold")
    grid = Sheaf([ColumnLook(least=1, fold=False), ColumnLook()], gap=1)
    line = _snippet(found.first, diagnosis) if detail == VERBOSE else None
    grid.add_row(Paragraph(" "), _fix(found.first, line))
    yield grid
    if found.otherwise:
        yield Paragraph(f"{words.OTHERWISE}", style="bold")
        yield from _otherwise(found.otherwise, diagnosis, detail)


def _otherwise(groups: Sequence[Alternatives], diagnosis: Diagnosis, detail: int) -> Iterator[Block]:
    if detail == VERBOSE:
        for group in groups:
            yield indented(group.heading, style="dim")
            grid = Sheaf([ColumnLook(right=True, least=4, fold=False), ColumnLook()], gap=1)
            for rank, fix in enumerate(group.fixes):
                mark = "-" if rank == 0 else "or"
                grid.add_row(Paragraph(mark), _fix(fix, _snippet(fix, diagnosis)))
            yield grid
        return
    fixes = [fix for group in groups for fix in group.fixes]
    for fix in fixes[:MAX_OTHERWISE]:
        yield indented(f"- {fix.change or fix.sentence}")
    if len(fixes) > MAX_OTHERWISE:
        yield indented(
            f"and {len(fixes) - MAX_OTHERWISE} more: see --verbose or the HTML report", style="dim"
        )


def _snippet(fix: Fix, diagnosis: Diagnosis) -> Snippet | None:
    from rldoctor.report.snippets import snippet

    return snippet(fix.prescription, diagnosis.run)


def _fix(fix: Fix, line: Snippet | None) -> Paragraph:
    text = Paragraph(fix.change, style="bold green")
    if fix.sentence:
        text.append(("\n" if fix.change else "") + fix.sentence, style="not bold default")
    for label, reason in (("because", fix.prescription.because), ("expect", fix.prescription.expect)):
        if reason:
            text.append(f"\n{label}: {clean(reason)}", style="not bold dim default")
    if line is not None:
        text.append(f"\n{line.where}:", style="not bold dim default")
        text.append("".join(f"\n    {part}" for part in line.text.splitlines()), style="not bold default")
    return text


def _unmeasured(diagnosis: Diagnosis) -> Iterator[Block]:
    missed = words.by_outcome(diagnosis, Outcome.NOT_MEASURED)
    if not missed:
        return
    codes = ", ".join(clean(result.code) for result in missed)
    yield Paragraph(f"\nNot measured: {plural(len(missed), 'rule')} ({codes}).", style="dim")
    first = next((result for result in missed if result.log_hint), missed[0])
    add = Once(diagnosis.run).text(first)
    yield indented(f"{clean(first.code)} {words.why_not(first)}{add}", style="dim")


def _notes(notes: Sequence[Note], detail: int) -> Iterator[Block]:
    loud = sorted(
        (note for note in notes if note.level == "warning" or detail == VERBOSE),
        key=lambda note: note.level != "warning",
    )
    if not loud:
        return
    yield Paragraph("\nAbout the log", style="bold")
    most = len(loud) if detail == VERBOSE else MAX_NOTES
    for note in loud[:most]:
        bad = note.level == "warning"
        yield indented(
            f"{'!' if bad else '-'} {clean(note.text)} [{clean(note.code)}]", "yellow" if bad else ""
        )
    if len(loud) > most:
        yield indented(f"... and {len(loud) - most} more: see rldoctor inspect", style="dim")
