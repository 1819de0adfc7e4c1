"""A Stable-Baselines3 model archive: the JSON of the constructor's arguments, never the pickled parts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rldoctor.errors import ReadError
from rldoctor.readers.archives import BROKEN, member, open_archive
from rldoctor.readers.bounded_json import loads
from rldoctor.readers.limits import MODEL_BYTES, WORD_BYTES

_DATA = "data"
_VERSION = "_stable_baselines3_version"
# Stable-Baselines3 stores under this key, pickled, what JSON cannot hold.
_SERIALIZED = ":serialized:"


def is_sb3_zip(path: Path, *, broken: bool = False) -> bool:
    """Whether an archive has the members of a saved model; ``broken``: the answer where it is broken."""
    try:
        with open_archive(path) as archive:
            return _DATA in archive.namelist()
    except BROKEN:
        return broken


def read_sb3_zip(path: Path, double: set[str] | None = None) -> dict[str, Any]:
    """Constructor arguments that are plain JSON; pickled values are left out, their module name is kept.

    ``double`` takes the keys that stand twice. ReadError when the archive or its JSON is damaged.
    """
    try:
        with open_archive(path) as archive:
            data = loads(member(archive, _DATA, MODEL_BYTES).decode("utf-8", "replace"), double=double)
            known = _VERSION in archive.namelist()
            version = member(archive, _VERSION, WORD_BYTES).decode("utf-8", "replace") if known else ""
    except (*BROKEN, RecursionError) as error:
        raise ReadError(f"{path}: not a readable Stable-Baselines3 model: {error}") from error
    if not isinstance(data, dict):
        raise ReadError(f"{path}: not a Stable-Baselines3 model")
    settings = {name: plain for name, value in data.items() if (plain := _plain(value)) is not None}
    return {**settings, "stable_baselines3_version": version.strip()} if version else settings


def _plain(value: Any) -> Any:
    """The value when it is plain JSON; ``{"__module__": ...}`` for a pickled class; else None."""
    if not isinstance(value, Mapping) or _SERIALIZED not in value:
        return value
    # The module of the policy's class tells the algorithm (``stable_baselines3.sac.policies``).
    module = value.get("__module__")
    return {"__module__": module} if isinstance(module, str) else None
