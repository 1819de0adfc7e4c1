"""Large entries of a mapping as texts of their own, read when they are looked at.

Of a rule, a start looks at what it is for, and of those for this run at their conditions; causes, fixes,
sources and texts are most of it, and are looked at where it fires.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# The entry that says where the line of each of the others begins.
_LINES = "@"
# A shorter one costs less read at once than found later.
_LARGE = 60


class Folded(dict[str, Any]):
    """A mapping some of whose entries are still lines of a file."""

    __slots__ = ("_lines", "_places")

    def __init__(self, kept: dict[str, Any], lines: bytes) -> None:
        """What :func:`fold` left of a mapping, and all lines of its file."""
        self._lines, self._places = lines, kept.pop(_LINES)
        super().__init__(kept)

    def __contains__(self, name: object) -> bool:
        """Whether there is such an entry, read or not."""
        return super().__contains__(name) or name in self._places

    def __missing__(self, name: str) -> Any:
        """Read it."""
        begin = self._places[name]
        value = self[name] = json.loads(self._lines[begin : self._lines.index(b"\n", begin)].decode())
        return value


def fold(mapping: Mapping[str, Any], lines: bytearray) -> dict[str, Any]:
    """The mapping without its large entries, each of which is put behind the ``lines``."""
    kept: dict[str, Any] = {}
    places: dict[str, int] = {}
    for name, value in mapping.items():
        text = written(value)
        if isinstance(value, dict | list | str) and len(text) > _LARGE:
            places[name] = len(lines)
            lines += text + b"\n"
        else:
            kept[name] = value
    return {**kept, _LINES: places}


def written(plain: Any) -> bytes:
    """JSON in one line."""
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()
