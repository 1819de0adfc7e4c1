"""One configuration file as settings, whatever tool wrote it.

The parser of a kind of file is imported where there is such a file: YAML's takes as long as a run to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rldoctor.errors import ReadError
from rldoctor.files import read_bytes
from rldoctor.model.raw import Note, RawSetting
from rldoctor.readers.bounded_json import loads
from rldoctor.readers.config_files.flatten import TooManySettingsError, flatten
from rldoctor.readers.config_files.lines import Lines
from rldoctor.readers.config_files.wandb_config import unwrapped
from rldoctor.readers.limits import CONFIG_BYTES

_SHOWN = 4


def read_config_file(path: Path, *, name: str = "", notes: list[Note] | None = None) -> list[RawSetting]:
    """The settings of a JSON, YAML or TOML file or of a Stable-Baselines3 model zip, keys dotted.

    ``name`` is what ``source`` calls the file (default: its own name). Python tags, tuples, object reprs,
    W&B's wrapping and dictionaries in text are understood. ``notes`` takes what was odd: keys that stand
    twice. ReadError when it cannot be read or is no mapping.
    """
    shown = name or path.name
    if path.suffix == ".zip":
        from rldoctor.readers.config_files.sb3_zip import read_sb3_zip

        double: set[str] = set()
        settings = flatten(read_sb3_zip(path, double), lambda _: shown)
        _note_double(double, shown, notes)
        return settings
    text = _text(path)
    double = set()
    data = _parsed(text, path, double)
    if not isinstance(data, Mapping):
        raise ReadError(f"{path}: not a configuration: expected keys and values at the top level")
    _note_double(double, shown, notes)
    try:
        plain = unwrapped(data)
        if "${" in text:
            from rldoctor.readers.config_files.interpolation import interpolated

            plain = interpolated(plain)
        return flatten(plain, Lines(text, shown))
    except TooManySettingsError as error:
        raise ReadError(f"{path}: not a configuration: {error}") from error


def _note_double(double: set[str], shown: str, notes: list[Note] | None) -> None:
    if double and notes is not None:
        keys = sorted(map(str, double))
        more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
        text = f"{shown}: keys that stand twice, of which the last counts: {', '.join(keys[:_SHOWN])}{more}"
        notes.append(Note("double-key", text, "warning"))


def _text(path: Path) -> str:
    try:
        # A wrong byte, mostly in a comment, must not cost the whole configuration.
        return read_bytes(path, CONFIG_BYTES).decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise ReadError(f"{path}: cannot be read: {error.strerror or error}") from error


def _parsed(text: str, path: Path, double: set[str]) -> Any:
    """The data of a file; a ``.json`` that is no JSON is tried as YAML (comments, trailing commas)."""
    try:
        if path.suffix == ".toml":
            return _toml(text)
        return _json_or_yaml(text, double) if path.suffix == ".json" else _yaml(text, double)
    # Constructors of YAML raise whatever their input leads to.
    except Exception as error:
        line = getattr(error, "line", 0)
        place = f"{path}:{line}" if line else str(path)
        raise ReadError(f"{place}: not readable: {error}") from error


def _toml(text: str) -> Any:
    import tomllib

    return tomllib.loads(text)


def _yaml(text: str, double: set[str]) -> Any:
    from rldoctor.readers.config_files.yaml_plain import load_plain

    return load_plain(text, double)


def _json_or_yaml(text: str, double: set[str]) -> Any:
    try:
        return loads(text, double=double)
    except ValueError as error:
        from rldoctor.readers.config_files.yaml_plain import NoYamlError

        try:
            return _yaml(text, double)
        except NoYamlError:
            # Why it is no JSON, which the name promised; as YAML it was only tried.
            raise error from None
