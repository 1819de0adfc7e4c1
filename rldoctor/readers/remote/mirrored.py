"""A path of the local copy that is called like the URL it stands for.

Readers build paths from paths and put them into messages. Their files are in the copy; what people read is
the URL. Both are told from the place alone, so that ``directory / name`` needs nothing passed on.
"""

from __future__ import annotations

import os
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
