"""Standard output and error as they are found: closed, full, without a character."""

from __future__ import annotations

import os
import sys
from errno import EDQUOT, EFBIG, EIO, ENOSPC
from typing import TextIO


def to_nowhere() -> None:
    """What is still in the buffer must not fail once more when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


# A disk, or what stands for one, that takes no more.
FULL = (ENOSPC, EDQUOT, EFBIG, EIO)
# What standard output could not take while other work was still to do.
_lost: list[OSError] = []


def lose_output(error: OSError) -> None:
    """Standard output is closed or full: say nothing more there, and go on with the files."""
    to_nowhere()
    _lost.append(error)


def raise_lost() -> None:
    """What :func:`lose_output` was told, once everything else is done."""
    if _lost:
        first = _lost[0]
        _lost.clear()
        raise first


def forgiving_streams() -> None:
    """A terminal that cannot show a character gets a substitute instead of an exception.

    A stream that was closed before the start (``>&-``) behaves like one whose reader went away.
    """
    sys.stdout = sys.stdout or _without_reader()
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _without_reader() -> TextIO:
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w")
