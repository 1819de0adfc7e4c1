"""What other installed packages offer (entry points), found without the machinery that parses all metadata.

``importlib.metadata`` takes 15 ms to import (``email``, ``zipfile``, ``csv``), then parses the entry points
of every installed package: more time than reading a run takes, and nearly always for nothing. Entry points
are text files in well-known places, so these are searched for our group first. Where packages may lie
elsewhere (in an archive, behind a finder of their own) the full machinery is asked (:func:`_unusual`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import lru_cache
from importlib.machinery import PathFinder
from pathlib import Path

from rldoctor.patterns import pattern

READERS, PACKS = "rldoctor.readers", "rldoctor.packs"
"""The groups in which other packages offer something to this one."""

_METADATA = (".dist-info", ".egg-info")
_SEPARATORS = pattern(r"[-_.]+")


def plug_ins(group: str) -> list[tuple[str, str]]:
    """Name and value (``module:attribute``) of every entry point of a group, sorted."""
    places = tuple(sys.path)
    if _unusual(places, tuple(sys.meta_path)):
        return by_metadata(group)
    return list(_found(group, places))


def by_metadata(group: str) -> list[tuple[str, str]]:
    """The same as the standard library finds them: slower, and right for every kind of installation."""
    from importlib.metadata import entry_points

    return sorted({(point.name, point.value) for point in entry_points(group=group)})


@lru_cache(maxsize=2)
def _unusual(places: tuple[str, ...], finders: tuple[object, ...]) -> bool:
    """Whether packages may be installed in another way than as folders on ``sys.path``."""
    archives = any(os.path.isfile(place) or place.endswith(".egg") for place in places)  # noqa: PTH113
    finders = tuple(one for one in finders if one is not PathFinder and hasattr(one, "find_distributions"))
    return archives or bool(finders)


@lru_cache(maxsize=8)
def _found(group: str, places: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(set(_points(group, places))))


def _points(group: str, places: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for text in _texts(places):
        # Few packages name the group at all; only their lines are looked at.
        if f"[{group}]" in text:
            yield from _in_section(text, group)


@lru_cache(maxsize=2)
def _texts(places: tuple[str, ...]) -> tuple[str, ...]:
    """``entry_points.txt`` of every package, each package once: the first on the path hides the others."""
    seen: set[str] = set()
    found = []
    for place in dict.fromkeys(places):
        for folder in _listed(place or "."):
            if not folder.endswith(_METADATA):
                continue
            name = _SEPARATORS.sub("-", folder.partition("-")[0].removesuffix(".egg-info")).lower()
            if name not in seen:
                seen.add(name)
                found.append(_read(os.path.join(place, folder, "entry_points.txt")))  # noqa: PTH118
    return tuple(found)


def _listed(place: str) -> list[str]:
    try:
        return os.listdir(place)  # noqa: PTH208 - names only
    except OSError:
        return []


def _read(path: str) -> str:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _in_section(text: str, group: str) -> Iterator[tuple[str, str]]:
    """``name = value`` lines below ``[group]``; comments are left out, a value is as written."""
    section = ""
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip()
        elif section == group and "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield name.strip(), value.strip()


def directory_of(package: str) -> Path | None:
    """Where a package's files are (``acme_rl.rules``), without importing anything; None when it has none.

    Only the top-level package is looked up: ``find_spec`` of a dotted name imports the packages above it.
    """
    from importlib.util import find_spec

    top, *parts = package.split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return None
    for root in (spec.submodule_search_locations or ()) if spec is not None else ():
        if (found := Path(root, *parts)).is_dir():
            return found
    return None
