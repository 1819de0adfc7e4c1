"""A file while it is checked: its tree, the names it may use, and every problem found so far."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from typing import Any, Final

from rldoctor.errors import Problem, did_you_mean
from rldoctor.plain_data import dataclass
from rldoctor.yamlio import Step, Tree, TreePath

# What may be referred to, by kind of name: ``{"metric": {...}, "knob": {...}}``. A kind that is not there is
# not checked: a pack's own lists are read before the names that they add are known.
Names = Mapping[str, Collection[str]]

_WORDS: Mapping[type, str] = {
    dict: "a mapping",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "nothing",
}
_LISTED = 12


class _Invalid:
    """The mark of a value that was wrong; only one exists."""

    def __repr__(self) -> str:
        return "INVALID"


INVALID: Final = _Invalid()


@dataclass(slots=True)
class Sheet:
    """Where the checks of one file note what is wrong."""

    tree: Tree
    names: Names = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, text: str, *place: Step, offset: int = 0, at_key: bool = False) -> None:
        """Note a problem at ``place``; ``offset`` counts characters inside a text that stands on one line."""
        self.problems.append(self.tree.problem(place, text, offset=offset, at_key=at_key))

    def value_at(self, place: TreePath) -> Any:
        """What is written at a place that exists."""
        found = self.tree.value
        for key in place:
            found = found[key]
        return found

    def expected(self, what: str, value: object, place: TreePath) -> None:
        """Note that the value at ``place`` is not ``what``."""
        self.wrong(f"{must_be(place)} {what}, found {kind_of(value)}", *place)


def must_be(place: TreePath) -> str:
    """The beginning of a complaint: ``'window' must be``, or ``expected`` where a list item has no name."""
    return f"'{place[-1]}' must be" if place and isinstance(place[-1], str) else "expected"


def kind_of(value: Any) -> str:
    """What a value is, in words."""
    # By the exact type: ``bool`` is an ``int`` too, and the loader builds none but these.
    return _WORDS[type(value)]


def nearest(name: str, known: Collection[str]) -> str:
    """The nearest known name as a question, else the known names (the first of them)."""
    options: Sequence[str] = sorted(known)
    guess = did_you_mean(name, options)
    # A near name says it all; a list of names is of use only where nothing is near.
    if guess or not options:
        return guess
    return f": expected one of {', '.join(options[:_LISTED])}" + (", ..." if len(options) > _LISTED else "")
