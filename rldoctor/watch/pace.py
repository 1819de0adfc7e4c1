"""How long to wait until the next look."""

from __future__ import annotations

# A log that does not grow is asked for more and more rarely, down to this many intervals apart.
RAREST = 8
# A look that took a second is followed by at least this many without one: the cores are the training's.
IDLE_PER_LOOK = 4


class Pace:
    """Waiting times in seconds: ``every`` while the log grows, twice as long after each time it did not."""

    def __init__(self, every: float) -> None:
        """``every``: seconds between two looks at a log that grows."""
        self.every = every
        self._factor = 1

    @property
    def slowest(self) -> bool:
        """Whether the log has been quiet for so long that the waiting time grows no more."""
        return self._factor >= RAREST

    def after(self, *, grew: bool, cost: float = 0.0) -> float:
        """Seconds to wait after a look that took ``cost`` seconds."""
        self._factor = 1 if grew else min(RAREST, 2 * self._factor)
        return max(self.every * self._factor, IDLE_PER_LOOK * cost)
