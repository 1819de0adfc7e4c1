"""Files of a copy that are fetched when they are opened, and kept for the next time.

Every file of the folder is there from the start, with its size and its time and without its content. The
interpreter tells an audit hook what it is about to open (``sys.addaudithook``); a file that is still empty is
filled then. So a reader opens, maps and sniffs files as always, whoever wrote it, and a checkpoint of ten
gigabytes beside the log is never fetched.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple

from rldoctor.readers.remote.peeking import asking

_PENDING: dict[str, Remote] = {}
_LOCK = RLock()
_OPENING = ("open", "sqlite3.connect")
# What tells a log: longer than what any reader looks at before it takes a file.
_HEAD = 128 * 1024
# Weights, pictures and films are not even looked at.
_NO_LOGS = (
    *(".pt", ".pth", ".ckpt", ".onnx", ".safetensors", ".bin", ".pkl", ".npy"),
    *(".png", ".jpg", ".gif", ".mp4", ".avi", ".gz", ".tar", ".so", ".whl"),
)
_hooked = False


class Remote(NamedTuple):
    """A file on ``system`` (of fsspec): its name there, its bytes, and what changes with its content.

    ``peeked`` is not empty once its first bytes are there.
    """

    system: Any
    name: str
    size: int
    stamp: str
    counts: Counts
    peeked: list[bool]


class Counts:
    """How many of the ``files`` of one folder were fetched, and their bytes."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.files = self.fetched = self.bytes = 0


def place(target: Path, remote: Remote, modified: float | None) -> None:
    """Put an empty file of the right size and time where the content belongs."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        file.truncate(remote.size)
    if modified is not None:
        os.utime(target, (modified, modified))
    remote.counts.files += 1
    _PENDING[os.fspath(target)] = remote
    _hook()


def fetch(path: str) -> None:
    """Fill a file that was only placed; any other is left alone. OSError when it cannot be fetched.

    While a reader is only asked what it would read, a large file gets its first bytes.
    """
    # Before the lock: file systems write what they fetch in a thread of their own, which is told here too.
    if path not in _PENDING:
        return
    with _LOCK:
        # Taken out first: filling opens the file as well.
        remote = _PENDING.pop(path, None)
        if remote is None:
            return
        status = os.stat(path)  # noqa: PTH116
        head = asking() and remote.size > _HEAD
        try:
            _peek(path, remote) if head else _fill(path, remote)
        except Exception as error:  # each file system raises errors of its own
            head = True
            raise OSError(0, f"cannot be fetched: {type(error).__name__}") from error
        finally:
            if head:
                _PENDING[path] = remote
        os.utime(path, (status.st_atime, status.st_mtime))
        remote.counts.fetched += not head


def _peek(path: str, remote: Remote) -> None:
    if remote.peeked or os.path.splitext(path)[1].lower() in _NO_LOGS:  # noqa: PTH122
        return
    remote.peeked.append(True)
    kept = _kept(remote, "head")
    if not kept.is_file():
        head = remote.system.cat_file(remote.name, start=0, end=_HEAD)[:_HEAD]
        remote.counts.bytes += len(head)
        _write(kept, head)
    with open(path, "r+b") as file:  # noqa: PTH123
        file.write(kept.read_bytes())
    _forget(kept, remote)


def _fill(path: str, remote: Remote) -> None:
    kept = _kept(remote, "whole")
    if not kept.is_file():
        part = kept.with_name(f"{kept.name}.{os.getpid()}")
        remote.system.get_file(remote.name, os.fspath(part))
        remote.counts.bytes += part.stat().st_size
        part.replace(kept)
    shutil.copyfile(kept, path)
    _forget(kept, remote)


def _kept(remote: Remote, part: str) -> Path:
    name = f"{part} {remote.name} {remote.size} {remote.stamp or os.getpid()}"
    return _cache() / hashlib.sha256(name.encode()).hexdigest()


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.write_bytes(data)
    part.replace(path)


def _forget(kept: Path, remote: Remote) -> None:
    # Without a stamp nothing tells whether the content will be the same the next time.
    if not remote.stamp:
        kept.unlink(missing_ok=True)


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(home) / "rldoctor" / "fetched"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _hook() -> None:
    global _hooked
    if not _hooked:
        # Cannot be taken away again; without a file that waits it costs one look into an empty dictionary.
        sys.addaudithook(_opened)
        _hooked = True


def _opened(event: str, arguments: tuple[Any, ...]) -> None:
    if _PENDING and event in _OPENING:
        path = arguments[0]
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if isinstance(path, str | os.PathLike):
            fetch(os.path.abspath(_plain(os.fspath(path))))  # noqa: PTH100


def _plain(path: str) -> str:
    """The path in SQLite's ``file:///a%20b.db?mode=ro``; any other is one already."""
    if not path.startswith("file:"):
        return path
    from urllib.request import url2pathname

    return url2pathname(path.removeprefix("file:").partition("?")[0].replace("///", "/", 1))
