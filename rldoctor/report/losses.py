"""What of the logs could not be read, in words that every format says: silence would be a pass."""

from __future__ import annotations

from collections.abc import Sequence

from rldoctor.model.reading import Unread
from rldoctor.model.run import Run
from rldoctor.report.clean import clean
from rldoctor.report.numbers import plural

TITLE = "The log was not read completely"
NOT_READ = "Not read"
# More of them in full are in the JSON report.
MOST = 20


def of_run(run: Run) -> list[str]:
    """What was lost of one run's log, one line each."""
    return [clean(note.text) for note in run.notes if note.lost]


def in_short(run: Run) -> str:
    """``2 losses in the log: ...`` with the first of them; nothing where all was read."""
    found = of_run(run)
    count = "1 loss" if len(found) == 1 else f"{len(found)} losses"
    return f"{count} in the log: {found[0]}" if found else ""


def not_read(reading: Unread) -> list[str]:
    """What gave no run at all, one line each, with how many more there are."""
    return listed([clean(text) for text in reading.failures])


def listed(texts: Sequence[str]) -> list[str]:
    """At most so many as can be looked through."""
    more = len(texts) - MOST
    return [*texts] if more <= 0 else [*texts[:MOST], f"and {plural(more, 'more line')}: see the JSON report"]
