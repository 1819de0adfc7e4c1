"""What the results of a part depend on besides its files: the program, the rules, the options."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rldoctor import __version__
from rldoctor.commands import gate
from rldoctor.commands.options import OPTIONS, Options
from rldoctor.datafiles.packs import pack_directories
from rldoctor.many.cache import ResultCache, user_cache
from rldoctor.paths import PACKAGE
from rldoctor.readers.fingerprint import contents_digest, fingerprint
from rldoctor.readers.registry import load_readers
from rldoctor.readers.run_folders import RunFolders

if TYPE_CHECKING:
    from rldoctor.commands.judging_part import JudgePart

# Where reports go changes no result, and all runs together are judged anew each time.
_NO_MATTER = ("format", "output", "baseline", "aggregate")
_PROGRAM = (".py", ".yaml", ".json")


class CachedResults:
    """The results of earlier calls for the same files, rules, options and program."""

    def __init__(self, cache: ResultCache, work: JudgePart) -> None:
        """OSError where a file that was named cannot be read."""
        self._cache = cache
        self._base = _base(work.asked, work.formats)

    def key(self, part: RunFolders) -> str | None:
        """What the result of a part is found by; None where its files cannot be told."""
        try:
            found = fingerprint(part)
        except OSError:
            return None
        return None if found is None else hashlib.sha256(f"{self._base}{found}".encode()).hexdigest()

    def get(self, key: str | None) -> bytes | None:
        """The result, where there is one."""
        return None if key is None else self._cache.get(key)

    def put(self, key: str | None, value: bytes) -> None:
        """Keep a result that is complete."""
        if key is not None:
            self._cache.put(key, value)


def cached_results(work: JudgePart) -> CachedResults | None:
    """The user's cache for this call; None where there can be none."""
    cache = user_cache()
    try:
        return None if cache is None else CachedResults(cache, work)
    except OSError:
        return None


def _base(asked: gate.Gate, formats: tuple[str, ...]) -> str:
    options = asked.options
    said = [
        (__version__, sys.version, np.__version__, formats, [reader.name for reader in load_readers()[0]]),
        _words(options),
        _words(options.given) if options.given is not None else "",
        asked.today.isoformat() if options.waivers else "",
        contents_digest(_files(options)),
    ]
    return hashlib.sha256(repr(said).encode()).hexdigest()


def _words(options: Options) -> str:
    return repr({name: getattr(options, name) for name in OPTIONS if name not in _NO_MATTER})


def _files(options: Options) -> list[Path]:
    """The program, its rules and every file that the options name."""
    program = sorted(path for path in PACKAGE.rglob("*") if path.suffix in _PROGRAM)
    named = [Path(name) for name in (*options.config, *options.reference) if name not in ("auto", "off")]
    return [*program, *pack_directories(options.rules_dirs), *named]
