"""Files of strangers opened and read within limits; files of ours written as a whole or not at all.

What is refused here is an ``OSError`` with a ``strerror``, as any other file that cannot be read: whoever
reports those reports these.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

# A pipe must not be waited for, and a terminal that is opened must not become ours.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a directory",
}


_HOLLOW = 1 << 30


class NotRegularError(OSError):
    """What stands at a path is no regular file: reading it could wait, or go on, for ever."""


class TooLargeError(OSError):
    """A file is larger than anything of its kind."""


def special(mode: int) -> str:
    """What a file mode (``st_mode``) stands for that is neither a file nor a directory; else nothing."""
    return (
        "" if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else _KINDS.get(stat.S_IFMT(mode), "no regular file")
    )


def open_regular(path: Path | str) -> BufferedReader:
    """A regular file, opened for reading. OSError (NotRegularError) where it is none or cannot be read."""
    return os.fdopen(open_handle(path), "rb")


def open_handle(path: Path | str, *, holes: bool = False) -> int:
    """As :func:`open_regular`, as the number of the open file.

    A large file that is hardly anything but a hole (extended, never filled in) is a TooLargeError, as reading
    it would last for hours; ``holes``: not for a reader that passes over them.
    """
    # Before it is opened too: opening alone makes some devices do something.
    _check(path, os.stat(path).st_mode)  # noqa: PTH116 - texts are paths too
    handle = os.open(path, _FLAGS)
    try:
        status = os.fstat(handle)
        _check(path, status.st_mode)
        if not holes and _hollow(status):
            text = f"{status.st_size:,} bytes, of which nearly none were ever written"
            raise TooLargeError(errno.EFBIG, text, str(path))
    except BaseException:
        os.close(handle)
        raise
    return handle


def _hollow(status: os.stat_result) -> bool:
    blocks = getattr(status, "st_blocks", None)
    return blocks is not None and status.st_size > _HOLLOW and blocks * 512 * 100 < status.st_size


def _check(path: Path | str, mode: int) -> None:
    if not stat.S_ISREG(mode):
        what = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise NotRegularError(errno.EINVAL, f"not a regular file but {what}", str(path))


def read_bytes(path: Path | str, most: int) -> bytes:
    """The bytes of a regular file of at most ``most`` bytes.

    OSError where it cannot be read, is no regular file (NotRegularError) or is larger (TooLargeError), which
    is asked before anything is read.
    """
    with open_regular(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > most:
            text = f"larger than any file of its kind ({size:,} bytes, the limit is {most:,})"
            raise TooLargeError(errno.EFBIG, text, str(path))
        # As far as it went when it was opened: one that grows meanwhile could go on for ever.
        return stream.read(size)


def read_start(path: Path | str, most: int) -> bytes:
    """The first ``most`` bytes of a regular file; OSError where it cannot be read or is none."""
    with open_regular(path) as stream:
        return stream.read(most)


def read_text(path: Path | str, most: int) -> str:
    """As :func:`read_bytes`, as UTF-8; UnicodeDecodeError where it is none."""
    return read_bytes(path, most).decode("utf-8")


def write_whole(text: str | Iterable[str], path: Path | str) -> None:
    """Write a text, or the pieces of one, so that there is the old or the new file at any time. OSError.

    As :func:`whole_file`.
    """
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines([text] if isinstance(text, str) else text)


@contextmanager
def whole_file(path: Path | str) -> Iterator[Path]:
    """Yields an empty file beside ``path`` that takes its place when all went well, else is gone. OSError.

    It is brought to the disk first. A link stays one: what it points to is replaced. The new file has the
    rights of the old one. What stands there and is no file (``/dev/null``, a pipe) is never replaced by one:
    NotRegularError.
    """
    import tempfile

    real = Path(path).resolve()
    if real.exists():
        _check(real, real.stat().st_mode)
    handle, name = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name[:100]}.", suffix=".part")
    os.close(handle)
    part = Path(name)
    try:
        yield part
        with part.open("rb+") as stream:
            os.fsync(stream.fileno())
        part.chmod(real.stat().st_mode if real.exists() else 0o666 & ~_umask())
        part.replace(real)
    finally:
        part.unlink(missing_ok=True)


def _umask() -> int:
    """The process's file mode mask (it can only be read by setting it)."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
