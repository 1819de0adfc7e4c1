"""YAML of other people's tools: python tags become plain data, nothing is imported or called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import yaml

from rldoctor.patterns import pattern

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PYTHON = "tag:yaml.org,2002:python/"
_SCALARS = ("str", "unicode", "int", "long", "float", "bool")
_DTYPE = pattern(r"^[fiub][1248]$")
# YAML 1.1 reads 5e-4 as text; whoever wrote it meant a number.
_FLOAT = pattern(r"^[-+]?(?:\.\d+|\d+(?:\.\d*)?)[eE][-+]?\d+$")


_MERGE = "tag:yaml.org,2002:merge"
_MOST_MERGED = 20_000
_DEEPEST = 200
_SAFE_BRACKETS = 400
_BLOCK_RUN = pattern(r"(?:[-?:][ \t]+){100}")


class NoYamlError(ValueError):
    """A text that is no YAML; ``line`` is where, from 1, or 0 where that is not known."""

    def __init__(self, error: yaml.YAMLError) -> None:
        """What the parser said."""
        mark = getattr(error, "problem_mark", None)
        super().__init__(str(getattr(error, "problem", None) or error))
        self.line = mark.line + 1 if mark else 0


class _Loader(_Base):  # type: ignore[misc]
    """SafeLoader that accepts every tag and builds plain values only.

    ``double`` takes the keys that stand twice in one mapping.
    """

    def __init__(self, text: str, double: set[str]) -> None:
        super().__init__(text)
        self.double = double
        self._looked_at: set[int] = set()
        self._budget = _MOST_MERGED

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Put what ``<<`` merges in front; PyYAML's own lets a few aliases grow without end."""
        if id(node) in self._looked_at:
            return
        self._looked_at.add(id(node))
        own = [pair for pair in node.value if pair[0].tag != _MERGE]
        counts = Counter(key.value for key, _ in own if isinstance(key, yaml.ScalarNode))
        self.double.update(str(key) for key, count in counts.items() if count > 1)
        # Of several mappings the first counts most, so it stands last.
        parts = [
            part for key, value in node.value if key.tag == _MERGE for part in reversed(_mappings(value))
        ]
        node.value = [pair for part in parts for pair in self._merged(part)] + own

    def _merged(self, part: yaml.MappingNode) -> list[Any]:
        self.flatten_mapping(part)
        self._budget -= len(part.value)
        if self._budget < 0:
            raise _refused("merged into more than any configuration", part)
        return list(part.value)


def _refused(why: str, where: yaml.Node | yaml.Event) -> yaml.YAMLError:
    mark: Any = where.start_mark
    return yaml.constructor.ConstructorError(None, None, why, mark)


def _mappings(node: yaml.Node) -> list[yaml.MappingNode]:
    """What a merge key names: a mapping, or a list of them."""
    nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
    if not all(isinstance(one, yaml.MappingNode) for one in nodes):
        raise _refused("expected a mapping to merge", node)
    return list(nodes)


def _check_depth(text: str) -> None:
    """Refuse nesting that would exhaust the stack of the C parser; only asked where there could be any."""
    if text.count("[") + text.count("{") <= _SAFE_BRACKETS and not _BLOCK_RUN.search(text):
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Base):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise _refused(f"deeper than {_DEEPEST} levels", event)


def load_plain(text: str, double: set[str] | None = None) -> Any:
    """The first document of a YAML text as plain data; NoYamlError when the text is none.

    ``double`` takes the keys that stand twice in one mapping; the last one counts.
    """
    try:
        _check_depth(text)
        loader = _Loader(text, set() if double is None else double)
        try:
            # The first document only: PyYAML's ``load`` refuses a file that has a second one.
            return loader.get_data() if loader.check_data() else None
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise NoYamlError(error) from error


def _content(loader: Any, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


def _object(loader: Any, suffix: str, node: yaml.Node) -> Any:
    """``python/object/apply:collections.OrderedDict`` and its kin: the data they were given."""
    name = suffix.partition(":")[2]
    data = _content(loader, node)
    if name.endswith("OrderedDict") and isinstance(data, list):
        return _pairs(data)
    if name.endswith("multiarray.scalar") and isinstance(data, list):
        return _numpy_scalar(data)
    if name.startswith("pathlib.") and isinstance(data, list):
        return "/".join(map(str, data)).replace("//", "/")
    if isinstance(data, list) and len(data) == 1:  # an enum member, a one-argument wrapper
        return data[0]
    return data if data not in (None, "", [], {}) else name


def _pairs(data: list[Any]) -> Any:
    """``[[[key, value], ...]]`` as a dictionary; the data unchanged when it is anything else."""
    try:
        return dict(data[0]) if data else {}
    except (TypeError, ValueError):
        return data


def _numpy_scalar(data: list[Any]) -> Any:
    match data:
        # How PyYAML dumps ``np.float64(0.25)``: what the dtype was made with, then the bytes of the number.
        case [{"args": [str(kind), *_]}, bytes(raw)] if _DTYPE.match(kind) and len(raw) == int(kind[1]):
            return np.frombuffer(raw, dtype=kind)[0].item()
        case _:
            return str(data)


def _named(loader: Any, suffix: str, node: yaml.Node) -> str:
    """``python/name:torch.nn.ReLU`` as its name."""
    return suffix or str(loader.construct_scalar(node))


def _tuple(loader: Any, node: yaml.Node) -> Any:
    data = _content(loader, node)
    return tuple(data) if isinstance(data, list) else data


def _scalar(loader: Any, node: yaml.Node) -> Any:
    """``!!python/float 1.0`` and the like, read as if the tag were the plain one."""
    if not isinstance(node, yaml.ScalarNode):
        return _content(loader, node)
    kind = node.tag.removeprefix(_PYTHON)
    tag = {"long": "int", "unicode": "str"}.get(kind, kind)
    plain = yaml.ScalarNode(f"tag:yaml.org,2002:{tag}", node.value, node.start_mark, node.end_mark)
    return loader.construct_object(plain)


def _or_text(construct: Callable[[Any, yaml.Node], Any]) -> Callable[[Any, yaml.Node], Any]:
    """A constructor of PyYAML's that leaves a value as it is written where it is not what its tag says."""

    def tolerant(loader: Any, node: yaml.Node) -> Any:
        try:
            return construct(loader, node)
        except Exception:  # ValueError, KeyError, IndexError, AttributeError: as the text leads to
            return node.value if isinstance(node, yaml.ScalarNode) else _content(loader, node)

    return tolerant


def _any(loader: Any, _suffix: str, node: yaml.Node) -> Any:
    return _content(loader, node)


for _name in ("int", "float", "bool", "timestamp", "binary", "null"):
    _tag = f"tag:yaml.org,2002:{_name}"
    _Loader.add_constructor(_tag, _or_text(_Base.yaml_constructors[_tag]))
for _name in _SCALARS:
    _Loader.add_constructor(_PYTHON + _name, _scalar)
_Loader.add_constructor(_PYTHON + "tuple", _tuple)
_Loader.add_multi_constructor(_PYTHON + "name:", _named)
_Loader.add_multi_constructor(_PYTHON + "module:", _named)
_Loader.add_multi_constructor(_PYTHON + "object", _object)
# After the others: PyYAML takes the first prefix that fits, and the empty one fits every tag.
_Loader.add_multi_constructor("", _any)
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+.0123456789"))
