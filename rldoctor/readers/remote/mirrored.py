"""A path of the local copy that is called like the URL it stands for.

Readers build paths from paths and put them into messages. Their files are in the copy; what people read is
the URL. Both are told from the place alone, so that ``directory / name`` needs nothing passed on.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from rldoctor.readers.remote.url import below

# Folder of a copy -> the URL without credentials.
ROOTS: dict[str, str] = {}

if TYPE_CHECKING:
    _Local = Path
else:
    _Local = type(Path())


class MirroredPath(_Local):
    """As ``Path``; ``str`` is the URL, and what opens it is given the file of the copy."""

    def __str__(self) -> str:
        """The URL of this file or folder; the path itself where it is in no copy."""
        text = self.__fspath__()
        for root, url in ROOTS.items():
            if text == root or text.startswith(root + os.sep):
                rest = text[len(root) :].replace(os.sep, "/")
                return below(url, rest) if rest else url
        return text

    def __fspath__(self) -> str:
        """The place in the copy."""
        return super().__str__()

    # Newer versions of Python build what follows from ``str``.
    def __eq__(self, other: object) -> bool:
        """Whether it is the same place, of whatever class."""
        return self.__fspath__() == os.fspath(other) if isinstance(other, Path) else NotImplemented

    def __hash__(self) -> int:
        """That of the place, of whatever class."""
        return hash(Path(self.__fspath__()))

    def as_uri(self) -> str:
        """``file://`` of the place in the copy."""
        return Path(self.__fspath__()).as_uri()

    def iterdir(self) -> Generator[MirroredPath, None, None]:
        """The entries of a folder, in any order."""
        yield from map(MirroredPath, Path(self.__fspath__()).iterdir())

    def glob(self, pattern: str) -> Generator[MirroredPath, None, None]:
        """What fits a pattern."""
        yield from map(MirroredPath, Path(self.__fspath__()).glob(pattern))

    def rglob(self, pattern: str) -> Generator[MirroredPath, None, None]:
        """What fits a pattern in any folder below."""
        yield from map(MirroredPath, Path(self.__fspath__()).rglob(pattern))
