"""Which argument of a call goes to which parameter."""

from __future__ import annotations

import ast

from rldoctor.errors import ExpressionError, did_you_mean
from rldoctor.language.functions import Function
from rldoctor.plain_data import dataclass


@dataclass(frozen=True, slots=True)
class Arguments:
    """Arguments in the order of the function's parameters, and the mask."""

    values: tuple[ast.expr, ...]
    where: ast.expr | None = None


def bind(call: ast.Call, function: Function) -> Arguments:
    """The call's arguments sorted by parameter. Raises ExpressionError when they do not fit the function."""
    keywords = _keywords(call, function)
    where = keywords.pop("where", None) if function.where else None
    # `where` is taken out first: it is the one argument that is optional, so everything left must be a
    # parameter.
    names = function.parameters
    for name in keywords:
        if name in names[: len(call.args)]:
            raise ExpressionError(f"{function.name}() got '{name}' twice", offset=call.col_offset)
    # Every parameter is required: a default would be a number that decides and that nobody named.
    missing = [name for name in names[len(call.args) :] if name not in keywords]
    if missing:
        raise ExpressionError(f"{usage(function)} lacks {', '.join(missing)}", offset=call.col_offset)
    if len(call.args) > len(names) and not function.variadic:
        raise ExpressionError(
            f"{usage(function)} takes {len(names)} argument(s), got {len(call.args)}",
            offset=call.args[len(names)].col_offset,
        )
    return Arguments((*call.args, *(keywords[name] for name in names[len(call.args) :])), where)


def _keywords(call: ast.Call, function: Function) -> dict[str, ast.expr]:
    """Keyword arguments by name, each allowed and given once."""
    allowed = (*function.parameters, *(("where",) if function.where else ()))
    found: dict[str, ast.expr] = {}
    for keyword in call.keywords:
        # Python gives `**x` a keyword without a name; under this one it is refused like any unknown
        # keyword.
        name = keyword.arg or "**"
        if name not in allowed or name in found:
            trouble = "twice" if name in found else f"which it does not take{did_you_mean(name, allowed)}"
            raise ExpressionError(f"{usage(function)} got '{name}' {trouble}", offset=keyword.col_offset)
        found[name] = keyword.value
    return found


def usage(function: Function) -> str:
    """How the function is called: ``quantile(x, q, where=mask)``."""
    parts = [
        *function.parameters,
        *(["..."] if function.variadic else []),
        *(["where=mask"] if function.where else []),
    ]
    return f"{function.name}({', '.join(parts)})"
