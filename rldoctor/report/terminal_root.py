"""A root cause on a terminal: in a few lines, or with all of its evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rldoctor.model.finding import Cause, Diagnosis, Finding, Measure, Root
from rldoctor.report import words
from rldoctor.report.blocks import Block, ColumnLook, Paragraph, Sheaf
from rldoctor.report.clean import clean
from rldoctor.report.sparkline import sparkline
from rldoctor.report.terminal_fit import Needed, Part, parts
from rldoctor.report.terminal_parts import STYLES, indented, spark, table

MAX_CODES = 4
MAX_MEASURES = 2


def brief(rank: int, root: Root, diagnosis: Diagnosis) -> Iterator[Part]:
    """What, since when, the numbers that decided, the reason, what it explains, what it is not."""
    finding = root.finding
    yield Part(Paragraph(), Needed.BLANK)
    yield from parts(_what(rank, root, diagnosis))
    yield from parts(labelled("numbers", _numbers(finding)), Needed.NUMBERS)
    # Where a setting is the cause the headline has said it.
    likely = [] if finding.setting else _causes(finding.causes, True)[:1]
    yield from parts(labelled("likely", likely), Needed.LIKELY)
    raised = f" (so {root.severity.label}, not {finding.severity.label})" if words.weight(root) else ""
    yield from parts(labelled("explains", [f"{_some([one.code for one in root.explains])}{raised}"]))
    yield from parts(labelled("not", [_some([one.code for one in root.rivals])]), Needed.RULED_OUT)


def _numbers(finding: Finding) -> list[str]:
    """The first numbers with their limits, where the message has none of them in it."""
    held = [one for one in finding.measures if one.limit is not None]
    if any(one.text and one.text in finding.message for one in finding.measures):
        return []
    return ["; ".join(map(_measured, held[:MAX_MEASURES]))]


def full(rank: int, root: Root, diagnosis: Diagnosis, *, blocks: bool) -> Iterator[Block]:
    """The same with curve, evidence, every reason, and why it is nothing else."""
    finding = root.finding
    yield Paragraph()
    yield from _what(rank, root, diagnosis)
    if weight := words.weight(root):
        yield indented(weight)
    first = diagnosis.run.metrics.get(finding.metrics[0]) if finding.metrics else None
    if blocks and first is not None and sparkline(first):
        yield spark(first, diagnosis.run.algorithm)
    if finding.measures:
        yield _evidence(finding)
    yield from labelled("explains", [_symptom(child) for child in root.explains])
    yield from labelled("likely", _causes(finding.causes, True))
    yield from labelled("possible", _causes(finding.causes, None))
    yield from labelled("excluded", _causes(finding.causes, False))
    yield from labelled(
        "not", [f"{clean(one.code)} {clean(one.title)}: {clean(one.text)}" for one in root.rivals]
    )
    yield from labelled("record", words.record(finding))
    yield from labelled("wrong if", [clean(text) for text in finding.false_positives])


def _what(rank: int, root: Root, diagnosis: Diagnosis) -> Iterator[Block]:
    finding = root.finding
    level = root.severity.label
    title = Paragraph(f"{rank}. {clean(finding.title)}", style="bold")
    yield title.append(f"  {clean(finding.code)}, {level}", style=STYLES[level])
    when = (words.onset(finding), words.held(finding, diagnosis.run))
    yield indented(" ".join(part for part in when if part))
    yield indented(clean(finding.message))
    # What is raised again by what it explains is not lowered in the end, and saying both confuses.
    if finding.capped and not words.weight(root):
        yield indented(clean(finding.capped))
    if counted := words.counted(diagnosis, finding.code):
        yield indented(f"in the gate: {counted}")


def _measured(one: Measure) -> str:
    return f"{words.measure_label(one)} {words.measured(one)} ({words.held_against(one)})"


def _some(codes: Sequence[str]) -> str:
    """``POL-01, REW-01 and 9 more``."""
    more = len(codes) - MAX_CODES
    told = ", ".join(map(clean, codes if more <= 1 else codes[:MAX_CODES]))
    return told if more <= 1 else f"{told} and {more} more"


def _causes(causes: Sequence[Cause], likely: bool | None) -> list[str]:
    return [clean(one.text) for one in causes if one.likely is likely]


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


def labelled(label: str, lines: Sequence[str]) -> Iterator[Block]:
    """``label`` in a hanging column before each line that is not empty."""
    told = [line for line in lines if line]
    if not told:
        return
    grid = Sheaf([ColumnLook(least=11, fold=False), ColumnLook()])
    for position, line in enumerate(told):
        grid.add_row(Paragraph("" if position else f"   {label}", style="dim"), Paragraph(line))
    yield grid
