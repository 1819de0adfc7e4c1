"""Readers that are only imported in a directory with a file of theirs.

A tree is searched directory by directory, and every reader is asked in each. A dozen readers that import
their modules and look into files for nothing would cost more than the few that are needed; the names of the
files tell nearly always.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from rldoctor.model.raw import RawRun
from rldoctor.plain_data import dataclass
from rldoctor.readers.base import Reader


@dataclass(slots=True)
class ByName:
    """The reader ``target`` (``module:class``), asked where a name is in ``names`` or has one of ``ends``.

    ``names`` and ``ends`` must hold every name the reader could claim, or claim something beside.
    ``folder_each``: every run is a folder by itself, which can be read without the others.
    """

    name: str
    target: str
    names: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    repository: bool = True
    folder_each: bool = False

    def claims(self, directory: Path, names: Sequence[str]) -> list[str]:
        """What the reader claims; nothing, without asking it, where no name is of its kind."""
        if not self._may_be_there(names):
            return []
        return self._reader().claims(directory, names)

    def read(self, directory: Path, names: Sequence[str]) -> list[RawRun]:
        """The runs that the reader finds in the claimed ``names``."""
        return self._reader().read(directory, names)

    def _may_be_there(self, names: Sequence[str]) -> bool:
        if any(name in names for name in self.names):
            return True
        return bool(self.ends) and any(name.endswith(self.ends) for name in names)

    def _reader(self) -> Reader:
        module, _, attribute = self.target.partition(":")
        reader: Reader = getattr(import_module(module), attribute)()
        return reader
