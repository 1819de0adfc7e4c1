"""Train an algorithm of Stable-Baselines3 or sb3-contrib with its default settings.

    python -m laboratory.baselines.train --out DIR ALGORITHM ENVIRONMENT STEPS SEED

writes ``DIR/ALGORITHM--ENVIRONMENT--SEED.csv`` with the columns ``step`` and ``return``, a row an episode. A
finished file is not trained again. Nothing but the environment, the budget and the seed is set.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from pathlib import Path
from typing import Any


def main() -> int:
    """Train one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("algorithm")
    parser.add_argument("env")
    parser.add_argument("steps", type=int)
    parser.add_argument("seed", type=int)
    options = parser.parse_args()
    path = options.out / f"{options.algorithm}--{options.env}--{options.seed}.csv"
    if not path.exists():
        os.nice(19)
        rows = episodes(options.algorithm, options.env, options.steps, options.seed)
        draft = path.with_suffix(".part")
        options.out.mkdir(parents=True, exist_ok=True)
        with draft.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("step", "return"), *rows])
        draft.rename(path)
    return 0


def episodes(algorithm: str, env: str, steps: int, seed: int) -> list[tuple[int, float]]:
    """Step at which each training episode ended, and its return."""
    import gymnasium
    import torch
    from stable_baselines3.common.monitor import Monitor

    torch.set_num_threads(1)
    watched = Monitor(gymnasium.make(env))
    _class(algorithm)("MlpPolicy", watched, seed=seed, device="cpu").learn(steps)
    ends, total = [], 0
    for length in watched.get_episode_lengths():
        total += length
        ends.append(total)
    return [(end, round(value, 4)) for end, value in zip(ends, watched.get_episode_rewards(), strict=True)]


def _class(algorithm: str) -> Any:
    """The class of an algorithm by its name in lower case."""
    import sb3_contrib
    import stable_baselines3

    name = {"recurrent-ppo": "RecurrentPPO"}.get(algorithm, algorithm.upper())
    return getattr(stable_baselines3, name, None) or getattr(sb3_contrib, name)


if __name__ == "__main__":
    sys.exit(main())
