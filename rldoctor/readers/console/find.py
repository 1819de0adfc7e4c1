"""Files of console text: where no other reader took anything."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rldoctor.errors import ReadError
from rldoctor.files import read_start
from rldoctor.readers.console.runs import SUMMARY, printed, read_console
from rldoctor.readers.sources import RunDirectory
from rldoctor.readers.walk import walk

__all__ = ["SUMMARY", "text_place", "text_places"]
# Where output is redirected to; any other file is only read as console text when it is named.
_SUFFIXES = (".log", ".txt", ".out")
# Enough for a warm-up of some thousand lines of warnings, and cheap in a folder of many texts.
_PEEK = 1 << 20


def text_places(root: Path) -> list[RunDirectory]:
    """Every folder under ``root`` with console text in it."""
    taken: dict[Path, list[str]] = {}

    def claimed(directory: Path, names: list[str]) -> set[str]:
        if found := [name for name in names if _is_text(directory / name)]:
            taken[directory] = found
        return set(found)

    for _ in walk(root, claimed):
        pass
    return [_place(directory, names) for directory, names in taken.items()]


def text_place(path: Path) -> RunDirectory | None:
    """The run in one file of console text, or None where it is none."""
    try:
        return RunDirectory(path.parent, read_console(path.parent, path.name))
    except (ReadError, OSError):
        return None


def _place(directory: Path, names: Sequence[str]) -> RunDirectory:
    place = RunDirectory(directory)
    for name in _without_summary(names):
        try:
            runs = read_console(directory, name)
        except ReadError as error:
            place.errors.append(error)
            continue
        except Exception as error:  # one broken text must not cost the others
            place.errors.append(ReadError(f"{directory / name}: {type(error).__name__}: {error}"))
            continue
        for run in runs:
            run.id = f"{name}:{run.id}" if run.id else name
        place.runs.extend(runs)
    return place


def _without_summary(names: Sequence[str]) -> list[str]:
    """W&B's last values are in its ``output.log`` too, where the training printed any."""
    return [name for name in names if name != SUMMARY or len(names) == 1]


def _is_text(path: Path) -> bool:
    if path.name == SUMMARY:
        return os.path.isfile(path)  # noqa: PTH113
    if path.suffix.lower() not in _SUFFIXES:
        return False
    try:
        head = read_start(path, _PEEK)
    except OSError:
        return False
    return printed(head, path)
