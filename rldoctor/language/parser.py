"""Text to a checked expression. This is the security boundary: whatever is not listed here is refused."""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import field
from functools import lru_cache

from rldoctor.errors import ExpressionError, did_you_mean
from rldoctor.language.calls import bind
from rldoctor.language.functions import FUNCTIONS
from rldoctor.language.plan import SPACES, UNKNOWN, planned, words_of
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass

# Three bounds, since each alone leaves a way to hang: text that is long, trees that are wide, trees that
# are deep (every part recurses).
MAX_CHARACTERS = 1000
MAX_NODES = 200
MAX_DEPTH = 40

OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div)
COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)

# Characters come before syntax: quotes, brackets, braces, @ and % cannot start anything that is allowed,
# and Python's own parser never sees text with them.
_FOREIGN = pattern(r"[^A-Za-z0-9_.,+\-*/<>=!() \t\r\n]")
# A number that runs into a word (1or, 0x10, 1j), which Python accepts in part and warns about.
_GLUED = pattern(r"(?<![\w.])(?>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)[A-Za-z_]\w*")
_HINT = (
    "An expression has numbers, names, config.name, run.name, + - * /, comparisons, and/or/not and calls of "
    "functions; see docs/writing-rules.md."
)


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression: equal when its ``text`` is equal.

    ``parse`` makes a checked one with its ``kept`` plan, what there is to compute (``language/plan.py``); a
    compiled pack has the plan beside the text. Made from its text alone, an expression is parsed and checked
    when it is first looked into: no unchecked tree is ever seen.
    ``lead``: blanks before the text where it stands; offsets in errors and in the tree count them.
    """

    text: str
    lead: int = field(default=0, compare=False, repr=False)
    kept: str = field(default="", compare=False, repr=False)

    @property
    def plan(self) -> str:
        """What there is to compute, in the order in which it is computed."""
        return self.kept or _checked(self.text, self.lead).plan

    @property
    def names(self) -> frozenset[str]:
        """The plain names it reads: metrics, thresholds, lets, ``step``, ``progress``."""
        return words_of(self.plan).names

    @property
    def config(self) -> frozenset[str]:
        """The ``x`` of its ``config.x``."""
        return words_of(self.plan).config

    @property
    def run(self) -> frozenset[str]:
        """The ``x`` of its ``run.x``."""
        return words_of(self.plan).run

    @property
    def tree(self) -> ast.expr:
        """The checked syntax tree."""
        return _checked(self.text, self.lead).tree

    def __hash__(self) -> int:
        """Asked for whenever a result is remembered."""
        return hash(self.text)

    def __str__(self) -> str:
        """The text as written."""
        return self.text


def parse(text: str | float | int | bool) -> Expression:
    """The checked form of an expression; a YAML number or truth value is an expression too.

    Raises:
        ExpressionError: with the offset of the first thing that is not part of the language.
    """
    # YAML reads true as a truth value and 0.99 as a number; a rule may write either without quotes.
    if isinstance(text, bool):
        text = "true" if text else "false"
    return _parse(text if isinstance(text, str) else _written(text))


def _written(number: float | int) -> str:
    """A number as text; infinite and NaN ones are no numbers here."""
    try:
        if math.isfinite(number):
            return repr(float(number)) if isinstance(number, float) else str(number)
    except (OverflowError, ValueError):
        pass
    raise ExpressionError("a number must be finite")


@dataclass(frozen=True, slots=True)
class _Checked:
    """What the parser found in a text."""

    tree: ast.expr
    plan: str


@lru_cache(maxsize=4096)
def _parse(text: str) -> Expression:
    _refuse_foreign(text)
    stripped, lead = text.strip(), len(text) - len(text.lstrip())
    return Expression(stripped, lead, _checked(stripped, lead).plan)


@lru_cache(maxsize=4096)
def _checked(text: str, lead: int) -> _Checked:
    _refuse_foreign(text)
    tree = _ast(re.sub(r"\s", " ", text), lead)
    _Checker().check(tree, 1)
    return _Checked(tree, planned(tree))


def _refuse_foreign(text: str) -> None:
    """ExpressionError for a text that must not, or cannot, be handed to Python's parser."""
    if len(text) > MAX_CHARACTERS:
        raise ExpressionError(f"longer than {MAX_CHARACTERS} characters: split it with 'let'")
    foreign = _FOREIGN.search(text)
    if foreign:
        raise ExpressionError(
            f"{foreign[0]!r} is not part of the language", offset=foreign.start(), hint=_HINT
        )
    glued = _GLUED.search(text)
    if glued:
        raise ExpressionError(f"{glued[0]!r} is neither a number nor a name", offset=glued.start())
    if not text.strip():
        raise ExpressionError("an expression is missing")


