"""Kinds of single values: text, numbers, truth values, names of things that must exist."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Collection
from typing import Any

from rldoctor.datafiles.sheet import INVALID, Names, Sheet, must_be, nearest
from rldoctor.errors import did_you_mean
from rldoctor.plain_data import dataclass
from rldoctor.yamlio import TreePath


class Kind:
    """What a value must be: ``check`` notes every problem and gives the plain value, or ``INVALID``.

    ``harmless`` stands in for a required value that is missing or wrong, so that the rest of a file can
    still be looked at; it never leaves a file with problems.
    """

    says = "a value"

    @property
    def harmless(self) -> Any:
        """A value of this kind that does no harm."""
        return None

    def check(self, value: Any, sheet: Sheet, place: TreePath) -> Any:
        """The plain form of ``value``, which stands at ``place``."""
        raise NotImplementedError


class Scalar(Kind):
    """A value without parts; usable as the key of a mapping too."""

    def fits(self, value: Any) -> bool:
        """Whether the value is of the right type."""
        raise NotImplementedError

    def objection(self, value: Any, names: Names) -> str:
        """What is wrong with a value of the right type; empty when nothing is."""
        return ""

    def plain(self, value: Any) -> Any:
        """The value as it is kept."""
        return value

    def check(self, value: Any, sheet: Sheet, place: TreePath) -> Any:
        """The plain value; one that only its content speaks against is kept, for further checks."""
        if not self.fits(value):
            sheet.expected(self.says, value, place)
            return INVALID
        # Kept in spite of the objection: a misspelt metric dropped here would be an unknown name wherever an
        # expression uses it, and one typo would be told five times.
        if text := self.objection(value, sheet.names):
            sheet.wrong(text, *place)
        return self.plain(value)


@dataclass(frozen=True, slots=True)
class TextValue(Scalar):
    """Text without blanks around it, never empty; ``like``: its form, ``wanted``: that form in words."""

    like: re.Pattern[str] | None = None
    wanted: str = ""
    # Without an annotation, in every kind: it is no field of the dataclass.
    says = "text"

    @property
    def harmless(self) -> str:
        """No text."""
        return ""

    def fits(self, value: Any) -> bool:
        """Any text."""
        return isinstance(value, str)

    def objection(self, value: str, names: Names) -> str:
        """Text that does not have the form."""
        if self.like is None or self.like.fullmatch(value.strip()):
            return ""
        return f"'{value}' {self.wanted}"

    def plain(self, value: str) -> str:
        """Without blanks around it."""
        return value.strip()

    def check(self, value: Any, sheet: Sheet, place: TreePath) -> Any:
        """An empty text is a problem of its own: mostly a line that was never filled in."""
        if isinstance(value, str) and not value.strip():
            subject = f"'{place[-1]}' is" if place and isinstance(place[-1], str) else "this text is"
            sheet.wrong(f"{subject} empty", *place)
            return INVALID
        # Not ``super()``: a dataclass with slots is a new class, which that call does not know.
        return Scalar.check(self, value, sheet, place)


@dataclass(frozen=True, slots=True)
class Number(Scalar):
    """A finite number within bounds, kept as it is written."""

    low: float = -math.inf
    high: float = math.inf
    says = "a finite number"

    @property
    def harmless(self) -> float:
        """The bound nearest to 0, or 0."""
        return min(max(0.0, self.low), self.high)

    def fits(self, value: Any) -> bool:
        """A number that is not infinite; ``true`` is none."""
        # A truth value is an int in Python: `window: true` must not be a window of 1.
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

    def objection(self, value: float, names: Names) -> str:
        """A number out of bounds."""
        # An open side is not spoken of: "between 0 and inf" helps nobody.
        if self.low <= value <= self.high:
            return ""
        if self.high == math.inf:
            return f"{value:g} is too small: expected {self.low:g} or more"
        if self.low == -math.inf:
            return f"{value:g} is too large: expected {self.high:g} or less"
        return f"{value:g} is not between {self.low:g} and {self.high:g}"


@dataclass(frozen=True, slots=True)
class Whole(Scalar):
    """A whole number in [low, high]."""

    low: int = 0
    high: int = 1_000_000
    says = "a whole number"

    @property
    def harmless(self) -> int:
        """The lower bound."""
        return self.low

    def fits(self, value: Any) -> bool:
        """A number without a fraction, however it is written."""
        return Number().fits(value) and value == int(value)

    def check(self, value: Any, sheet: Sheet, place: TreePath) -> Any:
        """A fraction and a number out of bounds are the same mistake."""
        # YAML reads 1e6 as a float: what counts is that nothing is behind the point.
        if self.fits(value) and self.low <= value <= self.high:
            return int(value)
        wanted = f"{must_be(place)} a whole number from {self.low} to {self.high}"
        shown = f"{value:g}" if Number().fits(value) else None
        if shown is None:
            sheet.expected(f"a whole number from {self.low} to {self.high}", value, place)
        else:
            sheet.wrong(f"{wanted}, found {shown}", *place)
        return INVALID


@dataclass(frozen=True, slots=True)
class Flag(Scalar):
    """True or false."""

    says = "true or false"

    @property
    def harmless(self) -> bool:
        """False."""
        return False

    def fits(self, value: Any) -> bool:
        """A truth value; 0 and 1 are none."""
        return isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class PlainValue(Scalar):
    """A plain value of any type: number, truth value or text; ``numeric``: no text."""

    numeric: bool = False
    says = "a number, text, true or false"

    @property
    def harmless(self) -> int:
        """0."""
        return 0

    def fits(self, value: Any) -> bool:
        """Anything without parts."""
        # A truth value is an int here on purpose: it is as plain as a number.
        return isinstance(value, int | float) or (isinstance(value, str) and not self.numeric)

    def check(self, value: Any, sheet: Sheet, place: TreePath) -> Any:
        """The value as written."""
        if self.fits(value):
            return value
        sheet.expected("a number, true or false" if self.numeric else self.says, value, place)
        return INVALID


@dataclass(frozen=True, slots=True)
class Choice(Scalar):
    """One of a few words; ``what`` names what they are."""

    options: tuple[str, ...]
    what: str
    says = "text"

    @property
    def harmless(self) -> str:
        """The first option."""
        return self.options[0]

    def fits(self, value: Any) -> bool:
        """Any text; ``check`` and ``objection`` see to the rest."""
        return isinstance(value, str)

    def objection(self, value: str, names: Names) -> str:
        """A word that is no option."""
        return "" if value in self.options else f"'{value}' is no {self.what}{_offered(value, self.options)}"

    def check(self, value: Any, sheet: Sheet, place: TreePath) -> Any:
        """Unlike a name, a word that is no option is of no use for further checks."""
        checked = Scalar.check(self, value, sheet, place)
        return checked if checked in self.options else INVALID


def _offered(value: str, options: tuple[str, ...]) -> str:
    """The nearest option, else all of them in the order of the declaration: they often are levels."""
    return did_you_mean(value, options) or f": expected one of {', '.join(options)}"


@dataclass(frozen=True, slots=True)
class Name(Scalar):
    """The name of something that must exist: ``of`` says in which of the names to look (see ``Names``).

    ``what``: what such a thing is called; ``unknown``: the complaint, ``{what}`` and ``{name}`` filled in.
    """

    of: str
    what: str = ""
    unknown: str = "unknown {what} '{name}'"
    says = "a name"

    @property
    def harmless(self) -> str:
        """No name."""
        return ""

    def fits(self, value: Any) -> bool:
        """Text."""
        return isinstance(value, str) and bool(value.strip())

    def objection(self, value: str, names: Names) -> str:
        """A name that nothing has, where it is known which things there are."""
        known: Collection[str] | None = names.get(self.of)
        # No such list: the file is read before these names are known, or by somebody who does not need them.
        if known is None or value in known:
            return ""
        return self.unknown.format(what=self.what or self.of, name=value) + nearest(value, known)


@dataclass(frozen=True, slots=True)
class Regex(Scalar):
    """A regular expression."""

    says = "a regular expression"

    @property
    def harmless(self) -> str:
        """One that matches nothing."""
        return "(?!)"

    def fits(self, value: Any) -> bool:
        """Text."""
        return isinstance(value, str) and bool(value)

    def check(self, value: Any, sheet: Sheet, place: TreePath) -> Any:
        """The text; a problem at the character where it cannot be read on."""
        if not self.fits(value):
            sheet.expected(self.says, value, place)
            return INVALID
        try:
            # Compiled only to find the mistake where it was written, not where the expression is first used.
            re.compile(value)
        except re.error as error:
            sheet.wrong(f"no regular expression: {error.msg}", *place, offset=error.pos or 0)
            return INVALID
        return value


@dataclass(frozen=True, slots=True)
class Template(Scalar):
    """Text with ``{fields}``, each of which must be one of ``fields``."""

    fields: tuple[str, ...]
    says = "text"

    @property
    def harmless(self) -> str:
        """No text."""
        return ""

    def fits(self, value: Any) -> bool:
        """Text."""
        return isinstance(value, str) and bool(value.strip())

    def objection(self, value: str, names: Names) -> str:
        """Braces that do not match, a field that is never filled, a format that a value may not have."""
        try:
            parts = list(string.Formatter().parse(value))
        except ValueError as error:
            return f"the braces of this text do not match ({error}); a literal brace is written twice"
        for _, name, layout, conversion in parts:
            # A width of a gigabyte, or a conversion that reaches into an object, has no business in a pack.
            if name is not None and (layout or conversion):
                return f"'{{{name}}}' takes no format here"
            if name is not None and name not in self.fields:
                return f"unknown field '{{{name}}}'{nearest(name, self.fields)}"
        return ""
