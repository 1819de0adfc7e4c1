"""Synthetic runs for the engine's benchmark: 40 metrics of 10,000 points, PPO and SAC, healthy and sick."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from rldoctor.model.config import Knob, RunConfig
from rldoctor.model.frame import MetricFrame
from rldoctor.model.raw import FloatArray
from rldoctor.model.run import Run
from rldoctor.model.series import Series

EVERY = 2048  # environment steps between two points
WINDOW = {"episode_return": 100, "episode_length": 100, "success_rate": 100}
KINDS = ("ppo-healthy", "ppo-frozen", "sac-healthy", "sac-diverging")

_CONFIG: Mapping[str, Mapping[str, float]] = {
    "ppo": {
        "learning_rate": 3e-4, "gamma": 0.99, "gae_lambda": 0.95, "clip_range": 0.2, "n_envs": 8,
        "n_epochs": 10, "rollout_length": 256, "batch_size": 64, "ent_coef": 0.0, "vf_coef": 0.5,
        "max_grad_norm": 0.5, "action_dim": 6, "max_episode_length": 1000, "target_kl": 0.03,
    },
    "sac": {
        "learning_rate": 3e-4, "gamma": 0.99, "tau": 0.005, "buffer_capacity": 1e6, "learning_starts": 1e4,
        "batch_size": 256, "train_freq": 1, "gradient_steps": 1, "n_envs": 1, "action_dim": 6,
        "target_entropy": -6, "max_episode_length": 1000, "utd": 1,
    },
}  # fmt: skip


def make_run(kind: str, points: int, tags: int) -> Run:
    """A run in memory with ``tags`` metrics of ``points`` points, the same at every call."""
    algorithm = kind.partition("-")[0]
    steps = EVERY * np.arange(1, points + 1, dtype=np.float64)
    values = _common(points) | (_ppo(kind, points) if algorithm == "ppo" else _sac(kind, points))
    for index in range(len(values), tags):
        values[f"timer_{index}"] = _noisy(np.full(points, 1.0), 0.1, index)
    named = list(values.items())[:tags]
    series = {name: Series(name, steps, column, name, window=WINDOW.get(name)) for name, column in named}
    planned = {"total_env_steps": steps[-1], **_CONFIG[algorithm]}
    knobs = {name: Knob(name, value, name, value, "benchmark") for name, value in planned.items()}
    return Run(kind, Path(kind), "memory", "generic", algorithm, MetricFrame(series), RunConfig(knobs))


def write_run(run: Run, directory: Path) -> Path:
    """The same points as an event file, every metric at every step, written by TensorBoard's own writer."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(directory), max_queue_size=1000)
    series = list(run.metrics.series.values())
    for row, step in enumerate(series[0].steps):
        for one in series:
            summary = Summary(value=[Summary.Value(tag=one.tag, simple_value=one.values[row])])
            writer.add_event(Event(wall_time=1.7e9 + row * 1.37, step=int(step), summary=summary))
    writer.close()
    return directory


def _rise(n: int, start: float, end: float, share: float = 0.3) -> FloatArray:
    """From one level to another, most of it over the first ``share`` of the run."""
    return end + (start - end) * np.exp(-np.arange(n) / (share * n))


def _noisy(level: FloatArray, share: float, seed: int) -> FloatArray:
    noise = np.random.default_rng(seed).standard_normal(level.size)
    return np.asarray(level * (1 + share * noise), dtype=np.float64)


def _averaged(level: FloatArray, share: float, seed: int) -> FloatArray:
    """As a mean over the last 100 episodes is: neighbours share most of what was averaged."""
    noise = np.random.default_rng(seed).standard_normal(level.size + 99)
    return np.asarray(level * (1 + share * np.convolve(noise, np.ones(100) / 100, "valid")), dtype=np.float64)


def _common(n: int) -> dict[str, FloatArray]:
    at = np.arange(1, n + 1, dtype=np.float64)
    return {
        "episode_return": _averaged(_rise(n, 50, 4000), 0.3, 1),
        "episode_length": _averaged(_rise(n, 200, 950), 0.1, 2),
        "success_rate": np.clip(_averaged(_rise(n, 0.01, 0.9), 0.1, 3), 0, 1),
        "eval_return": _noisy(_rise(n, 60, 4200), 0.1, 4),
        "eval_length": _noisy(_rise(n, 200, 950), 0.05, 5),
        "fps": _noisy(np.full(n, 1500.0), 0.02, 6),
        "wall_time": at * EVERY / 1500,
        "learning_rate": np.full(n, 3e-4),
        "grad_norm": _noisy(np.full(n, 0.6), 0.3, 7),
        "grad_norm_actor": _noisy(np.full(n, 0.3), 0.3, 8),
        "grad_norm_critic": _noisy(np.full(n, 0.5), 0.3, 9),
        "episodes": at * 2,
        "env_steps": at * EVERY,
        "episode_return_max": _noisy(_rise(n, 90, 5000), 0.05, 10),
        "episode_return_min": _noisy(_rise(n, 10, 2500), 0.2, 11),
        "episode_return_std": _noisy(_rise(n, 40, 500), 0.2, 12),
        "reward_per_step": _noisy(_rise(n, 0.2, 4), 0.1, 13),
        "action_saturation": np.clip(_noisy(np.full(n, 0.1), 0.3, 14), 0, 1),
        "total_loss": _noisy(_rise(n, 9, 2), 0.3, 15),
        "parameter_change": _noisy(np.full(n, 0.02), 0.2, 16),
        "gradient_updates": at * 320,
        "eval_success_rate": np.clip(_noisy(_rise(n, 0.01, 0.9), 0.05, 17), 0, 1),
        "timer": _noisy(np.full(n, 1.3), 0.05, 18),
    }


