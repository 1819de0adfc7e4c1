"""Texts of a scaffold that nobody has written yet."""

from __future__ import annotations

from collections.abc import Iterator

from rldoctor.errors import Problem
from rldoctor.yamlio import Place, Tree

UNWRITTEN = "TODO"


def unwritten(tree: Tree) -> list[Problem]:
    """A problem for every text of the file that begins with ``TODO``."""
    return [
        tree.problem(
            place, f"still to be written: {text.removeprefix(UNWRITTEN).lstrip(': ') or 'this text'}"
        )
        for place, text in _texts(tree.value, ())
        if text.startswith(UNWRITTEN)
    ]


def _texts(value: object, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _texts(entry, (*place, key))
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _texts(entry, (*place, index))
