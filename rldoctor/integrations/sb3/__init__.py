"""Callbacks for Stable-Baselines3 (PPO, A2C, TRPO, SAC, TQC, TD3, DDPG, DQN).

    from rldoctor.integrations.sb3 import DiagnosticsCallback, HealthCheckCallback

    model.learn(1_000_000, callback=[DiagnosticsCallback(), HealthCheckCallback(stop_on="critical")])

``DiagnosticsCallback`` logs what SB3 does not log and the rules ask for, under ``rldoctor/<metric>``.
``HealthCheckCallback`` diagnoses the log while the training runs. Neither changes the training: with a seed,
the weights are the same bit for bit, and an error inside a callback is reported once and never raised.

Importing this package needs Stable-Baselines3 (MissingExtraError without it). Torch is not imported by it.
"""

from __future__ import annotations

from rldoctor.errors import MissingExtraError

try:
    from rldoctor.integrations.sb3.diagnostics import DiagnosticsCallback
    from rldoctor.integrations.sb3.health import HealthCheckCallback
except ImportError as error:
    raise MissingExtraError(
        f"the callbacks need Stable-Baselines3 ({error})",
        hint="pip install stable-baselines3, or 'rl-training-doctor[reference]'",
    ) from error

__all__ = ["DiagnosticsCallback", "HealthCheckCallback"]
