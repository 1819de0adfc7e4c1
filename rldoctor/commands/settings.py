"""``rldoctor.toml``, or ``[tool.rldoctor]`` of ``pyproject.toml``, in the current directory."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from rldoctor.commands.options import Options
from rldoctor.errors import UsageError, did_you_mean

OWN_FILE = "rldoctor.toml"
SHARED_FILE = "pyproject.toml"
KEYS = tuple(one.name.replace("_", "-") for one in fields(Options))
_LISTS = frozenset({"format", "output", "config", "select", "ignore", "rules", "reference"})


def load_settings(directory: Path | None = None) -> Options:
    """The settings of a directory (default: the current one); empty options when there are none.

    Raises:
        UsageError: invalid TOML, an unknown key, or a value of the wrong type.
    """
    base = directory or Path()
    own, shared = base / OWN_FILE, base / SHARED_FILE
    if own.is_file():
        return _options(_read(own), OWN_FILE)
    if shared.is_file():
        table = _table(_read(shared), "tool", SHARED_FILE).get("rldoctor", {})
        return _options(table, f"{SHARED_FILE} [tool.rldoctor]")
    return Options()


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path.name} is not valid TOML: {error}") from error
    except OSError as error:
        raise UsageError(f"cannot read {path.name}: {error.strerror}") from error


def _table(data: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    value = data.get(key, {})
    if not isinstance(value, dict):
        raise UsageError(f"{where}: '{key}' must be a table")
    return value


def _options(data: object, where: str) -> Options:
    if not isinstance(data, dict):
        raise UsageError(f"{where}: expected a table of settings")
    values: dict[str, Any] = {}
    for key, value in data.items():
        name = key.replace("_", "-")
        if name not in KEYS:
            raise UsageError(
                f"{where}: unknown key '{key}'{did_you_mean(name, KEYS)}", hint=f"keys: {', '.join(KEYS)}"
            )
        values[name.replace("-", "_")] = _value(name, value, f"{where}: '{key}'")
    return Options(**values)


def _value(name: str, value: object, where: str) -> object:
    if name in _LISTS:
        return _texts(value, where)
    if name == "map":
        return _text_table(value, where)
    if name == "set":
        return tuple(f"{key}={_plain(entry, where)}" for key, entry in _any_table(value, where).items())
    if name == "thresholds":
        return {
            str(code): _numbers(entry, f"{where}, {code}") for code, entry in _any_table(value, where).items()
        }
    if isinstance(value, str) or (name == "min-coverage" and isinstance(value, int | float)):
        return str(value)
    raise UsageError(f"{where}: expected text, got {value!r}")


def _texts(value: object, where: str) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise UsageError(f"{where}: expected a text or a list of texts, got {value!r}")
    return tuple(items)


def _any_table(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{where}: expected a table, got {value!r}")
    return value


def _text_table(value: object, where: str) -> dict[str, str]:
    table = _any_table(value, where)
    for tag, metric in table.items():
        if not isinstance(metric, str):
            raise UsageError(
                f"{where}: '{tag}' must be the name of a metric", hint='write "my/tag" = "approx_kl"'
            )
    return table


def _numbers(value: object, where: str) -> dict[str, float]:
    table = _any_table(value, where)
    for name, number in table.items():
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise UsageError(f"{where}.{name}: expected a number, got {number!r}")
    return {name: float(number) for name, number in table.items()}


def _plain(value: object, where: str) -> str:
    """A setting as ``--set`` would take it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise UsageError(f"{where}: settings are text, numbers or booleans, got {value!r}")
