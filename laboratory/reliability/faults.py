"""What is done to a good log: to its bytes, to the file, and while it is read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from pathlib import Path

import numpy as np

from laboratory.reliability.contents import CLOCKS, MORE_METRICS
from laboratory.reliability.nobody import possible
from rldoctor.plain_data import dataclass

Generator = np.random.Generator
Fault = Callable[[Path], None]
SEED = 16
# The folder of a log that faults are done to.
RUN = "run"


@dataclass(frozen=True, slots=True)
class FaultKind:
    """``each`` gives the faults of this kind for a file's bytes.

    ``while_read``: done when the directory is about to be read. ``gone``: there is no file any more, so that
    a reader cannot know that there was one. ``cuts``: what is left is the beginning of the log. ``told``: the
    system itself says so, whatever the format. ``as_nobody``: read by a user without rights. ``by_format``:
    the change of each format that it can be done to; the log stays a good one, with all that was in it, and
    is diagnosed, too.
    """

    name: str
    each: Callable[[bytes, Generator, int], Iterator[Fault]]
    while_read: bool = False
    gone: bool = False
    cuts: bool = False
    told: bool = False
    as_nobody: bool = False
    by_format: Mapping[str, Fault] = field(default_factory=dict)

    def of(self, form: str, data: bytes, rng: Generator, count: int) -> Iterator[Fault]:
        """The faults of this kind for a format and the bytes of its good log."""
        if self.as_nobody and not possible():
            return iter(())
        if not self.by_format:
            return self.each(data, rng, count)
        return iter([self.by_format[form]] if form in self.by_format else [])


def _write(data: bytes) -> Fault:
    def fault(path: Path) -> None:
        path.write_bytes(data)

    return fault


def _cuts(data: bytes, rng: Generator, count: int) -> Iterator[Fault]:
    places = range(len(data)) if len(data) <= count else np.linspace(0, len(data) - 1, count).astype(int)
    yield from (_write(data[: int(place)]) for place in places)


def _flips(data: bytes, rng: Generator, count: int) -> Iterator[Fault]:
    for _ in range(count):
        made = bytearray(data)
        made[int(rng.integers(len(data)))] ^= 1 << int(rng.integers(8))
        yield _write(bytes(made))


def _insertions(data: bytes, rng: Generator, count: int) -> Iterator[Fault]:
    for _ in range(count):
        place, size = int(rng.integers(len(data))), int(rng.integers(1, 40))
        yield _write(data[:place] + rng.bytes(size) + data[place:])


def _zeros(data: bytes, rng: Generator, count: int) -> Iterator[Fault]:
    for _ in range(count):
        place, size = int(rng.integers(len(data))), int(rng.integers(1, 600))
        yield _write(data[:place] + bytes(min(size, len(data) - place)) + data[place + size :])


def _missing(data: bytes, rng: Generator, count: int) -> Iterator[Fault]:
    for _ in range(count):
        place, size = int(rng.integers(len(data))), int(rng.integers(1, 600))
        yield _write(data[:place] + data[place + size :])


def _garbage(data: bytes, rng: Generator, count: int) -> Iterator[Fault]:
    yield from (_write(rng.bytes(int(rng.integers(1, 5000)))) for _ in range(count))


def _none(data: bytes, rng: Generator, count: int) -> Iterator[Fault]:
    return iter(())


def _one(done: Fault) -> Callable[[bytes, Generator, int], Iterator[Fault]]:
    return lambda data, rng, count: iter([done])


def _replaced(made: Callable[[Path], object]) -> Fault:
    def fault(path: Path) -> None:
        path.unlink()
        made(path)

    return fault


def _round(path: Path) -> None:
    path.symlink_to(path)


def _grow(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(path.read_bytes()[-20:-3])


def _rotate(path: Path) -> None:
    data = path.read_bytes()
    path.rename(path.with_name(f"{path.name}.1"))
    path.write_bytes(data[: len(data) // 3])


def _shrink(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _sparse(path: Path) -> None:
    os.truncate(path, 1 << 40)


def _closed_file(path: Path) -> None:
    path.chmod(0)


def _closed_folder(path: Path) -> None:
    path.parent.chmod(0)


def _only_to_read(path: Path) -> None:
    """Everything that was made, as on a medium that nobody can write to."""
    top = next(one for one in path.parents if one.name == RUN)
    for one in (*top.rglob("*"), top):
        one.chmod(0o555 if one.is_dir() else 0o444)


FAULTS = (
    FaultKind("cut", _cuts, cuts=True),
    FaultKind("one bit flipped", _flips),
    FaultKind("bytes inserted", _insertions),
    FaultKind("a stretch of zeros", _zeros),
    FaultKind("a stretch missing", _missing),
    FaultKind("replaced by random bytes", _garbage),
    FaultKind("emptied", _one(_write(b""))),
    FaultKind("extended to 1 TiB of nothing", _one(_sparse)),
    FaultKind("a pipe in its place", _one(_replaced(os.mkfifo))),
    FaultKind("a link to /dev/zero in its place", _one(_replaced(lambda path: path.symlink_to("/dev/zero")))),
    FaultKind(
        "a link to itself in its place", _one(_replaced(lambda path: path.symlink_to(path))), gone=True
    ),
    FaultKind("a directory in its place", _one(_replaced(Path.mkdir)), gone=True),
    FaultKind("vanishes while it is read", _one(Path.unlink), while_read=True),
    FaultKind("shrinks while it is read", _one(_shrink), while_read=True),
    FaultKind("may not be read", _one(_closed_file), told=True, as_nobody=True),
    FaultKind("its folder may not be read", _one(_closed_folder), told=True, as_nobody=True),
    FaultKind("on a medium that cannot be written", _one(_only_to_read), as_nobody=True),
    FaultKind("10,000 further metrics or settings", _none, by_format=MORE_METRICS),
    FaultKind("a clock that jumps", _none, by_format=CLOCKS),
    FaultKind("grows while it is read", _one(_grow), while_read=True),
    FaultKind("rotated while it is read", _one(_rotate), while_read=True),
)
