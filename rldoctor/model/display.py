"""How the objects of the model show themselves in a notebook, without knowing how that looks."""

from __future__ import annotations

from importlib import import_module

_RENDERERS: dict[str, tuple[str, str]] = {}


class Displayed:
    """Shown as HTML by Jupyter once somebody has said how (:func:`show_with`), as plain text before."""

    __slots__ = ()

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
