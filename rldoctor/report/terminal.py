"""The report on a terminal. Every string goes through a ``Paragraph``, which is never read as markup."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from rldoctor.model.finding import Diagnosis, Outcome, Root, Severity
from rldoctor.model.raw import Note
from rldoctor.model.reading import WHOLE, Unread
from rldoctor.model.run import Run
from rldoctor.report import audited, losses, words
from rldoctor.report.blocks import Block, ColumnLook, Paragraph, Sheaf, line
from rldoctor.report.clean import clean
from rldoctor.report.layout import Printer, printer
from rldoctor.report.numbers import plural
from rldoctor.report.remedies import remedies
from rldoctor.report.sparkline import can_show, sparkline
from rldoctor.report.terminal_envelope import briefly, reference
from rldoctor.report.terminal_fit import Needed, Part, fitted, parts
from rldoctor.report.terminal_left_open import left_open, whole
from rldoctor.report.terminal_parts import NORMAL, QUIET, STYLES, VERBOSE, console, indented, spark
from rldoctor.report.todo import Alternatives, Fix, todo

if TYPE_CHECKING:
    from rich.console import Console

    from rldoctor.report.snippets import Snippet
MAX_NOTES = 2
MAX_LOSSES = 2
MAX_DETAILED = 8
MAX_ROOTS = 3
MAX_REMEDIES = 2
MAX_TWINS = 8
TWIN = "twin"


def render(diagnoses: Sequence[Diagnosis], detail: int = NORMAL, reading: Unread = WHOLE) -> str:
    """The report as plain text, 80 columns, for a file. ``detail`` as in :func:`show`."""
    from io import StringIO

    buffer = StringIO()
    show(diagnoses, Printer(buffer, 80), detail, reading)
    return "".join(f"{line.rstrip()}\n" for line in buffer.getvalue().splitlines())


def show(
    diagnoses: Sequence[Diagnosis],
    target: Console | Printer | None = None,
    detail: int = NORMAL,
    reading: Unread = WHOLE,
) -> None:
    """Print the report. Several runs: a line for each, worst first, then those with findings, if few.

    ``detail``: ``QUIET`` one line per run, ``VERBOSE`` every run with every rule, setting and note.
    """
    out = target or printer(sys.stdout) or console()
    if detail == QUIET:
        from rldoctor.report.terminal_summary import quiet

        _print(out, quiet(diagnoses))
    elif len(diagnoses) == 1:
        _print(out, _run(diagnoses[0], out, detail))
    else:
        _show_many(diagnoses, out, detail)
    _print(out, _not_read(reading, detail))


def _not_read(reading: Unread, detail: int) -> Iterator[Block]:
    """What gave no run, of which nothing else would be said here."""
    texts = losses.not_read(reading)
    if detail == QUIET:
        yield from (line(f"not read: {text}", style="yellow") for text in texts)
    elif texts:
        yield Paragraph(f"\n{losses.NOT_READ}", style="bold")
        yield from (indented(f"! {text}", "yellow") for text in texts)


def _lost(run: Run, detail: int) -> Iterator[Block]:
    """That the run is judged without a part of its log."""
    found = losses.of_run(run)
    if not found:
        return
    shown = found if detail == VERBOSE else found[:MAX_LOSSES]
    yield Paragraph(f"{losses.TITLE}: ", style="bold yellow").append(shown[0], style="not bold")
    yield from (indented(f"! {text}", "yellow") for text in shown[1:])
    if len(found) > len(shown):
        yield indented(f"... and {len(found) - len(shown)} more: --verbose", style="dim")


def _show_many(diagnoses: Sequence[Diagnosis], out: Console | Printer, detail: int) -> None:
    from rldoctor.report.terminal_summary import summary, worst_first

    _print(out, summary(diagnoses, out.width))
    _print(out, _losses(diagnoses))
    _print(out, _twins(diagnoses))
    ordered = [diagnoses[place] for place in worst_first(diagnoses)]
    sick = [diagnosis for diagnosis in ordered if diagnosis.roots or detail == VERBOSE]
    if len(sick) > MAX_DETAILED and detail != VERBOSE:
        _print(
            out, [Paragraph(f"\n{len(sick)} runs have findings. In full: -o report.html, or fewer paths.")]
        )
        return
    for diagnosis in sick:
        out.rule(style="dim", characters="-")
        _print(out, _run(diagnosis, out, detail))


def _print(out: Console | Printer, parts: Iterable[Block]) -> None:
    for part in parts:
        out.print(part, soft_wrap=isinstance(part, Paragraph) and part.whole)


def _run(diagnosis: Diagnosis, out: Console | Printer, detail: int) -> Iterable[Block]:
    blocks = can_show(getattr(out.file, "encoding", None))
    if detail == VERBOSE:
        return _whole(diagnosis, blocks=blocks)
    told = list(_short(diagnosis, out.width, blocks=blocks))
    # What is left open takes the room of one cause more.
    return fitted(told, out.width, len(_told_roots(diagnosis)) + (diagnosis.differential is not None))


def _short(diagnosis: Diagnosis, width: int, *, blocks: bool) -> Iterator[Part]:
    """A look: verdict, curve, the change, the root causes in a few lines, what opens more rules."""
    yield from parts(_header(diagnosis, NORMAL, blocks=blocks))
    yield from parts(_lost(diagnosis.run, NORMAL))
    if diagnosis.roots:
        yield from _wrong(diagnosis)
    yield from parts(left_open(diagnosis.differential), Needed.LEFT_OPEN)
    yield from parts(map(after_blank, briefly(diagnosis.reference)), Needed.REFERENCE)
    if audited.contradictions(diagnosis.audit):
        yield Part(Paragraph(), Needed.BLANK)
        yield from parts(_audit(diagnosis))
    yield from _unmeasured(diagnosis, width)
    # What was lost stands above.
    yield from parts(_notes([note for note in diagnosis.run.notes if not note.lost], NORMAL))
    yield from parts(_hint(diagnosis))


def _wrong(diagnosis: Diagnosis) -> Iterator[Part]:
    """The change and the root causes."""
    from rldoctor.report.terminal_root import brief

    yield from _change(diagnosis)
    told = _told_roots(diagnosis)
    for rank, root in enumerate(told, 1):
        yield from brief(rank, root, diagnosis)
    yield from parts(_more_roots([root for root in diagnosis.roots if root not in told]))


def _whole(diagnosis: Diagnosis, *, blocks: bool) -> Iterator[Block]:
    """Everything."""
    from rldoctor.report.terminal_detail import additions, rules, settings
    from rldoctor.report.terminal_root import full

    yield from _header(diagnosis, VERBOSE, blocks=blocks)
    yield from _lost(diagnosis.run, VERBOSE)
    yield from _fixes(diagnosis)
    for rank, root in enumerate(diagnosis.roots, 1):
        yield from full(rank, root, diagnosis, blocks=blocks)
    if audited.contradictions(diagnosis.audit):
        yield Paragraph()
        yield from _audit(diagnosis)
    yield from whole(diagnosis.differential)
    yield from reference(diagnosis.reference)
    yield from settings(diagnosis)
    yield from additions(diagnosis)
    yield from rules(diagnosis)
    yield from _notes(diagnosis.run.notes, VERBOSE)


def _told_roots(diagnosis: Diagnosis) -> list[Root]:
    """The root causes that get some lines each; beside one a note is only named."""
    causes = [root for root in diagnosis.roots if root.severity > Severity.INFO]
    return (causes or list(diagnosis.roots))[:MAX_ROOTS]


def after_blank(block: Block) -> Block:
    """A paragraph with an empty line before it."""
    return Paragraph(f"\n{block.text}", block.style) if isinstance(block, Paragraph) else block


def _more_roots(roots: Sequence[Root]) -> Iterator[Block]:
    """The root causes that are only named, and the notes."""
    if not roots:
        return
    yield Paragraph()
    causes = [root for root in roots if root.severity > Severity.INFO]
    if causes:
        codes = ", ".join(f"{clean(root.finding.code)} ({root.severity.label})" for root in causes)
        yield Paragraph(f"and {len(causes)} more: {codes}", style="dim")
    for root in roots:
        if root not in causes:
            yield Paragraph(f"Remark: {clean(root.finding.title)}  {clean(root.finding.code)}", style="dim")


def _losses(diagnoses: Sequence[Diagnosis]) -> Iterator[Block]:
    """The runs that are judged without a part of their log."""
    told = [(one.run, text) for one in diagnoses if (text := losses.in_short(one.run))]
    if told:
        yield Paragraph("\nLogs that were not read completely", style="bold yellow")
    yield from (indented(f"{clean(run.id)}: {text}") for run, text in told[:MAX_TWINS])
    if len(told) > MAX_TWINS:
        yield indented(f"and {len(told) - MAX_TWINS} more: see the notes of -f json", style="dim")


def _twins(diagnoses: Sequence[Diagnosis]) -> Iterator[Block]:
    """Runs that are another one to the last digit until something is not the same."""
    told = [(one.run, note.text) for one in diagnoses for note in one.run.notes if note.code == TWIN]
    if told:
        yield Paragraph("\nThe same training until a number differs", style="bold")
        yield from (indented(f"{clean(run.id)}: {clean(text)}") for run, text in told[:MAX_TWINS])
    if len(told) > MAX_TWINS:
        yield indented(f"and {len(told) - MAX_TWINS} more: see the notes of -f json", style="dim")


def _audit(diagnosis: Diagnosis) -> Iterator[Block]:
    """Settings without effect as configured, absent mechanisms; silent if there is none."""
    for one in audited.contradictions(diagnosis.audit):
        told = Paragraph("By the log: ", style="bold")
        yield told.append(audited.sentence(one), style="not bold")


def _curve(diagnosis: Diagnosis) -> Iterator[Block]:
    """The learning curve as a sparkline."""
    run = diagnosis.run
    logged = (run.metrics[name] for name in words.OVERVIEW if name in run.metrics)
    yield from (spark(series, run.algorithm) for series in islice(filter(sparkline, logged), 1))


def _header(diagnosis: Diagnosis, detail: int, *, blocks: bool) -> Iterator[Block]:
    run = diagnosis.run
    yield line(clean(run.path), style="bold")
    yield Paragraph(", ".join(words.facts(run)), style="dim")
    if run.axis_note and detail == VERBOSE:
        yield Paragraph(clean(run.axis_note), style="dim")
    verdict = Paragraph(f" {words.verdict_label(diagnosis)} ", style=STYLES.get(diagnosis.verdict, "bold"))
    yield verdict.append(f" {words.headline(diagnosis)}", style="bold not dim")
    for text in (diagnosis.verdict_note, diagnosis.outcome_note):
        if text:
            yield indented(clean(text))
    if blocks:
        yield from _curve(diagnosis)
    yield indented(words.coverage(diagnosis), style="dim")


def _fixes(diagnosis: Diagnosis) -> Iterator[Block]:
    """The change for the first root with the line to write, and what to try if it did not help, by cause."""
    found = todo(diagnosis)
    if found.first is None:
        return
    yield Paragraph(f"\n{words.fixes_title(diagnosis)}", style="bold")
    grid = Sheaf([ColumnLook(least=1, fold=False), ColumnLook()], gap=1)
    grid.add_row(Paragraph(" "), _fix(found.first, _snippet(found.first, diagnosis)))
    yield grid
    yield from _otherwise(found.otherwise, diagnosis)


def _change(diagnosis: Diagnosis) -> Iterator[Part]:
    """The one change in a few lines."""
    from rldoctor.report.terminal_root import labelled

    fix = todo(diagnosis).first
    if fix is None:
        return
    told = Paragraph(f"\n{words.fixes_title(diagnosis)}: ", style="bold")
    yield Part(told.append(fix.change or fix.sentence, style="bold green"))
    if fix.change and fix.sentence:
        yield Part(indented(fix.sentence))
    because, expect = (
        first_sentence(clean(text)) for text in (fix.prescription.because, fix.prescription.expect)
    )
    yield from parts(labelled("because", [because]), Needed.BECAUSE)
    yield from parts(labelled("expect", [expect]), Needed.EXPECT)


def first_sentence(text: str) -> str:
    """The text up to the first full stop that ends a sentence."""
    head, stop, _ = text.partition(". ")
    return f"{head}." if stop else text


def _otherwise(groups: Sequence[Alternatives], diagnosis: Diagnosis) -> Iterator[Block]:
    if groups:
        yield Paragraph(f"{words.OTHERWISE}", style="bold")
    for group in groups:
        yield indented(group.heading, style="dim")
        grid = Sheaf([ColumnLook(right=True, least=4, fold=False), ColumnLook()], gap=1)
        for rank, fix in enumerate(group.fixes):
            mark = "-" if rank == 0 else "or"
            grid.add_row(Paragraph(mark), _fix(fix, _snippet(fix, diagnosis)))
        yield grid


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


def _unmeasured(diagnosis: Diagnosis, width: int) -> Iterator[Part]:
    """How many rules could not look, and what opens the most of them."""
    missed = words.by_outcome(diagnosis, Outcome.NOT_MEASURED)
    if not missed:
        return
    steps = remedies(diagnosis).steps
    tail = ". What opens the most of them:" if steps else "; nothing in the log would change that."
    yield Part(Paragraph(), Needed.BLANK)
    yield Part(Paragraph(f"Not measured: {plural(len(missed), 'rule')}{tail}", style="dim"))
    for rank, one in enumerate(steps[:MAX_REMEDIES]):
        count = f"   {len(one.rules):+d}  "
        text = one.within(width - len(count))
        yield Part(line(count + text, style="dim"), Needed.SECOND if rank else Needed.ALWAYS)


def _hint(diagnosis: Diagnosis) -> Iterator[Block]:
    """Where the rest is."""
    code = next((f"; rldoctor explain {clean(root.finding.code)}" for root in diagnosis.roots), "")
    yield Paragraph(f"More: --verbose, -o report.html{code}", style="dim")


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
