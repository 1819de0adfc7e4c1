"""Configuration files of other people's tools, read tolerantly and never executed.

The names are looked up on first use: most runs have no such file, and the parsers (PyYAML, ``ast``,
``zipfile``) take as long to import as a run takes to read.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rldoctor.readers.config_files.gathered import Gathered, gather
    from rldoctor.readers.config_files.literals import literal
    from rldoctor.readers.config_files.read import read_config_file
    from rldoctor.readers.config_files.set_option import parse_set

_HOMES = {
    "Gathered": "gathered",
    "gather": "gathered",
    "literal": "literals",
    "parse_set": "set_option",
    "read_config_file": "read",
}

__all__ = ["Gathered", "gather", "literal", "parse_set", "read_config_file"]


def __getattr__(name: str) -> Any:
    """Import a public name from its module on first access."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
