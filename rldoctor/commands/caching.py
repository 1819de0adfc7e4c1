"""What the results of a part depend on besides its files: the program, the rules, the options."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rldoctor import __version__
from rldoctor.commands import gate
from rldoctor.commands.options import OPTIONS, Options
from rldoctor.datafiles.packs import pack_directories
from rldoctor.many.cache import ResultCache, user_cache
from rldoctor.many.results import packed, unpacked
from rldoctor.model.raw import Note
from rldoctor.paths import PACKAGE
from rldoctor.plain_data import dataclass
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

    def notes(self, keys: Sequence[str | None]) -> KeptNotes | None:
        """Where the notes of twins of all these parts are kept; None where one of them has no key."""
        if not all(keys):
            return None
        digest = hashlib.sha256(f"twins {self._base} {keys}".encode()).hexdigest()
        return KeptNotes(self._cache, digest)


@dataclass(frozen=True, slots=True)
class KeptNotes:
    """What was noted of the twins of all runs of an earlier call, which holds while no run changed."""

    cache: ResultCache
    key: str

    def get(self, count: int) -> list[Note | None] | None:
        """The notes of so many runs; None where there are none."""
        found = self.cache.get(self.key)
        notes: list[Note | None] = [] if found is None else unpacked(found)
        return notes if len(notes) == count else None

    def put(self, notes: list[Note | None]) -> None:
        """Keep the notes."""
        self.cache.put(self.key, packed(notes))


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
