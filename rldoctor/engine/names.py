"""The values of all names that the expressions of a rule may use, a ``let`` made when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rldoctor.language.evaluator import Scope, Value, evaluate, spacing_of
from rldoctor.language.parser import Expression
from rldoctor.rulebook.schema import Threshold


class Names(dict[str, Value]):
    """Metrics, thresholds, measures and lets of a rule; a fifth of the work of the lets is never asked for.

    ``scope`` is what the lets see; it holds this mapping, as lets use each other. A let and a threshold are
    in it from the start, whether anybody asked yet or not.
    """

    __slots__ = ("_lets", "_thresholds", "scope")

    def __init__(self, lets: Mapping[str, Expression], thresholds: Mapping[str, Threshold]) -> None:
        """No value yet."""
        super().__init__()
        self._lets, self._thresholds = lets, thresholds
        self.scope: Scope | None = None

    def __missing__(self, name: str) -> Value:
        """Make the let, or take the threshold; KeyError for a name that is none."""
        if name in self._thresholds:
            made: Value = self._thresholds[name].value
        elif self.scope is None:
            raise KeyError(name)
        else:
            made = evaluate(self._lets[name], self.scope)
        self[name] = made
        return made

    def __contains__(self, name: object) -> bool:
        """Whether the name has a value, made or to be made."""
        return super().__contains__(name) or name in self._thresholds or name in self._lets

    def get(self, name: str, default: Any = None) -> Any:
        """As of any mapping; a let is made for it."""
        try:
            return self[name]
        except KeyError:
            return default


class Spacings(dict[str, float]):
    """How many steps apart the points of each name are independent; that of a let is found when asked for.

    Only slow functions ask (trends, whose points must be independent), and of few lets.
    """

    __slots__ = ("_lets", "scope")

    def __init__(self, metrics: Mapping[str, float], lets: Mapping[str, Expression]) -> None:
        """Those of the metrics; a let may be called as a metric that its rule does not use."""
        super().__init__({name: apart for name, apart in metrics.items() if name not in lets})
        self._lets = lets
        self.scope: Scope | None = None

    def get(self, name: str, default: Any = 0.0) -> Any:
        """As of any mapping."""
        if name not in self and name in self._lets and self.scope is not None:
            self[name] = spacing_of(self._lets[name], self.scope)
        return super().get(name, default)
