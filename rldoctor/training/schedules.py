"""Learning-rate schedules that are wrong for the run; SB3 asks one for the rate before every update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ANNEALED_AT = 0.3
"""Share of the run at which a schedule made for a shorter run reaches zero."""
RESTART = (0.6, 0.63)
"""Part of the run with the restarted rate."""
RESTART_FACTOR = 100.0
"""How many times too large the restarted rate is."""

Shape = Callable[[float], float]


def anneal_early(model: Any) -> None:
    """The rate falls linearly and is zero from 30 % of the run on."""
    _reshape(model, lambda done: max(0.0, 1.0 - done / ANNEALED_AT))


def restart_rate(model: Any) -> None:
    """The rate is a hundred times as large in a short part of the run."""
    first, last = RESTART
    _reshape(model, lambda done: RESTART_FACTOR if first <= done < last else 1.0)


def _reshape(model: Any, shape: Shape) -> None:
    """Multiply the model's rate with ``shape`` of the share of the run that is done."""
    before = model.lr_schedule
    model.lr_schedule = lambda remaining: before(remaining) * shape(1.0 - remaining)
