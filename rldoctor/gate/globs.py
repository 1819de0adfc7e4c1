"""Path patterns of the settings file, and the names of a run that they are held against."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

from rldoctor.model.run import Run


def names_of(run: Run) -> list[str]:
    """The run's path (from the current directory where it lies below it), and that path with its id."""
    path = place(run.path)
    last = path.rpartition("/")[2]
    return [path] if run.id == last else [path, f"{path}/{run.id}"]


def place(path: Path) -> str:
    """``path`` with forward slashes, relative to the current directory where it lies below it."""
    full = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links away from the user's name
    here = Path.cwd()
    return (full.relative_to(here) if full.is_relative_to(here) else full).as_posix()


def matches(pattern: str, run: Run) -> bool:
    """Whether ``pattern`` names the run or a folder above it.

    ``*`` and ``?`` stay within a path component, ``**`` spans any number of them; ``[...]`` is a character
    class. A pattern is relative to the current directory, or begins with ``/`` or ``**/``.
    """
    compiled = _compiled(pattern)
    return any(compiled.fullmatch(name) for name in names_of(run))


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    plain = pattern.removeprefix("./").rstrip("/")
    parts = [_part(part) for part in plain.split("/")] if plain not in ("", ".") else ["**"]
    text = "/".join(parts).replace("**/", "(?:[^/]+/)*").replace("**", ".*")
    return re.compile(f"{text}(?:/.*)?", re.DOTALL)


def _part(part: str) -> str:
    if part == "**":
        return part
    found = []
    for piece in re.findall(r"\[[^\]/]+\]|.", part, re.DOTALL):
        if piece in ("*", "?"):
            found.append("[^/]*" if piece == "*" else "[^/]")
        elif len(piece) > 1:
            inside = piece[1:-1].replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
            found.append(f"[^{inside[1:]}]" if inside.startswith("!") else f"[{inside}]")
        else:
            found.append(re.escape(piece))
    return "".join(found)
