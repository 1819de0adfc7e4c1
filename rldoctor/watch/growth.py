"""Whether a log has grown: sizes and times of its files, without reading any."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from pathlib import Path

# Name -> size and time of last change (ns).
Fingerprint = dict[str, tuple[int, int]]


def fingerprint(path: str | Path) -> Fingerprint:
    """Every file under a path (a directory, a file, or a glob); empty when nothing is there.

    Files that vanish or may not be looked at are passed over. Linked directories are entered once each.
    """
    given = os.fspath(path)
    magic = glob.has_magic(given) and not os.path.lexists(given)
    roots = glob.glob(given, recursive=True) if magic else [given]  # noqa: PTH207 - also absolute patterns
    found: Fingerprint = {}
    for name in (name for root in roots for name in _files(root)):
        try:
            status = os.stat(name)  # noqa: PTH116 - no Path per file: this runs over and over
        except OSError:
            continue
        found[name] = (status.st_size, status.st_mtime_ns)
    return found


def _files(root: str) -> Iterator[str]:
    if not Path(root).is_dir():
        yield root
        return
    seen: set[str] = set()
    for directory, below, names in os.walk(root, followlinks=True):
        real = os.path.realpath(directory)
        if real in seen:
            below.clear()
            continue
        seen.add(real)
        yield from (f"{directory}/{name}" for name in names)
