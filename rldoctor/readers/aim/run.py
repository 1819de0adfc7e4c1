"""One run of a repository: its parameters, its curves and what is odd about it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rldoctor.model.raw import Note, RawRun, RawSetting
from rldoctor.readers.aim.curves import other_sequences, read_curves
from rldoctor.readers.aim.damage import RepositoryDamage
from rldoctor.readers.aim.params import attribute_settings, property_settings
from rldoctor.readers.aim.snapshot import Snapshot

UNKNOWN = float("inf")


def read_run(snapshot: Snapshot, run_hash: str) -> tuple[float, RawRun]:
    """The run, its id the full hash, and its creation time (Unix seconds; infinity where unknown)."""
    raw = RawRun(id=run_hash, path=snapshot.source, format="aim")
    damage = RepositoryDamage(snapshot.root)

    def staged() -> float:
        # Inside ``attempt``: where one run cannot be copied, the others still can.
        with snapshot.stage(run_hash) as notes:
            raw.notes.extend(notes)
            return _read_staged(snapshot.repo.parent, raw, damage)

    created = damage.attempt("aim-run-unreadable", "The run could not be opened", staged, UNKNOWN)
    raw.notes.extend(damage.close())
    return created, raw


def _read_staged(root: Path, raw: RawRun, damage: RepositoryDamage) -> float:
    from aim.sdk.repo import Repo
    from aim.sdk.run import Run

    repo = Repo(str(root))
    try:
        return _fill(raw, Run(raw.id, repo=repo, read_only=True), damage)
    finally:
        repo.close()


def _fill(raw: RawRun, run: Any, damage: RepositoryDamage) -> float:
    """Read every part on its own, so that a damaged one does not take the others with it."""
    attempt = damage.attempt
    nothing: list[RawSetting] = []
    unknown = (UNKNOWN, nothing)
    # The id is cut for show afterwards; this is what finds the run again in Aim.
    raw.settings.append(RawSetting("run.hash", raw.id, "aim:run"))
    created, names = attempt("aim-names-unreadable", "Name and times", lambda: _identity(run), unknown)
    params = attempt(
        "aim-params-unreadable", "Parameters", lambda: attribute_settings(run, raw.notes), nothing
    )
    raw.settings.extend([*names, *params])
    raw.series.extend(
        attempt("aim-metrics-unreadable", "List of metrics", lambda: read_curves(run, damage), [])
    )
    # Last, as it depends on which curves there are and which were lost.
    raw.notes.extend(attempt("aim-state-unreadable", "State", lambda: _state_notes(run, raw, damage), []))
    return created


def _identity(run: Any) -> tuple[float, list[RawSetting]]:
    """Creation time and names: Aim keeps them in an SQLite table beside the runs."""
    return float(run.creation_time), property_settings(run)


def _state_notes(run: Any, raw: RawRun, damage: RepositoryDamage) -> list[Note]:
    notes = other_sequences(run)
    # A metric that cannot be read was tracked all the same.
    if not raw.series and not damage.lost:
        notes.append(
            Note("aim-no-metrics", "The run has parameters at most: no metric was tracked.", "warning")
        )
    if not run.end_time:
        text = "The run has no end time: it was killed, or was still being written (Aim cannot tell which)."
        notes.append(Note("aim-run-not-closed", text + _last_point(raw)))
    return notes


def _last_point(raw: RawRun) -> str:
    times = [float(series.wall[-1]) for series in raw.series if series.wall is not None and series.wall.size]
    if not times:
        return ""
    return f" Its last point was written at {datetime.fromtimestamp(max(times), UTC):%Y-%m-%d %H:%M:%S} UTC."
