"""Progress bars: where they stand, and which step the dicts between them belong to.

Hugging Face's dicts have no step, the bar of the training has. tqdm draws it now and then only, so the bar
above a dict may be some steps behind; but a dict that is printed through tqdm has the bar drawn anew below
it, and that one is exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from rldoctor.plain_data import dataclass

STEP = "iteration"


@dataclass(slots=True)
class Placed:
    """The values of a dict, and where the bar stood above and below it (None: not before the next dict)."""

    values: dict[str, float]
    above: float
    below: float | None = None


@dataclass(slots=True)
class Bars:
    """The bars of one text by where they end; the one that placed the first dict is that of the training."""

    _at: dict[str, float] = field(default_factory=dict)
    _main: str = ""
    _placed: list[Placed] = field(default_factory=list)

    def drawn(self, end: str, values: Mapping[str, float]) -> None:
        """A bar that ends at ``end`` stands at ``values``; nothing in them where it is another one's part."""
        if not values:
            return
        # The one that moved last is the last.
        self._at.pop(end, None)
        self._at[end] = values[STEP]
        last = self._placed[-1] if self._placed else None
        if last is not None and last.below is None and end == self._main:
            last.below = values[STEP]

    def place(self, values: dict[str, float]) -> None:
        """Give a dict the step of the bar above it; ``settle`` may know better."""
        if not self._at:
            return
        self._main = self._main if self._main in self._at else next(reversed(self._at))
        above = self._at[self._main]
        # Only a bar that is drawn again between two dicts is one of the training.
        self._at = {self._main: above}
        values[STEP] = above
        self._placed.append(Placed(values, above))

    def settle(self) -> None:
        """Take the bars below the dicts, where most of these are the bars above them, drawn again."""
        again = sum(one.below == one.above for one in self._placed)
        if 2 * again <= len(self._placed):
            return
        for one in self._placed:
            if one.below is not None:
                one.values[STEP] = one.below
