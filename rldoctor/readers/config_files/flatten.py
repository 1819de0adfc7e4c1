"""Nested configuration data as settings with dotted keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rldoctor.model.raw import RawSetting
from rldoctor.readers.config_files.literals import literal

# A YAML alias may stand for the mapping it lies in: the depth ends such a circle.
_DEEPEST = 24
# A configuration has hundreds of entries; more than this is a data file (or an alias bomb).
_MOST = 20_000
_LONGEST_LIST = 1_000

Where = Callable[[str], str]


class TooManySettingsError(ValueError):
    """The data has more entries than any configuration."""


def flatten(data: Any, where: Where) -> list[RawSetting]:
    """Every leaf of ``data`` with its dotted key; ``where(last key)`` says where it stands (document order).

    Text that is a Python or JSON literal becomes its value, a dictionary in text is opened like any other.
    Lists are values, not opened. TooManySettingsError beyond 20,000 entries.
    """
    found: list[RawSetting] = []
    for setting in _leaves(data, "", where, 0):
        found.append(setting)
        if len(found) > _MOST:
            raise TooManySettingsError(f"more than {_MOST} entries")
    return found


def _leaves(data: Any, prefix: str, where: Where, depth: int) -> Iterator[RawSetting]:
    for key, value in data.items():
        name = f"{prefix}{key}"
        # For every key, also where the place is not needed: ``Lines`` only ever looks forward.
        place = where(str(key))
        yield from _leaf(name, value, place, where, depth)


def _leaf(name: str, value: Any, place: str, where: Where, depth: int) -> Iterator[RawSetting]:
    opened = literal(value) if isinstance(value, str) else value
    if isinstance(opened, Mapping) and opened and depth < _DEEPEST:
        if isinstance(value, str):  # inside a text every entry stands on the text's own line
            yield from _leaves(opened, f"{name}.", lambda _: place, depth + 1)
        elif (shown := _object_repr(opened)) is not None:
            yield RawSetting(name, shown, place)
        else:
            yield from _leaves(opened, f"{name}.", where, depth + 1)
        return
    yield RawSetting(name, _bounded(opened), place)


def _object_repr(value: Mapping[Any, Any]) -> str | None:
    """Spinning Up writes an object as ``{"<repr>": {attributes}}``: the repr says enough."""
    if len(value) != 1:
        return None
    key = str(next(iter(value)))
    return key if key.startswith("<") and key.endswith(">") else None


def _bounded(value: Any) -> Any:
    if isinstance(value, Sequence) and not isinstance(value, str) and _size(value, 0) > _LONGEST_LIST:
        return f"<list of {len(value)} entries>"
    return value


def _size(value: Any, depth: int) -> int:
    """Number of values, counted up to the limit only: shared lists multiply, empty ones without a leaf."""
    if isinstance(value, str) or not isinstance(value, Sequence | Mapping):
        return 1
    if depth > _DEEPEST:
        return _LONGEST_LIST + 1
    total = 1
    for part in value.values() if isinstance(value, Mapping) else value:
        total += _size(part, depth + 1)
        if total > _LONGEST_LIST:
            break
    return total
