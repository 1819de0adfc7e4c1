"""Regular expressions that are compiled when they are first used.

Compiling one takes 0.3 ms, and the program has some sixty beside those of its vocabulary; a run meets few of
what they are for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from re import compile as pattern
else:

    class pattern:  # noqa: N801 - stands for a function
        """As ``re.compile``, later."""

        def __init__(self, text: str, flags: int = 0) -> None:
            """What to compile."""
            self._text, self._flags = text, flags

        def __getattr__(self, name: str) -> Any:
            """A method of the compiled pattern, which from then on is an attribute of its own."""
            found = getattr(re.compile(self._text, self._flags), name)
            setattr(self, name, found)
            return found


__all__ = ["pattern"]
