"""What the terminal report says with ``--verbose`` only: every rule, setting and note."""

from __future__ import annotations

from collections.abc import Iterator

from rldoctor.model.config import Knob
from rldoctor.model.finding import Diagnosis, Outcome, RuleResult
from rldoctor.report import words
from rldoctor.report.additions import Once
from rldoctor.report.blocks import Block, Paragraph
from rldoctor.report.clean import clean
from rldoctor.report.numbers import plural
from rldoctor.report.remedies import remedies
from rldoctor.report.terminal_parts import indented, table
from rldoctor.report.todo import todo


def settings(diagnosis: Diagnosis) -> Iterator[Block]:
    """The hyperparameters as read, with what is recommended."""
    knobs = diagnosis.run.config.knobs
    if not knobs:
        return
    yield Paragraph("\nHyperparameters", style="bold")
    wanted = {fix.prescription.knob: fix.prescription.to for fix in todo(diagnosis).all if fix.change}
    made = table(("key", "left"), ("now", "right"), ("recommended", "right"), ("read from", "left"))
    for knob in knobs.values():
        made.add_row(*(Paragraph(cell) for cell in _row(knob, wanted)))
    yield made


def _row(knob: Knob, wanted: dict[str, str]) -> tuple[str, ...]:
    written = clean(knob.written)
    return (clean(knob.key or knob.name), written, clean(wanted.get(knob.name, "")), clean(knob.source))


def additions(diagnosis: Diagnosis) -> Iterator[Block]:
    """What to add so that more rules can look, what opens the most of them first."""
    steps = remedies(diagnosis).steps
    if steps:
        yield Paragraph("\nWhat would let more rules look", style="bold")
    yield from (indented(f"{len(one.rules):+d}  {one.line}") for one in steps)


def rules(diagnosis: Diagnosis) -> Iterator[Block]:
    """Every rule that did not fire, by outcome, with its reason."""
    once = Once(diagnosis.run)
    for title, outcome in (
        ("Passed", Outcome.PASSED),
        ("Not measured", Outcome.NOT_MEASURED),
        ("Do not apply", Outcome.NOT_APPLICABLE),
        ("Failed", Outcome.ERROR),
    ):
        found = words.by_outcome(diagnosis, outcome)
        if found:
            yield Paragraph(f"\n{title}: {plural(len(found), 'rule')}", style="bold")
        for result in found:
            yield indented(_why(result, outcome, once))


def _why(result: RuleResult, outcome: Outcome, once: Once) -> str:
    reason = clean(result.reason) if outcome is Outcome.PASSED else words.why_not(result)
    return f"{clean(result.code)} {clean(result.title)}: {reason}{once.text(result)}"
