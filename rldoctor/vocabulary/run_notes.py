"""What a whole run shows that no single series does: inference appended, no finished episode, benign NaN."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rldoctor.model.raw import Note
from rldoctor.model.series import Series
from rldoctor.vocabulary.tables import FrameworkTable, RunNote

METRICS_LEFT_OUT = "metrics-left-out"


def oddities(
    table: FrameworkTable, algorithm: str, series: Mapping[str, Series], unverified: tuple[str, ...]
) -> list[Note]:
    """Notes on the run as a whole."""
    notes = [Note(row.code, _text(row, series), row.level) for row in table.run_notes if _holds(row, series)]
    notes += _leading_nan(series)
    notes += _left_out(table, algorithm, series)
    if unverified:
        text = f"these tags' meaning was not checked in {table.title}'s source: {', '.join(unverified)}"
        notes.append(Note("unverified-mapping", text, "info", unverified))
    if table.replaces:
        text = f"read by {table.replaces}, which replaces the built-in vocabulary of {table.name}"
        notes.append(Note("own-vocabulary", text))
    return notes


def _holds(row: RunNote, series: Mapping[str, Series]) -> bool:
    """Whether the metrics of a run are as the row says."""
    return (
        all(name in series for name in row.logged)
        and (not row.logged_one_of or any(name in series for name in row.logged_one_of))
        and not any(name in series for name in row.missing)
        and (not row.ended or _ended_early(row, series))
    )


def _ended_early(row: RunNote, series: Mapping[str, Series]) -> bool:
    if row.ended not in series or row.beside not in series:
        return False
    # ML-Agents goes on logging the environment in inference; its losses end where training did.
    return bool(series[row.ended].steps[-1] < row.share * series[row.beside].steps[-1])


def _text(row: RunNote, series: Mapping[str, Series]) -> str:
    if not row.ended:
        return row.text
    ends = (f"{series[name].steps[-1]:,.0f}" for name in (row.ended, row.beside))
    return row.text.format(**dict(zip(("ended", "went_on"), ends, strict=True)))


def _leading_nan(series: Mapping[str, Series]) -> list[Note]:
    """NaN before the first finished episode means "none yet", not a numerical failure."""
    # RLlib logs the mean over no episodes as NaN, in its first iterations and again after a restore.
    found = series.get("episode_return")
    if found is None or not len(found) or not np.isnan(found.values[0]):
        return []
    finite = np.flatnonzero(~np.isnan(found.values))
    count = int(finite[0]) if finite.size else len(found)
    text = f"{found.tag} is NaN in its first {count} points: no episode had ended yet"
    return [Note("nan-before-first-episode", text, "info", (found.tag,))]


def _left_out(table: FrameworkTable, algorithm: str, series: Mapping[str, Series]) -> list[Note]:
    """What the library's trainer always logs and this log lacks: an export of some columns, or a fault."""
    rows = (row for row in table.always_logs if algorithm in row.algorithms)
    always = {name: "" for row in rows if series.keys() >= set(row.beside) for name in row.metrics}
    absent = tuple(name for name in always if name not in series)
    # Where most are absent, the log is of another kind (the monitor's own file) and was never to hold them.
    if 2 * len(absent) > len(always) or not absent:
        return []
    text = (
        f"{', '.join(absent)} not in this log, though {algorithm} of {table.title.partition(' (')[0]} always "
        "logs it: a fault that shows only there cannot be ruled out"
    )
    return [Note(METRICS_LEFT_OUT, text, "warning", absent)]
