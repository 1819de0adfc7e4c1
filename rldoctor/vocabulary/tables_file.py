"""The files of the vocabulary as checked plain values; ``declarations`` says what each may hold."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from rldoctor.datafiles.canonical import vocabulary_names
from rldoctor.datafiles.packs import BUILTIN, Packs
from rldoctor.datafiles.read import checked
from rldoctor.datafiles.sheet import Names
from rldoctor.errors import RuleError
from rldoctor.vocabulary.declarations import FINGERPRINTS, GENERIC_FILE, TABLE
from rldoctor.vocabulary.knob_values import READERS
from rldoctor.yamlio import load_tree


@lru_cache(maxsize=16)
def names(packs: Packs = ()) -> Names:
    """What the files of the vocabulary may refer to."""
    return {**vocabulary_names(packs), "reader": READERS.keys() - {""}}


def table_file(path: Path, packs: Packs = ()) -> Mapping[str, Any]:
    """The plain table of a framework. RuleError with every problem of the file."""
    data: Mapping[str, Any] = checked(path, TABLE, names(packs))
    return data


def at_extends(path: Path, text: str) -> RuleError:
    """The error that a table extends what it cannot extend."""
    return RuleError([load_tree(path).problem(("extends",), text)])


@lru_cache(maxsize=1)
def generic_file() -> Mapping[str, Any]:
    """The plain ``generic.yaml``. RuleError with every problem of the file."""
    data: Mapping[str, Any] = checked(BUILTIN / "generic.yaml", GENERIC_FILE, names())
    return data


def fingerprints_file(path: Path, packs: Packs = ()) -> Mapping[str, Any]:
    """Framework -> its entry in a ``fingerprints.yaml``. RuleError with every problem of the file."""
    found: Mapping[str, Any] = checked(path, FINGERPRINTS, names(packs))["frameworks"]
    return found
