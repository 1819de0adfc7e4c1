"""Where compiled data are kept, and how a changed source is noticed.

A wheel carries them in ``_compiled``; nothing else may be there, so they are read without a question. In a
clone they are kept in the user's cache directory and hold only while their sources are the same.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

from rldoctor.compiled.codec import from_plain, to_plain
from rldoctor.compiled.folded import Folded, fold, written
from rldoctor.paths import PACKAGE
from rldoctor.plain_data import dataclass

T = TypeVar("T")
Change: TypeAlias = Callable[[dict[str, Any]], None]
# Path, size and time of change of a file.
Stamp: TypeAlias = tuple[str, int, int]

FORMAT = 5
SHIPPED = "_compiled"
CACHE_VARIABLE = "RLDOCTOR_CACHE_DIR"
# The code that makes the typed values and gives them their form: as much a source as the YAML is.
CODE = (
    "",
    "compiled",
    "datafiles",
    "rulebook",
    "language",
    "language/functions",
    "model",
    "vocabulary",
    "engine",
    "audit",
    "outcome",
    "tasks",
    "envelope",
)
# A file may change twice within one tick of its file system's clock: what was written this shortly before
# the cache proves nothing by its time (Git calls this racy).
_TICK = 2_000_000_000
# What reading a file that is absent, cut, of another version or not ours can raise.
_UNREADABLE = (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Compiled(Generic[T]):
    """A value of type ``kind`` made from files by ``make``, which also checks them.

    ``name`` becomes a file name. ``sources`` are the files and folders (every file below) it is made from.
    ``folded``: a list in it, of the entries of which only parts are looked at.
    """

    name: str
    kind: Any
    sources: Callable[[], Sequence[Path]]
    make: Callable[[], T]
    folded: str = ""

    def load(self, change: Change | None = None) -> T:
        """The value: shipped, from the cache, or made and then kept. Raises what ``make`` raises.

        ``change`` gets the JSON value before objects are made of it.
        """
        try:
            return self.read(PACKAGE / SHIPPED, change)
        except _UNREADABLE:
            return self._cached(change)

    def read(self, directory: Path, change: Change | None = None) -> T:
        """The value that :meth:`write` left in a directory; an error when there is none."""
        return self._value(_read(directory / f"{self.name}.json")[1], change)

    def write(self, directory: Path) -> None:
        """Make the value and leave it in ``directory``, for a wheel."""
        directory.mkdir(parents=True, exist_ok=True)
        _write(directory / f"{self.name}.json", {}, self._text(self.make()))

    def _text(self, value: T) -> bytes:
        plain, lines = to_plain(value), bytearray()
        if self.folded:
            plain[self.folded] = [fold(one, lines) for one in plain.get(self.folded, ())]
        return written(plain) + b"\n" + lines

    def _value(self, text: bytes, change: Change | None) -> T:
        first, _, lines = text.partition(b"\n")
        plain = json.loads(first)
        if self.folded:
            plain[self.folded] = [Folded(one, lines) for one in plain.get(self.folded, ())]
        if change is not None:
            change(plain)
        value: T = from_plain(self.kind, plain)
        return value

    def _cached(self, change: Change | None) -> T:
        directory = cache_dir()
        if directory is None:
            return self._value(self._text(self.make()), change) if change else self.make()
        seen = SourceStamps(_stamps(_below(self.sources())))
        # One file for each checkout, so that two of them do not take turns in overwriting it.
        place = directory / f"{self.name}-{zlib.crc32(os.fsencode(PACKAGE)):08x}.json"
        try:
            value = self._value(_valid(place, seen), change)
        except _UNREADABLE:
            # The content is taken before the making: a file that changes meanwhile makes the entry invalid.
            content = _content(seen)
            kept = {"content": content, "written": time.time_ns(), "sources": seen.text()}
            value = self.make()
            text = self._text(value)
            _keep(place, kept, text)
            value = self._value(text, change) if change else value
        return value


@dataclass(frozen=True, slots=True)
class SourceStamps:
    """The sources as they are now, the program files among them: name, size and time of change of each."""

    stamps: Sequence[Stamp]

    def text(self) -> str:
        """All of it in one text, which is compared at once."""
        return f"{_lines(self.stamps)}\n{_code().text}"

    def newest(self) -> int:
        """When the last of them was changed."""
        return max([_code().newest, *(time for _, _, time in self.stamps)])

    def names(self) -> list[str]:
        """The path of each."""
        return [name for name, *_ in (*self.stamps, *_code().stamps)]


@dataclass(frozen=True, slots=True)
class CodeStamps:
    """The program files, and what is needed of them for each compiled value."""

    stamps: Sequence[Stamp]
    text: str
    newest: int


def _lines(stamps: Iterable[Stamp]) -> str:
    return "\n".join([f"{name}:{size}:{time}" for name, size, time in stamps])


def cache_dir() -> Path | None:
    """The folder: ``RLDOCTOR_CACHE_DIR``, else one among the user's caches; None without a home."""
    own = os.environ.get(CACHE_VARIABLE)
    if own:
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or ""
    try:
        # The XDG specification: a relative path is invalid and to be ignored.
        return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "rldoctor"
    except RuntimeError:  # a user without a home, as in some containers
        return None


