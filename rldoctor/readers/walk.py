"""The directories of a tree in which a run may lie."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from rldoctor.patterns import pattern

# Never logs: tools' own folders, saved weights, configuration (read with the run it belongs to). Of the
# hidden ones Sample Factory's holds event files: ``.summary/0``.
SUMMARIES = ".summary"
_SKIPPED = pattern(
    r"^(\.(?!summary$).*|__pycache__|v?env|node_modules|site-packages|params|nn|videos?|"
    r"(checkpoints?|ckpts?)([_-]?\d+)?)$",
    re.IGNORECASE,
)

# The history up to a checkpoint.
STATE = "trainer_state.json"
Claimed = Callable[[Path, list[str]], set[str]]


def walk(root: Path, claimed: Claimed) -> Iterator[tuple[Path, list[str]]]:
    """Every directory below ``root`` (itself included) with its sorted entry names, depth first.

    ``claimed`` tells which entries a reader takes: those are not entered. Real directories come before linked
    ones, none is visited twice, so links cannot loop. Unreadable directories are passed over.
    """
    seen: set[tuple[int, int]] = set()
    linked: list[Path] = [root]
    while linked:
        stack = [linked.pop(0)]
        while stack:
            directory = stack.pop()
            names = _enter(directory, seen)
            if names is None:
                continue
            yield directory, names
            below = _below(directory, names, claimed(directory, names))
            # A stack gives back the last first, hence reversed: the walk goes by name, as a listing does.
            linked.extend(path for path in below if path.is_symlink())
            stack.extend(path for path in reversed(below) if not path.is_symlink())


def _enter(directory: Path, seen: set[tuple[int, int]]) -> list[str] | None:
    try:
        status = directory.stat()
        if (status.st_dev, status.st_ino) in seen:
            return None
        seen.add((status.st_dev, status.st_ino))
        return sorted(os.listdir(directory))  # noqa: PTH208 - names only, no Path per entry
    except OSError:
        return None


def _below(directory: Path, names: list[str], taken: set[str]) -> list[Path]:
    return [
        path
        for name in names
        if name not in taken and not _skipped(directory, name) and (path := directory / name).is_dir()
    ]


def _skipped(directory: Path, name: str) -> bool:
    """Whether a folder holds no log by its name; a checkpoint of Hugging Face's Trainer holds one."""
    return _SKIPPED.match(name) is not None and not (directory / name / STATE).is_file()
