"""Links of the pages that lead out of ``docs/``: fine in a checkout, dead on a site."""

from __future__ import annotations

import posixpath
import re

_LINK = re.compile(r"(?<!!)\[([^\]\n]+)\]\((\.\./[^)\s]+)\)")


def outward(markdown: str, page: str, repository: str = "") -> str:
    """``markdown`` with every link that leaves ``docs/`` turned into one to ``repository``, or into its text.

    ``page``: its path below ``docs/``. ``repository``: address of the repository's pages, empty where there
    is none. Links between pages of the site stay as they are.
    """

    def replaced(found: re.Match[str]) -> str:
        text, target = found.groups()
        path = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), target))
        if path.startswith("docs/"):
            return found.group(0)
        return f"[{text}]({repository.rstrip('/')}/blob/main/{path})" if repository else text

    return _LINK.sub(replaced, markdown)
