"""One configuration file as settings, whatever tool wrote it.

The parser of a kind of file is imported where there is such a file: YAML's takes as long as a run to read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rldoctor.errors import ReadError
from rldoctor.model.raw import RawSetting
from rldoctor.readers.config_files.flatten import TooManySettingsError, flatten
from rldoctor.readers.config_files.lines import Lines
from rldoctor.readers.config_files.wandb_config import unwrapped

_LARGEST = 4 * 1024 * 1024


def read_config_file(path: Path, *, name: str = "") -> list[RawSetting]:
    """The settings of a JSON, YAML or TOML file or of a Stable-Baselines3 model zip, keys dotted.

    ``name`` is what ``source`` calls the file (default: its own name). Python tags, tuples, object reprs,
    W&B's wrapping and dictionaries in text are understood. ReadError when it cannot be read or is no mapping.
    """
    shown = name or path.name
    if path.suffix == ".zip":
        from rldoctor.readers.config_files.sb3_zip import read_sb3_zip

        return flatten(read_sb3_zip(path), lambda _: shown)
    text = _text(path)
    data = _parsed(text, path)
    if not isinstance(data, Mapping):
        raise ReadError(f"{path}: not a configuration: expected keys and values at the top level")
    try:
        return flatten(unwrapped(data), Lines(text, shown))
    except TooManySettingsError as error:
        raise ReadError(f"{path}: not a configuration: {error}") from error


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise ReadError(f"{path}: larger than any configuration ({path.stat().st_size:,} bytes)")
        # A wrong byte, mostly in a comment, must not cost the whole configuration.
        return path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise ReadError(f"{path}: cannot be read: {error.strerror or error}") from error


def _parsed(text: str, path: Path) -> Any:
    """The data of a file; a ``.json`` that is no JSON is tried as YAML (comments, trailing commas)."""
    try:
        if path.suffix == ".toml":
            return _toml(text)
        return _json_or_yaml(text) if path.suffix == ".json" else _yaml(text)
    except (ValueError, RecursionError, TypeError) as error:
        line = getattr(error, "line", 0)
        place = f"{path}:{line}" if line else str(path)
        raise ReadError(f"{place}: not readable: {error}") from error


def _toml(text: str) -> Any:
    import tomllib

    return tomllib.loads(text)


def _yaml(text: str) -> Any:
    from rldoctor.readers.config_files.yaml_plain import load_plain

    return load_plain(text)


def _json_or_yaml(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        from rldoctor.readers.config_files.yaml_plain import NoYamlError

        try:
            return _yaml(text)
        except NoYamlError:
            # Why it is no JSON, which the name promised; as YAML it was only tried.
            raise error from None
