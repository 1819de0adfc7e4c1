"""The form of a rule file: what each key may hold, and which names must exist."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rldoctor.datafiles.read import SCHEMA
from rldoctor.datafiles.scalars import Choice, Kind, Name, Number, TextValue, Whole
from rldoctor.datafiles.shapes import ByShape, ListOf, MapOf, Nullable, Pair, Record
from rldoctor.datafiles.sheet import Names, Sheet
from rldoctor.language.functions import FUNCTIONS
from rldoctor.language.plan import CONSTANTS, SPACES
from rldoctor.model.measured import STATUSES
from rldoctor.patterns import pattern
from rldoctor.rulebook.formula import IDENTIFIED, Formula, Length, Level
from rldoctor.yamlio import TreePath

GRID_NAMES = frozenset({"step", "progress"})
# Which points belong to the intervals found: known only once the condition has been judged.
ACTIVE = "active"
RESERVED = GRID_NAMES | {ACTIVE} | set(SPACES) | set(CONSTANTS) | set(FUNCTIONS)
CODE = pattern(r"[A-Z]{2,6}-[0-9]{2,3}")
# No width or fill: a format of a gigabyte is a way to hang whoever reads the report.
NUMBER_FORMAT = pattern(r",?(\.[0-9]{1,2})?[efg%]?")
STRENGTHS = ("H", "M", "L")
_NO_ANSWER = frozenset({"unknown", "none", "unlikely", "n/a", "no", "not known", "none known"})


class _Situation(TextValue):
    """When a rule fires wrongly: an answer, not the refusal of one."""

    def objection(self, value: str, names: Names) -> str:
        """A word that only fills the line."""
        if value.strip(" .").lower() in _NO_ANSWER:
            return f"'{value}' is no answer: when would this rule fire wrongly?"
        return ""


_WORDS, _METRIC, _KNOB = TextValue(), Name("metric"), Name("knob")
_METRICS = ListOf(_METRIC, alone=True, unique=True)
_KNOBS = ListOf(_KNOB, alone=True, unique=True)
_NAMES = ListOf(_WORDS, alone=True, unique=True)
_ALGORITHMS = ListOf(Name("algorithm", unknown="'{name}' is no {what}"), alone=True, unique=True)


def _inside_its_range(plain: dict[str, Any], sheet: Sheet, place: TreePath) -> None:
    value, (low, high) = plain["value"], plain["range"]
    if not low <= value <= high and "value" in sheet.value_at(place):
        sheet.wrong(f"the value {value:g} is outside its range [{low:g}, {high:g}]", *place, "value")


THRESHOLD = Record(
    {"value": Number(), "unit": _WORDS, "range": Pair(), "note": _WORDS}, also=_inside_its_range
)
_GUARD = Record({"id": IDENTIFIED, "when": Formula(), "says": _WORDS})
_BEYOND_DOUBT = Record(
    {"when": Formula(), "points": Whole(1, 10)}, {"severity": Level(), "since": Formula(), "says": _WORDS}
)
_MEASURE = Record(
    {"value": Formula()},
    {
        "unit": _WORDS,
        "format": TextValue(NUMBER_FORMAT, "is no number format, such as .3f"),
        "limit": _WORDS,
        "says": _WORDS,
    },
)
_EDGE = Record(
    {"code": ListOf(_WORDS, alone=True, unique=True, least=1)},
    {"strength": Choice(STRENGTHS, "strength"), "says": _WORDS, "if": Formula()},
    short="code",
)


# What differs for one metric of a block: expressions instead of the defaults, and texts.
_TURN = MapOf(ByShape(((dict, MapOf(_WORDS)),), Formula()))
_EACH = Record(
    {"metrics": ByShape(((dict, MapOf(Nullable(_TURN))),), _NAMES), "when": Formula()},
    {"let": MapOf(Formula()), "defaults": MapOf(Formula()), "measure": MapOf(_MEASURE)},
)


def _is_rejected_by_something(plain: dict[str, Any], sheet: Sheet, place: TreePath) -> None:
    if "rejected_says" in plain and "more_likely_if" not in plain:
        text = "'rejected_says' without 'more_likely_if' is never said"
        sheet.wrong(text, *place, "rejected_says", at_key=True)


_CAUSE = Record(
    {"id": IDENTIFIED, "says": _WORDS},
    {"more_likely_if": Formula(), "rejected_says": _WORDS, "fixes": _NAMES, "does": _WORDS, "blames": _KNOBS},
    also=_is_rejected_by_something,
)


# ``lower: gamma`` is the knob and the way its number must go.
DIRECTIONS = {"lower": "lower", "raise": "raise", "set": "either"}


def _says_which_knob(plain: dict[str, Any], sheet: Sheet, place: TreePath) -> None:
    """The knob of a fix, under whichever key it stands, and its direction."""
    written = [key for key in (*DIRECTIONS, "knob") if key in plain]
    if len(written) > 1:
        sheet.wrong(f"'{written[0]}' and '{written[1]}': a fix changes one knob", *place)
    for key in DIRECTIONS.keys() & plain.keys():
        plain["knob"], plain["direction"] = plain.pop(key), DIRECTIONS[key]


_PRESCRIBED: Mapping[str, Kind] = {
    **dict.fromkeys((*DIRECTIONS, "knob"), _KNOB),
    "to": Formula(),
    "digits": Whole(1, 15),
    "needs": _NAMES,
    "else": _WORDS,
    "text": _WORDS,
    "in": MapOf(_WORDS, Name("framework")),
    "because": _WORDS,
    "expect": _WORDS,
    "only_if": Formula(),
    "direction": Choice(("lower", "raise", "either"), "direction"),
    "mechanism": _NAMES,
    "for": _ALGORITHMS,
}
# Much of a rule's fix may stand in the prescription that it takes from its pack: ``prescriptions`` looks at
# the whole.
_FIX = Record({}, {"like": IDENTIFIED, **_PRESCRIBED}, also=_says_which_knob)
PRESCRIPTION = Record({}, _PRESCRIBED, also=_says_which_knob)


def _stands_where_it_says(plain: dict[str, Any], sheet: Sheet, place: TreePath) -> None:
    """Slug and area are the file's name and folder; what is not ready says so; false alarms are named."""
    path = Path(sheet.tree.name)
    if text := "slug" not in plain and IDENTIFIED.objection(path.stem, sheet.names):
        sheet.wrong(f"the file's name is the slug of the rule: {text}")
    if plain.get("slug", path.stem) != path.stem:
        sheet.wrong(f"the slug '{plain['slug']}' must be the file's name ({path.stem})", "slug")
    if plain.get("area", path.parent.name) != path.parent.name:
        sheet.wrong(f"the area '{plain['area']}' must be the folder's name ({path.parent.name})", "area")
    written = sheet.value_at(place)
    if "ready" in written and "not_ready_says" not in plain:
        sheet.wrong("'not_ready_says' is missing")
    if written.get("false_positives") == []:
        sheet.wrong("no situation in which this rule fires wrongly is named", "false_positives")


