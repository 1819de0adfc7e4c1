"""Results wait in a file, so that thousands of runs take the memory of one."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO, Any, TypeAlias

from rldoctor.many.results import RunResult, unpacked
from rldoctor.plain_data import dataclass, replace

Place: TypeAlias = tuple[int, int]


@dataclass(slots=True)
class KeptRun:
    """What all runs are asked for together, and where the rest of it waits."""

    about: RunResult
    parts: Place
    run: Place
    whole: Place


class Spool:
    """A temporary file that goes when the program ends, however it ends."""

    def __init__(self, folder: Path | None = None) -> None:
        """``folder``: where it lies; else the system's for temporary files."""
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="rldoctor-", dir=folder)  # noqa: SIM115

    def keep(self, run: RunResult) -> KeptRun:
        """The run without its data, which are written. OSError where there is no room."""
        places = [self._add(data) for data in (run.parts, run.run, run.whole)]
        return KeptRun(replace(run, parts=b"", run=b"", whole=b""), *places)

    def _add(self, data: bytes) -> Place:
        place = (self._file.seek(0, 2), len(data))
        self._file.write(data)
        return place

    def get(self, place: Place) -> bytes:
        """The data at a place."""
        self._file.seek(place[0])
        return self._file.read(place[1])

    def close(self) -> None:
        """Give up what is kept."""
        self._file.close()


def value_at(spool: Spool, place: Place) -> Any:
    """What was packed at a place."""
    return unpacked(spool.get(place))
