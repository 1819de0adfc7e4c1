"""What stands before the details of several runs: a line for each, worst first, and how many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rldoctor.model.finding import Diagnosis
from rldoctor.report import losses, words
from rldoctor.report.blocks import Block, Paragraph, line
from rldoctor.report.clean import clean
from rldoctor.report.numbers import plural
from rldoctor.report.run_names import full_names, names
from rldoctor.report.terminal_parts import STYLES, short_step

# A name is never cut or broken: it is typed again. What stands behind it may be cut, to no less than this.
LEAST = 24


def worst_first(diagnoses: Sequence[Diagnosis]) -> list[int]:
    """The places of the runs, the worst verdict first, in the order of the command line within one."""
    rank = {label: position for position, label in enumerate(words.ORDER)}
    return sorted(range(len(diagnoses)), key=lambda place: rank.get(diagnoses[place].verdict, len(rank)))


def tally(diagnoses: Sequence[Diagnosis]) -> str:
    """``2 error, 1 healthy``: how many runs got each verdict, worst first."""
    counts = Counter(diagnoses[place].verdict for place in worst_first(diagnoses))
    return ", ".join(f"{count} {label.replace('_', ' ')}" for label, count in counts.items())


def total(diagnoses: Sequence[Diagnosis]) -> str:
    """``3 runs: 2 error, 1 healthy``."""
    return f"{plural(len(diagnoses), 'run')}: {tally(diagnoses)}"


def quiet(diagnoses: Sequence[Diagnosis]) -> Iterator[Block]:
    """One line per run, worst first: path, verdict, headline; and how many there are."""
    paths = full_names(diagnoses)
    for place in worst_first(diagnoses):
        one = diagnoses[place]
        text = line(f"{paths[place]}: ")
        text.append(words.verdict_label(one).lower(), style=STYLES.get(one.verdict, ""))
        text.append(f": {words.alone(one)}")
        if lost := losses.in_short(one.run):
            text.append(f" {lost}", style="yellow")
        yield text
    if len(diagnoses) > 1:
        yield line(total(diagnoses), style="bold")


def summary(diagnoses: Sequence[Diagnosis], width: int) -> Iterator[Block]:
    """How many runs got which verdict, then one line per run: verdict, name, first root cause, onset."""
    yield Paragraph(total(diagnoses), style="bold")
    yield Paragraph()
    found = names(diagnoses)
    most = max(map(len, found))
    for place in worst_first(diagnoses):
        yield _row(found[place].ljust(most), diagnoses[place], width)


def _row(name: str, diagnosis: Diagnosis, width: int) -> Block:
    label = words.verdict_label(diagnosis).lower()
    row = line(" ").append(label.ljust(_longest()), style=STYLES.get(diagnosis.verdict, ""))
    row.append(f"  {name.rstrip()}")
    if diagnosis.roots and diagnosis.verdict != "healthy":
        first = diagnosis.roots[0].finding
        since = short_step(first.onset) if first.onset else "start"
        said = f"{clean(first.code)} {clean(first.setting) or clean(first.title)}"
        row.append(" " * (len(name) - len(name.rstrip())))
        row.append(f"  {since.rjust(6)}  {_cut(said, width - len(row.plain) - 10)}")
    return row


def _longest() -> int:
    return max(len(label.replace("_", " ")) for label in words.ORDER if label != "not_enough_data")


def _cut(text: str, room: int) -> str:
    room = max(room, LEAST)
    return text if len(text) <= room else f"{text[: room - 1].rstrip()}\u2026"
