"""How a training is run, as opposed to what is trained: device, evaluation, checkpoints, messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rldoctor.errors import UsageError

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


def _never() -> bool:
    """A name of its own, so that a Control can be sent to another process."""
    return False


@dataclass(frozen=True, slots=True)
class Control:
    """``checkpoints`` are written (and used, with ``resume``) when on; ``stop`` is asked between steps.

    ``evaluate`` every ``eval_every`` transitions over all environments (0: ten times over the run). The log
    goes to ``progress.csv`` always, to an event file with ``tensorboard``, and into the Aim repository in the
    directory ``aim`` where one is given.
    """

    device: str = "cpu"
    evaluate: bool = False
    eval_every: int = 0
    tensorboard: bool = True
    aim: Path | None = None
    checkpoints: bool = False
    resume: bool = False
    report: Callable[[Status], None] | None = None
    stop: Callable[[], bool] = _never


ALONE = Control()
"""Train to the end, in silence, on CPU."""


def require_device(device: str) -> None:
    """Raise UsageError for ``cuda`` where PyTorch has none: SB3 would train on the CPU instead."""
    if device != "cuda":
        return
    import torch

    if not torch.cuda.is_available():
        raise UsageError(
            f"--device cuda: PyTorch {torch.__version__} finds no CUDA device here",
            hint="--device auto takes a GPU where there is one; a build that ends in +cpu never has one",
        )
