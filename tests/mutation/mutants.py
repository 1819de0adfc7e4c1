"""Small faults put into Python source: which there can be in a file, and the text with one of them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
REPLACED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
CALLED = {"min": "max", "max": "min", "any": "all", "all": "any", "nanmax": "nanmin", "nanmin": "nanmax"}
# Replaced by their argument.
UNWRAPPED = {"nan_to_num", "abs", "sorted", "round", "reversed"}
# What does nothing when it runs, or only sets a size of something: a change there is no fault.
INERT = {"lru_cache", "cache", "dataclass", "field", "overload"}


@dataclass(frozen=True)
class Mutant:
    """One change: the ``node``-th of the file as ``ast.walk`` counts, in its ``way``-th way."""

    path: Path
    line: int
    node: int
    way: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.before}  ->  {self.after}"


def mutants_of(path: Path, text: str) -> list[Mutant]:
    """Every mutant of a file."""
    tree = ast.parse(text)
    inert = {id(part) for one in inert_parts(tree) for part in ast.walk(one)}
    found = []
    for number, node in enumerate(ast.walk(tree)):
        if id(node) in inert:
            continue
        for way, change in enumerate(changes(node)):
            before = ast.unparse(node)
            line = node.target.lineno if isinstance(node, ast.comprehension) else node.lineno
            undo = dict(vars(node))
            change()
            found.append(Mutant(path, line, number, way, short(before), short(ast.unparse(node))))
            vars(node).clear()
            vars(node).update(undo)
    return found


def mutated(text: str, mutant: Mutant) -> str:
    """The text of a file with one mutant in it (comments are lost)."""
    tree = ast.parse(text)
    node = list(ast.walk(tree))[mutant.node]
    list(changes(node))[mutant.way]()
    return ast.unparse(ast.fix_missing_locations(tree))


def inert_parts(tree: ast.Module) -> Iterator[ast.AST]:
    """Annotations, decorators, docstrings, assertions, imports for the types: nothing a test could notice."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from (one for one in [*node.decorator_list, node.returns] if one is not None)
        if isinstance(node, ast.ClassDef):
            yield from node.decorator_list
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            yield node.annotation
        if isinstance(node, ast.Assert) or (
            isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        ):
            yield node
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            yield from [node] if name in INERT else node.args[1:] if name == "isinstance" else []
        if isinstance(node, ast.Assign) and names_a_type(node):
            yield node


def names_a_type(node: ast.Assign) -> bool:
    """``FloatArray = NDArray[np.float64]``, ``Value = float | FloatArray``: a type by another name."""
    name = ast.unparse(node.targets[0])
    return name[:1].isupper() and not name.isupper() and isinstance(node.value, ast.Subscript | ast.BinOp)


def changes(node: ast.AST) -> Iterator[Callable[[], None]]:
    """The ways to spoil a node, each a function that does it in place."""
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            for other in COMPARED[type(operator)]:
                yield lambda place=place, other=other: setattr(
                    node, "ops", [*node.ops[:place], other(), *node.ops[place + 1 :]]
                )
    elif isinstance(node, ast.BinOp) and type(node.op) in REPLACED:
        yield lambda: setattr(node, "op", REPLACED[type(node.op)]())
    elif isinstance(node, ast.BoolOp):
        yield lambda: setattr(node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield lambda: setattr(node, "operand", ast.UnaryOp(ast.Not(), node.operand))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield lambda: setattr(node, "op", ast.UAdd())
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield lambda: setattr(node, "value", not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield lambda: setattr(node, "value", node.value + 1)
    elif isinstance(node, ast.Return) and node.value is not None and ast.unparse(node.value) != "None":
        yield lambda: setattr(node, "value", ast.Constant(None))
    elif isinstance(node, ast.IfExp | ast.If | ast.While):
        yield lambda: setattr(node, "test", ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.comprehension) and node.ifs:
        yield lambda: setattr(node, "ifs", [])
    elif isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in CALLED:
            yield lambda: setattr(node, "func", renamed(node.func, CALLED[name]))
        if name in UNWRAPPED and len(node.args) == 1 and not node.keywords:
            same = ast.parse("lambda same: same", mode="eval").body
            yield lambda: setattr(node, "func", same)


def renamed(function: ast.expr, name: str) -> ast.expr:
    """The same function or method by another name."""
    return ast.Attribute(function.value, name) if isinstance(function, ast.Attribute) else ast.Name(name)


def short(code: str) -> str:
    """The first line of some code."""
    first = code.splitlines()[0]
    return first if len(first) <= 70 else f"{first[:67]}..."
