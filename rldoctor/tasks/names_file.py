"""The form of ``names.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rldoctor.datafiles.read import SCHEMA, checked
from rldoctor.datafiles.scalars import TextValue
from rldoctor.datafiles.shapes import Record

FILE = Path(__file__).parent / "names.yaml"
LISTS = ("changed", "neutral", "nameless", "elsewhere", "everyday")
NAMES_FILE = Record({"schema": SCHEMA, **dict.fromkeys(LISTS, TextValue())})


def names_file() -> Mapping[str, Any]:
    """The plain word lists. RuleError with every problem of the file."""
    data: Mapping[str, Any] = checked(FILE, NAMES_FILE)
    return data