def _ppo(kind: str, n: int) -> dict[str, FloatArray]:
    frozen = kind.endswith("frozen")
    found = {
        "approx_kl": np.abs(_noisy(np.full(n, 2e-7 if frozen else 0.012), 0.4, 20)),
        "entropy": np.full(n, 9.6) if frozen else _noisy(_rise(n, 8.5, 3.0), 0.01, 21),
        "clip_fraction": np.zeros(n) if frozen else np.abs(_noisy(np.full(n, 0.12), 0.3, 22)),
        "explained_variance": _noisy(np.full(n, -140.0), 0.3, 23)
        if frozen
        else _noisy(_rise(n, 0, 0.9), 0.03, 23),
        "value_loss": np.abs(_noisy(_rise(n, 8, 2), 0.4, 24)),
        "policy_loss": _noisy(np.full(n, -0.01), 0.8, 25),
        "policy_std": np.full(n, 1.0) if frozen else _noisy(_rise(n, 1.0, 0.4), 0.01, 26),
        "clip_range": np.full(n, 0.2),
        "advantage_mean": _noisy(np.full(n, 1e-7), 1.0, 27),
        "advantage_std": np.full(n, 1.0),
        "advantage_std_raw": np.abs(_noisy(_rise(n, 3, 1), 0.2, 28)),
        "value_mean": _noisy(_rise(n, 1, 80), 0.05, 29),
        "return_std": np.abs(_noisy(_rise(n, 3, 20), 0.1, 30)),
        "update_epochs": 10 * np.arange(1, n + 1, dtype=np.float64),
        "kl_coef": np.full(n, 0.2),
        "iterations": np.arange(1, n + 1, dtype=np.float64),
        "approx_kl_k1": _noisy(np.full(n, 0.01), 1.0, 31),
    }
    if frozen:
        found |= {"episode_return": _averaged(np.full(n, 50.0), 0.3, 1), "success_rate": np.zeros(n)}
        found |= {"eval_return": _noisy(np.full(n, 50.0), 0.1, 4), "eval_success_rate": np.zeros(n)}
    return found


def _sac(kind: str, n: int) -> dict[str, FloatArray]:
    diverging = kind.endswith("diverging")
    q = 10 * 1.0008 ** np.arange(n) if diverging else _rise(n, 1, 250)
    found = {
        "entropy_coef": np.exp(_rise(n, 0, -9 if diverging else -3)),
        "entropy_coef_loss": _noisy(np.full(n, -0.3), 1.0, 20),
        "entropy": _noisy(_rise(n, 2, -6), 0.03, 21),
        "critic_loss": np.abs(_noisy(0.001 * q**2 + 1, 0.4, 22)),
        "q1_loss": np.abs(_noisy(0.001 * q**2 + 1, 0.4, 23)),
        "q2_loss": np.abs(_noisy(0.001 * q**2 + 1, 0.4, 24)),
        "policy_loss": _noisy(-q, 0.03, 25),
        "q_mean": _noisy(q, 0.03, 26),
        "q2_mean": _noisy(q, 0.03, 27),
        "q_max": _noisy(1.5 * q, 0.03, 28),
        "q_min": _noisy(0.3 * q, 0.03, 29),
        "q_std": np.abs(_noisy(0.2 * q, 0.1, 30)),
        "q_target_mean": _noisy(q, 0.03, 31),
        "q_policy_mean": _noisy(q, 0.03, 32),
        "td_error": np.abs(_noisy(0.02 * q + 0.1, 0.3, 33)),
        "buffer_size": np.minimum(EVERY * np.arange(1, n + 1, dtype=np.float64), 1e6),
        "replay_reward_mean": _noisy(_rise(n, 0.2, 3.5), 0.02, 34),
    }
    if diverging:
        found |= {"episode_return": _averaged(_rise(n, 500, 20), 0.3, 1), "success_rate": np.zeros(n)}
        found |= {"eval_return": _noisy(_rise(n, 500, 20), 0.1, 4), "eval_success_rate": np.zeros(n)}
    return found
