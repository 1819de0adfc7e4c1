"""What comes back of a part of the work, fit for a pipe, another machine or a cache."""

from __future__ import annotations

import copyreg
import pickle
import zlib
from dataclasses import field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rldoctor.plain_data import dataclass

# Much of a report repeats itself, and the fastest level takes nearly all of that.
_LEVEL = 1


@dataclass(slots=True)
class RunResult:
    """A judged run: what the reports need, packed, beside what is asked of all runs at once.

    ``files``: what it was read from, below ``path``. ``counts`` of its JUnit suite. ``notes``: how many notes
    stand before one on its twin. ``run``: the run as it was read, to be compared with its twins. ``whole``:
    its diagnosis.
    """

    id: str
    path: Path
    files: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    notes: int = 0
    lost: int = 0
    fails: bool = False
    covered: bool = True
    parts: bytes = b""
    run: bytes = b""
    whole: bytes = b""


@dataclass(slots=True)
class PartResult:
    """The runs of a part; ``failures``: a line for each place that could not be read.

    ``broken``: a line for each run that could not be judged. ``crashes``: the same as it is told on the
    terminal.
    """

    runs: list[RunResult] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)


def packed(value: object, *, text: bool = True) -> bytes:
    """Any value of the program, small where it is mostly ``text`` (numbers of a curve stay as long)."""
    return zlib.compress(pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL), _LEVEL if text else 0)


def unpacked(data: bytes) -> Any:
    """What :func:`packed` made, of this program only: it must come from nowhere else."""
    # From this program's own pipes, and from a cache folder that nobody else can write to.
    return pickle.loads(zlib.decompress(data))  # nosec B301


def _mapping(values: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(values)


def _reduced(view: MappingProxyType[Any, Any]) -> tuple[Any, tuple[dict[Any, Any]]]:
    return _mapping, (dict(view),)


# Read-only views stand in rules and diagnoses; the standard library does not know how to send one.
copyreg.pickle(MappingProxyType, _reduced)
