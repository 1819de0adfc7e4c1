"""The values of all names that the expressions of a rule may use, a ``let`` made when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rldoctor.language.evaluator import Scope, Value, evaluate
from rldoctor.language.parser import Expression


class Names(dict[str, Value]):
    """Metrics, thresholds, measures, and the lets of a rule, of which a fifth of the work is never asked for.

    ``scope`` is what the lets see; it holds this mapping, as lets use each other. A let is in it from the
    start, whether it was made yet or not.
    """

    __slots__ = ("_lets", "scope")

    def __init__(self, lets: Mapping[str, Expression]) -> None:
        """No value yet."""
        super().__init__()
        self._lets = lets
        self.scope: Scope | None = None

    def __missing__(self, name: str) -> Value:
        """Make the let; KeyError for a name that is none."""
        if self.scope is None:
            raise KeyError(name)
        self[name] = made = evaluate(self._lets[name], self.scope)
        return made

    def __contains__(self, name: object) -> bool:
        """Whether the name has a value, made or to be made."""
        return super().__contains__(name) or name in self._lets

    def get(self, name: str, default: Any = None) -> Any:
        """As of any mapping; a let is made for it."""
        try:
            return self[name]
        except KeyError:
            return default
