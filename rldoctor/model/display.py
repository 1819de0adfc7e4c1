"""How the objects of the model show themselves in a notebook, without knowing how that looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_RENDERERS: dict[type, Callable[[Any], str]] = {}
_WAITING: list[Callable[[], None]] = []


class Displayed:
    """Shown as HTML by Jupyter once somebody has said how (:func:`show_with`), as plain text before."""

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        """A self-contained HTML fragment, everything in it escaped; None makes Jupyter use ``repr``."""
        while _WAITING:
            _WAITING.pop()()
        renderer = _RENDERERS.get(type(self))
        return None if renderer is None else renderer(self)


def show_with(kind: type, renderer: Callable[[Any], str]) -> None:
    """Let ``renderer`` make the HTML of every object of exactly this type."""
    _RENDERERS[kind] = renderer


def when_shown(register: Callable[[], None]) -> None:
    """Call ``register``, which is to call :func:`show_with`, once the first object is to be shown."""
    _WAITING.append(register)