# A work with its address, here or in ``references.yaml``.
SOURCE = Record({"title": _WORDS}, {"url": _WORDS})


def _is_named_or_told(plain: dict[str, Any], sheet: Sheet, place: TreePath) -> None:
    """A reference is one of the pack's, by its id, or says its title."""
    written = sheet.value_at(place)
    if "of" not in written and "title" not in written:
        sheet.wrong("'title' is missing (or 'of': one that rules share)", *place)
    if "of" in written and "title" in written:
        sheet.wrong("'of' and 'title': a shared reference has its title", *place)
    if "on" in written and "of" not in written:
        sheet.wrong("'on' is the part of a shared reference ('of') that is meant", *place, "on", at_key=True)
    plain.setdefault("title", "")


_REFERENCE = Record(
    {}, {"of": IDENTIFIED, "on": _WORDS, "title": _WORDS, "url": _WORDS}, also=_is_named_or_told
)


RULE = Record(
    {
        "code": TextValue(CODE, "must look like POL-01"),
        "severity": Level(),
        "title": _WORDS,
        "failure_title": _WORDS,
        "when": Formula(),
        "message": _WORDS,
        "passed_message": _WORDS,
        "false_positives": ListOf(_Situation(), alone=True, unique=True),
        "references": ListOf(ByShape(((dict, _REFERENCE),), IDENTIFIED)),
    },
    {
        "schema": SCHEMA,
        "slug": IDENTIFIED,
        "area": _WORDS,
        "unsure_title": _WORDS,
        "status": Choice(STATUSES, "status"),
        "applies_to": Record({}, {"algorithms": _ALGORITHMS, "except": _ALGORITHMS}),
        "requires": _METRICS,
        "requires_one_of": ListOf(_METRICS),
        "requires_config": _KNOBS,
        "optional": _METRICS,
        "config": _KNOBS,
        "min_points": Whole(1, 1_000_000),
        "thresholds": MapOf(THRESHOLD),
        "let": MapOf(Formula()),
        "each": MapOf(_EACH),
        "since": Formula(),
        "for": Length(),
        "bridge": Length(),
        "ignore_first": Length(),
        "ready": Formula(),
        "not_ready_says": _WORDS,
        "beyond_doubt": _BEYOND_DOUBT,
        "unless": ListOf(_GUARD),
        "cap_if_improving": Level(),
        "cap_if_solved": Level(),
        "escalate": MapOf(Formula(), Level()),
        "reduce": MapOf(Formula(), Level()),
        "measure": MapOf(_MEASURE),
        "leads_to": ListOf(_EDGE),
        "causes": ListOf(_CAUSE),
        "fixes": MapOf(_FIX, IDENTIFIED),
        "expect": ByShape(((dict, Record({"says": _WORDS, "check": Formula()})),), _WORDS),
        "wrong_advice": ListOf(Record({"read": _WORDS, "but": _WORDS})),
    },
    also=_stands_where_it_says,
)
