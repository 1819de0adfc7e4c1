"""Zeros that were never measured: ``csv.DictWriter(restval=0.0)`` in pytorch_sac, DrQ and their forks."""

from __future__ import annotations

from rldoctor.model.raw import Note
from rldoctor.readers.tabular.cells import Column
from rldoctor.readers.tabular.table import Table

_SIGNATURE = frozenset({"episode_reward", "step", "critic_loss"})
# Filled in every row: a zero in these was measured.
_COUNTERS = frozenset({"episode", "step", "duration", "episode_reward", "frame"})


def note_filled_zeros(table: Table) -> None:
    """Add a note naming the columns whose exact zeros may stand for "not logged"; values are kept."""
    if not _SIGNATURE.issubset(table.names):
        return
    filled = tuple(part.name for part in table.columns if part.name not in _COUNTERS and _partly_zero(part))
    # Only said here: what is done about such zeros depends on what the column means (``real_points``).
    if filled:
        text = (
            f"{table.source}: this logger writes 0.0 where nothing was measured: zeros in {', '.join(filled)}"
        )
        table.notes.append(Note("filled-zeros", text, "warning", filled))


def _partly_zero(part: Column) -> bool:
    zeros = int((part.values == 0.0).sum())
    # Zeros throughout may be a term that is switched off.
    return 0 < zeros < part.values.size
