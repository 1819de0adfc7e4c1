"""Numbers that decide without a name: what a reader cannot look up and a user cannot override."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rldoctor.errors import Problem
from rldoctor.language.parser import Expression, parse
from rldoctor.plain_data import dataclass
from rldoctor.rulebook.checks import as_written
from rldoctor.rulebook.schema import Rule
from rldoctor.yamlio import Tree, TreePath, load_tree

# 0 and 1 are hardly ever a choice: a sign, a truth value of a fact, the whole of a share. An hour has 3,600
# seconds whatever anybody wants.
NEUTRAL = frozenset({0, 1, 3600})
# In a measure a factor that turns a share into percent decides nothing either.
PERCENT = 100
# A prescription is a number by nature; what it decides comes after the diagnosis.
PRESCRIBES = "fixes"


@dataclass(frozen=True, slots=True)
class BareNumber:
    """A number in an expression of a rule, as written, and where it stands."""

    text: str
    at: Problem


def bare_numbers(rule: Rule) -> list[BareNumber]:
    """Every number of the rule's expressions that decides something and has no name, unit and note.

    What ``each`` stands for counts once, where it is written, and what the pack shares counts in the pack.
    """
    tree = load_tree(Path(rule.path))  # the positions, which a loaded rule no longer has
    return [one for place, said in _written(rule, tree) for one in _in(said, place, tree)]


def _written(rule: Rule, tree: Tree) -> Iterator[tuple[TreePath, Expression]]:
    for use in as_written(rule, tree):
        if use.place[0] != PRESCRIBES and use.place in tree.starts:
            yield use.place, use.expression
    blocks = tree.value.get("each", {}) if isinstance(tree.value, dict) else {}
    for name, block in blocks.items():
        texts: list[tuple[TreePath, Any]] = [(("when",), block["when"])]
        texts += [
            ((part, key), text) for part in ("let", "defaults") for key, text in block.get(part, {}).items()
        ]
        yield from ((("each", name, *place), parse(text)) for place, text in texts)


def _in(said: Expression, place: TreePath, tree: Tree) -> Iterator[BareNumber]:
    given = {id(node) for node in _of_formulas(said.tree, measured=place[0] == "measure")}
    for node in ast.walk(said.tree):
        number = node.value if isinstance(node, ast.Constant) and id(node) not in given else None
        if isinstance(node, ast.Constant) and isinstance(number, int | float) and number not in NEUTRAL:
            text = f"{number:g}"
            says = f"the number {text} decides here without a name, unit and note"
            yield BareNumber(text, tree.problem(place, says, offset=node.col_offset))


def _of_formulas(said: ast.AST, *, measured: bool) -> Iterator[ast.expr]:
    """Numbers that nobody could choose otherwise: a half, the 2 below a root, the factor of a percentage."""
    for node in ast.walk(said):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and _is(node.right, 2):
            yield node.right
        rooted = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "sqrt"
        for below in node.args if isinstance(node, ast.Call) and rooted else ():
            number = below.left if isinstance(below, ast.BinOp) else below
            if _is(number, 2):
                yield number
    if measured and isinstance(whole := getattr(said, "body", said), ast.BinOp) and _is(whole.left, PERCENT):
        yield whole.left


def _is(node: ast.expr, number: int) -> bool:
    return isinstance(node, ast.Constant) and node.value == number
