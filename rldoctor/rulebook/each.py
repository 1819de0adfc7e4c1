"""``each``: one condition stated once over a list of metrics, written out when the file is checked.

A block ``dead`` over ``value_loss`` and ``q_mean`` becomes ordinary lets and measures: its ``let`` ``stuck``
is ``value_loss_stuck`` and ``q_mean_stuck``, its ``when`` is ``value_loss_dead`` and ``q_mean_dead``, and
``dead`` is how many of them hold. So the engine, the pages and the checks know nothing of it, and what is
evaluated is parsed like every other expression, within the same bounds.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from rldoctor.datafiles.sheet import Sheet, nearest
from rldoctor.errors import ExpressionError
from rldoctor.language.parser import parse
from rldoctor.plain_data import dataclass
from rldoctor.yamlio import TreePath

# What stands for the metric in turn, in the expressions and texts of a block.
TURN = "metric"
# Each metric repeats every expression: without a bound a small file makes a large rule.
MAX_METRICS, MAX_EXPRESSIONS = 40, 400
_SAYS = "says"


@dataclass(slots=True)
class Expanded:
    """Plain lets and measures that the blocks stand for; ``places``: where each is written in the file.

    ``holds``: by block, the let that is true where a metric is one of those meant, by metric.
    """

    let: dict[str, str] = field(default_factory=dict)
    measure: dict[str, dict[str, Any]] = field(default_factory=dict)
    holds: dict[str, dict[str, str]] = field(default_factory=dict)
    places: dict[str, TreePath] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Turn:
    """One metric of a block: its own expressions and texts."""

    metric: str
    own: Mapping[str, ast.expr]
    says: Mapping[str, str]


def expand(plain: dict[str, Any], sheet: Sheet) -> Mapping[str, TreePath]:
    """Write the blocks of ``each`` out into ``let`` and ``measure``; where in the file each part stands."""
    if "each" not in plain:
        return {}
    found = Expanded()
    for name, block in plain["each"].items():
        _Block(name, block, sheet, found).expand()
    plain["let"] = _in_order(plain.get("let", {}), found)
    plain["measure"] = {**plain.get("measure", {}), **found.measure}
    plain["each"] = found.holds
    return found.places


def _in_order(lets: Mapping[str, Any], expanded: Expanded) -> dict[str, Any]:
    """The lets in order of evaluation: one that uses a block comes after all blocks, the others before."""
    after: dict[str, Any] = {}
    for name, text in lets.items():
        if parse(text).names & (expanded.let.keys() | after.keys()):
            after[name] = text
    return {**{name: one for name, one in lets.items() if name not in after}, **expanded.let, **after}


@dataclass(slots=True)
class _Block:
    """One block and what it adds; problems are noted at its place in the file."""

    name: str
    plain: Mapping[str, Any]
    sheet: Sheet
    found: Expanded

    def expand(self) -> None:
        lets, shown = self.plain.get("let", {}), self.plain.get("measure", {})
        turns = list(self._turns())
        if not all(map(self._usable, (self.name, *lets, *shown, *(turn.metric for turn in turns)))):
            return
        size = len(turns) * (len(lets) + len(shown) + 1)
        if not turns or len(turns) > MAX_METRICS or size + len(self.found.let) > MAX_EXPRESSIONS:
            self._wrong(f"'each' is over 1 to {MAX_METRICS} metrics and {MAX_EXPRESSIONS} expressions in all")
            return
        # `when` is the last let of a block, under the block's own name.
        parts = {**lets, self.name: self.plain["when"]}
        for turn in turns:
            self._turn(turn, parts, shown)
        holds = {turn.metric: f"{turn.metric}_{self.name}" for turn in turns}
        self.found.holds[self.name] = holds
        total = self._parsed(f"how_many({', '.join(holds.values())}, false)")
        if total:
            self._note(self.name)
            self.found.let[self.name] = total

    def _turns(self) -> Iterator[_Turn]:
        """The metrics: a list of names, or a mapping from each to what differs for it."""
        defaults = {key: parse(text).tree for key, text in self.plain.get("defaults", {}).items()}
        metrics = self.plain["metrics"]
        for metric in metrics:
            entry = (metrics[metric] if isinstance(metrics, dict) else None) or {}
            own = dict(defaults)
            for key, text in entry.items():
                if key == _SAYS and isinstance(text, dict):
                    continue
                if key not in defaults or isinstance(text, dict):
                    known = (*defaults, _SAYS)
                    self._wrong(f"unknown key '{key}'{nearest(key, known)}", "metrics", metric, key)
                else:
                    own[key] = parse(text).tree
            says = entry.get(_SAYS, {})
            yield _Turn(metric, own, self._texts(metric, says) if isinstance(says, dict) else {})

    def _texts(self, metric: str, says: Mapping[str, str]) -> Mapping[str, str]:
        """What is said instead for one metric, by measure of the block."""
        shown = self.plain.get("measure", {})
        for key in says:
            if key not in shown:
                self._wrong(f"unknown measure '{key}'{nearest(key, shown)}", "metrics", metric, _SAYS, key)
        return says

    def _turn(self, turn: _Turn, parts: Mapping[str, Any], shown: Mapping[str, Any]) -> None:
        names = {key: f"{turn.metric}_{key}" for key in parts}
        swap = {TURN: ast.Name(turn.metric), **turn.own, **{key: ast.Name(to) for key, to in names.items()}}
        for key, text in parts.items():
            place = ("when",) if key == self.name else ("let", key)
            if made := self._for(text, swap, *place):
                self._note(names[key], *place)
                self.found.let[names[key]] = made
        for key, spec in shown.items():
            if value := self._for(spec["value"], swap, "measure", key):
                says = turn.says.get(key, spec.get("says", "")).replace("{" + TURN + "}", turn.metric)
                made_spec = {**spec, "value": value, **({"says": says} if says else {})}
                self.found.measure[f"{turn.metric}_{key}"] = made_spec
                self.found.places.setdefault(f"{turn.metric}_{key}", self._place("measure", key))

    def _usable(self, name: str) -> bool:
        """Names become parts of other names, so they are looked at before anything is made of them."""
        if name.isidentifier() and name.isascii() and not name.startswith("_") and name != TURN:
            return True
        self._wrong(f"'{name}' is not a usable name here: letters, digits and _, and not '{TURN}'")
        return False

    def _note(self, name: str, *place: str) -> None:
        if name in self.found.let:
            self._wrong(f"two parts of 'each' are called '{name}'", *place)
        self.found.places[name] = self._place(*place)

    def _for(self, text: Any, swap: Mapping[str, ast.expr], *place: str) -> str:
        """The expression with names replaced, parsed again: the bounds of the language hold for it too."""
        tree = copy.deepcopy(parse(text).tree)
        return self._parsed(ast.unparse(_Swapped(swap).visit(tree)), *place)

    def _parsed(self, text: str, *place: str) -> str:
        try:
            return parse(text).text
        except ExpressionError as error:
            self._wrong(f"for one of its metrics: {error}", *place)
            return ""

    def _wrong(self, text: str, *place: str) -> None:
        self.sheet.wrong(text, *self._place(*place))

    def _place(self, *place: str) -> TreePath:
        return ("each", self.name, *place)


class _Swapped(ast.NodeTransformer):
    """Names replaced by expressions; the names of functions and after a dot are not names of values."""

    def __init__(self, swap: Mapping[str, ast.expr]) -> None:
        self.swap = swap

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.swap.get(node.id, node)

    def visit_Call(self, node: ast.Call) -> ast.Call:
        return ast.Call(
            node.func,
            [self.visit(one) for one in node.args],
            [ast.keyword(one.arg, self.visit(one.value)) for one in node.keywords],
        )

    def visit_Attribute(self, node: ast.Attribute) -> ast.Attribute:
        return node
