"""Git LFS: a file that was not downloaded is a few lines that say where it would come from."""

from __future__ import annotations

from pathlib import Path

from rldoctor.errors import ReadError
from rldoctor.files import read_start

FETCH = "Fetch the files: git lfs pull"
WHAT = "a Git LFS pointer, not the file itself"
_POINTER = b"version https://git-lfs.github.com/spec/"
# Git LFS writes three short lines.
_POINTER_SIZE = 1_024


def is_pointer(path: Path) -> bool:
    """Whether a file is such a pointer."""
    try:
        return path.stat().st_size <= _POINTER_SIZE and read_start(path, len(_POINTER)) == _POINTER
    except OSError:
        return False


def pointer_error(path: Path) -> ReadError:
    """The error for one."""
    return ReadError(f"{path}: {WHAT}", hint=FETCH)
