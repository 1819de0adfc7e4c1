"""Event files for the reader's benchmark, written by TensorBoard's own EventFileWriter.

Three shapes: ``one-run`` (20 tags, one dump every 2048 steps, as Stable-Baselines3 writes), ``irregular``
(12 tags in random order, as CleanRL writes) and ``many-runs`` (small runs of 20 tags x 200 points).
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

SHAPES = ("one-run", "irregular", "many-runs")
POINTS_PER_SMALL_RUN = 200
Point = tuple[str, float, int, float]

_SB3 = [
    "rollout/ep_len_mean",
    "rollout/ep_rew_mean",
    "rollout/success_rate",
    "time/fps",
    "time/iterations",
    "time/time_elapsed",
    "time/total_timesteps",
    "train/approx_kl",
    "train/clip_fraction",
    "train/clip_range",
    "train/entropy_loss",
    "train/explained_variance",
    "train/learning_rate",
    "train/loss",
    "train/n_updates",
    "train/policy_gradient_loss",
    "train/std",
    "train/value_loss",
    "eval/mean_ep_length",
    "eval/mean_reward",
]
_CLEANRL = [
    "charts/episodic_return",
    "charts/episodic_length",
    "charts/SPS",
    "charts/learning_rate",
    "losses/qf1_values",
    "losses/qf2_values",
    "losses/qf1_loss",
    "losses/qf2_loss",
    "losses/qf_loss",
    "losses/actor_loss",
    "losses/alpha",
    "losses/alpha_loss",
]


def make(shape: str, root: Path, events: int) -> Path:
    """Write about ``events`` scalars of one shape below ``root``, once; returns the directory."""
    directory = root / f"{shape}-{events}"
    done = directory / "last_walls.json"
    if not done.exists():
        print(f"writing {shape}, {events:,} scalars ...", flush=True)
        done.write_text(json.dumps(sorted(_write(shape, directory, events).values())))
    return directory


def _write(shape: str, directory: Path, events: int) -> dict[tuple[str, str], float]:
    """Write the runs; the last wall time per run and tag."""
    if shape == "one-run":
        runs = {"run": _dumps(events // len(_SB3), seed=0)}
    elif shape == "irregular":
        runs = {"run": _random_order(events)}
    else:
        count = max(1, events // (len(_SB3) * POINTS_PER_SMALL_RUN))
        runs = {f"run_{k:03d}": _dumps(POINTS_PER_SMALL_RUN, seed=k) for k in range(count)}
    last: dict[tuple[str, str], float] = {}
    for name, points in runs.items():
        for tag, wall in _log(directory / name, points):
            last[name, tag] = wall
    return last


def _dumps(rows: int, seed: int) -> Iterator[Point]:
    rng = random.Random(seed)
    for i in range(rows):
        for k, tag in enumerate(_SB3):
            yield tag, rng.gauss(0, 1), (i + 1) * 2048, 1.7e9 + i * 1.37 + k * 2e-5


def _random_order(events: int) -> Iterator[Point]:
    rng = random.Random(1)
    step = 0
    for i in range(events):
        step += rng.randrange(1, 12)  # strictly: the data server drops repeated steps
        yield rng.choice(_CLEANRL), rng.gauss(0, 1), step, 1.7e9 + i * 0.0137


def _log(directory: Path, points: Iterator[Point]) -> Iterator[tuple[str, float]]:
    """Log the points; yields tag and wall time of each."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(directory), max_queue_size=1000)
    for tag, value, step, wall in points:
        summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
        writer.add_event(Event(wall_time=wall, step=step, summary=summary))
        yield tag, wall
    writer.close()
