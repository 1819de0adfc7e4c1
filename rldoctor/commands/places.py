"""What may not be written over: an input, a file of a run, another output, by whatever spelling."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from rldoctor.commands.options import Options
from rldoctor.commands.settings import OWN_FILE, SHARED_FILE
from rldoctor.errors import UsageError
from rldoctor.files import read_start, special
from rldoctor.report.registry import STDOUT

Place = tuple[object, ...]


class ReadFrom(Protocol):
    """Whatever has a ``path`` and the ``files`` below it that it was read from."""

    @property
    def path(self) -> Path:
        """Its folder or file."""
        ...

    @property
    def files(self) -> tuple[str, ...]:
        """Their names."""
        ...


# An earlier report of ours may be written over wherever it lies; it says in its first lines what it is.
_OURS = (b"rldoctor", b"could look", b"Not read:")
_HEAD = 4096
_HINT = "nothing was written; give another -o FILE"


def check_outputs(outputs: Sequence[str], inputs: Iterable[tuple[str, str]]) -> None:
    """Refuse outputs that are one file, or one of the ``inputs`` (what each is, and its path).

    Raises:
        UsageError: two outputs, or an output and an input, are the same file: by name, through links or
            ``..``, as hard links, or in another case where the file system knows none.
    """
    known = {place: f"{what} {path}" for what, path in inputs if (place := _place(path)) is not None}
    taken: dict[Place, str] = {}
    for target in _files(outputs):
        place = _place(target)
        if place is None:
            continue
        if place in known:
            raise UsageError(f"-o {target} is {known[place]}, which would be overwritten", hint=_HINT)
        if place in taken:
            text = f"two reports cannot both go to {_both(taken[place], target)}"
            raise UsageError(text, hint="give each -f its own -o FILE")
        taken[place] = target


def named_inputs(paths: Iterable[str], options: Options) -> list[tuple[str, str]]:
    """The files that the user named or that are read by themselves, each with what it is."""
    found = [("a log", path) for path in paths if path != STDOUT]
    found += [("a configuration", path) for path in options.config]
    found += [("a reference", path) for path in options.reference]
    found += [("the settings file", name) for name in (OWN_FILE, SHARED_FILE)]
    return [(what, path) for what, path in found if os.path.isfile(path)]  # noqa: PTH113


def check_runs(outputs: Sequence[str], runs: Iterable[ReadFrom]) -> None:
    """Refuse outputs that would overwrite what belongs to a run.

    Raises:
        UsageError: an output is a file that a run was read from, lies in a folder that was read as a whole,
            or is a file in a run's folder that is no earlier report.
    """
    targets = [(target, _place(target), os.path.realpath(target)) for target in _files(outputs)]
    if not targets:
        return
    for run in runs:
        base = _folder(run)
        files = {_place(path): path for path in _own(run, base)}
        for target, place, real in targets:
            if place is not None and place in files:
                raise UsageError(f"{target} is a file of the run {base}: it would be overwritten", hint=_HINT)
            for path in files.values():
                if os.path.isdir(path) and _within(real, path):  # noqa: PTH112
                    raise UsageError(f"{target} lies in {path}, which is a log", hint=_HINT)
            if _within(real, base) and os.path.exists(real) and not _report(real):  # noqa: PTH110
                text = f"{target} is a file in the folder of the run {base} and no earlier report"
                raise UsageError(f"{text}: it would be overwritten", hint=_HINT)


def check_replaced(paths: Iterable[str]) -> None:
    """UsageError for a file that stands at one of the paths and is no earlier report."""
    for path in paths:
        if os.path.exists(path) and not _report(path):  # noqa: PTH110
            raise UsageError(f"{path} is no earlier report: it would be overwritten", hint=_HINT)


def _files(outputs: Iterable[str]) -> Iterator[str]:
    return (target for target in outputs if target and target != STDOUT)


def _both(one: str, other: str) -> str:
    return one if one == other else f"{one} and {other}, which are one file"


def _place(path: str | Path) -> Place | None:
    """What two paths have in common that are one file; None for a pipe or device, which holds nothing."""
    real = os.path.realpath(path)
    try:
        status = os.stat(real)  # noqa: PTH116
    except (OSError, ValueError):
        # Not there yet: two names that differ in case may become one file.
        return (os.path.realpath(os.path.dirname(real)), os.path.basename(real).casefold())  # noqa: PTH119, PTH120
    return None if special(status.st_mode) else (status.st_dev, status.st_ino)


def _folder(run: ReadFrom) -> str:
    path = os.path.abspath(run.path)  # noqa: PTH100
    return path if os.path.isdir(path) else os.path.dirname(path)  # noqa: PTH112, PTH120


def _own(run: ReadFrom, base: str) -> Iterator[str]:
    if not os.path.isdir(run.path):  # noqa: PTH112
        yield os.path.abspath(run.path)  # noqa: PTH100
    yield from (os.path.join(base, name) for name in run.files)  # noqa: PTH118


def _within(real: str, folder: str) -> bool:
    return real.startswith(os.path.realpath(folder) + os.sep)


def _report(path: str) -> bool:
    try:
        head = read_start(path, _HEAD)
    except OSError:
        return False
    return not head or any(mark in head for mark in _OURS)
