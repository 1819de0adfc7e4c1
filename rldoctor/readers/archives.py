"""Zip archives of strangers: the members that are wanted, never more bytes than asked for."""

from __future__ import annotations

import errno
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import Struct
from typing import BinaryIO

from rldoctor.files import TooLargeError, open_regular
from rldoctor.readers.limits import ARCHIVE_INDEX_BYTES, ARCHIVE_MEMBERS

# All that reading a member can raise where the archive is damaged, locked or packed in a way nobody uses.
BROKEN = (
    OSError,
    ValueError,
    KeyError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
)

_END = b"PK\x05\x06"
_END_64 = Struct("<4sQ2H2L4Q")
_END_64_PLACE = Struct("<4sLQL")
_END_SIZE = Struct("<4s4H2LH")
_LONGEST_COMMENT = 1 << 16


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip archive, opened. What it may raise is in :data:`BROKEN`.

    Its list of members is measured before it is read: ``zipfile`` makes an object of every entry.
    """
    with open_regular(path) as stream:
        count, size = _index(stream)
        if count > ARCHIVE_MEMBERS or size > ARCHIVE_INDEX_BYTES:
            raise TooLargeError(
                errno.EFBIG, f"an archive of {count:,} members ({size:,} bytes of index)", str(path)
            )
        with zipfile.ZipFile(stream) as archive:
            yield archive


def _index(stream: BinaryIO) -> tuple[int, int]:
    """Number of entries and size of the list of members, as the archive's end tells them; 0 where none."""
    end = stream.seek(0, 2)
    start = max(0, end - _LONGEST_COMMENT - _END_SIZE.size - _END_64_PLACE.size)
    stream.seek(start)
    tail = stream.read()
    at = tail.rfind(_END)
    if at < 0 or at + _END_SIZE.size > len(tail):
        return 0, 0
    _, _, _, _, count, size, _, _ = _END_SIZE.unpack_from(tail, at)
    # The larger form counts where it is there, whatever the smaller one says.
    if at >= _END_64_PLACE.size:
        mark, _, place, _ = _END_64_PLACE.unpack_from(tail, at - _END_64_PLACE.size)
        if mark == b"PK\x06\x07":
            # ``zipfile`` looks for it right before, not where it says; both are asked.
            found = [
                _index_64(stream, place),
                _index_64(stream, start + at - _END_64_PLACE.size - _END_64.size),
            ]
            count, size = (max(values) for values in zip((count, size), *found, strict=True))
    return count, size


def _index_64(stream: BinaryIO, place: int) -> tuple[int, int]:
    if place < 0 or place > 1 << 62:
        return 0, 0
    stream.seek(place)
    data = stream.read(_END_64.size)
    if len(data) < _END_64.size or data[:4] != b"PK\x06\x06":
        return 0, 0
    fields = _END_64.unpack(data)
    return fields[7], fields[8]


def member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """The content of a member, expanded, of at most ``most`` bytes. Raises what is in :data:`BROKEN`.

    The size that the archive states is asked first and not believed: no more than ``most`` is ever expanded.
    """
    info = archive.getinfo(name)
    if info.file_size <= most:
        with archive.open(info) as stream:
            data = stream.read(most + 1)
        if len(data) <= most:
            return data
    raise TooLargeError(errno.EFBIG, f"{name} in it expands to more than {most:,} bytes")
