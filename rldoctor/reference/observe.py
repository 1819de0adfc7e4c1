"""The few numbers that say what a recorded run looked like, for its label and for a person's eye."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from statistics import median

WATCHED = (
    "rollout/ep_rew_mean",
    "rollout/ep_len_mean",
    "rollout/success_rate",
    "train/approx_kl",
    "train/clip_fraction",
    "train/entropy_loss",
    "train/std",
    "train/explained_variance",
    "train/value_loss",
    "train/policy_gradient_loss",
    "train/ent_coef",
    "train/actor_loss",
    "train/critic_loss",
    "train/loss",
    "train/q_mean",
    "train/q_policy_mean",
)


def observe(progress: Path) -> dict[str, list[float]]:
    """SB3 column -> [first finite value, median of the last quarter, last], four significant digits.

    Cells that are empty or NaN are left out of the medians; a column without a finite value is left out.
    """
    with progress.open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    columns = {name: _finite([row.get(name) or "nan" for row in table]) for name in WATCHED}
    return {name.split("/", 1)[1]: _three(values) for name, values in columns.items() if values}


def _finite(cells: list[str]) -> list[float]:
    """The finite numbers among the cells."""
    return [number for number in map(float, cells) if math.isfinite(number)]


def _three(values: list[float]) -> list[float]:
    """First, late median and last value."""
    late = values[-max(1, len(values) // 4) :]
    return [float(f"{number:.4g}") for number in (values[0], median(late), values[-1])]
