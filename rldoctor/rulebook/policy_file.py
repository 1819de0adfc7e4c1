"""The form of ``policy.yaml``: what is decided about a run as a whole, before and after the single rules."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from rldoctor.datafiles.canonical import vocabulary_names
from rldoctor.datafiles.packs import POLICY
from rldoctor.datafiles.read import SCHEMA, checked
from rldoctor.datafiles.scalars import Choice, Name, Number, TextValue
from rldoctor.datafiles.shapes import NAMED_NUMBER, ListOf, MapOf, Record
from rldoctor.datafiles.sheet import Sheet
from rldoctor.language.parser import parse
from rldoctor.rulebook.declarations import STRENGTHS
from rldoctor.rulebook.formula import Formula, Level, foreign
from rldoctor.rulebook.lists import catalogue, derived_files
from rldoctor.yamlio import TreePath

# What the facts of the outcome are made of: the return, the success rate, the episode length, the episodes.
OUTCOME_SERIES = frozenset({"ret", "success", "length", "episodes_logged"})
_GRID = frozenset({"step", "progress"})
_METRICS, _CODE = ListOf(Name("metric"), unique=True), Name("code")
_CODES, _AREAS = ListOf(_CODE, unique=True), ListOf(Name("area"), unique=True)
_WEIGHT = Number(0)


# The other thresholds of the outcome are used by its facts alone.
_ASKED_FOR = ("success_points", "success_late")


def _facts_follow(plain: dict[str, Any], sheet: Sheet, place: TreePath) -> None:
    """A fact may use thresholds and the facts above it; two thresholds are asked for by the program."""
    for name in _ASKED_FOR:
        if name not in plain["thresholds"]:
            sheet.wrong(f"'{name}' is missing", *place, "thresholds")
    allowed = {*OUTCOME_SERIES, *plain["thresholds"], *_GRID}
    for name, text in plain["facts"].items():
        for problem, offset in foreign(parse(text), allowed, sheet.names["knob"], ()):
            sheet.wrong(problem, *place, "facts", name, offset=offset)
        allowed.add(name)


_OUTCOME = Record(
    {
        "sources": _METRICS,
        "success": _METRICS,
        "thresholds": MapOf(NAMED_NUMBER),
        "facts": MapOf(Formula()),
    },
    also=_facts_follow,
)
_LEVELS = ("info", "warning", "error", "critical")
_INHERITS = Record({"from": _CODES, "strength": Choice(STRENGTHS, "strength")})
_RANKING = Record(
    {
        "severity": Record(dict.fromkeys(_LEVELS, _WEIGHT)),
        "strength": Record(dict.fromkeys(STRENGTHS, _WEIGHT)),
        "note_claims": Record(dict.fromkeys(_LEVELS, _WEIGHT)),
        "timing": Record(dict.fromkeys(("before", "unknown", "after"), _WEIGHT)),
        **dict.fromkeys(
            ("timing_slack", "window_lag", "absent_prediction", "config_only", "unmeasured_prediction"),
            _WEIGHT,
        ),
    },
    {"inherits": MapOf(_INHERITS, _CODE)},
)
POLICY_FILE = Record(
    {
        "schema": SCHEMA,
        "outcome": _OUTCOME,
        "gate": Record({"exempt": _CODES, "exempt_areas": _AREAS}),
        "data_quality": Record(
            {
                "lowers": _CODES,
                "whole_log": MapOf(Level(), _CODE),
                "concerns": MapOf(_METRICS, _CODE),
                "spares": _CODES,
            }
        ),
        "verdict": Record(
            {
                "thresholds": Record(dict.fromkeys(("healthy_rules", "short_rules"), NAMED_NUMBER)),
                "needs_one_of": _METRICS,
                "no_data_codes": _CODES,
                "remarks": _AREAS,
                "aside": _AREAS,
                "incomplete": ListOf(TextValue(), unique=True),
            }
        ),
        "ranking": _RANKING,
        "terms": Record(dict.fromkeys(("rows", "fewest", "least_terms", "moved", "jump"), NAMED_NUMBER)),
        "nonfinite": Record({"of": _METRICS, "from_the_first": _METRICS}),
    },
)


@lru_cache(maxsize=4)
def policy_file(pack: Path) -> Mapping[str, Any]:
    """The plain policy of a pack. RuleError with every problem of the file."""
    names = vocabulary_names()
    series = {name for plain in derived_files((pack,), names) for name in plain.get("series", ())}
    areas = {path.name for path in pack.iterdir() if path.is_dir()}
    known = {**names, "metric": {*names["metric"], *series}, "code": catalogue(pack), "area": areas}
    data: Mapping[str, Any] = checked(pack / POLICY, POLICY_FILE, known)
    return data
