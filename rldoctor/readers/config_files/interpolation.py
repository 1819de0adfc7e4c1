"""OmegaConf's ``${...}`` in the files that Hydra writes: values that are said elsewhere in the same file.

Absolute (``${task.env.numEnvs}``) and relative (``${....task.env.numEnvs}``: one dot is the section the value
stands in, every further one the section above). Of the functions those are known that choose between values
of the file; anything else, the environment above all, stays as it is written and counts as unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rldoctor.patterns import pattern

# The innermost one: without another inside it.
_ONE = pattern(r"\$\{([^${}]*)\}")
_CALL = pattern(r"^([A-Za-z_][\w.]*):(.*)$")
_DEEPEST = 16
_MISSING = object()
_FALSE = ("", "none", "null", "false", "0")


def interpolated(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data with every ``${...}`` that can be resolved replaced; texts without one are left alone."""
    return {key: _walked(value, data, (str(key),)) for key, value in data.items()}


def _walked(value: Any, root: Mapping[str, Any], place: tuple[str, ...]) -> Any:
    if isinstance(value, Mapping):
        return {key: _walked(part, root, (*place, str(key))) for key, part in value.items()}
    if isinstance(value, list):
        return [_walked(part, root, place) for part in value]
    return _resolved(value, root, place, 0) if isinstance(value, str) and "${" in value else value


def _resolved(text: str, root: Mapping[str, Any], place: tuple[str, ...], depth: int) -> Any:
    """The value of a text with interpolations; the text, as far as that goes, where one stays open."""
    while depth < _DEEPEST and (match := _ONE.search(text)) is not None:
        depth += 1
        value = _value(match.group(1), root, place, depth)
        if value is _MISSING or isinstance(value, Mapping):
            return text
        if match.group(0) == text:
            return value
        text = text[: match.start()] + ("" if value is None else str(value)) + text[match.end() :]
    return text


def _value(inner: str, root: Mapping[str, Any], place: tuple[str, ...], depth: int) -> Any:
    call = _CALL.match(inner)
    if call is not None:
        return _called(call.group(1), [part.strip() for part in call.group(2).split(",")], root, place, depth)
    path = inner.strip()
    name = path.lstrip(".")
    up = len(path) - len(name)
    # The section the value stands in is one dot; without any the name counts from the top.
    keys = [*place[: max(0, len(place) - up)], *name.split(".")] if up else name.split(".")
    return _found(keys, root, depth)


def _found(keys: list[str], root: Mapping[str, Any], depth: int) -> Any:
    node: Any = root
    for key in keys:
        if not isinstance(node, Mapping) or key not in node:
            return _MISSING
        node = node[key]
    return _resolved(node, root, tuple(keys), depth) if isinstance(node, str) and "${" in node else node


def _called(name: str, parts: list[str], root: Mapping[str, Any], place: tuple[str, ...], depth: int) -> Any:
    """IsaacGymEnvs' functions and OmegaConf's own that look into the file."""
    if name == "resolve_default" and len(parts) == 2:
        return parts[1] if parts[1].lower() not in ("", "none", "null") else parts[0]
    if name == "if" and len(parts) == 3:
        return parts[1] if parts[0].lower() not in _FALSE else parts[2]
    if name == "eq" and len(parts) == 2:
        return parts[0].strip("\"'").lower() == parts[1].strip("\"'").lower()
    if name == "contains" and len(parts) == 2:
        return parts[0].strip("\"'").lower() in parts[1].lower()
    if name == "oc.select":
        found = _found(parts[0].split("."), root, depth)
        return (parts[1] if len(parts) > 1 else _MISSING) if found is _MISSING else found
    return _MISSING
