"""How the objects of the model show themselves in a notebook, without knowing how that looks."""

from __future__ import annotations

from importlib import import_module

_LINES: dict[str, tuple[str, str]] = {}
_RENDERERS: dict[str, tuple[str, str]] = {}


class Displayed:
    """Shown as HTML by Jupyter once somebody has said how (:func:`show_with`), as plain text before.

    ``repr`` is one line whatever it holds; ``print`` says what a report says in one line (:func:`tell_with`).
    """

    __slots__ = ()

    def __str__(self) -> str:
        """One line in words; as ``repr`` where nobody said how."""
        found = _LINES.get(type(self).__name__)
        if found is None:
            return repr(self)
        module, function = found
        line: str = getattr(import_module(module), function)(self)
        return line

    def _repr_html_(self) -> str | None:
        """A self-contained HTML fragment, everything in it escaped; None makes Jupyter use ``repr``."""
        found = _RENDERERS.get(type(self).__name__)
        if found is None:
            return None
        module, function = found
        html: str = getattr(import_module(module), function)(self)
        return html


def show_with(kind: str, module: str, function: str) -> None:
    """Let ``module.function`` make the HTML of every object of the type called ``kind``.

    By name: neither what draws nor what is drawn has to be imported for it.
    """
    _RENDERERS[kind] = (module, function)


def tell_with(kind: str, module: str, function: str) -> None:
    """Let ``module.function`` make the one line that ``print`` shows of every object of a type."""
    _LINES[kind] = (module, function)
