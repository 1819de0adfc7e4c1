"""Permalinks: a finding is found at ``#POL-01``, in a page of several runs at ``#run-2-POL-01``."""

from __future__ import annotations

import re

from rldoctor.patterns import pattern

_CODE = pattern(r"[A-Z][A-Z0-9]*-[A-Z0-9-]+")


class Anchors:
    """Gives each thing of a page an id that no other thing has. Codes come from rule packs: not trusted."""

    def __init__(self) -> None:
        """No id is taken yet."""
        self._taken: set[str] = set()

    def new(self, prefix: str, code: str) -> str:
        """``prefix`` and ``code`` as an id; a number is added where it is taken."""
        plain = re.sub(r"[^A-Za-z0-9_-]+", "", code)[:60]
        if not _CODE.fullmatch(plain):
            plain = f"finding-{plain}"  # the page's own ids are in lower case
        name, number = f"{prefix}{plain}", 1
        while name in self._taken:
            number += 1
            name = f"{prefix}{plain}-{number}"
        self._taken.add(name)
        return name
