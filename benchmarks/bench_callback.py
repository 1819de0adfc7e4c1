"""What DiagnosticsCallback costs: training time with it against without it, interleaved.

    python benchmarks/bench_callback.py [--rounds 5] [--steps 3000]

Every round trains the same task twice, in alternating order, so that a change of the machine's load hits
both. Printed are the median CPU seconds, the median of the rounds' ratios with their range, and the CPU time
spent inside the callback and its hooks as a share of the training, which a noisy machine disturbs less.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import stable_baselines3
import torch

from rldoctor.integrations.sb3 import DiagnosticsCallback, diagnostics
from rldoctor.integrations.sb3.gradients import GradientWatch

TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "SAC": ("Pendulum-v1", {"learning_starts": 100}),
    "TD3": ("Pendulum-v1", {"learning_starts": 100}),
    "PPO": ("Pendulum-v1", {"n_steps": 512}),
    "A2C": ("Pendulum-v1", {}),
}


class Clock:
    """CPU seconds spent in whatever it wraps."""

    spent = 0.0

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with its time added up."""

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            start = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                self.spent += time.process_time() - start

        return wrapper


class TimedWatch(GradientWatch):
    """Gradient hooks with a clock."""

    clock = Clock()

    def _accumulated(self, parameter: Any) -> None:
        self.clock.timed(super()._accumulated)(parameter)

    def _before_step(self, *args: Any) -> Callable[..., None]:
        return self.clock.timed(super()._before_step(*args))


def timed_callback() -> tuple[DiagnosticsCallback, Clock]:
    """The callback with every entrance of it timed, hooks included."""
    TimedWatch.clock = clock = Clock()
    callback = DiagnosticsCallback()
    for name in ("on_step", "on_rollout_end", "on_rollout_start"):
        setattr(callback, name, clock.timed(getattr(callback, name)))
    return callback, clock


def seconds(algo: str, steps: int, callback: Any) -> float:
    """CPU seconds of one training."""
    env, hyper = TASKS[algo]
    model = getattr(stable_baselines3, algo)("MlpPolicy", env, seed=0, device="cpu", **hyper)
    start = time.process_time()
    model.learn(steps, callback=callback)
    return time.process_time() - start


def compare(algo: str, steps: int, rounds: int) -> None:
    """Print one line for an algorithm."""
    without, with_it, shares = [], [], []
    seconds(algo, 200, None)
    for round_ in range(rounds):
        callback, clock = timed_callback()
        for measured in (False, True) if round_ % 2 else (True, False):
            took = seconds(algo, steps, callback if measured else None)
            (with_it if measured else without).append(took)
        shares.append(clock.spent / with_it[-1])
    ratios = [a / b for a, b in zip(with_it, without, strict=True)]
    spread = f"{min(ratios):.3f} to {max(ratios):.3f}"
    print(
        f"{algo:4} without {statistics.median(without):6.2f} s  with {statistics.median(with_it):6.2f} s  "
        f"ratio {statistics.median(ratios):.3f} ({spread})  "
        f"inside the callback {100 * statistics.median(shares):.2f} %"
    )


def main() -> None:
    """Every algorithm, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--algo", action="append", choices=list(TASKS))
    options = parser.parse_args()
    torch.set_num_threads(1)
    diagnostics.GradientWatch = TimedWatch  # type: ignore[misc]
    for algo in options.algo or TASKS:
        compare(algo, options.steps, options.rounds)


if __name__ == "__main__":
    main()
