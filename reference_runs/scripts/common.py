"""What the training scripts of this folder share: arguments, environments, and the facts for the label."""

from __future__ import annotations

import argparse
import json
import platform
import shlex
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv

FACTS = "made.json"
CLEANRL = "fe8d8a03"
"""The commit of CleanRL whose tags and settings the scripts in its form have."""
_EVERYWHERE = ("torch", "gymnasium", "mujoco", "numpy")


def arguments(doc: str, faults: tuple[str, ...], algos: tuple[str, ...]) -> argparse.Namespace:
    """The command line; ``steps`` counts transitions over all environments, ``out`` must not hold a run."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--env", required=True)
    parser.add_argument("--algo", choices=algos, default=algos[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--fault", choices=faults, default="")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    if list(args.out.glob("**/events.out.tfevents.*")):
        parser.error(f"{args.out} already holds a run: two event files in one folder read as one run")
    args.out.mkdir(parents=True, exist_ok=True)
    return args


def seeded(seed: int) -> None:
    """One torch thread and fixed seeds: the run depends on the seed and the versions alone."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    np.random.seed(seed)


def reward_scale(fault: str) -> float:
    """The factor on the reward, as in ``rldoctor/training/faults.py``."""
    return 1e-4 if fault == "reward-tiny" else 1.0


class Steady(gym.Wrapper[Any, Any, Any, Any]):
    """The environment with its reward scaled; what is logged is what the learner sees."""

    def __init__(self, env_id: str, scale: float) -> None:
        """Make ``env_id``; ``scale`` multiplies every reward."""
        # MuJoCo observes in float64, which skrl hands to its float32 networks as it is.
        super().__init__(gym.wrappers.DtypeObservation(gym.make(env_id), np.float32))
        self._scale = scale

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """One step; an action outside the bounds is clipped to them."""
        space = self.action_space
        assert isinstance(space, gym.spaces.Box)
        observation, reward, terminated, truncated, info = self.env.step(
            np.clip(action, space.low, space.high)
        )
        return observation, float(reward) * self._scale, terminated, truncated, info


def vector(env_id: str, count: int, fault: str) -> SyncVectorEnv:
    """``count`` environments that reset within the step that ends an episode, as GPU simulators do."""
    make = [lambda: Steady(env_id, reward_scale(fault)) for _ in range(count)]
    return SyncVectorEnv(make, autoreset_mode=AutoresetMode.SAME_STEP)


def finish(args: argparse.Namespace, library: str, packages: tuple[str, ...], steps: int) -> None:
    """Leave the facts of the training beside its log, for ``label.py``."""
    words = [Path(sys.argv[0]).name, *sys.argv[1:]]
    words[words.index("--out") + 1] = "DIR"
    facts = {
        "library": library,
        "algo": args.algo,
        "env": args.env,
        "seed": args.seed,
        "fault": args.fault,
        "steps": steps,
        "versions": {
            "python": platform.python_version(),
            **({"cleanrl_tags": CLEANRL} if library == "cleanrl" else {}),
            **{
                name.replace("-lib", "").replace("-", "_"): version(name)
                for name in (*packages, *_EVERYWHERE)
            },
        },
        "command": shlex.join(["python", f"reference_runs/scripts/{words[0]}", *words[1:]]),
    }
    (args.out / FACTS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
