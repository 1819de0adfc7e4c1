"""How many steps per second a task makes with more and more environments, and where that stops to pay."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from rldoctor.training.envs import make_vec_env
from rldoctor.training.plan import ON_POLICY, Plan

LEAST_GAIN = 0.2
"""Share of perfect scaling below which further environments do not pay: with 0.2, doubling them has to bring
at least 20 % more steps per second (perfect would be 100 %)."""
BLOCKS = 5
"""Blocks a measurement is cut into; the median over them is the result."""
WARM_UP = 100
"""Transitions an off-policy algorithm collects before it trains, instead of the task's."""
LONG_ROLLOUT = 256
"""Steps per environment after which an on-policy rollout is long enough to be measured."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """Transitions per second over all environments: median, slowest and fastest block."""

    median: float
    low: float
    high: float
    blocks: int


@dataclass(frozen=True, slots=True)
class Point:
    """The rates with ``n_envs`` environments: ``env`` with random actions, ``train`` with the algorithm.

    ``env_gain`` and ``train_gain`` against the point before: share of perfect scaling, None at the first.
    """

    n_envs: int
    env: Throughput
    train: Throughput
    env_gain: float | None = None
    train_gain: float | None = None


def measure(
    plan: Plan,
    counts: Sequence[int],
    *,
    seconds: float = 5.0,
    vec: str = "dummy",
    device: str = "cpu",
    show: Callable[[int], None] = lambda n_envs: None,
) -> list[Point]:
    """One point for each of ``counts``, in rising order; about ``seconds`` for each of its two rates.

    ``show`` is called with a count before it is measured. Raises UsageError for an unknown environment or
    settings the algorithm does not take.
    """
    import torch

    torch.set_num_threads(1)
    points: list[Point] = []
    for n_envs in sorted(set(counts)):
        show(n_envs)
        one = replace(short(plan), n_envs=n_envs)
        point = Point(n_envs, env_rate(one, seconds, vec), train_rate(one, seconds, vec, device))
        if points:
            before = points[-1]
            ratio = n_envs / before.n_envs
            point = replace(
                point,
                env_gain=gain(before.env, point.env, ratio),
                train_gain=gain(before.train, point.train, ratio),
            )
        points.append(point)
    return points


def gain(before: Throughput, after: Throughput, ratio: float) -> float:
    """Share of perfect scaling: 1 when ``ratio`` times the environments make ``ratio`` times the steps."""
    return (after.median / before.median - 1) / (ratio - 1)


def stops(points: Sequence[Point], which: str, least: float = LEAST_GAIN) -> int | None:
    """The count of environments beyond which ``which`` (env, train) gains less than ``least``; None: none."""
    for before, point in pairwise(points):
        found = getattr(point, f"{which}_gain")
        if found is not None and found < least:
            return before.n_envs
    return None


def short(plan: Plan) -> Plan:
    """The plan with an early start of the training and rollouts no longer than needed.

    Steps per update, batch and gradient steps stay the task's.
    """
    if plan.algo not in ON_POLICY:
        return plan.with_hyper(learning_starts=WARM_UP)
    batch = int(str(plan.hyper.get("batch_size", 64)))
    steps = int(str(plan.hyper.get("n_steps", 2048 if plan.algo != "a2c" else 5)))
    return plan.with_hyper(n_steps=min(steps, max(LONG_ROLLOUT, batch)))


def env_rate(plan: Plan, seconds: float, vec: str = "dummy") -> Throughput:
    """The rate of the environments alone, with random actions."""
    env = make_vec_env(plan, vec=vec)
    env.seed(plan.seed)
    env.action_space.seed(plan.seed)
    env.reset()
    actions = [[env.action_space.sample() for _ in range(plan.n_envs)] for _ in range(50)]
    try:
        return rate(list(_clock(env, actions, seconds)))
    finally:
        env.close()


def _clock(env: Any, actions: Sequence[Any], seconds: float) -> Iterator[tuple[float, int]]:
    """Seconds and transitions after every vector step, the first few of them not counted."""
    import numpy as np

    batches = [np.asarray(one) for one in actions]
    for batch in batches[:5]:
        env.step(batch)
    start, done = time.perf_counter(), 0
    yield 0.0, 0
    passed = 0.0
    while passed < seconds or done < BLOCKS * env.num_envs:
        env.step(batches[done // env.num_envs % len(batches)])
        done += env.num_envs
        passed = time.perf_counter() - start
        yield passed, done


def train_rate(plan: Plan, seconds: float, vec: str = "dummy", device: str = "cpu") -> Throughput:
    """The rate of the whole training: environments, policy and updates, without any log."""
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.logger import Logger

    from rldoctor.training.train import build_model

    class Clock(BaseCallback):  # type: ignore[misc] # SB3 is not typed here
        """Notes the time whenever a rollout begins, so that every update lies between two notes."""

        def __init__(self, first: int) -> None:
            super().__init__()
            self.first, self.marks = first, list[tuple[float, int]]()

        def _on_rollout_start(self) -> None:
            if self.num_timesteps > self.first:
                self.marks.append((time.perf_counter(), self.num_timesteps))

        def _on_step(self) -> bool:
            over = self.marks and time.perf_counter() - self.marks[0][0] >= seconds
            return not over or len(self.marks) <= BLOCKS

    model = build_model(plan, device, make_vec_env(plan, vec=vec))
    # The first update sets things up (threads, kernels), so it is left out.
    clock = Clock(0 if plan.algo in ON_POLICY else WARM_UP + plan.n_envs)
    model.set_logger(Logger(None, []))
    try:
        model.learn(10**9, callback=clock, log_interval=None)
    finally:
        model.env.close()
    return rate(clock.marks)


def rate(marks: Sequence[tuple[float, int]]) -> Throughput:
    """The rate over `BLOCKS` runs of ``marks`` (seconds, transitions so far) of about equal length."""
    blocks = min(BLOCKS, len(marks) - 1)
    edges = [round(i * (len(marks) - 1) / blocks) for i in range(blocks + 1)]
    found = [
        (marks[last][1] - marks[first][1]) / max(1e-9, marks[last][0] - marks[first][0])
        for first, last in pairwise(edges)
    ]
    return Throughput(statistics.median(found), min(found), max(found), blocks)
