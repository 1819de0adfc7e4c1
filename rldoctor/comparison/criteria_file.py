"""The form of ``compare.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rldoctor.comparison.twins_file import TWINS
from rldoctor.datafiles.canonical import vocabulary_names
from rldoctor.datafiles.packs import COMPARE
from rldoctor.datafiles.read import SCHEMA, checked
from rldoctor.datafiles.scalars import Flag, Name, TextValue
from rldoctor.datafiles.shapes import NAMED_NUMBER, ListOf, Record
from rldoctor.rulebook.lists import catalogue

_WORDS = ListOf(TextValue(), unique=True)
_METRICS, _KNOBS = ListOf(Name("metric"), unique=True), ListOf(Name("knob"), unique=True)
# The numbers that the comparison asks for by name.
_LIMITS = (
    "final_window",
    "start_window",
    "drop",
    "z_limit",
    "significance",
    "iqm_seeds",
    "error_points",
    "few_seeds",
    "advised_seeds",
    "draws",
    "least_points",
    "grid",
    "sustained",
    "sustained_points",
    "least_spread",
    "short_run",
    "variance_runs",
    "variance_range",
    "bimodal_runs",
    "bimodal_gap",
    "bimodal_range",
)
_SUSPECT = Record(
    {"name": TextValue(), "because": TextValue(), "knobs": _KNOBS, "words": _WORDS},
    {"code": Name("code"), "changes_return": Flag()},
)
COMPARE_FILE = Record(
    {
        "schema": SCHEMA,
        "thresholds": Record(dict.fromkeys(_LIMITS, NAMED_NUMBER)),
        "outcomes": _METRICS,
        "returns": _METRICS,
        "not_signals": _METRICS,
        "bookkeeping": Record(
            {"knobs": _KNOBS, **dict.fromkeys(("words", "any_words", "top_words"), _WORDS)}
        ),
        "suspects": ListOf(_SUSPECT, least=1),
        "length": Record({"knobs": _KNOBS, "metrics": ListOf(Name("metric"), unique=True, least=1)}),
        "twins": TWINS,
    }
)


def compare_file(rules: Path) -> Mapping[str, Any]:
    """The plain ``compare.yaml`` of a pack. RuleError with every problem of the file."""
    names = {**vocabulary_names(), "code": catalogue(rules)}
    data: Mapping[str, Any] = checked(rules / COMPARE, COMPARE_FILE, names)
    return data
