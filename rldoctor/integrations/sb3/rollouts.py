"""What an on-policy rollout holds before the update that uses it."""

from __future__ import annotations

from typing import Any

import numpy as np

EDGE = 0.01
"""Share of half the action range that counts as being at the bound."""


def rollout_measures(model: Any) -> dict[str, float]:
    """Canonical metric -> value of an on-policy SB3 model whose rollout buffer is full.

    In units of the learner's reward: ``advantage_mean`` and ``advantage_std_raw`` before normalisation,
    ``return_std`` of the value targets, ``value_mean``. ``action_saturation`` for bounded actions.
    """
    buffer = model.rollout_buffer
    measures = {
        "advantage_mean": float(np.mean(buffer.advantages)),
        "advantage_std_raw": float(np.std(buffer.advantages)),
        "return_std": float(np.std(buffer.returns)),
        "value_mean": float(np.mean(buffer.values)),
    }
    return {**measures, **_saturation(buffer.actions, model.action_space)}


def entropy_measures(model: Any) -> dict[str, float]:
    """``entropy`` in nats of a Gaussian policy with a state-independent spread, which TRPO does not log."""
    log_std = getattr(model.policy, "log_std", None)
    if log_std is None or model.use_sde:
        return {}
    per_dimension = log_std.detach().cpu().numpy().astype(np.float64) + 0.5 * np.log(2 * np.pi * np.e)
    return {"entropy": float(per_dimension.sum())}


def _saturation(actions: Any, space: Any) -> dict[str, float]:
    """Share of action components at or beyond a finite bound (SB3 clips what lies beyond)."""
    low, high = getattr(space, "low", None), getattr(space, "high", None)
    if low is None or high is None:
        return {}
    finite = np.isfinite(low) & np.isfinite(high)
    if not finite.any():
        return {}
    taken = np.asarray(actions).reshape(-1, *space.shape)[:, finite]
    edge = EDGE * (high[finite] - low[finite]) / 2
    at_bound = (taken <= low[finite] + edge) | (taken >= high[finite] - edge)
    return {"action_saturation": float(at_bound.mean())}
