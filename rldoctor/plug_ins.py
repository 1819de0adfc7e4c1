"""What other installed packages offer: entry points, looked up once for all groups."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import EntryPoints, entry_points
from importlib.util import find_spec
from pathlib import Path


def plug_ins(group: str) -> list[tuple[str, str]]:
    """Name and value of every entry point of a group, sorted."""
    return sorted((point.name, point.value) for point in _all().select(group=group))


@lru_cache(maxsize=1)
def _all() -> EntryPoints:
    # Each call of entry_points() reads the metadata of every installed package again: tens of milliseconds.
    return entry_points()


def directory_of(package: str) -> Path | None:
    """Where a package's files are (``acme_rl.rules``), without importing anything; None when there is no such.

    Only the top-level package is looked up: ``find_spec`` of a dotted name imports the packages above it.
    """
    top, *parts = package.split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return None
    for root in (spec.submodule_search_locations or ()) if spec is not None else ():
        if (found := Path(root, *parts)).is_dir():
            return found
    return None
