"""rl-zoo keeps settings and evaluations of ``PPO_1/`` in a folder beside or around it: ``CartPole-v1_1/``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from rldoctor.model.raw import Note
from rldoctor.patterns import pattern
from rldoctor.readers.config_files.gathered import Gathered, gather

_NUMBERED = pattern(r"^(.+)_(\d+)$")
_ARGS = "args.yml"


def forget_folders() -> None:
    """What folders hold is remembered for one search only: a training that starts meanwhile adds to them."""
    _by_number.cache_clear()
    _holds_settings.cache_clear()


def zoo_settings(directory: Path) -> Gathered:
    """The settings in the one folder beside or around ``PPO_3`` that rl-zoo made for it; empty where none is.

    A folder counts when it has the same number, another name, and ``<Env>/args.yml`` in it, and when the
    algorithm it names is the one that ``PPO_3`` is called after.
    """
    match = _NUMBERED.match(directory.name)
    if match is None:
        return Gathered()
    found = _around(directory, match[1])
    if not found:
        beside = [one for one in _numbered(directory, match[2]) if _is_zoo(one)]
        found = [gather(one, shown=f"../{one.name}/") for one in beside]
    found = [one for one in found if one.files and _algorithm(one) in ("", match[1].lower())]
    if len(found) != 1:
        return Gathered()
    text = f"settings of {', '.join(found[0].files)} (rl-zoo's folder of this run) are taken to be this run's"
    found[0].notes.append(Note("config-beside", text))
    return found[0]


def _around(directory: Path, name: str) -> list[Gathered]:
    """The settings of the folder that ``directory`` lies in, where rl-zoo wrote them for this run alone."""
    parent = directory.absolute().parent
    if not _is_zoo(parent):
        return []
    # Of several trainings logged there the settings are those of one, and nothing says which.
    others = [one for one in os.listdir(parent) if one.startswith(f"{name}_") and one != directory.name]  # noqa: PTH208
    return [] if others else [gather(parent, shown="../")]


def event_folder(zoo: Path) -> Path | None:
    """``PPO_1`` beside the folder that rl-zoo made for that run, by number and algorithm; else None."""
    match = _NUMBERED.match(zoo.name)
    if match is None or not _is_zoo(zoo):
        return None
    name = _algorithm(gather(zoo))
    home = zoo.parent / f"{name.upper()}_{match[2]}"
    return home if name and home.is_dir() else None


def _numbered(directory: Path, number: str) -> list[Path]:
    parent = directory.absolute().parent
    names = _by_number(str(parent)).get(number, [])
    return [path for name in names if name != directory.name and (path := parent / name).is_dir()]


@lru_cache(maxsize=8)
def _by_number(parent: str) -> Mapping[str, list[str]]:
    """What lies in a folder, in order, by the number behind its last ``_``.

    Every run of a folder asks this, and a listing for each would make 500 runs cost 250,000 names.
    """
    found: dict[str, list[str]] = {}
    for name in sorted(os.listdir(parent)):  # noqa: PTH208 - names only
        found.setdefault(name.rpartition("_")[2], []).append(name)
    return found


def _is_zoo(folder: Path) -> bool:
    """Whether a folder, whatever its name, holds one with ``args.yml``, as rl-zoo's of a training does."""
    return folder.is_dir() and _holds_settings(str(folder))


# Asked of the folder around by every run in it.
@lru_cache(maxsize=256)
def _holds_settings(folder: str) -> bool:
    return any(Path(folder, name, _ARGS).is_file() for name in sorted(os.listdir(folder)))  # noqa: PTH208 - names


def _algorithm(found: Gathered) -> str:
    return next((str(one.value).lower() for one in found.settings if one.key == "algo"), "")
