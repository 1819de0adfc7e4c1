"""The callbacks of a reference training: diagnostics, evaluation, heartbeat with checkpoints."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from rldoctor.training import checkpoint
from rldoctor.training.control import CHECKPOINTS, EPISODES, EVALUATIONS, LEAST_BETWEEN, Control, Status
from rldoctor.training.envs import make_vec_env
from rldoctor.training.plan import Plan
from rldoctor.training.probe import QProbe

BEAT = 0.5
"""Seconds between two reports."""


def callbacks_of(plan: Plan, out: Path, control: Control) -> Any:
    """Everything that looks at a training, as SB3 wants it."""
    from stable_baselines3.common.callbacks import CallbackList, ConvertCallback

    from rldoctor.integrations.sb3 import DiagnosticsCallback

    found: list[Any] = []
    if plan.probe:
        found.append(ConvertCallback(QProbe()))
    if plan.diagnostics:
        found.append(DiagnosticsCallback())
    if control.evaluate:
        found.append(_evaluation(plan, control.eval_every))
    if control.report or control.checkpoints:
        found.append(ConvertCallback(Heartbeat(plan, out, control)))
    return CallbackList(found)


def _evaluation(plan: Plan, eval_every: int) -> Any:
    """Deterministic episodes on environments of their own, logged as ``eval/*``."""
    from stable_baselines3.common.callbacks import EvalCallback

    env = make_vec_env(replace(plan, n_envs=1))
    if plan.normalize:
        env.training = env.norm_reward = False
    env.seed(plan.seed + 10_000)
    every = max(1, (eval_every or max(LEAST_BETWEEN, plan.steps // EVALUATIONS)) // plan.n_envs)
    return EvalCallback(env, eval_freq=every, n_eval_episodes=EPISODES, deterministic=True, verbose=0)


class Heartbeat:
    """A plain SB3 callback: reports how far the training is, saves it, and ends it when asked to."""

    def __init__(self, plan: Plan, out: Path, control: Control) -> None:
        """``out``: the run folder that checkpoints go to."""
        self.plan, self.out, self.control = plan, out, control
        self.started = self.told = time.monotonic()
        self.first = -1
        self.every = max(1, plan.steps // CHECKPOINTS)
        self.saved = 0

    def __call__(self, locals_: dict[str, Any], globals_: dict[str, Any]) -> bool:
        """False ends the training."""
        model = locals_["self"]
        if self.first < 0:
            self.first = self.saved = model.num_timesteps
        if self.control.checkpoints and model.num_timesteps - self.saved >= self.every:
            self.saved = model.num_timesteps
            checkpoint.save(model, self.out)
        if self.control.report and time.monotonic() - self.told >= BEAT:
            self.told = time.monotonic()
            self.control.report(self.status(model))
        return not self.control.stop()

    def status(self, model: Any, state: str = "training") -> Status:
        """Where the training is now."""
        elapsed = max(1e-9, time.monotonic() - self.started)
        fps = (model.num_timesteps - self.first) / elapsed
        return status_of(self.plan, model, state, fps)


def status_of(plan: Plan, model: Any, state: str, fps: float = float("nan"), message: str = "") -> Status:
    """A status with the means over the last episodes."""
    returns = [episode["r"] for episode in model.ep_info_buffer or ()]
    return Status(
        plan.seed,
        int(model.num_timesteps),
        plan.steps,
        state,
        _mean(returns),
        _mean(list(model.ep_success_buffer or ())),
        fps,
        message,
    )


def _mean(values: list[Any]) -> float:
    """NaN without values."""
    return float(sum(values)) / len(values) if values else float("nan")
