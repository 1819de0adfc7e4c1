"""The TensorBoard reader: event files of one directory -> raw runs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rldoctor.files import read_start
from rldoctor.model.raw import RawRun

_NAME = "tfevents"
_HEADER = 12
_WALL_TIME_FIELD = 0x09
# The upper half of a record's length: a record of 4 GB does not exist, and text is never zero here.
_LENGTH_HIGH = slice(4, 8)


class TensorBoardReader:
    """Reads ``*tfevents*`` files, whatever wrote them. Never writes, keeps no state."""

    name = "tensorboard"

    def claims(self, directory: Path, names: Sequence[str]) -> list[str]:
        """Names of the files in ``directory`` that are event files, by their first bytes, else by name.

        A file called ``*tfevents*`` is claimed whatever it holds, so that a damaged or empty one is reported,
        not overlooked.
        """
        return [name for name in names if _is_ours(directory / name, name)]

    def read(self, directory: Path, names: Sequence[str]) -> list[RawRun]:
        """The runs in these files of one directory, oldest first; at least one.

        One run is called like the directory, several ``name#1``, ``name#2``. Files without any scalar make a
        run (without series) only when no file has one. Raises ReadError when none of the files can be read as
        an event file.
        """
        from rldoctor.readers.tensorboard.directory import read_directory

        return read_directory(directory, names)


def _is_ours(path: Path, name: str) -> bool:
    """Whether a file starts like an event file, or is called like one."""
    try:
        if not os.path.isfile(path):  # noqa: PTH113
            return False
        if _NAME in name:
            return True
        head = read_start(path, _HEADER + 1)
    except OSError:
        return _NAME in name
    return _starts_with_event(head)


def _starts_with_event(head: bytes) -> bool:
    """Whether the first 13 bytes are a valid record header and the key of an event's wall time.

    The cheap questions come first: nearly every other file fails them, and then the checksum (and the import
    of what computes it) is not needed.
    """
    if len(head) <= _HEADER or head[_HEADER] != _WALL_TIME_FIELD or any(head[_LENGTH_HIGH]):
        return False
    from rldoctor.readers.tensorboard.frames import header_valid

    return header_valid(head)
