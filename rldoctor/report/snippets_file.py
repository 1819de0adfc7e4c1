"""The form of ``snippets.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rldoctor.datafiles.canonical import framework_names
from rldoctor.datafiles.read import SCHEMA, checked
from rldoctor.datafiles.scalars import Choice, Name, Template, TextValue
from rldoctor.datafiles.shapes import ListOf, MapOf, Record
from rldoctor.datafiles.sheet import Sheet
from rldoctor.yamlio import TreePath

FILE = Path(__file__).with_name("snippets.yaml")


def _python_has_a_name(plain: dict[str, Any], sheet: Sheet, place: TreePath) -> None:
    if plain["form"] == "python" and "name" not in plain:
        sheet.wrong("'name' is missing: which variable is it a key of?", *place)


_ROW = Record(
    {
        "form": Choice(("argument", "flag", "override", "plain", "python", "yaml"), "form of a snippet"),
        "where": Template(("algorithm",)),
    },
    {"keys": ListOf(TextValue(), least=1), "name": TextValue()},
    also=_python_has_a_name,
)
SNIPPETS = Record({"schema": SCHEMA, "frameworks": MapOf(ListOf(_ROW), Name("framework"))})


def snippets_file() -> Mapping[str, list[dict[str, Any]]]:
    """Framework -> rows. RuleError with every problem of the file."""
    data = checked(FILE, SNIPPETS, {"framework": framework_names()})
    found: Mapping[str, list[dict[str, Any]]] = data["frameworks"]
    return found
