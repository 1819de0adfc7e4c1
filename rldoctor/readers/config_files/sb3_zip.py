"""A Stable-Baselines3 model archive: the JSON of the constructor's arguments, never the pickled parts."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rldoctor.errors import ReadError

_DATA = "data"
_VERSION = "_stable_baselines3_version"
# Image observations are stored (pickled, base64) in the same JSON.
_LARGEST = 256 * 1024 * 1024
# Stable-Baselines3 stores under this key, pickled, what JSON cannot hold.
_SERIALIZED = ":serialized:"


def is_sb3_zip(path: Path) -> bool:
    """Whether an archive has the members of a saved model."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _DATA in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def read_sb3_zip(path: Path) -> dict[str, Any]:
    """Constructor arguments that are plain JSON; pickled values are left out, their module name is kept.

    ReadError when the archive or its JSON is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(_DATA).file_size > _LARGEST:
                raise ReadError(f"{path}: the model's data is larger than any configuration")
            data = json.loads(archive.read(_DATA))
            version = (
                archive.read(_VERSION).decode("utf-8", "replace") if _VERSION in archive.namelist() else ""
            )
    # ``zipfile`` says with a RuntimeError that an archive is encrypted.
    except (OSError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile) as error:
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
