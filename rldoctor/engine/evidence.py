"""Over which points a number was measured: read off the expression that made it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from rldoctor.language.evaluator import Scope, evaluate
from rldoctor.language.parser import Expression, parse
from rldoctor.model.raw import FloatArray


def condition_of(expression: Expression, lets: Mapping[str, Expression]) -> str | None:
    """The one ``where=`` condition behind an expression, ``let`` names followed; None for none or several."""
    found: set[str] = set()
    pending, seen = [expression], {expression.text}
    while pending:
        part = pending.pop()
        found |= _own_conditions(part)
        for name in part.names & lets.keys():
            if lets[name].text not in seen:
                seen.add(lets[name].text)
                pending.append(lets[name])
    return next(iter(found)) if len(found) == 1 else None


@lru_cache(maxsize=4096)
def _own_conditions(expression: Expression) -> frozenset[str]:
    """The ``where=`` conditions written in an expression itself."""
    if "where" not in expression.text:
        return frozenset()
    calls = (node for node in ast.walk(expression.tree) if isinstance(node, ast.Call))
    keywords = (keyword for call in calls for keyword in call.keywords if keyword.arg == "where")
    return frozenset(ast.unparse(keyword.value) for keyword in keywords)


def window(
    expression: Expression, lets: Mapping[str, Expression], scope: Scope
) -> tuple[tuple[float, float] | None, int]:
    """First and last step, and number of points, that a measured value rests on (None and 0 for no grid)."""
    steps: FloatArray = scope.steps
    condition = condition_of(expression, lets)
    if condition is not None:
        mask = np.asarray(evaluate(parse(condition), scope))
        chosen = steps[mask] if mask.dtype == bool and mask.shape == steps.shape else steps
        steps = chosen if chosen.size else steps
    return ((float(steps[0]), float(steps[-1])) if steps.size else None), int(steps.size)
