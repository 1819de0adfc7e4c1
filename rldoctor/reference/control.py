"""How a training is run, as opposed to what is trained: device, evaluation, checkpoints, messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

EVALUATIONS = 10
"""Deterministic evaluations over a run."""
LEAST_BETWEEN = 4_000
"""Transitions between two evaluations, so that short runs are not mostly evaluation."""
EPISODES = 5
"""Episodes of one evaluation."""
CHECKPOINTS = 10
"""Checkpoints over a run."""


@dataclass(frozen=True, slots=True)
class Status:
    """How far a training is. ``state``: training, done, interrupted or failed; NaN where nothing is known.

    ``episode_return`` and ``success`` are means over the last episodes, ``fps`` transitions per second.
    """

    seed: int
    steps: int
    total: int
    state: str = "training"
    episode_return: float = float("nan")
    success: float = float("nan")
    fps: float = float("nan")
    message: str = ""


@dataclass(frozen=True, slots=True)
class Control:
    """``checkpoints`` are written (and used, with ``resume``) when on; ``stop`` is asked between steps."""

    device: str = "cpu"
    evaluate: bool = False
    checkpoints: bool = False
    resume: bool = False
    report: Callable[[Status], None] | None = None
    stop: Callable[[], bool] = lambda: False


ALONE = Control()
"""Train to the end, in silence, on CPU."""
