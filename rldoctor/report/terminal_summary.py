"""The table over several runs that stands before their details."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rldoctor.model.finding import Diagnosis
from rldoctor.report import words
from rldoctor.report.clean import clean
from rldoctor.report.numbers import plural
from rldoctor.report.terminal_parts import STYLES, short_step

if TYPE_CHECKING:
    from rich.console import ConsoleRenderable
    from rich.table import Table

ORDER = ("critical", "error", "warning", "info", "not_enough_data", "healthy")


def summary(diagnoses: Sequence[Diagnosis]) -> Iterator[ConsoleRenderable]:
    """One line per run: verdict, first root cause, onset, how many rules could look; then the counts."""
    from rich.text import Text

    yield Text(f"{plural(len(diagnoses), 'run')}: {tally(diagnoses)}", style="bold")
    yield _table(diagnoses)


def tally(diagnoses: Sequence[Diagnosis]) -> str:
    """``2 error, 1 healthy``: how many runs got each verdict, worst first."""
    counts = Counter(d.verdict for d in diagnoses)
    rank = {label: position for position, label in enumerate(ORDER)}
    ordered = sorted(counts, key=lambda label: rank.get(label, len(ORDER)))
    return ", ".join(f"{counts[label]} {label.replace('_', ' ')}" for label in ordered)


def _table(diagnoses: Sequence[Diagnosis]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("run", overflow="fold", ratio=5)
    table.add_column("verdict", width=10)
    table.add_column("first root cause", overflow="fold", ratio=4)
    table.add_column("since", justify="right", no_wrap=True)
    table.add_column("rules", justify="right", no_wrap=True)
    for name, diagnosis in zip(words.names(diagnoses), diagnoses, strict=True):
        table.add_row(*_row(name, diagnosis))
    return table


def _row(name: str, diagnosis: Diagnosis) -> list[ConsoleRenderable]:
    from rich.text import Text

    seen = diagnosis.coverage
    cause, since = "", ""
    if diagnosis.roots and diagnosis.verdict != "healthy":
        first = diagnosis.roots[0].finding
        cause, since = f"{clean(first.code)} {clean(first.title)}", short_step(first.onset)
    label = words.verdict_label(diagnosis).lower()
    return [
        Text(name),
        Text(label, style=STYLES.get(diagnosis.verdict, "")),
        Text(cause),
        Text(since),
        Text(f"{seen.ran}/{seen.total - seen.not_applicable}"),
    ]
