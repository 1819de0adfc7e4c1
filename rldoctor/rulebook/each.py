"""``each``: one condition stated once over a list of metrics, expanded when the rule is loaded.

A block ``dead`` over ``value_loss`` and ``q_mean`` becomes ordinary lets and measures: its ``let`` ``stuck``
is ``value_loss_stuck`` and ``q_mean_stuck``, its ``when`` is ``value_loss_dead`` and ``q_mean_dead``, and
``dead`` is how many of them hold. So the engine, the pages and the checks know nothing of it, and what is
evaluated is parsed like every other expression, within the same bounds.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rldoctor.errors import ExpressionError
from rldoctor.language.parser import Expression, parse
from rldoctor.rulebook.fields import Fields
from rldoctor.rulebook.parts import measures
from rldoctor.rulebook.schema import MeasureSpec
from rldoctor.yamlio import TreePath

# What stands for the metric in turn, in the expressions and texts of a block.
TURN = "metric"
# Each metric repeats every expression: without a bound a small file makes a large rule.
MAX_METRICS, MAX_EXPRESSIONS = 40, 400


@dataclass(slots=True)
class Expanded:
    """Lets and measures that the blocks stand for; ``places``: where each of them is written in the file.

    ``holds``: by block, the let that is true where a metric is one of those meant, by metric.
    """

    let: dict[str, Expression] = field(default_factory=dict)
    measure: dict[str, MeasureSpec] = field(default_factory=dict)
    holds: dict[str, Mapping[str, str]] = field(default_factory=dict)
    places: dict[str, TreePath] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Turn:
    """One metric of a block: its own expressions and texts, and what the names of the block become for it."""

    metric: str
    own: Mapping[str, ast.expr]
    says: Mapping[str, str]


def each(rule: Fields) -> Expanded:
    """The blocks of ``each``, in file order."""
    found = Expanded()
    for name, entry in rule.entries("each"):
        block = rule.inside(entry, "each", name)
        _expand(block, name, found)
        block.finish()
    return found


def in_order(lets: Mapping[str, Expression], expanded: Expanded) -> dict[str, Expression]:
    """The lets in order of evaluation: one that uses a block comes after all blocks, the others before."""
    after: dict[str, Expression] = {}
    for name, expression in lets.items():
        if expression.names & (expanded.let.keys() | after.keys()):
            after[name] = expression
    return {**{name: one for name, one in lets.items() if name not in after}, **expanded.let, **after}


def _expand(block: Fields, name: str, found: Expanded) -> None:
    lets = {key: block.parsed(text, "let", key) for key, text in block.entries("let")}
    when, shown = block.expression("when", required=True), measures(block)
    turns = list(_turns(block))
    if not all(_usable(block, one) for one in (name, *lets, *shown, *(turn.metric for turn in turns))):
        return
    size = len(turns) * (len(lets) + len(shown) + 1)
    if not turns or len(turns) > MAX_METRICS or size + len(found.let) > MAX_EXPRESSIONS:
        block.wrong(f"'each' is over 1 to {MAX_METRICS} metrics and {MAX_EXPRESSIONS} expressions in all")
        return
    # `when` is the last let of a block, under the block's own name.
    parts = {**lets, name: when}
    for turn in turns:
        names = {key: f"{turn.metric}_{key}" for key in parts}
        swap = {TURN: ast.Name(turn.metric), **turn.own, **{key: ast.Name(to) for key, to in names.items()}}
        for key, expression in parts.items():
            place = ("when",) if key == name else ("let", key)
            made = None if expression is None else _for(block, expression, swap, *place)
            if made is not None:
                _note(block, found, names[key], *place)
                found.let[names[key]] = made
        for key, spec in shown.items():
            _measure(block, found, turn, key, spec, swap)
    found.holds[name] = {turn.metric: f"{turn.metric}_{name}" for turn in turns}
    total = _parsed(block, f"how_many({', '.join(found.holds[name].values())}, false)")
    if total is not None:
        _note(block, found, name)
        found.let[name] = total


def _usable(block: Fields, name: str) -> bool:
    """Names become parts of other names, so they are looked at before anything is made of them."""
    if name.isidentifier() and name.isascii() and not name.startswith("_") and name != TURN:
        return True
    block.wrong(f"'{name}' is not a usable name here: letters, digits and _, and not '{TURN}'")
    return False


def _turns(block: Fields) -> Iterator[_Turn]:
    """The metrics: a list of names, or a mapping from each to what differs for it (``says``, expressions)."""
    defaults = {key: block.parsed(text, "defaults", key) for key, text in block.entries("defaults")}
    if not isinstance(block.values.get("metrics"), dict):
        entries = dict.fromkeys(block.texts("metrics", required=True))
    else:
        entries = dict(block.entries("metrics"))
    for metric, entry in entries.items():
        part = block.inside({} if entry is None else entry, "metrics", metric)
        own = {key: part.expression(key) or one for key, one in defaults.items()}
        says = {key: text for key, text in part.entries("says") if isinstance(text, str)}
        part.finish()
        yield _Turn(metric, {key: one.tree for key, one in own.items() if one is not None}, says)


def _measure(
    block: Fields, found: Expanded, turn: _Turn, key: str, spec: MeasureSpec, swap: Mapping[str, ast.expr]
) -> None:
    value = _for(block, spec.value, swap, "measure", key)
    if value is not None:
        name = f"{turn.metric}_{key}"
        says = turn.says.get(key, spec.says).replace("{" + TURN + "}", turn.metric)
        found.measure[name] = MeasureSpec(name, value, spec.unit, spec.format, spec.limit, says)
        found.places.setdefault(name, (*block.place, "measure", key))


def _note(block: Fields, found: Expanded, name: str, *place: str) -> None:
    if name in found.let:
        block.wrong(f"two parts of 'each' are called '{name}'", *place)
    found.places[name] = (*block.place, *place)


def _for(
    block: Fields, expression: Expression, swap: Mapping[str, ast.expr], *place: str
) -> Expression | None:
    """The expression with names replaced, parsed again: the bounds of the language hold for the result."""
    return _parsed(block, ast.unparse(_Swapped(swap).visit(copy.deepcopy(expression.tree))), *place)


def _parsed(block: Fields, text: str, *place: str) -> Expression | None:
    try:
        return parse(text)
    except ExpressionError as error:
        block.wrong(f"for one of its metrics: {error}", *place)
        return None


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
