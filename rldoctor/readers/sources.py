"""Everything the readers find in one directory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from pathlib import Path

from rldoctor.errors import ReadError
from rldoctor.model.raw import Note, RawRun
from rldoctor.plain_data import dataclass
from rldoctor.readers.base import Reader
from rldoctor.readers.merge import Sources

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


def claims(readers: Sequence[Reader], directory: Path, names: Sequence[str]) -> dict[str, list[str]]:
    """Reader name -> the entries it would read."""
    taken = {reader.name: _claim(reader, directory, names) for reader in readers}
    return {name: part for name, part in taken.items() if part}


def _claim(reader: Reader, directory: Path, names: Sequence[str]) -> list[str]:
    try:
        return list(reader.claims(directory, names))
    except Exception:  # a plug-in that cannot even look must not stop the others
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
        every[0].notes.extend(Note("unreadable-file", str(error), "warning") for error in place.errors)
        place.errors = []
    return place


def _read(reader: Reader, directory: Path, names: list[str], sources: Sources, place: RunDirectory) -> None:
    try:
        runs = reader.read(directory, names)
    except ReadError as error:
        place.errors.append(error)
        return
    except Exception as error:  # one broken log (or plug-in) must not cost the other runs
        text = f"{directory}: the {reader.name} reader failed: {type(error).__name__}: {error}"
        place.errors.append(ReadError(text, hint="Please report this with the file that causes it."))
        return
    if reader.name == TABLES:
        sources.own.extend(run for run in runs if not run.id)
        sources.free.extend(run for run in runs if run.id)
    # A repository may hold runs of any directory, so none is merged here. A claimed folder (``.aim``) is one.
    elif getattr(reader, "repository", False) or not any((directory / name).is_file() for name in names):
        sources.stores.extend(runs)
    else:
        sources.logs.extend(runs)
