"""Which of the names in a row count the rows."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from rldoctor.patterns import pattern

# What a row is counted by, best first: the last part of its name in lower case, words joined.
_COUNTERS = (
    "total_timesteps",
    "timesteps_total",
    "totalenvinteracts",
    "timestepssofar",
    "num_env_steps_sampled_lifetime",
    "num_env_steps_sampled",
    "num_steps_sampled",
    "global_step",
    "env_steps",
    "env_step",
    "environment_steps",
    "environmentsteps",
    "timesteps",
    "timestep",
    "time_step",
    "steps",
    "step",
    "learning_iteration",
    "training_iteration",
    "iterations",
    "iteration",
    "iter",
    "itr",
    "n_updates",
    "nupdates",
    "update",
    "epoch",
    "episodes",
    "episode",
    "frame",
    "game",
)
_RANK = {name: rank for rank, name in enumerate(_COUNTERS)}
_APART = pattern(r"[\s\-]+")


def counter_of(names: Iterable[str]) -> str:
    """Which of the names of a row it is counted by, ``""`` where it has no counter."""
    ranked = [(rank, name) for name in names if (rank := _rank(name)) is not None]
    return min(ranked)[1] if ranked else ""


@lru_cache(maxsize=4096)
def _rank(name: str) -> int | None:
    return _RANK.get(_APART.sub("_", name.rpartition("/")[2].lower()))
