"""The line on which a key stands, found by walking through the text beside the parsed data."""

from __future__ import annotations

# What may stand around a key in JSON, YAML and TOML, so that ``gamma`` is not found in ``gamma_end``.
_BEFORE = " \t\n\"'-{,?"
_AFTER = " \t\r\n\"':"
_PASSES = 40
_LEAST = 1_000_000
# A hit that is no key takes as long as so many characters.
_HIT = 64


class Lines:
    """Called with every key in document order, answers ``file:line`` (``file`` when the key is not found)."""

    def __init__(self, text: str, name: str) -> None:
        """Start at the top of ``text``, the content of the file called ``name``."""
        self._text, self._name = text, name
        self._position, self._line = 0, 1
        # A key that stands here in another spelling is looked for to the end of the text. A few of them are
        # no matter; with thousands it would be quadratic, and then the name of the file is answer enough.
        self._budget = _PASSES * len(text) + _LEAST

    def __call__(self, key: str) -> str:
        """Where ``key`` stands, at or after the key asked for before."""
        found = self._find(key)
        # The keys behind a YAML alias were written further up: the search goes on from where it was.
        if found < 0:
            return self._name
        self._line += self._text.count("\n", self._position, found)
        self._position = found + len(key)
        return f"{self._name}:{self._line}"

    def _find(self, key: str) -> int:
        text, at = self._text, self._position
        while key and self._budget > 0:
            found = text.find(key, at)
            self._budget -= (len(text) if found < 0 else found + _HIT) - at
            if (at := found) < 0:
                break
            end = at + len(key)
            if (at == 0 or text[at - 1] in _BEFORE) and (end == len(text) or text[end] in _AFTER):
                return at
            at = end
        return -1
