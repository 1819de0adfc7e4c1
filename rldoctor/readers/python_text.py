"""Python's own notation in logs and configurations, parsed and never executed."""

from __future__ import annotations

import ast
import warnings
from typing import Any


def expression(text: str) -> ast.expr:
    """The one expression of a text; what ``ast.parse`` raises where it is none."""
    # Of an unknown escape (``"\\s"``) or ``5and`` the parser warns on standard error.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text, mode="eval").body


def literal_in(text: str) -> Any:
    """The literal that a text is; what ``ast.literal_eval`` raises where it is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.literal_eval(text)
