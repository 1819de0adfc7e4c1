"""Reading the fields of a YAML mapping into typed values, noting every defect with its place."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rldoctor.errors import ExpressionError, Problem, did_you_mean
from rldoctor.language.parser import Expression, parse
from rldoctor.model.finding import Severity
from rldoctor.yamlio import Tree, TreePath

_KINDS: Mapping[type, str] = {
    dict: "a mapping",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "nothing",
}
PLACEHOLDER = parse("true")


@dataclass(slots=True)
class Fields:
    """The mapping at ``place`` of a file.

    Every getter notes what is missing or of the wrong type in ``problems`` (shared over the whole file) and
    returns a harmless value, so that one reading finds every defect. ``finish`` reports the keys that no
    getter asked for.
    """

    tree: Tree
    place: TreePath
    problems: list[Problem]
    values: Mapping[Any, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, tree: Tree, place: TreePath, value: object, problems: list[Problem]) -> Fields:
        """The fields of ``value``; anything but a mapping is a problem and reads as an empty one."""
        made = cls(tree, place, problems)
        if isinstance(value, dict):
            made.values = value
        else:
            made.wrong(f"expected a mapping, found {kind(value)}")
        return made

    def wrong(self, text: str, *keys: str | int, offset: int = 0, at_key: bool = False) -> None:
        """Note a problem at this mapping or, with ``keys``, at something inside it."""
        self.problems.append(self.tree.problem((*self.place, *keys), text, offset=offset, at_key=at_key))

    def finish(self) -> None:
        """Report unknown keys."""
        for key in self.values:
            if key not in self.asked:
                guess = did_you_mean(str(key), self.asked)
                self.wrong(f"unknown key '{key}'{guess}", key, at_key=True)

    def has(self, key: str) -> bool:
        """Whether the key is there with a value."""
        self.asked.append(key)
        return self.values.get(key) is not None

    def _get(self, key: str, *, required: bool) -> object:
        if self.has(key):
            return self.values[key]
        if required:
            self.wrong(f"'{key}' is missing")
        return None

    def _expected(self, key: str, what: str) -> None:
        self.wrong(f"'{key}' must be {what}, found {kind(self.values[key])}", key)

    def text(self, key: str, *, required: bool = False, default: str = "") -> str:
        """Text without blanks around it; never empty."""
        value = self._get(key, required=required)
        if value is None:
            return default
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, str):
            self.wrong(f"'{key}' is empty", key)
        else:
            self._expected(key, "text")
        return default

    def flag(self, key: str) -> bool | None:
        """True or false; None when the key is absent or wrong."""
        value = self._get(key, required=False)
        if value is not None and not isinstance(value, bool):
            self._expected(key, "true or false")
        return value if isinstance(value, bool) else None

    def number(self, key: str, *, required: bool = False, default: float = math.nan) -> float:
        """A finite number."""
        value = self._get(key, required=required)
        if value is None:
            return default
        if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
        self._expected(key, "a finite number")
        return default

    def whole(self, key: str, *, default: int, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        value = self.number(key, default=default)
        if value != int(value) or not low <= value <= high:
            self.wrong(f"'{key}' must be a whole number from {low} to {high}", key)
            return default
        return int(value)

    def texts(self, key: str, *, required: bool = False) -> tuple[str, ...]:
        """A list of texts without repetition, or a single text."""
        value = self._get(key, required=required)
        if value is None:
            return ()
        return self.text_list(value, key)

    def text_list(self, value: object, *keys: str | int) -> tuple[str, ...]:
        """``value`` as a list of texts without repetition."""
        found = [value] if isinstance(value, str) else value
        if not isinstance(found, list) or not all(isinstance(one, str) and one.strip() for one in found):
            self.wrong(f"'{keys[0]}' must be a list of texts", *keys)
            return ()
        for index, one in enumerate(found):
            if one in found[:index]:
                self.wrong(f"'{one}' stands here twice", *keys, index)
        return tuple(found)

    def choice(self, key: str, options: Sequence[str], *, default: str) -> str:
        """One of the options."""
        value = self.text(key, default=default)
        return value if self.allowed(value, options, key, key) else default

    def allowed(self, value: str, options: Sequence[str], what: str, *keys: str | int) -> bool:
        """Whether ``value`` is one of the options; a problem otherwise."""
        if value in options:
            return True
        self.wrong(f"'{value}' is no {what}{did_you_mean(value, options) or f': {_short(options)}'}", *keys)
        return False

    def severity(self, key: str, *, required: bool = False) -> Severity | None:
        """A severity, None when the key is absent or wrong."""
        text = self.text(key, required=required)
        return self.level(text, key) if text else None

    def level(self, text: object, *keys: str | int) -> Severity | None:
        """The severity called ``text``; a problem when there is none."""
        try:
            return Severity.parse(str(text))
        except ValueError as error:
            self.wrong(str(error), *keys)
            return None

    def expression(self, key: str, *, required: bool = False) -> Expression | None:
        """An expression; when it is required and absent or wrong, a harmless one."""
        value = self._get(key, required=required)
        found = None if value is None else self.parsed(value, key)
        return found or (PLACEHOLDER if required else None)

    def parsed(self, value: object, *keys: str | int) -> Expression | None:
        """``value`` as an expression; None and a problem when it is not one."""
        if not isinstance(value, (str, int, float)):
            self.wrong(f"expected an expression, found {kind(value)}", *keys)
            return None
        try:
            return parse(value)
        except ExpressionError as error:
            self.wrong(str(error), *keys, offset=error.offset)
            return None

    def entries(self, key: str) -> Iterator[tuple[str, Any]]:
        """The named entries of a mapping."""
        value = self._get(key, required=False)
        if value is not None and not isinstance(value, dict):
            self._expected(key, "a mapping")
        for name, entry in value.items() if isinstance(value, dict) else ():
            if isinstance(name, str):
                yield name, entry
            else:
                self.wrong(f"expected a name, found {kind(name)}", key, name, at_key=True)

    def items(self, key: str, *, required: bool = False) -> Iterator[tuple[int, Any]]:
        """The numbered items of a list."""
        value = self._get(key, required=required)
        if value is not None and not isinstance(value, list):
            self._expected(key, "a list")
        yield from enumerate(value if isinstance(value, list) else ())

    def inside(self, value: object, *keys: str | int) -> Fields:
        """The fields of a mapping inside this one."""
        return Fields.of(self.tree, (*self.place, *keys), value, self.problems)


def kind(value: object) -> str:
    """What a value is, in words."""
    return _KINDS[type(value)]


def _short(options: Sequence[str]) -> str:
    """The first options in words."""
    shown = ", ".join(options[:12])
    return f"expected one of {shown}" + (", ..." if len(options) > 12 else "")
