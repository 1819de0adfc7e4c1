"""Results that the rules of one run share: the same median of the same series is computed once.

A result is found again by the identity of the arrays it was made of, so only arrays that live as long as
the memo count: those handed to ``keep`` (grids, metrics placed on them) and the results kept here. A call
with any other array, the intermediate value of some expression, is simply made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from typing import TypeAlias

import numpy as np

from rldoctor.language.functions import CallContext, Value
from rldoctor.plain_data import dataclass

MemoKey: TypeAlias = tuple[object, ...]


@dataclass(slots=True)
class Memo:
    """Kept arrays by identity, and results by what they were made of."""

    arrays: dict[int, Value] = field(default_factory=dict)
    results: dict[MemoKey, Value] = field(default_factory=dict)

    def keep(self, value: Value) -> None:
        """From now on results may be found by this array; it stays alive and must not be changed."""
        self.arrays[id(value)] = value

    def shared(
        self, name: str, context: CallContext, arguments: Sequence[Value | None], make: Callable[[], Value]
    ) -> Value:
        """The result of the function ``name``: found, or made and, where it could be found again, kept."""
        key = self._key(name, context, arguments)
        if key is None:
            return make()
        if key not in self.results:
            self.results[key] = made = make()
            # A result is an argument of the next call (median of a rolling median), so it has to be
            # findable too.
            if isinstance(made, np.ndarray):
                self.keep(made)
        return self.results[key]

    def _key(self, name: str, context: CallContext, arguments: Sequence[Value | None]) -> MemoKey | None:
        if id(context.steps) not in self.arrays:
            return None
        # The spacing takes part: the same series is thinned differently where it is known how far it was
        # averaged.
        parts: list[object] = [name, id(context.steps), context.spacing]
        for value in arguments:
            if isinstance(value, np.ndarray) and value.ndim:
                # An array that the memo does not keep alive may be freed and its identity given to another
                # one: then a stale result would be found. Such a call is not shared.
                if id(value) not in self.arrays:
                    return None
                parts.append(id(value))
            else:
                # As text, since NaN is not equal to itself; and no number may equal an identity.
                parts.append(str(value))
        return tuple(parts)