def _below(places: Iterable[Path]) -> list[str]:
    """Every file at or below the places, sorted."""
    found: list[str] = []
    for place in places:
        if place.is_dir():
            # Joined by hand: `os.path.join` of some hundred names takes longer than to find them.
            found += [f"{at}{os.sep}{name}" for at, _, names in os.walk(place) for name in names]
        else:
            found.append(str(place))
    return sorted(found)


@lru_cache(maxsize=1)
def _code() -> CodeStamps:
    """The stamps of the program files that make the values; they stay while the program runs."""
    folders = [PACKAGE / name for name in CODE]
    found = _stamps(
        sorted(entry.path for at in folders for entry in os.scandir(at) if entry.name.endswith(".py"))
    )
    return CodeStamps(found, f"{PACKAGE}\n{_lines(found)}", max(time for _, _, time in found))


def _stamps(files: Iterable[str]) -> list[Stamp]:
    """Path, size and time of change of each file; -1 for one that is not there."""
    found: list[Stamp] = []
    for name in files:
        try:
            stat = os.stat(name)  # noqa: PTH116 - a Path for each of a hundred files is half of the time
            found.append((name, stat.st_size, stat.st_mtime_ns))
        except OSError:
            found.append((name, -1, -1))
    return found


def _content(seen: SourceStamps) -> str:
    """A digest of the sources' names and contents."""
    import hashlib  # loads OpenSSL: only where the times do not settle it

    # Where the files are is a part of it: one entry serves one checkout.
    made = hashlib.sha256(os.fsencode(PACKAGE))
    for name in seen.names():
        made.update(name.encode() + b"\0")
        made.update(Path(name).read_bytes() if os.path.isfile(name) else b"absent")  # noqa: PTH113
    return made.hexdigest()


def _valid(place: Path, seen: SourceStamps) -> bytes:
    """The data kept at ``place`` when its sources are unchanged; ValueError otherwise."""
    kept, text = _read(place)
    stamps = seen.text()
    if kept["sources"] == stamps and seen.newest() + _TICK < kept["written"]:
        return text
    if kept["content"] != _content(seen):
        raise ValueError("a source has changed")
    _keep(place, {**kept, "sources": stamps, "written": time.time_ns()}, text)
    return text


def _read(place: Path) -> tuple[dict[str, Any], bytes]:
    """What is said of the data in a file, which is its first line, and the data behind it."""
    with open(place, "rb") as file:  # noqa: PTH123
        said, _, text = file.read().partition(b"\n")
    kept: dict[str, Any] = json.loads(said)
    if kept["format"] != FORMAT:
        raise ValueError("of another version of this program")
    # The objects are read when they are looked at, so that damage is noticed now or too late.
    if kept["check"] != zlib.crc32(text):
        raise ValueError("damaged")
    return kept, text


def _keep(place: Path, kept: dict[str, Any], text: bytes) -> None:
    """Write a cache entry; where that cannot be done, the next start takes as long as this one."""
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(place, kept, text)
    except OSError:
        pass


def _write(place: Path, kept: dict[str, Any], text: bytes) -> None:
    """Written beside it and renamed: a reader, or another writer, never meets half a file."""
    beside = place.with_name(f".{place.name}.{os.getpid()}.{time.monotonic_ns()}")
    said = written({**kept, "format": FORMAT, "check": zlib.crc32(text)})
    try:
        beside.write_bytes(said + b"\n" + text)
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)
