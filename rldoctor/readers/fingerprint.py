"""Whether a part of a path is what it was: a digest of all that reading it may look at."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from rldoctor.readers.config_files.locate import config_files
from rldoctor.readers.remote.url import is_url
from rldoctor.readers.run_folders import RunFolders

# How many folders above its own a run's configuration may lie.
_LEVELS = 2


def fingerprint(part: RunFolders) -> str | None:
    """The digest; None where it cannot be had without reading everything elsewhere (URLs, patterns).

    Logs and configurations count with their contents, whatever else lies beside them with name, size and
    time. OSError where a file cannot be read.
    """
    made = hashlib.sha256(f"{part.path}\0{os.path.abspath(part.path)}".encode(errors="surrogateescape"))  # noqa: PTH100
    if part.taken:
        for text in _of_folders(part):
            made.update(text)
        return made.hexdigest()
    if (
        part.path == "-"
        or is_url(part.path)
        or (glob.has_magic(part.path) and not os.path.lexists(part.path))
    ):
        return None
    path = Path(part.path)
    for text in _contents([path]) if path.is_dir() else _of_file(path):
        made.update(text)
    return made.hexdigest()


def contents_digest(paths: Iterable[Path]) -> str:
    """A digest of the names and contents of files, and of every file below folders. OSError."""
    made = hashlib.sha256()
    for text in _contents(paths):
        made.update(text)
    return made.hexdigest()


def _of_folders(part: RunFolders) -> Iterator[bytes]:
    for at, taken in part.taken:
        directory = Path(at)
        yield repr(sorted(taken.items())).encode(errors="surrogateescape")
        claimed = {name for names in taken.values() for name in names}
        yield from _contents(directory / name for name in sorted(claimed))
        yield from _around(directory, claimed)


def _of_file(path: Path) -> Iterator[bytes]:
    yield from _contents([path])
    yield from _around(path.parent, {path.name})


def _around(directory: Path, claimed: set[str]) -> Iterator[bytes]:
    """What lies beside the logs, and the configurations there and above."""
    for entry in sorted(os.scandir(directory), key=lambda one: one.name):
        if entry.name not in claimed:
            known = entry.stat(follow_symlinks=False)
            said = (0, 0) if entry.is_dir() else (known.st_size, known.st_mtime_ns)
            yield f"{entry.name}\0{said}".encode(errors="surrogateescape")
    yield from _contents(config_files(directory))
    for above in list(directory.absolute().parents)[:_LEVELS]:
        # A configuration above is for a run that has no sibling, so then it matters who else is there.
        if found := config_files(above):
            yield from _contents(found)
            yield "\0".join(sorted(os.listdir(above))).encode(errors="surrogateescape")  # noqa: PTH208


def _contents(paths: Iterable[Path]) -> Iterator[bytes]:
    for path in paths:
        if path.is_dir():
            below = sorted(Path(at, name) for at, _, names in os.walk(path) for name in names)
            yield from _contents(one for one in below if not one.is_dir())
        elif path.is_file():
            yield os.fsencode(path)
            with path.open("rb") as stream:
                yield hashlib.file_digest(stream, "sha256").digest()
