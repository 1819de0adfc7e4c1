"""What a reader is, and what a search for runs gives back.

A reader turns the files of **one directory** into runs; walking a tree, merging what several readers
found in one directory, and attaching configuration files is done for it (``discover``). To write one:
implement :class:`Reader` and name the class in the entry-point group ``rldoctor.readers``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from rldoctor.errors import ReadError
from rldoctor.model.raw import RawRun
from rldoctor.plain_data import dataclass


@runtime_checkable
class Reader(Protocol):
    """Reads one kind of log.

    ``name`` is unique and ends up in ``RawRun.format`` (or a more precise word of the reader's own).
    A reader imports heavy packages inside ``read`` only: ``claims`` runs in every directory of a tree.
    One that also has ``repository = True`` reads the store of an experiment tracker: its runs may mirror runs
    logged elsewhere in the tree, are compared with all of these by their curves, and joined to their twin.
    """

    name: str

    def claims(self, directory: Path, names: Sequence[str]) -> list[str]:
        """Those of ``names`` this reader would read, in order; empty when there is nothing for it.

        ``names`` are sorted entries of ``directory``: files and sub-directories (``.aim``). A claimed
        sub-directory is not searched further. May look into the files, must not raise for odd ones.
        """
        ...

    def read(self, directory: Path, names: Sequence[str]) -> list[RawRun]:
        """The runs in the claimed ``names``.

        ``RawRun.id`` is local to the directory: ``""`` when the run *is* the directory, else a short name
        that tells several runs apart (file name, hash). ``RawRun.path`` is ``directory``, ``files`` are
        relative to it. Damage is skipped and becomes a ``Note`` with ``lost=True``; ``ReadError`` only when
        nothing is left, ``PartlyReadError`` when some runs are. Whatever else it raises is caught: the names
        are then read one by one, and only the broken ones are lost.
        """
        ...


class PartlyReadError(ReadError):
    """Some of what was claimed could not be read: ``runs`` are those that could, ``errors`` say the rest.

    A reader may raise it instead of returning (``isolate.read_each`` does): nothing is lost by it.
    """

    def __init__(self, runs: Sequence[RawRun], errors: Sequence[ReadError]) -> None:
        """Keep both; as a text the first error."""
        super().__init__(
            str(errors[0]) if errors else "nothing could be read", hint=errors[0].hint if errors else ""
        )
        self.runs, self.errors = list(runs), list(errors)


class Failure(NamedTuple):
    """A part that could not be read: where, why, and what to do about it (``hint`` may be empty)."""

    path: str
    text: str
    hint: str = ""

    def __str__(self) -> str:
        """``path: text``."""
        return f"{self.path}: {self.text}"


@dataclass(slots=True)
class FoundRuns:
    """The result of a search: the runs, sorted by id, and the parts that failed. Iterates over the runs."""

    runs: list[RawRun] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def __iter__(self) -> Iterator[RawRun]:
        """The runs, in order."""
        return iter(self.runs)

    def __len__(self) -> int:
        """Number of runs."""
        return len(self.runs)

    def extend(self, other: FoundRuns) -> None:
        """Take over the runs and failures of ``other``."""
        self.runs.extend(other.runs)
        self.failures.extend(other.failures)
