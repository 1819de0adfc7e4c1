"""Helpers of the tracker tests: the real files of ``fixtures/``, unpacked, and what is read of them."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import numpy as np

from rldoctor.errors import ReadError
from rldoctor.model.raw import RawRun, RawSeries
from rldoctor.readers.base import FoundRuns
from rldoctor.readers.discover import find_runs

FIXTURES = Path(__file__).parent / "fixtures"
# The numbers of write_fixtures.rows.
RETURNS = [20.0 + i * 1.25 for i in range(12)]
LOSSES = [1.0, 1 / 2, 1 / 3, np.nan, np.inf, -np.inf, *(1 / (i + 1) for i in range(6, 12))]
STEPS = [100.0 * (i + 1) for i in range(12)]


def unpacked(name: str, folder: Path) -> Path:
    """The files of a fixture in a folder of their own."""
    with zipfile.ZipFile(FIXTURES / f"{name}.zip") as archive:
        archive.extractall(folder / name)
    return folder / name


def the_file(root: Path, pattern: str) -> Path:
    """The one file that matches."""
    (found,) = root.rglob(pattern)
    return found


def series(run: RawRun, tag: str) -> RawSeries:
    """The series with this tag."""
    return next(one for one in run.series if one.tag == tag)


def settings(run: RawRun) -> dict[str, object]:
    """Key -> value."""
    return {one.key: one.value for one in run.settings}


def codes(run: RawRun) -> set[str]:
    """Codes of the run's notes."""
    return {note.code for note in run.notes}


def named(root: Path, name: str) -> RawRun:
    """The run that its tracker calls so."""
    return next(run for run in find_runs(root) if settings(run).get("run.name") == name)


def state(root: Path) -> str:
    """Digest over every name, modification time and byte below ``root``."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        digest.update(f"{path.relative_to(root)} {path.stat().st_mtime_ns} {path.stat().st_size}".encode())
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()


def find_or_refuse(path: Path) -> FoundRuns | None:
    """As ``find_runs``; None where it refuses, naming the file."""
    try:
        return find_runs(path)
    except ReadError as error:
        if path.name not in str(error):
            raise
        return None


def read_or_refused(path: Path) -> list[RawRun]:
    """The runs of a damaged file, or none where it was refused in words; any other exception is a failure."""
    found = find_or_refuse(path)
    if found is None:
        return []
    assert not any("Please report" in failure.hint for failure in found.failures), found.failures
    assert not any("reader failed" in note.text for run in found for note in run.notes)
    return list(found)


def said_or_whole(run: RawRun, whole: RawRun, warned: set[str]) -> None:
    """What a damaged run says of its loss: fewer points than the whole one has need a note."""
    have, had = (sum(part.values.size for part in one.series) for one in (run, whole))
    if have < had:
        assert codes(run) & warned, (have, had, codes(run))
