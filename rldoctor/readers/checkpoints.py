"""Checkpoints that each hold the whole history so far: only the newest is the run.

Hugging Face's Trainer writes ``trainer_state.json`` into every ``checkpoint-N`` and at the end, if asked to,
beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from rldoctor.patterns import pattern
from rldoctor.readers.walk import STATE

_FOLDER = pattern(r"^checkpoint-(\d+)$")
Part = TypeVar("Part", bound=Mapping[str, list[str]])


def without_earlier(taken: Mapping[Path, Part]) -> dict[Path, Part]:
    """What is to be read in each directory, without the checkpoints that a later one goes beyond."""
    newest: dict[Path, tuple[int, Path]] = {}
    for directory, part in taken.items():
        if (number := _number(directory, part)) is not None:
            last = newest.get(directory.parent)
            newest[directory.parent] = max(last or (number, directory), (number, directory))
    kept = {where for parent, (_, where) in newest.items() if not _has_state(taken.get(parent))}
    return {
        directory: part
        for directory, part in taken.items()
        if _number(directory, part) is None or directory in kept
    }


def _number(directory: Path, part: Mapping[str, list[str]]) -> int | None:
    """The number of a checkpoint in which there is nothing but the state of the trainer."""
    match = _FOLDER.match(directory.name)
    if match is None or [name for names in part.values() for name in names] != [STATE]:
        return None
    return int(match.group(1))


def _has_state(part: Mapping[str, list[str]] | None) -> bool:
    return any(STATE in names for names in (part or {}).values())
