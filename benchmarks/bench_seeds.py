"""Seeds in parallel against one after the other: ratio of the wall times of the runner's own sessions.

    python benchmarks/bench_seeds.py [--env ID] [--algo NAME] [--steps N] [--seeds N] [--repeats N]

Above 1 the parallel session is faster; the most it can be is the number of seeds, and of free cores. Process
starts are part of both. The order alternates between repeats, and the median is printed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rldoctor.training.catalog import task_for
from rldoctor.training.control import Control
from rldoctor.training.session import Job, run_jobs


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--env", default="Pendulum-v1")
    parser.add_argument("--algo", default="ppo")
    parser.add_argument("--steps", type=int, default=8192)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    plans = [
        task_for(options.algo, options.env).plan(seed=s, steps=options.steps) for s in range(options.seeds)
    ]
    ratios = []
    for repeat in range(options.repeats):
        with tempfile.TemporaryDirectory() as folder:
            apart = [[Job(plan, Path(folder) / "apart" / plan.name)] for plan in plans]
            together = [[Job(plan, Path(folder) / "together" / plan.name) for plan in plans]]
            first, second = (apart, together) if repeat % 2 == 0 else (together, apart)
            times = {id(first): seconds(first), id(second): seconds(second)}
        ratios.append(times[id(apart)] / times[id(together)])
        print(f"apart {times[id(apart)]:.1f} s, together {times[id(together)]:.1f} s: {ratios[-1]:.2f} times")
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    print(
        f"median {statistics.median(ratios):.2f} times with {options.seeds} seeds; "
        f"{cores} cores, load {load:.1f}"
    )


def seconds(sessions: Sequence[Sequence[Job]]) -> float:
    """Wall time of the sessions one after the other; a failed training ends the benchmark."""
    began = time.perf_counter()
    for jobs in sessions:
        states = [(status.state, status.message) for status in run_jobs(jobs, Control())]
        if any(state != "done" for state, _ in states):
            raise SystemExit(f"a training failed: {states}")
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
