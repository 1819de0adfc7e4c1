"""The form of the vocabulary's files: what each key may hold, and which names must exist."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rldoctor.datafiles.canonical import MARKS
from rldoctor.datafiles.read import SCHEMA
from rldoctor.datafiles.scalars import (
    Choice,
    Flag,
    Name,
    Number,
    PlainValue,
    Regex,
    Template,
    TextValue,
    Whole,
)
from rldoctor.datafiles.shapes import NAMED_NUMBER, ByShape, ListOf, MapOf, Record
from rldoctor.datafiles.sheet import Sheet
from rldoctor.yamlio import TreePath

_METRIC, _KNOB, _ALGORITHM = Name("metric"), Name("knob"), Name("algorithm")
_METRICS, _KNOBS, _WORDS = ListOf(_METRIC), ListOf(_KNOB), ListOf(TextValue())
_ALGORITHMS = ListOf(_ALGORITHM, least=1)
# The names in John Schulman's note on approximating KL divergences; ``analytic`` is the exact value.
_ESTIMATOR = Choice(("k1", "k2", "k3", "analytic"), "estimator of a KL divergence")
_STATISTICS = ("mean", "max", "min", "std")
_ATTRIBUTES = MapOf(TextValue())
# {value} is the value of the context, {tag} the tag as logged.
_CONTEXTS = MapOf(Template(("value", "tag")))
_CONSERVATION = ("rows", "by_one", "alike", "apart", "thousand", "near", "episodes")
_HINTS = MapOf(TextValue(), _METRIC)

_SCALE = ByShape(
    ((dict, Record({}, {"factor": Number(), "per": _KNOB, "default": Number()})),),
    Number(),
)
_TAG = Record(
    {"metric": _METRIC},
    {
        "scale": _SCALE,
        "offset": Number(),
        "exp": Flag(),
        "window": Whole(1),
        "estimator": _ESTIMATOR,
        "aggregation": TextValue(),
        "axis": Name("axis", "axis unit"),
        "attributes": _ATTRIBUTES,
        "when_algorithm": _ALGORITHMS,
        "drop_zeros": ByShape(((bool, Flag()),), _ALGORITHMS),
        "drop_zeros_if_empty": TextValue(),
        "nan_if_empty": Flag(),
        "unverified": Flag(),
    },
    short="metric",
)
_CONVERTED = {
    "complement": Flag(),
    "inverse": Flag(),
    "per": _KNOBS,
    "divide": _KNOBS,
    "per_setting": _WORDS,
    "divide_setting": _WORDS,
    "parse": Name("reader", "reader of values"),
    "note": TextValue(),
}
_SETTING = Record({"knob": _KNOB}, {**_CONVERTED, "when_algorithm": _ALGORITHMS}, short="knob")
_AXIS = Record(
    {"unit": Name("axis", "axis unit")},
    {"offset": Number(), "note": TextValue(), "when_algorithm": _ALGORITHMS, "when_tags": _WORDS},
)
_TELLING = Record({"any_of": _ALGORITHMS, "has": ListOf(TextValue(), least=1)}, {"assume": _ALGORITHM})
_FIXED = Record(
    {"value": Number()},
    {"per": _KNOBS, "when_algorithm": _ALGORITHMS, "in_scripts": _WORDS, "source": TextValue()},
)
# Defaults change from release to release, so a set of them names its own, and those that an older release had
# otherwise: no log says which it was, so they are not assumed.
_CHANGED = Record(
    {
        "knob": _KNOB,
        "algorithms": _ALGORITHMS,
        "since": PlainValue(),
        "was": PlainValue(numeric=True),
        "source": TextValue(),
    }
)
_DEFAULTS = Record(
    {"version": PlainValue(), "when_algorithm": MapOf(MapOf(PlainValue(numeric=True), _KNOB), _ALGORITHM)},
    {"changed": ListOf(_CHANGED)},
)
_RUN_NOTE = Record(
    {"code": TextValue(), "text": Template(("ended", "went_on"))},
    {
        "level": Choice(("info", "warning"), "level of a note"),
        "logged": _METRICS,
        "logged_one_of": _METRICS,
        "missing": _METRICS,
        "ended_early": Record(
            {"metric": _METRIC, "beside": _METRIC, "share": Number(0, 1)}, {"note": TextValue()}
        ),
    },
)
_ALWAYS = Record(
    {"algorithms": _ALGORITHMS, "metrics": _METRICS, "source": TextValue()}, {"beside": _METRICS}
)


# Tables are found by the name of their file: another name inside would be found under neither.
def _named_like_its_file(plain: dict[str, Any], sheet: Sheet, place: TreePath) -> None:
    stem = Path(sheet.tree.name).stem
    if plain["name"] and plain["name"] != stem:
        sheet.wrong(f"the name '{plain['name']}' must be the file's name ({stem})", *place, "name")
    if "axis" not in plain and "extends" not in plain:
        sheet.wrong("'axis' is missing: what is one step of this logger?", *place)


TABLE = Record(
    {
        "schema": SCHEMA,
        "name": TextValue(),
        "title": TextValue(),
        "versions": PlainValue(),
        "metrics": MapOf(ListOf(_TAG, alone=True, least=1)),
    },
    {
        "extends": Name("framework"),
        "axis": ListOf(_AXIS, alone=True, least=1),
        "algorithms": Record(
            {},
            {"settings": _WORDS, "names": MapOf(_ALGORITHM), "tags": ListOf(_TELLING), "assume": _ALGORITHM},
        ),
        "config": MapOf(ListOf(_SETTING, alone=True, least=1)),
        "constants": MapOf(_FIXED, _KNOB),
        "defaults": _DEFAULTS,
        "strip_prefix": _WORDS,
        "contexts": _CONTEXTS,
        "log_hints": _HINTS,
        "run_notes": ListOf(_RUN_NOTE),
        "always_logs": ListOf(_ALWAYS),
    },
    also=_named_like_its_file,
)


def _shows_something(plain: dict[str, Any], sheet: Sheet, place: TreePath) -> None:
    # Without a mark it would fit every run there is.
    if not any(plain.get(kind) for kind in MARKS):
        sheet.wrong(f"an alternative needs a mark: one of {', '.join(MARKS)}", *place)


_ALTERNATIVE = Record({}, dict.fromkeys((*MARKS, "without"), _WORDS), also=_shows_something)
FINGERPRINTS = Record(
    {
        "schema": SCHEMA,
        "frameworks": MapOf(
            Record({"any": ListOf(_ALTERNATIVE, least=1)}, {"over": ListOf(Name("framework"))}),
            Name("framework"),
        ),
    }
)

# What these keys do to a tag, and in which order, is said at the head of ``generic.yaml``.
_GUESS = Record(
    {"match": Regex(), "metric": _METRIC},
    {
        "weak": Flag(),
        "not_bare": Flag(),
        "scale": Number(),
        "exp": Flag(),
        "estimator": _ESTIMATOR,
        "attributes": _ATTRIBUTES,
        "unless_metrics": _METRICS,
        "on_policy": _METRIC,
        "dqn": _METRIC,
        "language_model": _METRIC,
    },
)
GENERIC_FILE = Record(
    {
        "schema": SCHEMA,
        "contexts": _CONTEXTS,
        **dict.fromkeys(("neutral", "neutral_end", "evaluation", "refused_words"), _WORDS),
        "plurals": MapOf(TextValue()),
        "statistics": MapOf(Choice(_STATISTICS, "statistic")),
        "spread": MapOf(MapOf(_METRIC, Choice(_STATISTICS, "statistic")), _METRIC),
        "evaluated": MapOf(_METRIC, _METRIC),
        "whole": ListOf(_GUESS, least=1),
        "metrics": ListOf(_GUESS, least=1),
        "log_hints": _HINTS,
        "conservation": Record(dict.fromkeys(_CONSERVATION, NAMED_NUMBER)),
        "config": MapOf(
            Record(
                {"knob": _KNOB}, {**_CONVERTED, "safe": Flag(), "when_algorithm": _ALGORITHMS}, short="knob"
            )
        ),
    }
)
