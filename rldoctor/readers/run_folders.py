"""A tree taken apart into folders that can be read each by itself, without reading any of them.

A folder belongs with what lies one or two levels below it, since a table above a log, evaluations below it
and what a SummaryWriter makes beside a run may be parts of one run. The store of an experiment tracker may
mirror any run of its tree, which is then read as a whole.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from rldoctor.plain_data import dataclass
from rldoctor.readers.base import Failure, FoundRuns, Reader
from rldoctor.readers.config_files.gathered import Gathered
from rldoctor.readers.discover import (
    claimed_below,
    find_runs,
    finished,
    is_folder,
    read_places,
    step,
    together,
)
from rldoctor.readers.registry import load_readers
from rldoctor.readers.remote.url import is_url
from rldoctor.readers.same_run import related

Claimed = Mapping[Path, dict[str, list[str]]]
# How many folders above its own a run may have a part: ``<run>/<tag>/<key>`` of tensorboardX.
_LEVELS = 2


@dataclass(frozen=True, slots=True)
class RunFolders:
    """Folders to be read together. ``taken``: what each reader would read there; empty: all of ``path``."""

    path: str
    taken: tuple[tuple[str, dict[str, list[str]]], ...] = ()

    @property
    def shown(self) -> str:
        """What to call it in a message."""
        return self.taken[0][0] if self.taken else self.path


def run_folders(path: str) -> tuple[list[RunFolders], list[Failure]]:
    """The parts of a path, in the order of the walk, and what could not be looked at.

    A file, a URL, a pattern, a tree with nothing that a reader claims, and one with the store of a tracker
    are one part; not where it has nothing but such a store, of a kind in which each run has a folder.
    ReadError when the path is missing.
    """
    whole = [RunFolders(path)]
    if path == "-" or is_url(path) or (glob.has_magic(path) and not os.path.lexists(path)):
        return whole, []
    if not is_folder(Path(path)):
        return whole, []
    readers, failures = load_readers()
    taken = claimed_below(readers, Path(path), failures)
    if not taken or _mirrored(readers, taken):
        return whole, []
    return [RunFolders(path, tuple(part)) for part in _groups(taken)], failures


def read_folders(part: RunFolders, above: dict[Path, Gathered] | None = None) -> FoundRuns:
    """The runs of one part, as :func:`find_runs` would find them in the whole; none where nothing is read.

    ``above`` keeps what was found in parent folders, for all parts of a path. ReadError
    as of ``find_runs`` where the part is a whole path.
    """
    if not part.taken:
        return find_runs(part.path)
    # What failed to load was told when the path was taken apart.
    readers, _ = load_readers()
    root, failures = Path(part.path), list[Failure]()
    places = read_places(readers, {Path(at): names for at, names in part.taken}, None)
    step(lambda: related(places), root, "what belongs together", failures)
    found, _ = together(readers, places, root, {} if above is None else above, None, failures)
    return finished(found)


def _mirrored(readers: Sequence[Reader], taken: Claimed) -> bool:
    """Whether runs of a store may be those of another log: runs of one kind are no twins of each other."""
    if not any(_stores(readers, at, part) for at, part in taken.items()):
        return False
    claiming = {name for part in taken.values() for name in part}
    kinds = [reader for reader in readers if reader.name in claiming]
    return len(kinds) > 1 or not getattr(kinds[0], "folder_each", False)


def _stores(readers: Sequence[Reader], directory: Path, part: Mapping[str, Sequence[str]]) -> bool:
    """Whether a folder holds the store of a tracker: claimed as a folder, or by a reader of such."""
    for reader in readers:
        names = part.get(reader.name, ())
        if names and (
            getattr(reader, "repository", False) or not any((directory / name).is_file() for name in names)
        ):
            return True
    return False


def _groups(taken: Claimed) -> list[list[tuple[str, dict[str, list[str]]]]]:
    """Folders with those one or two levels above that hold logs too, each group in the order of the walk."""
    heads: dict[Path, Path] = {}
    # By depth, so that what lies above has its group before what lies below.
    for at in sorted(taken, key=lambda path: len(path.parts)):
        above = next((up for up in list(at.parents)[:_LEVELS] if up in heads and up != at), None)
        heads[at] = at if above is None else heads[above]
    groups: dict[Path, list[tuple[str, dict[str, list[str]]]]] = {}
    for at, part in taken.items():
        groups.setdefault(heads[at], []).append((os.fspath(at), part))
    return list(groups.values())
