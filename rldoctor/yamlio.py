"""The YAML loader for this project's own files: rules, rule tests, vocabularies, catalogues.

PyYAML composes the nodes (its C parser where there is one); the values are made here, because PyYAML's own
constructor reads ``5e-4`` as text, ``no`` as False, ``012`` as 10, and lets the last of two equal keys win.
Scalars follow the YAML 1.2 core schema; equal keys, foreign tags, alias bombs are errors; positions are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from rldoctor.errors import Problem, RuleError
from rldoctor.files import TooLargeError, read_bytes
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass

Step: TypeAlias = str | int | float | bool | None
TreePath: TypeAlias = tuple[Step, ...]
Position: TypeAlias = tuple[int, int]

MAX_BYTES = 1_000_000
MAX_NODES = 200_000
MAX_DEPTH = 60
MAX_DIGITS = 40

_CORE = "tag:yaml.org,2002:"
_COLLECTIONS = frozenset({f"{_CORE}map", f"{_CORE}seq"})
_PLAIN = "?"
# What anything but text starts with; most scalars are text, and this settles them.
_STARTS = frozenset(["", *"~nNtTfF+-.0123456789"])
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INTEGER = pattern(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = pattern(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = pattern(r"([-+]?)\.(inf|Inf|INF|nan|NaN|NAN)")
_BASES = {"0o": 8, "0x": 16}
_TYPE_NAMES = {"int": "int", "float": "float", "bool": "bool", "null": "NoneType"}

# The C composer recurses without a limit of its own, so text that could nest deeply is looked at first.
_SAFE_BRACKETS = 500
_BLOCK_RUN = pattern(r"(?:[-?:][ \t]+){200}")

_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Composer(_Parser):  # type: ignore[misc]
    """PyYAML's parser and composer; untagged plain scalars keep the mark ``?`` so that we resolve them."""

    def resolve(self, kind: type, value: Any, implicit: Any) -> str:
        """The tag of an untagged node."""
        if kind is yaml.ScalarNode:
            return _PLAIN if implicit[0] else f"{_CORE}str"
        return f"{_CORE}seq" if kind is yaml.SequenceNode else f"{_CORE}map"


@dataclass(frozen=True, slots=True)
class Tree:
    """A file as plain values, with the 1-based (line, column) of every value and of every mapping key.

    A place is the path of keys and list indices from the top: ``("thresholds", "kl", "value")``.
    ``starts`` and ``keys`` map places to positions; ``exact`` holds the places whose text stands on one line
    exactly as in the value, so that a column inside the value is a column in the file.
    """

    name: str
    value: Any
    starts: Mapping[TreePath, Position] = field(default_factory=dict)
    keys: Mapping[TreePath, Position] = field(default_factory=dict)
    exact: Mapping[TreePath, int] = field(default_factory=dict)

    def position(self, place: TreePath) -> Position:
        """Where the value at ``place`` (or the nearest thing around it) starts; (0, 0) when unknown."""
        for length in range(len(place), -1, -1):
            found = self.starts.get(place[:length])
            if found is not None:
                return found
        return (0, 0)

    def key_position(self, place: TreePath) -> Position:
        """Where the key that leads to ``place`` stands; the value's position for list items."""
        return self.keys.get(place) or self.position(place)

    def problem(self, place: TreePath, text: str, *, offset: int = 0, at_key: bool = False) -> Problem:
        """A Problem at ``place``; ``offset`` counts characters inside a one-line text value."""
        line, column = self.key_position(place) if at_key else self.position(place)
        if place in self.exact:
            column += self.exact[place] + offset
        return Problem(self.name, line, column, text)


def load_yaml(source: Path | str, *, name: str = "") -> Any:
    """Plain Python values of a YAML file (``Path``) or of YAML text (``str``).

    Raises:
        RuleError: unreadable, larger than 1 MB, not UTF-8, not YAML, duplicate keys, foreign tags.
    """
    return load_tree(source, name=name).value


def parse_yaml(text: str, name: str) -> Any:
    """Plain Python values of YAML ``text``; ``name`` stands in error messages. Raises RuleError."""
    return parse_tree(text, name).value


def load_tree(source: Path | str, *, name: str = "") -> Tree:
    """Like :func:`load_yaml`, with positions. Raises RuleError."""
    if isinstance(source, str):
        return parse_tree(source, name or "<text>")
    return parse_tree(_read(source, name or str(source)), name or str(source))


load_nodes = load_tree


def parse_tree(text: str, name: str) -> Tree:
    """Values and positions of YAML ``text``; empty text is None. Raises RuleError."""
    if len(text) > MAX_BYTES:
        raise _error(name, (1, 1), f"larger than {MAX_BYTES} characters: not a file of this program")
    root = _compose(text, name)
    builder = _Builder(name)
    value = None if root is None else builder.build(root, ())
    if builder.problems:
        raise RuleError(builder.problems)
    return Tree(name, value, builder.starts, builder.keys, builder.exact)


