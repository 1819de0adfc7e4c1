"""Everything the readers find in one directory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from pathlib import Path

from rldoctor.errors import ReadError
from rldoctor.model.raw import Note, RawRun
from rldoctor.plain_data import dataclass
from rldoctor.readers.base import Failure, Reader
from rldoctor.readers.isolate import read_names
from rldoctor.readers.lfs import is_pointer, pointer_error
from rldoctor.readers.merge import Sources
from rldoctor.readers.remote.peeking import heads_only

TABLES = "table"


@dataclass(slots=True)
class RunDirectory:
    """A directory with its merged runs, and those of a repository in it (``stores``).

    ``errors`` is filled when a reader failed, unless it became a note of the only run there is.
    """

    directory: Path
    runs: list[RawRun] = field(default_factory=list)
    stores: list[RawRun] = field(default_factory=list)
    errors: list[ReadError] = field(default_factory=list)


def claims(
    readers: Sequence[Reader], directory: Path, names: Sequence[str], failed: list[Failure] | None = None
) -> dict[str, list[str]]:
    """Reader name -> the entries it would read; ``failed`` takes the readers that could not even look.

    The tables come last, and are not offered what another reader takes: ``metrics.json`` may be many things.
    """
    taken = {
        reader.name: _claim(reader, directory, names, failed) for reader in readers if reader.name != TABLES
    }
    others = {name for part in taken.values() for name in part}
    left = [name for name in names if name not in others] if others else names
    for reader in readers:
        if reader.name == TABLES:
            taken[TABLES] = _claim(reader, directory, left, failed)
    return {name: part for name, part in taken.items() if part}


def _claim(reader: Reader, directory: Path, names: Sequence[str], failed: list[Failure] | None) -> list[str]:
    try:
        with heads_only():
            return list(reader.claims(directory, names))
    except Exception as error:  # the other readers still work
        if failed is not None:
            text = f"the {reader.name} reader could not look at it: {type(error).__name__}: {error}"
            failed.append(Failure(str(directory), text, "Please report this with the files that cause it."))
        return []


def read_place(readers: Sequence[Reader], directory: Path, taken: dict[str, list[str]]) -> RunDirectory:
    """Read and merge what was claimed; a failing source is a note on the only run there is, else an error."""
    place = RunDirectory(directory)
    sources = Sources()
    for reader in readers:
        if reader.name in taken:
            _read(reader, directory, taken[reader.name], sources, place)
    place.runs, place.stores = sources.merged(), sources.stores
    if len(every := [*place.runs, *place.stores]) == 1:
        every[0].notes.extend(
            Note("unreadable-file", str(error), "warning", lost=True) for error in place.errors
        )
        place.errors = []
    return place


def _read(reader: Reader, directory: Path, names: list[str], sources: Sources, place: RunDirectory) -> None:
    pointers = [name for name in names if is_pointer(directory / name)]
    place.errors.extend(pointer_error(directory / name) for name in pointers)
    names = [name for name in names if name not in pointers]
    if not names:
        return
    runs, errors = read_names(reader, directory, names)
    place.errors.extend(errors)
    if reader.name == TABLES:
        sources.own.extend(run for run in runs if not run.id)
        sources.free.extend(run for run in runs if run.id)
    # A repository may hold runs of any directory, so none is merged here. A claimed folder (``.aim``) is one.
    elif getattr(reader, "repository", False) or not any((directory / name).is_file() for name in names):
        sources.stores.extend(runs)
    else:
        sources.logs.extend(runs)
