"""Where a report comes from: the files that were read with their hashes, versions, and the command."""

from __future__ import annotations

import hashlib
import platform
import shlex
import sys
from pathlib import Path

import numpy as np

from rldoctor import __version__
from rldoctor.files import open_regular
from rldoctor.model.run import Run
from rldoctor.redaction import hidden_words
from rldoctor.report.clean import clean

# More than this is not read a second time for the sake of its hash.
MAX_BYTES = 512 * 2**20
MAX_FILES = 40
_VERSIONS = "versions."


class Hashes:
    """Hashes the files of a page's runs, each once, up to a number of bytes in all."""

    def __init__(self, most: int = MAX_BYTES) -> None:
        """``most``: the bytes to read in all."""
        self._left = most
        self._known: dict[Path, str] = {}

    def of(self, path: Path) -> str:
        """The SHA-256 of a file in hex, or in words why there is none."""
        if path not in self._known:
            self._known[path] = self._hash(path)
        return self._known[path]

    def _hash(self, path: Path) -> str:
        try:
            size = path.stat().st_size
            if size > self._left:
                return "not hashed: too large"
            self._left -= size
            with open_regular(path) as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()
        except (OSError, ValueError):
            return "no longer there"


def files(run: Run, hashes: Hashes) -> dict[str, object]:
    """The files of a run: name, size in bytes and hash of the first ones, and how many more there are."""
    base = run.path if run.path.is_dir() else run.path.parent
    names = list(dict.fromkeys(run.files)) or ([run.path.name] if run.path.is_file() else [])
    rows = [
        {"name": clean(name), "size": _size(base / name), "hash": hashes.of(base / name)}
        for name in names[:MAX_FILES]
    ]
    return {"rows": rows, "more": max(0, len(names) - MAX_FILES)}


def _size(path: Path) -> str:
    try:
        return f"{path.stat().st_size:,}"
    except (OSError, ValueError):
        return ""


def made_with(run: Run) -> str:
    """The versions that the run's own settings name: ``python 3.11.7, torch 2.13.0``."""
    found = [one for one in run.config.unmapped if one.key.startswith(_VERSIONS)]
    return ", ".join(f"{clean(one.key.removeprefix(_VERSIONS))} {clean(one.value)}" for one in found)


def versions() -> str:
    """What the report was made with."""
    return f"rldoctor {__version__}, Python {platform.python_version()}, numpy {np.__version__}"


def command() -> str:
    """The command line that made the report, or an empty string where it was made from Python."""
    program = Path(sys.argv[0]) if sys.argv else Path()
    ours = program.stem == "rldoctor" or (program.name == "__main__.py" and program.parent.name == "rldoctor")
    return clean(shlex.join(["rldoctor", *hidden_words(sys.argv[1:])])) if ours else ""
