"""What other installed packages offer: entry points, looked up once for all groups."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import EntryPoint, distributions
from importlib.util import find_spec
from pathlib import Path

READERS, PACKS = "rldoctor.readers", "rldoctor.packs"
GROUPS = (READERS, PACKS)


def plug_ins(group: str) -> list[tuple[str, str]]:
    """Name and value of every entry point of a group, sorted."""
    # A package may stand on the path twice: in a checkout, and installed from it.
    return sorted({(point.name, point.value) for point in _of(GROUPS)[group]})


@lru_cache(maxsize=1)
def _of(groups: tuple[str, ...]) -> dict[str, list[EntryPoint]]:
    """The entry points of all groups. One look: each reads the metadata of every installed package again."""
    found: dict[str, list[EntryPoint]] = {group: [] for group in groups}
    for point in (one for package in distributions() for one in package.entry_points):
        if point.group in found:
            found[point.group].append(point)
    return found


def directory_of(package: str) -> Path | None:
    """Where a package's files are (``acme_rl.rules``), without importing anything; None when it has none.

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
