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

WATCHED_TAGS = (
    "charts/episodic_return",
    "charts/episodic_length",
    "losses/approx_kl",
    "losses/clipfrac",
    "losses/entropy",
    "losses/explained_variance",
    "losses/value_loss",
    "losses/policy_loss",
    "losses/actor_loss",
    "losses/qf_loss",
    "losses/qf1_values",
    "losses/alpha",
    "Train/mean_reward",
    "Train/mean_episode_length",
    "Policy/mean_std",
    "Loss/entropy",
    "Loss/value",
    "Loss/surrogate",
    "Loss/learning_rate",
    "Reward / Total reward (mean)",
    "Episode / Total timesteps (mean)",
    "Policy / Standard deviation",
    "Loss / Value loss",
    "Loss / Policy loss",
    "Loss / Critic loss",
    "Q-network / Q1 (mean)",
    "Coefficient / Entropy coefficient",
)
"""The same of CleanRL, rsl_rl and skrl, whose logs are event files."""


def observe(progress: Path) -> dict[str, list[float]]:
    """SB3 column -> [first finite value, median of the last quarter, last], four significant digits.

    Cells that are empty or NaN are left out of the medians; a column without a finite value is left out.
    """
    with progress.open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    columns = {name: _finite([row.get(name) or "nan" for row in table]) for name in WATCHED}
    return {name.split("/", 1)[1]: _three(values) for name, values in columns.items() if values}


def observe_events(event_file: Path) -> dict[str, list[float]]:
    """Tag -> [first finite value, median of the last quarter, last] of an event file, as in ``observe``.

    Tags of WATCHED_TAGS without a finite value are left out. Raises OSError when the file cannot be read.
    """
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

    logged: dict[str, list[float]] = {}
    for event in LegacyEventFileLoader(str(event_file)).Load():
        for value in event.summary.value:
            if value.tag in WATCHED_TAGS and math.isfinite(value.simple_value):
                logged.setdefault(value.tag, []).append(value.simple_value)
    return {tag: _three(logged[tag]) for tag in WATCHED_TAGS if tag in logged}


def _finite(cells: list[str]) -> list[float]:
    """The finite numbers among the cells."""
    return [number for number in map(float, cells) if math.isfinite(number)]


def _three(values: list[float]) -> list[float]:
    """First, late median and last value."""
    late = values[-max(1, len(values) // 4) :]
    return [float(f"{number:.4g}") for number in (values[0], median(late), values[-1])]
