"""Task entries in ``rldoctor.toml`` and ``pyproject.toml``: read all of them, write one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rldoctor.errors import UsageError
from rldoctor.files import read_bytes, write_whole
from rldoctor.model.task import Task
from rldoctor.patterns import pattern
from rldoctor.tasks.entry import header, tasks_from_settings, toml_of

MAX_BYTES = 1 << 20
OWN_FILE = "rldoctor.toml"
SHARED_FILE = "pyproject.toml"
SHARED_PREFIX = "tool.rldoctor."
_HEADER = pattern(r"^\s*\[", re.MULTILINE)


def read_tasks(directory: Path) -> tuple[Task, ...]:
    """The tasks of a directory's settings, of ``rldoctor.toml`` before ``pyproject.toml``; empty without any.

    Raises:
        UsageError: invalid TOML or an invalid entry.
    """
    for name in (OWN_FILE, SHARED_FILE):
        path = directory / name
        if path.is_file():
            return tasks_from_settings(_entries(_parsed(_text(path), path), path), name)
    return ()


def prefix_for(path: Path) -> str:
    """What stands before ``task`` in the headers of this file."""
    return SHARED_PREFIX if path.name == SHARED_FILE else ""


def write_entry(path: Path, task: Task, *, force: bool) -> bool:
    """Add the entry of ``task`` to a TOML file, made if it is not there; True when one was replaced.

    The rest of the file stays as it is, byte for byte: an entry is appended, or cut out and put in its place.

    Raises:
        UsageError: the file is not TOML, cannot be written, or has such an entry and ``force`` is not set.
    """
    text, there = free_for(path, task.id, force=force)
    entry = toml_of(task, prefix=prefix_for(path))
    changed = _replaced(text, path, task.id, entry) if there else _appended(text, entry)
    written = _entries(_parsed(changed, path), path)
    # The entry must be the only thing that changed: a file with an unusual layout is not guessed at.
    if {**_entries(_parsed(text, path), path), task.id: written.get(task.id)} != written:
        raise _unusual(path, task.id)
    _write(path, changed)
    return there


def free_for(path: Path, id_: str, *, force: bool) -> tuple[str, bool]:
    """The text of a file (empty where there is none) and whether it has an entry ``id_``.

    Raises:
        UsageError: it has one and ``force`` is not set, or the file is not readable as TOML.
    """
    text = _text(path) if path.exists() else ""
    there = id_ in _entries(_parsed(text, path), path)
    if there and not force:
        raise UsageError(
            f"{path} has an entry for '{id_}' already; it was left as it is", hint="--force replaces it"
        )
    return text, there


def _appended(text: str, entry: str) -> str:
    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    return f"{text}{gap}{entry}"


def _replaced(text: str, path: Path, id_: str, entry: str) -> str:
    """``text`` with the section of ``id_`` exchanged: from its header to the next that is not below it."""
    start = re.search(rf"^[ \t]*{re.escape(header(id_, prefix=prefix_for(path)))}.*$", text, re.MULTILINE)
    if start is None:
        raise _unusual(path, id_)
    below = header(id_, prefix=prefix_for(path))[1:-1] + "."
    end = len(text)
    for found in _HEADER.finditer(text, start.end()):
        name = text[found.end() :].lstrip("[ ")
        if not name.startswith(below):
            end = found.start()
            break
    rest = text[end:].lstrip("\n")
    return text[: start.start()] + entry + (f"\n{rest}" if rest else "")


def _unusual(path: Path, id_: str) -> UsageError:
    return UsageError(
        f"the entry for '{id_}' in {path} is not written as {header(id_, prefix=prefix_for(path))}",
        hint="remove it by hand, or leave out -o and paste the entry",
    )


def _text(path: Path) -> str:
    try:
        return read_bytes(path, MAX_BYTES).decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text") from None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from error


def _entries(data: Mapping[str, Any], path: Path) -> dict[str, Any]:
    table: Any = data
    for key in [*prefix_for(path).rstrip(".").split("."), "task"] if prefix_for(path) else ["task"]:
        table = table.get(key, {}) if isinstance(table, Mapping) else {}
    if not isinstance(table, dict):
        raise UsageError(f"{path}: 'task' must be a table", hint='write [task."MyEnv-v0"]')
    return table


def _write(path: Path, text: str) -> None:
    # A half-written settings file would stop every later command.
    try:
        write_whole(text, path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
