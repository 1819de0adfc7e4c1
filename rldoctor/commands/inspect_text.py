"""The terminal form of ``rldoctor inspect``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rldoctor.commands.derived import derived, prepared
from rldoctor.commands.options import Options
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.report import audited, words
from rldoctor.report.blocks import Paragraph, Sheaf
from rldoctor.report.clean import clean
from rldoctor.report.numbers import number, plural
from rldoctor.report.terminal_parts import short_step
from rldoctor.report.terminal_parts import table as new_table

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from rldoctor.engine.prepared_run import PreparedRun

MAX_UNMAPPED = 40


def show_run(run: Run, out: Console, options: Options) -> None:
    """Print one run: header, metrics, settings, what was not understood, notes."""
    for part in _parts(run, prepared(run, options)):
        out.print(part)


def _parts(run: Run, context: PreparedRun) -> Iterator[RenderableType]:
    from rich.text import Text

    yield Text(clean(run.path), style="bold")
    yield Text(", ".join(words.facts(run)))
    yield Text(f"read as {clean(run.format)}; steps: {clean(run.axis)}", style="dim")
    if run.axis_note:
        yield Text(clean(run.axis_note), style="dim")
    yield Text(_task(context), style="dim")
    frame = run.metrics
    yield Text(f"\nMetrics understood: {len(frame)}", style="bold")
    if len(frame):
        yield _metrics([*frame.series.values()])
    if frame.alternates:
        yield Text(f"Further series with the same meaning: {len(frame.alternates)}", style="bold")
        yield _metrics(frame.alternates)
    yield from _settings(run)
    yield from _derived(context)
    yield from _audit(context)
    yield from _left_over(run)
    yield from _notes(run)


def _task(context: PreparedRun) -> str:
    """Which task this is and how that was told, or why none is known."""
    match = context.achieved.task
    return clean(f"task: {match.task.id if match.task is not None else 'not known'} ({match.how})")


def _metrics(series: Sequence[Series]) -> Sheaf:
    table = new_table(("metric", "left"), ("logged as", "left"), ("points", "right"), ("steps", "right"))
    for one in series:
        ends = f"{short_step(float(one.steps[0]))} to {short_step(float(one.steps[-1]))}" if len(one) else ""
        name = Paragraph(clean(one.name)).append(f"\n{_remark(one)}", style="dim")
        table.add_row(name, Paragraph(clean(one.tag)), Paragraph(f"{len(one):,}"), Paragraph(ends))
    return table


def _remark(series: Series) -> str:
    """Unit, and how the number was made where that is known."""
    unit = clean(series.unit).split(" (")[0] if series.unit != "1" else ""
    average = f"mean of {series.window} episodes" if series.window else ""
    parts = (unit, clean(series.estimator), clean(series.aggregation).replace("_", " "), average)
    return ", ".join(part for part in parts if part)


def _settings(run: Run) -> Iterator[RenderableType]:
    from rich.text import Text

    yield Text(f"Hyperparameters understood: {len(run.config.knobs)}", style="bold")
    if not run.config.knobs:
        return
    table = new_table(("name", "left"), ("value", "right"), ("written as", "left"), ("read from", "left"))
    for knob in run.config.knobs.values():
        value = clean(knob.value) if isinstance(knob.value, str | bool) else number(float(knob.value))
        written = f"{clean(knob.key)} = {clean(knob.written)}"
        source = Paragraph(clean(knob.source)).append(
            f"\n{clean(knob.note)}" if knob.note else "", style="dim"
        )
        table.add_row(Paragraph(clean(knob.name)), Paragraph(value), Paragraph(written), source)
    yield table


def _derived(context: PreparedRun) -> Iterator[RenderableType]:
    """Value, formula and inputs of each; those that are only another name of a metric in one paragraph."""
    from rich.padding import Padding
    from rich.text import Text

    found = derived(context)
    yield Text(f"Computed from these: {len(found)}", style="bold")
    for one in found:
        if not one.copied:
            text = Text(f"{one.name}: {one.text}")
            # What is counted and not computed has no formula.
            how = ": ".join(filter(None, (clean(one.made.says), clean(one.made.formula))))
            text.append(f"\n{how}; from {one.origin}", style="dim")
            yield Padding(text, (0, 0, 0, 2), expand=False)
    names = ", ".join(f"{one.name} = {clean(one.made.formula)}" for one in found if one.copied)
    if names:
        yield Padding(Text(f"read as logged: {names}", style="dim"), (0, 0, 0, 2), expand=False)


def _audit(context: PreparedRun) -> Iterator[RenderableType]:
    """Every row of the audit, with its arithmetic."""
    from rich.padding import Padding
    from rich.text import Text

    rows = context.audit
    yield Text(f"What the log says about the settings: {len(rows)}", style="bold")
    for one in rows:
        cells = audited.row(one)
        held = f", configured {cells['configured']}" if cells["configured"] else ""
        text = Text(f"{cells['name']}: {cells['implied']}{held}", style="yellow" if cells["wrong"] else "")
        style = "bold" if cells["wrong"] else "dim"
        text.append(f" {cells['verdict']}" if cells["verdict"] else "", style=style)
        text.append(f"\n{cells['arithmetic']}", style="dim")
        yield Padding(text, (0, 0, 0, 2), expand=False)


def _left_over(run: Run) -> Iterator[RenderableType]:
    frame = run.metrics
    tags = [f"{clean(raw.tag)} ({plural(len(raw.values), 'point')})" for raw in frame.unmapped]
    yield from _names("Logged but not understood", tags, "say what it means: --map TAG=METRIC")
    yield from _names("Not a training signal, left out", [clean(tag) for tag in frame.ignored])
    yield from _names("Settings not understood", [clean(setting.key) for setting in run.config.unmapped])


def _names(title: str, names: Sequence[str], hint: str = "") -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    if not names:
        return
    yield Text(f"{title}: {len(names)}", style="bold")
    more = (
        [f"and {len(names) - MAX_UNMAPPED} more (--format json lists all)"]
        if len(names) > MAX_UNMAPPED
        else []
    )
    yield Padding(Text(", ".join([*names[:MAX_UNMAPPED], *more])), (0, 0, 0, 2), expand=False)
    if hint:
        yield Padding(Text(hint, style="dim"), (0, 0, 0, 2), expand=False)


def _notes(run: Run) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    if not run.notes:
        return
    yield Text("Notes", style="bold")
    for note in run.notes:
        style = "yellow" if note.level == "warning" else ""
        text = f"{clean(note.level)}: {clean(note.text)} [{clean(note.code)}]"
        yield Padding(Text(text, style=style), (0, 0, 0, 2), expand=False)
