"""A data file to checked plain values: the one door through which every YAML file of a pack comes in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rldoctor.datafiles.scalars import Kind, Scalar
from rldoctor.datafiles.shapes import Record
from rldoctor.datafiles.sheet import INVALID, Names, Sheet
from rldoctor.errors import RuleError
from rldoctor.yamlio import Tree, TreePath, load_tree

_NO_NAMES: Names = {}
HINT = "The files of a pack are described in docs/own-pack.md and docs/writing-rules.md."


class _Version(Scalar):
    """The version of a file's format: 1 is all there is."""

    says = "1"

    @property
    def harmless(self) -> int:
        return 1

    def check(self, value: Any, sheet: Sheet, place: TreePath) -> Any:
        # `true == 1` in Python.
        if value != 1 or isinstance(value, bool):
            # Noted, and read on as version 1: the other problems of the file are told in the same go.
            sheet.wrong("this program reads 'schema: 1'", *place)
        return 1


SCHEMA: Kind = _Version()


def checked(path: Path, kind: Kind, names: Names = _NO_NAMES, *, name: str = "") -> Any:
    """The plain values of a file.

    Raises:
        RuleError: with every problem of the file, or because it cannot be read.
    """
    return checked_tree(load_tree(path, name=name), kind, names)


def checked_tree(tree: Tree, kind: Kind, names: Names = _NO_NAMES) -> Any:
    """Like :func:`checked`, of a file that is read already. RuleError with every problem."""
    sheet = Sheet(tree, names)
    plain = check(sheet, kind)
    if sheet.problems:
        raise RuleError(in_order(sheet), hint=HINT)
    return plain


def check(sheet: Sheet, kind: Kind) -> Any:
    """The plain values of a file, harmless ones where it is wrong; the problems are in the sheet."""
    found = kind.check(sheet.tree.value, sheet, ())
    return kind.harmless if found is INVALID else found


def optional(path: Path, kind: Record, names: Names = _NO_NAMES) -> dict[str, Any]:
    """Like :func:`checked`; a file that is absent or empty has no fields."""
    if not path.is_file():
        return {}
    tree = load_tree(path)
    return {} if tree.value is None else checked_tree(tree, kind, names)


def in_order(sheet: Sheet) -> list[Any]:
    """The problems of a sheet from the top of the file to its end."""
    # They were found field by field as declared, which is not the order of the lines.
    return sorted(sheet.problems, key=lambda one: (one.line, one.column))
