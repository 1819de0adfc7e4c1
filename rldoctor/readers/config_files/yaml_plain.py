"""YAML of other people's tools: python tags become plain data, nothing is imported or called."""

from __future__ import annotations

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


class NoYamlError(ValueError):
    """A text that is no YAML; ``line`` is where, from 1, or 0 where that is not known."""

    def __init__(self, error: yaml.YAMLError) -> None:
        """What the parser said."""
        mark = getattr(error, "problem_mark", None)
        super().__init__(str(getattr(error, "problem", None) or error))
        self.line = mark.line + 1 if mark else 0


class _Loader(_Base):  # type: ignore[misc]
    """SafeLoader that accepts every tag and builds plain values only."""


def load_plain(text: str) -> Any:
    """The first document of a YAML text as plain data; NoYamlError when the text is none."""
    try:
        loader = _Loader(text)
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


def _any(loader: Any, _suffix: str, node: yaml.Node) -> Any:
    return _content(loader, node)


for _name in _SCALARS:
    _Loader.add_constructor(_PYTHON + _name, _scalar)
_Loader.add_constructor(_PYTHON + "tuple", _tuple)
_Loader.add_multi_constructor(_PYTHON + "name:", _named)
_Loader.add_multi_constructor(_PYTHON + "module:", _named)
_Loader.add_multi_constructor(_PYTHON + "object", _object)
# After the others: PyYAML takes the first prefix that fits, and the empty one fits every tag.
_Loader.add_multi_constructor("", _any)
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+.0123456789"))
