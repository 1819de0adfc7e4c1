"""The progress of every seed: a live table for a person, one line at the end of each seed for a pipe."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rldoctor.training.control import Status

WIDE = 100
"""Columns from which there is room for a longer bar and the total."""


@contextmanager
def progress(seeds: Sequence[int], total: int, *, live: bool) -> Iterator[Callable[[Status], None]]:
    """Yields a function that shows a status; ``live`` says whether a person is watching."""
    if not live:
        yield _plainly
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("seed {task.fields[seed]}"),
        BarColumn(bar_width=8 if console.width < WIDE else 24),
        TextColumn("{task.fields[said]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bars:
        tasks = {seed: bars.add_task("", total=total, seed=seed, said="starting") for seed in seeds}
        yield lambda status: _update(bars, tasks[status.seed], status)


def _update(bars: Any, task: Any, status: Status) -> None:
    bars.update(task, completed=status.steps, said=said(status, total=bars.console.width >= WIDE))


def _plainly(status: Status) -> None:
    """The last word of a seed."""
    if status.state != "training":
        sys.stderr.write(f"seed {status.seed}: {said(status)}\n")


def said(status: Status, *, total: bool = True) -> str:
    """``12,000/50,000  return -3.4  success 75 %  640 fps``, without what is not known, or not to be said."""
    parts = [] if status.state == "training" else [status.state]
    parts.append(f"{status.steps:,}" + (f"/{status.total:,}" if total else ""))
    if not math.isnan(status.episode_return):
        parts.append(f"return {status.episode_return:.4g}")
    if not math.isnan(status.success):
        parts.append(f"success {100 * status.success:.0f} %")
    if not math.isnan(status.fps):
        parts.append(f"{status.fps:,.0f} fps")
    return "  ".join([*parts, *([status.message] if status.message else [])])
