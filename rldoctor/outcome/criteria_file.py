"""Reading ``rules/outcome.yaml``; only where compiled criteria are made is this imported."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from rldoctor.errors import Problem, RuleError
from rldoctor.outcome.criteria import Criteria
from rldoctor.yamlio import Tree, load_tree

FILE = "outcome.yaml"
_PARTS = ("limits", "grids")
_SETTINGS = ("rewards", "bounds")
_KEYS = ("value", "unit", "note")


@lru_cache(maxsize=4)
def load_criteria(rules: Path) -> Criteria:
    """The criteria of a rules directory.

    Raises:
        RuleError: the file cannot be read, or an entry is not ``{value, unit, note}`` with a number (in
            ``grids``: a rising list of numbers) as its value; every defect with its line and column.
    """
    tree = load_tree(rules / FILE)
    problems = [*_shape(tree)]
    problems = problems or [problem for part in _PARTS for problem in _entries(tree, part)]
    problems = problems or [problem for part in _SETTINGS for problem in _settings(tree, part)]
    if problems:
        raise RuleError(problems, hint="rules/outcome.yaml of the installed package shows the form")
    return Criteria(
        {name: float(entry["value"]) for name, entry in tree.value["limits"].items()},
        {name: tuple(map(float, entry["value"])) for name, entry in tree.value["grids"].items()},
        *(dict(tree.value.get(part, {})) for part in _SETTINGS),
    )


def _shape(tree: Tree) -> list[Problem]:
    if not isinstance(tree.value, dict):
        return [tree.problem((), f"expected a mapping with {' and '.join(_PARTS)}")]
    wrong = [part for part in _PARTS if not isinstance(tree.value.get(part), dict)]
    return [tree.problem((part,), f"expected a mapping under {part!r}") for part in wrong]


def _settings(tree: Tree, part: str) -> list[Problem]:
    """What is wrong with a list of settings; it may be left out."""
    listed = tree.value.get(part, {})
    if not isinstance(listed, dict):
        return [tree.problem((part,), "expected a mapping of settings to numbers")]
    wrong = [name for name, value in listed.items() if value is not None and not _number(value)]
    return [
        tree.problem((part, name), f"{name}: expected a number or null, found {listed[name]!r}")
        for name in wrong
    ]


def _entries(tree: Tree, part: str) -> list[Problem]:
    return [
        problem
        for name, entry in tree.value[part].items()
        for problem in _entry(tree, (part, str(name)), entry)
    ]


def _entry(tree: Tree, place: tuple[str, str], entry: Any) -> list[Problem]:
    if not isinstance(entry, dict) or set(entry) != set(_KEYS):
        return [tree.problem(place, f"{place[1]}: expected {', '.join(_KEYS)}")]
    value = entry["value"]
    if place[0] == "grids":
        numbers = isinstance(value, list) and len(value) > 0 and all(map(_number, value))
        if not numbers or sorted(value) != value:
            return [tree.problem((*place, "value"), f"{place[1]}: expected a rising list of numbers")]
        return []
    if not _number(value):
        return [tree.problem((*place, "value"), f"{place[1]}: expected a number, found {value!r}")]
    return []


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value
