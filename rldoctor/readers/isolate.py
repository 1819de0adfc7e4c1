"""One broken log costs only itself: whatever a reader raises is caught at the name that it was raised for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from rldoctor.errors import ReadError
from rldoctor.model.raw import RawRun
from rldoctor.readers.base import PartlyReadError, Reader
from rldoctor.readers.checked import check_runs

Item = TypeVar("Item")
NamesRead = tuple[list[RawRun], list[ReadError]]
# What the hint of an error is that a parser raised and nobody meant.
REPORT = "Please report this with the file that causes it."


def read_each(items: Iterable[Item], read_one: Callable[[Item], RawRun | list[RawRun]]) -> list[RawRun]:
    """What ``read_one`` makes of each item, for a reader whose claimed name holds several runs.

    Raises:
        PartlyReadError: some could not be read; it carries the runs of the others.
    """
    runs: list[RawRun] = []
    errors: list[ReadError] = []
    for item in items:
        try:
            made = read_one(item)
        except PartlyReadError as error:
            runs += error.runs
            errors += error.errors
        except ReadError as error:
            errors.append(error)
        except Exception as error:  # a parser may raise anything; the other runs are read
            errors.append(ReadError(f"{item}: {_said(error)}", hint=REPORT))
        else:
            runs += made if isinstance(made, list) else [made]
    if errors:
        raise PartlyReadError(runs, errors)
    return runs


def read_names(reader: Reader, directory: Path, names: Sequence[str]) -> NamesRead:
    """The runs in the claimed ``names`` and an error for each part that could not be read; never raises."""
    outcome, failed = _attempt(reader, directory, names)
    if failed is None:
        return outcome
    if len(names) == 1:
        return [], [_failed(reader, directory / names[0], failed)]
    return _without_broken(reader, directory, names)


def _attempt(reader: Reader, directory: Path, names: Sequence[str]) -> tuple[NamesRead, Exception | None]:
    """What the reader gives, and what it raised that it does not promise to."""
    try:
        return check_runs(reader.read(directory, list(names)), directory), None
    except PartlyReadError as error:
        runs, errors = check_runs(error.runs, directory)
        return (runs, [*error.errors, *errors]), None
    except ReadError as error:
        return ([], [error]), None
    except Exception as error:  # the others must not pay for it
        return ([], []), error


def _without_broken(reader: Reader, directory: Path, names: Sequence[str]) -> NamesRead:
    """Each name by itself tells which is broken; the others are read together again: they may be one run."""
    alone = {name: _attempt(reader, directory, [name]) for name in names}
    errors = [
        _failed(reader, directory / name, failed) for name, (_, failed) in alone.items() if failed is not None
    ]
    good = [name for name, (_, failed) in alone.items() if failed is None]
    together, failed = _attempt(reader, directory, good) if errors and good else (([], []), None)
    if errors and failed is None:
        return together[0], [*together[1], *errors]
    parts = [alone[name][0] for name in good]
    return [run for runs, _ in parts for run in runs], [one for _, each in parts for one in each] + errors


def _failed(reader: Reader, path: Path, error: Exception) -> ReadError:
    return ReadError(f"{path}: the {reader.name} reader failed: {_said(error)}", hint=REPORT)


def _said(error: Exception) -> str:
    text = " ".join(str(error).split())[:300]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
