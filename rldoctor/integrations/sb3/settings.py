"""What an SB3 model says about its own configuration, as ``key=value`` texts for `rldoctor.api.load`."""

from __future__ import annotations

import math
from typing import Any

NUMBERS = (
    "gamma", "n_envs", "batch_size", "n_steps", "n_epochs", "gae_lambda", "vf_coef", "max_grad_norm",
    "target_kl", "buffer_size", "learning_starts", "tau", "target_update_interval", "policy_delay",
    "exploration_fraction", "exploration_final_eps",
)  # fmt: skip


def live_settings(model: Any) -> list[str]:
    """``key=value`` for every setting of the model that is a plain number or text.

    Schedules are given by their value at the start. Attributes a model does not have are left out.
    """
    found = {name: getattr(model, name, None) for name in NUMBERS}
    found["total_timesteps"] = getattr(model, "_total_timesteps", None)
    found["learning_rate"] = _at_start(getattr(model, "learning_rate", None))
    found["clip_range"] = _at_start(getattr(model, "clip_range", None))
    found["ent_coef"] = getattr(model, "ent_coef", None)
    found["target_entropy"] = getattr(model, "target_entropy", None)
    found.update(_off_policy(model))
    found.update(_actions(model.action_space))
    known = {name: value for name, value in found.items() if _plain(value)}
    return [f"{name}={value}" for name, value in known.items()]


def _off_policy(model: Any) -> dict[str, Any]:
    """Training frequency in vector steps and gradient steps (-1: as many as transitions were collected)."""
    frequency = getattr(model, "train_freq", None)
    per_step = getattr(getattr(frequency, "unit", None), "value", "") == "step"
    return {
        "train_freq": getattr(frequency, "frequency", None) if per_step else None,
        "gradient_steps": getattr(model, "gradient_steps", None),
    }


def _actions(space: Any) -> dict[str, Any]:
    """Number of continuous action dimensions, or of discrete actions."""
    if hasattr(space, "n"):
        return {"n_actions": int(space.n)}
    return {"action_dim": math.prod(space.shape)} if space.shape else {}


def _at_start(value: Any) -> Any:
    """The value of a schedule (a function of the remaining progress) at the start of the training."""
    return value(1.0) if callable(value) else value


def _plain(value: object) -> bool:
    """Whether a value can stand on a command line."""
    if isinstance(value, str):
        return True
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
