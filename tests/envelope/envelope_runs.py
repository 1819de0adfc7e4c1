"""Runs for the tests of envelopes: in memory, and as logs that the real writer wrote."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from rldoctor.envelope.criteria import load_criteria
from rldoctor.model.config import Knob, RunConfig
from rldoctor.model.frame import MetricFrame
from rldoctor.model.raw import RawSetting
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.paths import builtin_rules_dir

CRITERIA = load_criteria(builtin_rules_dir())


def series(name, steps, values, **more):
    return Series(
        name, np.asarray(steps, dtype=np.float64), np.asarray(values, dtype=np.float64), f"log/{name}", **more
    )


def run(values, seed=0, *, steps=None, env="Task-v0", algorithm="ppo", metrics=(), **more):
    """A run with this return every 100 steps; keyword arguments are knobs (``raw`` ones with a dot)."""
    axis, framework = more.pop("axis", "env_steps"), more.pop("framework", "stable_baselines3")
    steps = 100.0 * np.arange(1, len(values) + 1) if steps is None else steps
    logged = [series("episode_return", steps, values, window=more.pop("window", None)), *metrics]
    knobs = {name: Knob(name, value, name, value, "test") for name, value in more.items() if "." not in name}
    raw = tuple(RawSetting(name, value, "test") for name, value in more.items() if "." in name)
    return Run(
        id=f"run-{seed}", path=Path(f"good-{seed}"), format="test", framework=framework,
        algorithm=algorithm, metrics=MetricFrame({one.name: one for one in logged}),
        config=RunConfig(knobs, raw), env=env, seed=seed, axis=axis,
    )  # fmt: skip


def write_log(folder: Path, returns, success=None, **settings) -> Path:
    """An event file with Stable-Baselines3's tags every 1,000 steps, and its settings."""
    from tensorboardX import SummaryWriter

    folder.mkdir(parents=True)
    with SummaryWriter(str(folder)) as writer:
        for place, value in enumerate(returns):
            step = 1000 * (place + 1)
            writer.add_scalar("rollout/ep_rew_mean", value, step)
            writer.add_scalar("rollout/ep_len_mean", 50.0, step)
            writer.add_scalar("time/fps", 100.0, step)
            writer.add_scalar("train/approx_kl", 0.01, step)
            writer.add_scalar("train/entropy_loss", -5.0 + 0.01 * place, step)
            writer.add_scalar("train/explained_variance", 0.5, step)
            if success is not None:
                writer.add_scalar("rollout/success_rate", success[place], step)
    known = {
        "algo": "ppo",
        "env_id": "Task-v0",
        "n_envs": 1,
        "n_steps": 1000,
        "gamma": 0.99,
        "env_kwargs": {},
    }
    (folder / "config.json").write_text(json.dumps({**known, **settings}))
    return folder


def rising(count, start, end, seed):
    """A noisy climb over the first two thirds."""
    shape = np.clip(np.arange(count) / (2 * count / 3), 0.0, 1.0)
    return start + (end - start) * shape + np.random.default_rng(seed).normal(0.0, 2.0, count)
