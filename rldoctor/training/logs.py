"""Where a training logs to: a table always, an event file and an Aim repository when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rldoctor.training import checkpoint
from rldoctor.training.control import Control
from rldoctor.training.plan import Plan


def logger_of(plan: Plan, out: Path, control: Control, saved: Path | None, facts: Mapping[str, Any]) -> Any:
    """SB3's logger on ``out``; after a checkpoint, its table starts with the rows from before it.

    ``facts`` are the settings of the run, which an Aim repository keeps with it. Raises MissingExtraError
    when Aim is asked for and not installed.
    """
    from stable_baselines3.common.logger import configure

    rows = checkpoint.rows_of(saved) if saved else []
    logger = configure(str(out), ["csv", "tensorboard"] if control.tensorboard else ["csv"])
    for row in rows:
        logger.output_formats[0].write(row, dict.fromkeys(row, ()), 0)
    if control.aim is not None:
        from rldoctor.training.aimlog import AimWriter

        logger.output_formats.append(AimWriter(control.aim, plan, out, facts))
    return logger
