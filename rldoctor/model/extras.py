"""How to get an optional package with this Python."""

from __future__ import annotations

import sys

NEWEST_WITH_AIM = (3, 12)
"""The last Python that Aim's compiled storage (aimrocks) was released for."""


def aim_hint(version: tuple[int, int] = sys.version_info[:2]) -> str:
    """The install line of Aim, and where it has no release for ``version`` which Python that takes."""
    install = 'pip install "rl-training-doctor[aim]"'
    if version <= NEWEST_WITH_AIM:
        return install
    newest, here = (".".join(map(str, one)) for one in (NEWEST_WITH_AIM, version))
    return f"Aim has no release for Python {here}: with Python {newest}, {install}"
