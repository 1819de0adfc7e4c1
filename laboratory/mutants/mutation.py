"""Change a library's function in its own source text, in memory, for this process only."""

from __future__ import annotations

import importlib
import inspect
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class MutationError(Exception):
    """An edit that does not fit the installed library."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One replacement: in the function ``where`` (``module:Class.method``), ``find`` becomes ``replace``."""

    where: str
    find: str
    replace: str


@dataclass(frozen=True, slots=True)
class Planted:
    """An edit as it was made: file (below the packages' folder) and line of the replaced text."""

    where: str
    file: str
    line: int
    find: str
    replace: str


def locate(edit: Edit) -> Planted:
    """Where the text of an edit stands in the installed library.

    Raises MutationError unless it is there exactly once: a new version of the library must not silently train
    a healthy run under the name of a fault.
    """
    source, first, file = _source(edit.where)
    count = source.count(edit.find)
    if count != 1:
        raise MutationError(
            f"{edit.where}: expected exactly once, found {count} times: {edit.find!r}. "
            "The installed version is not the one the table was written for; "
            "read the function and correct the table."
        )
    line = first + source[: source.index(edit.find)].count("\n")
    return Planted(edit.where, file, line, edit.find, edit.replace)


def plant(edits: Iterable[Edit]) -> list[Planted]:
    """Make the edits in this process and tell where. Raises MutationError before anything is changed."""
    groups: dict[str, list[Edit]] = {}
    for edit in edits:
        groups.setdefault(edit.where, []).append(edit)
    planted = [locate(edit) for group in groups.values() for edit in group]
    for where, group in groups.items():
        _replace(where, group)
    return planted


def _replace(where: str, edits: list[Edit]) -> None:
    """Compile the changed source in the module's own namespace and put it in the function's place."""
    owner, name, function = _find(where)
    built: dict[str, Any] = {}
    exec(compile(changed_source(where, edits), f"<mutant of {where}>", "exec"), function.__globals__, built)
    setattr(owner, name, built["_outer"](owner))


def changed_source(where: str, edits: Iterable[Edit]) -> str:
    """Text of a function ``_outer(class)`` that returns the changed function."""
    source = _source(where)[0]
    for edit in edits:
        source = source.replace(edit.find, edit.replace)
    # A method that says super() has its class in a closure cell, which only a function around it can supply.
    name = where.rpartition(".")[2]
    return f"def _outer(__class__):\n{textwrap.indent(source, '    ')}\n    return {name}\n"


def _source(where: str) -> tuple[str, int, str]:
    """Dedented text of a function, its first line, and its file as it is below the packages' folder."""
    _, _, function = _find(where)
    lines, first = inspect.getsourcelines(function)
    path = Path(inspect.getsourcefile(function) or "")
    root = Path(importlib.import_module(where.partition(".")[0]).__file__ or "").parents[1]
    return textwrap.dedent("".join(lines)), first, path.relative_to(root).as_posix()


def _find(where: str) -> tuple[Any, str, Any]:
    """Class that owns the function, the function's name, and the function itself.

    Raises MutationError when the library has no such class or function, or the class only inherits it.
    """
    module, _, path = where.partition(":")
    class_name, _, name = path.partition(".")
    try:
        owner = getattr(importlib.import_module(module), class_name)
        return owner, name, vars(owner)[name]
    except (ImportError, AttributeError, KeyError) as error:
        raise MutationError(f"{where}: the installed library has no such function of its own") from error
