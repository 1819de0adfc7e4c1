"""Results of earlier calls, found again by a digest of everything that they were made of."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from pathlib import Path

from rldoctor.compiled.store import cache_dir
from rldoctor.files import whole_file

_DIGEST = 32
_DAY = 86_400.0
# What nobody asked for in so many days is removed.
_KEPT_DAYS = 30


class ResultCache:
    """Bytes by key, one file each, in a folder that nobody else can write to."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is made when something is kept."""
        self._folder = folder

    def get(self, key: str) -> bytes | None:
        """What was kept under a key; None where there is nothing, or it is damaged."""
        place = self._place(key)
        try:
            data = place.read_bytes()
            os.utime(place)
        except OSError:
            return None
        digest, value = data[:_DIGEST], data[_DIGEST:]
        return value if hashlib.sha256(value).digest() == digest else None

    def put(self, key: str, value: bytes) -> None:
        """Keep a value; where that cannot be done, it is made again the next time."""
        place = self._place(key)
        try:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with whole_file(place) as part:
                part.write_bytes(hashlib.sha256(value).digest() + value)
            _without_old(place.parent)
        except OSError:
            return

    def _place(self, key: str) -> Path:
        return self._folder / key[:2] / key[2:]


def user_cache() -> ResultCache | None:
    """The cache of this user; None without a home, or where others could put something into it."""
    base = cache_dir()
    if base is None:
        return None
    folder = base / "results"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = folder.stat()
    except OSError:
        return None
    # Results are objects of the program: whoever could write them could make it do anything.
    mine = not hasattr(os, "getuid") or known.st_uid == os.getuid()
    closed = os.name != "posix" or not known.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return ResultCache(folder) if mine and closed else None


def _without_old(folder: Path) -> None:
    oldest = time.time() - _KEPT_DAYS * _DAY
    for entry in os.scandir(folder):
        if entry.stat().st_mtime < oldest:
            Path(entry.path).unlink(missing_ok=True)
