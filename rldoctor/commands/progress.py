"""A progress line on standard error, for a person who is watching."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from rldoctor.model.run import Run

Item = TypeVar("Item")


def watched() -> bool:
    """Whether somebody looks at standard error: a terminal, and no CI system."""
    quiet = os.environ.get("CI", "") not in {"", "0", "false"} or os.environ.get("TERM") == "dumb"
    return sys.stderr.isatty() and not quiet


@contextmanager
def reading() -> Iterator[Callable[[str], None]]:
    """Yields a function to call with what is being read."""
    if not watched():
        yield lambda text: None
        return
    from rich.console import Console
    from rich.text import Text

    from rldoctor.report.clean import clean

    with Console(stderr=True).status(Text("reading")) as status:
        yield lambda text: status.update(Text(f"reading {clean(text)}", no_wrap=True, overflow="ellipsis"))


def each_run(runs: Sequence[Run]) -> Iterator[Run]:
    """The runs, with a bar while they are worked through."""
    return watch(runs, len(runs), "diagnosing")


def watch(items: Iterable[Item], total: int, doing: str) -> Iterator[Item]:
    """The items, with a bar while they are worked through."""
    if total < 2 or not watched():
        yield from items
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(items, description=doing, total=total, console=Console(stderr=True), transient=True)
