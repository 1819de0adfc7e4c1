"""What DiagnosticsCallback costs: training time with it against without it, interleaved.

    python benchmarks/bench_callback.py [--rounds 5] [--steps 3000]

Every round trains the same task twice, in alternating order, so that a change of the machine's load hits
both. Printed are the median seconds, the median of the rounds' ratios, and the time spent inside the callback
itself as a share of the training, which a noisy machine disturbs less.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

import stable_baselines3
import torch

from rldoctor.integrations.sb3 import DiagnosticsCallback

TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "SAC": ("Pendulum-v1", {"learning_starts": 100}),
    "TD3": ("Pendulum-v1", {"learning_starts": 100}),
    "PPO": ("Pendulum-v1", {"n_steps": 512}),
    "A2C": ("Pendulum-v1", {}),
}


class Timed(DiagnosticsCallback):
    """The callback with a stopwatch around each of its entrances (hooks of the optimiser are not seen)."""

    spent = 0.0

    def on_step(self) -> bool:
        """Timed."""
        start = time.perf_counter()
        answer = super().on_step()
        self.spent += time.perf_counter() - start
        return bool(answer)

    def on_rollout_end(self) -> None:
        """Timed."""
        start = time.perf_counter()
        super().on_rollout_end()
        self.spent += time.perf_counter() - start

    def on_rollout_start(self) -> None:
        """Timed."""
        start = time.perf_counter()
        super().on_rollout_start()
        self.spent += time.perf_counter() - start


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
        callback = Timed()
        for measured in (False, True) if round_ % 2 else (True, False):
            took = seconds(algo, steps, callback if measured else None)
            (with_it if measured else without).append(took)
        shares.append(callback.spent / with_it[-1])
    ratio = statistics.median(a / b for a, b in zip(with_it, without, strict=True))
    print(
        f"{algo:4} without {statistics.median(without):6.2f} s  with {statistics.median(with_it):6.2f} s  "
        f"ratio {ratio:.3f}  inside the callback {100 * statistics.median(shares):.2f} %"
    )


def main() -> None:
    """Every algorithm, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--algo", action="append", choices=list(TASKS))
    options = parser.parse_args()
    torch.set_num_threads(1)
    for algo in options.algo or TASKS:
        compare(algo, options.steps, options.rounds)


if __name__ == "__main__":
    main()
