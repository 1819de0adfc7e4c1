"""What the replay buffer holds: size, age, rewards and goals. Nothing is drawn at random."""

from __future__ import annotations

from typing import Any

import numpy as np

ROWS = 4096
"""Rows looked at, evenly spaced over the buffer: a mean over them costs microseconds at any size."""


def replay_measures(model: Any) -> dict[str, float]:
    """Canonical metric -> value for an off-policy SB3 model with a filled replay buffer; {} when empty.

    ``buffer_size`` and ``replay_age_mean`` in transitions over all environments (the age of a uniformly
    drawn transition), ``replay_reward_mean`` and ``replay_reward_std`` in raw reward per step, and for
    goal-conditioned tasks ``goal_distance``, the mean distance of reached and wanted goal, in their unit.
    """
    buffer = model.replay_buffer
    stored = int(buffer.size())
    if not stored:
        return {}
    rows = np.arange(0, stored, max(1, stored // ROWS))
    rewards = np.asarray(buffer.rewards[rows], dtype=np.float64)
    measures = {
        "buffer_size": float(stored * buffer.n_envs),
        "replay_age_mean": (stored - 1) / 2 * buffer.n_envs,
        "replay_reward_mean": float(rewards.mean()),
        "replay_reward_std": float(rewards.std()),
    }
    return {**measures, **_goals(buffer.observations, rows)}


def _goals(observations: Any, rows: Any) -> dict[str, float]:
    """Distance of achieved and desired goal, where observations have both."""
    if not isinstance(observations, dict) or not {"achieved_goal", "desired_goal"} <= set(observations):
        return {}
    gap = observations["achieved_goal"][rows] - observations["desired_goal"][rows]
    return {"goal_distance": float(np.linalg.norm(gap, axis=-1).mean())}
