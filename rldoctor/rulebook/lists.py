"""The lists of a pack: the codes of its catalogue, and the quantities it derives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from rldoctor.datafiles.packs import CATALOGUE, DERIVED, FACTS
from rldoctor.datafiles.read import SCHEMA, optional
from rldoctor.datafiles.scalars import Name, TextValue
from rldoctor.datafiles.shapes import NAMED_NUMBER, ListOf, MapOf, Record
from rldoctor.datafiles.sheet import Names, Sheet
from rldoctor.errors import did_you_mean
from rldoctor.language.parser import parse
from rldoctor.rulebook.declarations import CODE, RESERVED, THRESHOLD
from rldoctor.rulebook.formula import IDENTIFIED, Formula, foreign
from rldoctor.rulebook.schema import OUTCOME_NAMES
from rldoctor.yamlio import TreePath

# Facts that are known before anything is derived; the others are judged from what is derived.
COUNTED_FACTS = frozenset(
    (
        "steps",
        "planned",
        "on_env_steps",
        "home_made",
        "on_policy",
        "off_policy",
        "value_based",
        "language_model",
        "tags",
        "unmapped",
        "ignored",
    )
)
SECTIONS = ("series", "knobs", "facts")
_GRID = frozenset({"step", "progress"})

CATALOGUE_FILE = Record(
    {"codes": MapOf(IDENTIFIED, TextValue(CODE, "must look like POL-01"))}, {"schema": SCHEMA}
)
_ALGORITHMS, _FRAMEWORKS = ListOf(Name("algorithm"), unique=True), ListOf(Name("framework"), unique=True)
# Which metrics and knobs there are hangs on where in the file one stands: see ``_Quantities``.
_READ = ListOf(TextValue(), unique=True)
_VARIANT = Record(
    {"value": Formula()},
    {
        **dict.fromkeys(("from", "optional", "config"), _READ),
        **dict.fromkeys(("algorithms", "except"), _ALGORITHMS),
        "frameworks": _FRAMEWORKS,
    },
)
_QUANTITY = Record(
    {"unit": TextValue(), "says": TextValue(), "variants": ListOf(_VARIANT)}, {"source": TextValue()}
)


class _Quantities:
    """What may be derived from what: each quantity reads what was logged, or made before it."""

    def __init__(self, plain: Mapping[str, Any], sheet: Sheet) -> None:
        self.plain, self.sheet = plain, sheet
        self.made = dict(cast(Mapping[str, Any], sheet.names["derived"]))
        # Settings and facts are made first, and from what is logged: only series read derived series.
        self.metrics = set(sheet.names["metric"])
        self.numbers = {"knobs": set(sheet.names["knob"]), "facts": set(sheet.names["fact"])}
        self.constants = {*sheet.names["constant"], *plain.get("constants", {})}

    def check(self) -> None:
        """Note every variant that reads what is not there (yet), and names that are taken."""
        for section in ("knobs", "facts", "series"):
            if section == "series":
                self.metrics |= {
                    one.removeprefix("series.") for one in self.made if one.startswith("series.")
                }
            for name, quantity in self.plain.get(section, {}).items():
                # A copy of a pack may be checked beside it: the same words are no second meaning.
                if self.made.get(f"{section}.{name}", quantity) != quantity:
                    self.sheet.wrong(f"'{name}' is derived already", section, name, at_key=True)
                for index, variant in enumerate(quantity["variants"]):
                    self._variant(variant, (section, name, "variants", index))
                self.made[f"{section}.{name}"] = quantity
                (self.metrics if section == "series" else self.numbers[section]).add(name)

    def _variant(self, variant: Mapping[str, Any], place: TreePath) -> None:
        knobs, facts = self.numbers["knobs"], self.numbers["facts"]
        for key, known, what in (
            ("from", self.metrics, "metric"),
            ("optional", self.metrics, "metric"),
            ("config", knobs, "knob"),
        ):
            for index, name in enumerate(variant.get(key, ())):
                if name not in known:
                    self.sheet.wrong(self._unknown(name, what, known), *place, key, index)
        inputs = {*variant.get("from", ()), *variant.get("optional", ())}
        # Also knobs not in `config` may be read, as coalesce(config.x, 1): `config` is what must be known.
        allowed = inputs | self.constants | _GRID
        for text, offset in foreign(parse(variant["value"]), allowed, knobs, facts):
            self.sheet.wrong(text, *place, "value", offset=offset)

    def _unknown(self, name: str, what: str, known: set[str]) -> str:
        if name in self.plain.get("series" if what == "metric" else "knobs", ()):
            return f"the {what} '{name}' is made later than this"
        return f"unknown {what} '{name}'{did_you_mean(name, sorted(known))}"


def _fit_together(plain: dict[str, Any], sheet: Sheet, place: TreePath) -> None:
    _Quantities(plain, sheet).check()


DERIVED_FILE = Record(
    {},
    {
        "schema": SCHEMA,
        "constants": MapOf(NAMED_NUMBER),
        **{section: MapOf(_QUANTITY) for section in SECTIONS},
    },
    also=_fit_together,
)


# Facts are made for every run, before any rule: a pack must not be able to make that slow.
MAX_ENTRIES = 200


def _few_and_usable(plain: dict[str, Any], sheet: Sheet, place: TreePath) -> None:
    sections = ("thresholds", "let", "facts")
    if max(len(plain.get(section, ())) for section in sections) > MAX_ENTRIES:
        sheet.wrong(f"more than {MAX_ENTRIES} thresholds, lets or facts")
    for section in sections:
        for name in plain.get(section, ()):
            if not name.isidentifier() or name.startswith("_") or name in RESERVED:
                text = f"'{name}' is not a usable name: letters, digits and _"
                sheet.wrong(text, section, name, at_key=True)
    for name, fact in plain.get("facts", {}).items():
        allowed = {*plain.get("thresholds", ()), *_GRID, *(fact.get("from") or OUTCOME_NAMES)}
        for unknown in sorted(parse(fact["value"]).names - allowed):
            sheet.wrong(f"unknown name '{unknown}'", "facts", name, "value")


_FACT = Record({"value": Formula(), "unit": TextValue(), "says": TextValue()}, {"from": _READ})
FACTS_FILE = Record(
    {"schema": SCHEMA},
    {"thresholds": MapOf(THRESHOLD), "let": MapOf(Formula()), "facts": MapOf(_FACT)},
    also=_few_and_usable,
)


def facts_file(pack: Path) -> Mapping[str, Any]:
    """The plain ``facts.yaml`` of a pack; empty without the file. RuleError with every problem of it."""
    return optional(pack / FACTS, FACTS_FILE)


def catalogue(pack: Path) -> Mapping[str, str]:
    """Code -> slug, written or not; empty without the file. RuleError when it is wrong."""
    codes: Mapping[str, str] = optional(pack / CATALOGUE, CATALOGUE_FILE).get("codes", {})
    return codes


def derived_files(packs: Sequence[Path], names: Names) -> list[Mapping[str, Any]]:
    """The plain ``derived.yaml`` of each pack in order; a later one may use what the earlier ones define.

    ``names``: canonical names, algorithms and frameworks. RuleError when a file is wrong.
    """
    derived: dict[str, Any] = {}
    known: dict[str, Any] = {**names, "derived": derived, "fact": set(COUNTED_FACTS), "constant": set()}
    known["knob"] = set(names["knob"])
    found: list[Mapping[str, Any]] = []
    for pack in packs:
        plain = optional(pack / DERIVED, DERIVED_FILE, known)
        plain = {key: _new(key, value, derived) for key, value in plain.items()}
        derived |= {f"{key}.{name}": one for key in SECTIONS for name, one in plain.get(key, {}).items()}
        for section, kind in (("knobs", "knob"), ("facts", "fact"), ("constants", "constant")):
            known[kind].update(plain.get(section, ()))
        found.append(plain)
    return found


def _new(section: str, value: Any, derived: Mapping[str, Any]) -> Any:
    """A section without what an earlier pack defines in the same words."""
    if section not in SECTIONS:
        return value
    return {name: one for name, one in value.items() if f"{section}.{name}" not in derived}
