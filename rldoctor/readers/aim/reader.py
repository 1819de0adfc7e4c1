"""The reader's two entry points: is there a repository here, and which runs does it hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rldoctor.errors import ReadError
from rldoctor.model.raw import Note, RawRun

REPO_NAME = ".aim"
# One of these stands in every Aim 3 repository, also in one that was never indexed.
_REPO_MARKS = ("VERSION", "meta", "run_metadata.sqlite")


class AimReader:
    """Reads every run of an Aim 3 repository. Needs the ``aim`` extra; never writes into the repository."""

    name = "aim"

    def claims(self, directory: Path, names: Sequence[str]) -> list[str]:
        """``['.aim']`` when ``directory`` holds an Aim repository or is one, else nothing.

        ``names`` are the entries of ``directory``. Needs no ``aim`` package: it only looks at names.
        """
        if _is_repo(directory) or (REPO_NAME in names and _is_repo(directory / REPO_NAME)):
            return [REPO_NAME]
        return []

    def read(self, directory: Path, names: Sequence[str]) -> list[RawRun]:
        """All runs of the repository in or at ``directory``, oldest first, one series per metric and context.

        ``id`` is the start of Aim's run hash; name and experiment are settings (``run.name``).
        Steps are sorted and unique (Aim keeps the last value of a step); NaN values are kept. What cannot be
        read of a run becomes a warning Note. Raises ``MissingExtraError`` without the ``aim`` package and
        ``ReadError`` when the repository holds no run or has a format that cannot be read.
        """
        # Here, not above: ``claims`` is asked in every directory, and hardly any holds a repository.
        from rldoctor.readers.aim import sdk
        from rldoctor.readers.aim.run import read_run
        from rldoctor.readers.aim.snapshot import Snapshot

        repo = directory if _is_repo(directory) else directory / REPO_NAME
        # The package before the version: what can be read depends on the Aim that is installed.
        sdk.require_aim()
        notes = sdk.check_version(repo)
        hashes = _run_hashes(repo)
        with Snapshot(repo) as snapshot:
            dated = [read_run(snapshot, run_hash) for run_hash in hashes]
        # Runs without a date have infinity for one and come last; the hash keeps equal ones in a fixed order.
        runs = [run for _, run in sorted(dated, key=lambda item: (item[0], item[1].id))]
        _finish(directory, runs, notes)
        return runs


def _is_repo(path: Path) -> bool:
    return path.absolute().name == REPO_NAME and any((path / mark).exists() for mark in _REPO_MARKS)


def _run_hashes(repo: Path) -> list[str]:
    """Hashes by the folders on disk: Aim's own index misses every run that its server has not seen yet."""
    chunks = repo / "meta" / "chunks"
    try:
        hashes = sorted(entry.name for entry in chunks.iterdir() if entry.is_dir()) if chunks.is_dir() else []
    except OSError as error:
        raise ReadError(
            f"{chunks}: cannot be listed ({error.strerror})", hint="Check the permissions."
        ) from error
    if not hashes:
        raise ReadError(
            f"{repo}: an Aim repository without runs (expected folders in {chunks})",
            hint="Name the directory that was passed to aim.Run(repo=...), or copy the whole .aim folder.",
        )
    return hashes


def _finish(directory: Path, runs: list[RawRun], notes: list[Note]) -> None:
    """Give every run its short name and the notes that concern the whole repository."""
    from rldoctor.readers.aim.duplicates import note_duplicates

    # While the ids are still whole hashes: the notes name other runs by them.
    note_duplicates(runs)
    short = 8 if len({run.id[:8] for run in runs}) == len(runs) else None
    for run in runs:
        run.id, run.path, run.files = run.id[:short], directory, [REPO_NAME]
        run.notes.extend(notes)
