"""Kinds of values with parts: lists, mappings of one kind, records of declared fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from rldoctor.datafiles.scalars import Kind, Number, Scalar, TextValue
from rldoctor.datafiles.sheet import INVALID, Sheet, kind_of, nearest
from rldoctor.plain_data import dataclass
from rldoctor.yamlio import TreePath

_NO_FIELDS: Mapping[str, Kind] = {}
# A check over several fields of a record, once each is checked by itself; it notes problems in the sheet.
Also = Callable[[dict[str, Any], Sheet, TreePath], None]


@dataclass(frozen=True, slots=True)
class ListOf(Kind):
    """A list; ``alone``: one value may stand for a list of it; ``unique``: no value twice."""

    of: Kind
    alone: bool = False
    unique: bool = False
    least: int = 0
    says = "a list"

    @property
    def harmless(self) -> list[Any]:
        """An empty list."""
        return []

    def check(self, value: Any, sheet: Sheet, place: TreePath) -> Any:
        """A list of plain values; a wrong item becomes a harmless one: the others keep their place."""
        if not isinstance(value, list):
            # `metrics: {a: 1}` is no list of one name: a mapping stands alone only where items are mappings.
            if self.alone and not (isinstance(value, dict) and isinstance(self.of, Scalar)):
                found = self.of.check(value, sheet, place)
                return INVALID if found is INVALID else [found]
            sheet.expected(self.says, value, place)
            return INVALID
        if len(value) < self.least:
            sheet.wrong(f"expected {self.least} or more here, found {len(value)}", *place)
        items = [self._item(one, sheet, (*place, index)) for index, one in enumerate(value)]
        if self.unique:
            _note_repeated(items, sheet, place)
        return items

    def _item(self, value: Any, sheet: Sheet, place: TreePath) -> Any:
        found = self.of.check(value, sheet, place)
        return self.of.harmless if found is INVALID else found


def _note_repeated(items: list[Any], sheet: Sheet, place: TreePath) -> None:
    seen: set[Any] = set()
    for index, one in enumerate(items):
        # What stands in for a wrong item is empty, and may well stand there twice.
        if one and one in seen:
            sheet.wrong(f"'{one}' stands here twice", *place, index)
        seen.add(one)


@dataclass(frozen=True, slots=True)
class Pair(Kind):
    """Two numbers, the lower one first."""

    says = "two numbers, the lower one first"

    @property
    def harmless(self) -> list[float]:
        """Everything."""
        return [float("-inf"), float("inf")]

    def check(self, value: Any, sheet: Sheet, place: TreePath) -> Any:
        """The two bounds as floats."""
        if not isinstance(value, list):
            sheet.expected("a list", value, place)
            return INVALID
        # A truth value would compare as 0 or 1.
        numbers = [one for one in value if isinstance(one, int | float) and not isinstance(one, bool)]
        if len(value) == len(numbers) == 2 and numbers[0] < numbers[1]:
            return [float(one) for one in numbers]
        sheet.wrong(f"'{place[-1]}' must be {self.says}", *place)
        return INVALID


@dataclass(frozen=True, slots=True)
class MapOf(Kind):
    """A mapping from names to values of one kind; ``key``: what the names must be."""

    of: Kind
    key: Scalar = field(default_factory=TextValue)
    says = "a mapping"

    @property
    def harmless(self) -> dict[str, Any]:
        """An empty mapping."""
        return {}

    def check(self, value: Any, sheet: Sheet, place: TreePath) -> Any:
        """The mapping in the order of the file."""
        if not isinstance(value, dict):
            sheet.expected(self.says, value, place)
            return INVALID
        plain: dict[str, Any] = {}
        for name, entry in value.items():
            here = (*place, name)
            # YAML reads the key of ``1: text`` as a number.
            if not isinstance(name, str):
                sheet.wrong(f"expected a name, found {kind_of(name)}", *here, at_key=True)
                continue
            # At the key, not at the value: that is where the typo is.
            if text := self.key.objection(name, sheet.names):
                sheet.wrong(text, *here, at_key=True)
            found = self.of.check(entry, sheet, here)
            plain[name] = self.of.harmless if found is INVALID else found
        return plain


@dataclass(frozen=True, slots=True)
class Record(Kind):
    """A mapping with declared fields; any other key is a problem.

    ``short``: the field that a bare value stands for (``lr: gamma`` for ``lr: {knob: gamma}``).
    ``also``: what must hold between the fields. A field without a value counts as absent.
    """

    required: Mapping[str, Kind]
    optional: Mapping[str, Kind] = field(default_factory=lambda: _NO_FIELDS)
    short: str = ""
    also: Also | None = None
    says = "a mapping"

    @property
    def harmless(self) -> dict[str, Any]:
        """The required fields, each with a harmless value."""
        return {name: kind.harmless for name, kind in self.required.items()}

    def check(self, value: Any, sheet: Sheet, place: TreePath) -> Any:
        """The fields that are there; required ones that are missing or wrong are noted and filled in."""
        if self.short and not isinstance(value, dict | list):
            found = self.required[self.short].check(value, sheet, place)
            return INVALID if found is INVALID else {self.short: found}
        if not isinstance(value, dict):
            sheet.expected(self.says, value, place)
            return INVALID
        # Unknown keys first: a required field that is misspelt is told as such, then as missing.
        plain = self._fields(value, sheet, place)
        for name, kind in self.required.items():
            if value.get(name) is None and not (name in value and isinstance(kind, Nullable)):
                sheet.wrong(f"'{name}' is missing", *place)
            if name not in plain:
                plain[name] = kind.harmless
        if self.also is not None:
            self.also(plain, sheet, place)
        return plain

    def _fields(self, value: dict[Any, Any], sheet: Sheet, place: TreePath) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for name, entry in value.items():
            kind = self.required.get(name) or self.optional.get(name)
            if kind is None:
                known = (*self.required, *self.optional)
                sheet.wrong(f"unknown key '{name}'{nearest(str(name), known)}", *place, name, at_key=True)
            # A key without a value is a line begun and left: as absent as one that is not there.
            elif entry is not None or isinstance(kind, Nullable):
                found = kind.check(entry, sheet, (*place, name))
                if found is not INVALID:
                    plain[name] = found
        return plain


@dataclass(frozen=True, slots=True)
class Nullable(Kind):
    """A value of a kind, or nothing (``null``), which is kept."""

    of: Kind
    says = "a value or nothing"

    def check(self, value: Any, sheet: Sheet, place: TreePath) -> Any:
        """None, or the plain value."""
        return None if value is None else self.of.check(value, sheet, place)


@dataclass(frozen=True, slots=True)
class ByShape(Kind):
    """A value of one of several forms, told by its type: a short form beside a long one."""

    shapes: tuple[tuple[type, Kind], ...]
    other: Kind
    says = "a value"

    @property
    def harmless(self) -> Any:
        """That of the form that is taken when no type fits."""
        return self.other.harmless

    def check(self, value: Any, sheet: Sheet, place: TreePath) -> Any:
        """By the form that was chosen."""
        # The type alone decides, so that a mistake is told in terms of the form the author was writing.
        for type_, kind in self.shapes:
            if isinstance(value, type_):
                return kind.check(value, sheet, place)
        return self.other.check(value, sheet, place)


# A number that decides something: never without a unit, and without the reason why it is this one.
NAMED_NUMBER = Record({"value": Number(), "unit": TextValue(), "note": TextValue()})