def _ast(line: str, lead: int) -> ast.expr:
    """Python's syntax tree of a text; line breaks are blanks by now, so that offsets stay."""
    try:
        # Python warns of text like `1 is 2`, which the next step refuses with a place and a reason.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(line, mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"syntax: {error.msg}", offset=lead + max((error.offset or 1) - 1, 0)) from None
    # Deeply nested text exhausts the parser's own stack before any of our bounds is reached.
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError("nested too deeply") from None
    for node in ast.walk(tree) if lead else ():
        if isinstance(node, (ast.expr, ast.keyword)):
            node.col_offset += lead
    return tree


class _Checker:
    """Walks a syntax tree and refuses what is not whitelisted."""

    def __init__(self) -> None:
        self.nodes = 0
        self.kinds: dict[type[ast.AST], Callable[..., list[ast.expr]]] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.Attribute: self._attribute,
            ast.UnaryOp: self._unary,
            ast.BinOp: self._binary,
            ast.BoolOp: self._boolean,
            ast.Compare: self._compare,
            ast.Call: self._call,
        }

    def check(self, node: ast.expr, depth: int) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise ExpressionError(
                f"more than {MAX_NODES} parts or {MAX_DEPTH} levels: split it with 'let'",
                offset=node.col_offset,
            )
        kind = self.kinds.get(type(node))
        if kind is None:
            raise _refused(node, _PLAIN_NAMES.get(type(node), "this"))
        for child in kind(node):
            self.check(child, depth + 1)

    def _constant(self, node: ast.Constant) -> list[ast.expr]:
        value = node.value
        # Python's parser also makes constants of None, `...` and complex numbers.
        if not isinstance(value, (int, float)):
            raise _refused(node, repr(value))
        _finite(value, node)
        return []

    def _name(self, node: ast.Name) -> list[ast.expr]:
        name = node.id
        # `config` alone would be an object with attributes; only a name behind its dot is a value.
        if name in SPACES:
            raise ExpressionError(f"'{name}' needs a name after a dot: {name}.x", offset=node.col_offset)
        if name in FUNCTIONS:
            raise ExpressionError(f"'{name}' is a function: call it, {name}(...)", offset=node.col_offset)
        # Dunders are the way out of every sandbox made of Python syntax, so no name may begin like one.
        if name.startswith("_"):
            raise _refused(node, f"a name that begins with '_' ({name})")
        return []

    def _attribute(self, node: ast.Attribute) -> list[ast.expr]:
        # A dot is not attribute access here: `config.x` is one name, looked up in a mapping. Anything
        # longer (config.x.real) would be an attribute of a Python object.
        if not isinstance(node.value, ast.Name) or node.value.id not in SPACES or node.attr.startswith("_"):
            raise _refused(node, f".{node.attr}", "only config.name and run.name have a dot")
        self.nodes += 1
        return []

    def _unary(self, node: ast.UnaryOp) -> list[ast.expr]:
        # The only other unary operator, ~, is refused by its character.
        return [node.operand]

    def _binary(self, node: ast.BinOp) -> list[ast.expr]:
        if not isinstance(node.op, OPERATORS):
            word = {ast.Pow: "**", ast.FloorDiv: "//"}.get(type(node.op), "this shift")
            raise _refused(node, word, "use square(x), sqrt(x) or exp(x)" if word == "**" else "")
        return [node.left, node.right]

    def _boolean(self, node: ast.BoolOp) -> list[ast.expr]:
        return node.values

    def _compare(self, node: ast.Compare) -> list[ast.expr]:
        if not all(isinstance(op, COMPARISONS) for op in node.ops):
            raise _refused(node, "'in' or 'is'")
        sides = [node.left, *node.comparators]
        # NaN compares false, so such a comparison never holds: whoever writes it means known(x).
        if any(isinstance(side, ast.Name) and side.id == UNKNOWN for side in sides):
            raise ExpressionError(
                "a comparison with 'unknown' is never true: write known(x) or not known(x)",
                offset=node.col_offset,
            )
        return sides

    def _call(self, node: ast.Call) -> list[ast.expr]:
        # Only a name can be called, and only one of the table: no result of an expression is ever called.
        if not isinstance(node.func, ast.Name):
            raise _refused(node, "calling anything but a function's name")
        function = FUNCTIONS.get(node.func.id)
        if function is None:
            guess = did_you_mean(node.func.id, tuple(FUNCTIONS))
            raise ExpressionError(f"unknown function '{node.func.id}'{guess}", offset=node.col_offset)
        arguments = bind(node, function)
        return [*arguments.values, *([] if arguments.where is None else [arguments.where])]


def _finite(value: float | int, node: ast.Constant) -> None:
    try:
        finite = math.isfinite(value)
    except OverflowError:
        finite = False
    if not finite:
        raise ExpressionError("a number must be finite", offset=node.col_offset)


_PLAIN_NAMES: Mapping[type[ast.AST], str] = {
    ast.IfExp: "'if ... else'",
    ast.Lambda: "lambda",
    ast.Tuple: "a list of values",
    ast.Starred: "*",
}


def _refused(node: ast.expr, what: str, instead: str = "") -> ExpressionError:
    text = f"{what} is not part of the language" + (f": {instead}" if instead else "")
    return ExpressionError(text, offset=node.col_offset, hint=_HINT)
