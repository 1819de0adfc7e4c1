"""The directories of a tree in which a run may lie."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from errno import ELOOP, ENOENT, ENOTDIR
from pathlib import Path

from rldoctor.files import special
from rldoctor.patterns import pattern

# Never logs: tools' own folders, saved weights, configuration (read with the run it belongs to). Of the
# hidden ones Sample Factory's holds event files: ``.summary/0``.
SUMMARIES = ".summary"
_SKIPPED = pattern(
    r"^(__pycache__|v?env|node_modules|site-packages|params|nn|videos?|"
    r"(checkpoints?|ckpts?)([_-]?\d+)?)$",
    re.IGNORECASE,
)

# The history up to a checkpoint.
STATE = "trainer_state.json"
Claimed = Callable[[Path, list[str]], set[str]]
Passed = Callable[[Path, str], None]
# A directory that goes while it is walked through, and links round in a circle, are no loss.
_VANISHED = (ENOENT, ENOTDIR, ELOOP)
_TRACKERS = (".wandb", ".db", ".parquet")
_LOGS = (".csv", ".tsv", ".json", ".jsonl", ".yaml", ".yml", ".toml", ".npz", ".zip", ".log", ".txt", ".out")
_EVENTS = "tfevents"


def _silently(_path: Path, _why: str) -> None:
    """What is passed over is said once, by the walk that reads."""


def walk(root: Path, claimed: Claimed, passed: Passed = _silently) -> Iterator[tuple[Path, list[str]]]:
    """Every directory below ``root`` (itself included) with its sorted entry names, depth first.

    ``claimed`` tells which entries a reader takes: those are not entered. Real directories come before linked
    ones, none is visited twice, so links cannot loop. Pipes, devices and sockets are left out of the names:
    reading one could last for ever. ``passed`` is told those that are called like a log, and the directories
    that cannot be entered.
    """
    seen: set[tuple[int, int]] = set()
    linked: list[Path] = [root]
    while linked:
        stack = [linked.pop(0)]
        while stack:
            directory = stack.pop()
            names = _enter(directory, seen, passed)
            if names is None:
                continue
            yield directory, names
            below = _below(directory, names, claimed(directory, names))
            # A stack gives back the last first, hence reversed: the walk goes by name, as a listing does.
            linked.extend(path for path in below if path.is_symlink())
            stack.extend(path for path in reversed(below) if not path.is_symlink())


def _enter(directory: Path, seen: set[tuple[int, int]], passed: Passed) -> list[str] | None:
    try:
        status = directory.stat()
        if (status.st_dev, status.st_ino) in seen:
            return None
        seen.add((status.st_dev, status.st_ino))
        with os.scandir(directory) as listing:
            return sorted(entry.name for entry in listing if _ordinary(entry, directory, passed))
    except OSError as error:
        if error.errno not in _VANISHED:
            passed(directory, f"cannot be entered: {error.strerror or error}")
        return None


def regular_entries(directory: Path) -> list[str]:
    """The sorted names of a directory's files and folders; none where it cannot be listed."""
    try:
        with os.scandir(directory) as listing:
            return sorted(entry.name for entry in listing if _ordinary(entry, directory, _silently))
    except OSError:
        return []


def _ordinary(entry: os.DirEntry[str], directory: Path, passed: Passed) -> bool:
    """Whether an entry may be given to a reader; a link that leads nowhere may, so that it is said."""
    try:
        # The listing itself tells, without a system call, unless it is a link.
        if entry.is_file() or entry.is_dir():
            return True
        what = special(entry.stat().st_mode)
    except OSError:
        return True
    if what and (entry.name.lower().endswith((*_LOGS, *_TRACKERS)) or _EVENTS in entry.name):
        passed(directory / entry.name, f"is {what} and no file: not read")
    return not what


def _below(directory: Path, names: list[str], taken: set[str]) -> list[Path]:
    return [
        path
        for name in names
        if name not in taken and not _skipped(directory, name) and os.path.isdir(path := directory / name)  # noqa: PTH112
    ]


def _skipped(directory: Path, name: str) -> bool:
    """Whether a folder holds no log by its name; a checkpoint of Hugging Face's Trainer holds one."""
    # ``os.path``: a folder that may not be entered is an answer, not an error.
    hidden = name.startswith(".") and name.lower() != SUMMARIES
    # None of the names has an extension, and most entries are files that have one.
    skipped = hidden or ("." not in name and _SKIPPED.match(name) is not None)
    return skipped and not os.path.isfile(directory / name / STATE)  # noqa: PTH113
