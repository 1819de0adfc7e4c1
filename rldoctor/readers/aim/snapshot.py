"""A temporary repository that holds one run at a time.

Opening an Aim repository writes into it, "read-only" or not: write-ahead logs are replayed, table files and
manifests rewritten, an older VERSION upgraded. So everything is read from a copy. Aim keeps each run in two
RocksDB folders of its own (``meta/chunks/<hash>``, ``seqs/chunks/<hash>``), so one run at a time is copied:
that needs the space of the largest run only, and a damaged run cannot touch the others. The index
(``meta/index``) stays behind on purpose: it lags, and without it Aim reads the run's own folder.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path
from types import TracebackType

from rldoctor.errors import ReadError
from rldoctor.model.raw import Note

LARGE = 1 << 30
_ATTEMPTS = 3
_PARTS = ("meta", "seqs")
# RocksDB's info logs and lock: not data, and LOG may be large.
_LEFT_OUT = ("LOG", "LOCK")
# CURRENT and the manifest name the tables that must be there, so they are copied before the tables.
_FIRST = ("CURRENT", "MANIFEST")


class Snapshot:
    """Context manager around a temporary copy of ``source`` (an ``.aim`` folder) without any run in it."""

    def __init__(self, source: Path) -> None:
        """Make the temporary folder; nothing is copied yet."""
        self.source = source
        self._temp = tempfile.TemporaryDirectory(prefix="rldoctor-aim-", ignore_cleanup_errors=True)
        self.root = Path(self._temp.name)
        self.repo = self.root / _repo_name()

    def __enter__(self) -> Snapshot:
        """Copy what all runs share: the format version and the names table."""
        try:
            (self.repo / "locks").mkdir(parents=True)
            for path in sorted(self.source.iterdir()):
                # With SQLite's journals beside it (``-wal``): the last names may stand in these only.
                if path.is_file() and (path.name == "VERSION" or path.name.startswith("run_metadata.sqlite")):
                    shutil.copyfile(path, self.repo / path.name)
        except OSError as error:
            self._temp.cleanup()
            raise _copy_error(self.source, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Delete the copy."""
        self._temp.cleanup()

    @contextmanager
    def stage(self, run_hash: str) -> Iterator[list[Note]]:
        """The copy with the run ``run_hash`` in it; yields notes on the copying. Raises ``OSError``.

        A full disk is a ``ReadError``: it concerns every run, and is not damage of this one.
        """
        try:
            yield [note for part in _PARTS for note in self._copy(Path(part, "chunks", run_hash))]
        except OSError as error:
            raise _copy_error(self.source, error) if error.errno == ENOSPC else error from error
        finally:
            for part in _PARTS:
                shutil.rmtree(self.repo / part, ignore_errors=True)

    def _copy(self, folder: Path) -> list[Note]:
        source, target = self.source / folder, self.repo / folder
        if not source.is_dir():
            return []
        for _ in range(_ATTEMPTS):
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)
            if _copy_files(source, target):
                return _size_notes(target)
        text = f"{folder} changed while it was copied: points may be missing."
        return [*_size_notes(target), Note("aim-live-copy", text, "warning", lost=True)]


def _copy_files(source: Path, target: Path) -> bool:
    """Whether ``source`` stood still while it was copied: a live run adds and deletes files at any time.

    Contents only are copied, so that a read-only source gives a writable copy.
    """
    try:
        before = _listing(source)
        for name in before:
            shutil.copyfile(source / name, target / name)
        return _listing(source) == before
    except FileNotFoundError:
        return False


def _listing(folder: Path) -> dict[str, int]:
    """Data files of a RocksDB folder and their sizes, in the order to copy them."""
    sizes = {
        path.name: path.stat().st_size for path in folder.iterdir() if not path.name.startswith(_LEFT_OUT)
    }
    return dict(sorted(sizes.items(), key=lambda item: (not item[0].startswith(_FIRST), item[0])))


def _size_notes(folder: Path) -> list[Note]:
    total = sum(_listing(folder).values())
    if total <= LARGE:
        return []
    text = f"{total / LARGE:.1f} GiB were copied to the temporary folder to read this run."
    return [Note("aim-large-copy", text, "warning")]


def _copy_error(source: Path, error: OSError) -> ReadError:
    return ReadError(
        f"{source}: cannot be copied to a temporary folder ({error})",
        hint="Check the permissions, or point TMPDIR at a folder with more space.",
    )


def _repo_name() -> str:
    """The folder name the SDK will look for: an environment variable can change it."""
    from aim.sdk.configs import get_aim_repo_name

    return str(get_aim_repo_name())