def _read(path: Path, name: str) -> str:
    try:
        return read_bytes(path, MAX_BYTES).decode("utf-8-sig")
    except TooLargeError:
        raise _error(name, (1, 1), f"larger than {MAX_BYTES} bytes: not a file of this program") from None
    except OSError as error:
        raise _error(name, (0, 0), f"cannot read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise _error(name, (0, 0), f"not UTF-8 text (byte {error.start})") from None


def _compose(text: str, name: str) -> yaml.Node | None:
    try:
        _check_depth(text, name)
        node: yaml.Node | None = _Composer(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        position = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise _error(name, position, f"not valid YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise _error(name, (0, 0), f"not valid YAML: {' '.join(str(error).split())}") from None
    except (RecursionError, ValueError) as error:
        raise _error(name, (0, 0), f"not valid YAML: {error}") from None
    return node


def _check_depth(text: str, name: str) -> None:
    """Refuse nesting that would exhaust the C stack; the walk over events is only made where it could be."""
    if text.count("[") + text.count("{") <= _SAFE_BRACKETS and not _BLOCK_RUN.search(text):
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Composer):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _error(name, _start(event), f"nested deeper than {MAX_DEPTH} levels")


def _error(name: str, position: Position, text: str) -> RuleError:
    return RuleError([Problem(name, *position, text)])


class _Builder:
    """Turns nodes into values, collecting positions and problems."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.starts: dict[TreePath, Position] = {}
        self.keys: dict[TreePath, Position] = {}
        self.exact: dict[TreePath, int] = {}
        self.problems: list[Problem] = []
        self.budget = MAX_NODES

    def build(self, node: yaml.Node, place: TreePath) -> Any:
        self.budget -= 1
        if self.budget < 0 or len(place) >= MAX_DEPTH:
            raise _error(
                self.name, _start(node), "too many values or too deeply nested (an alias of itself?)"
            )
        self.starts[place] = _start(node)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, place)
        if node.tag not in _COLLECTIONS:
            self._wrong(node, f"the tag {node.tag} is not allowed here")
        return (
            self._mapping(node, place) if isinstance(node, yaml.MappingNode) else self._sequence(node, place)
        )

    def _wrong(self, node: yaml.Node, text: str) -> None:
        self.problems.append(Problem(self.name, *_start(node), text))

    def _sequence(self, node: yaml.Node, place: TreePath) -> list[Any]:
        return [self.build(child, (*place, index)) for index, child in enumerate(node.value)]

    def _mapping(self, node: yaml.MappingNode, place: TreePath) -> dict[Any, Any]:
        values: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._wrong(key_node, "a key must be a plain word or number")
                continue
            key = self._scalar(key_node, None)
            if key in values:
                self._wrong(
                    key_node,
                    f"the key {key!r} stands here twice (first in line {self.keys[(*place, key)][0]})",
                )
                continue
            self.keys[(*place, key)] = _start(key_node)
            values[key] = self.build(value_node, (*place, key))
        return values

    def _scalar(self, node: yaml.ScalarNode, place: TreePath | None) -> Step:
        if place is not None and node.start_mark.line == node.end_mark.line and node.style not in ("|", ">"):
            self.exact[place] = 1 if node.style in ("'", '"') else 0
        try:
            return _resolve(node.tag, node.value)
        except ValueError as error:
            self._wrong(node, str(error))
            return None


def _start(node: yaml.Node | yaml.Event) -> Position:
    mark: Any = node.start_mark
    return (mark.line + 1, mark.column + 1)


def _resolve(tag: str, text: str) -> Step:
    """The value of a scalar by the core schema; ValueError when its tag says otherwise."""
    value = text if tag == f"{_CORE}str" else _plain(text)
    if tag not in (_PLAIN, f"{_CORE}str") and not (
        tag.startswith(_CORE) and type(value).__name__ == _TYPE_NAMES.get(tag[len(_CORE) :])
    ):
        raise ValueError(f"the tag {tag} is not allowed on {text[:40]!r}")
    return value


def _plain(text: str) -> Step:
    """YAML 1.2 core schema: null, true/false, integers, floats; anything else is text."""
    if text[:1] not in _STARTS:
        return text
    if text in _NULLS:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    special = _SPECIAL.fullmatch(text)
    return text if special is None else float(special[1] + special[2])


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number of more than {MAX_DIGITS} digits")
    base = _BASES.get(text[:2], 10)
    return int(text[2:] if base != 10 else text, base)
