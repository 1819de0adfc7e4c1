"""Measures a task: its spaces and limit, and what the random and the do-nothing policy get in it."""

from __future__ import annotations

import math
import platform
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from rldoctor.errors import UsageError
from rldoctor.model.task import Task
from rldoctor.plain_data import dataclass, replace
from rldoctor.tasks.play import Episodes, play

EPISODES = 20
# Where an environment has no limit of its own an episode is stopped here, and the entry says so.
MAX_STEPS = 30_000
NOOP = "NOOP"


@dataclass(frozen=True, slots=True)
class PlayOptions:
    """How much is played. ``idle``: the discrete action that does nothing, None where it is not known."""

    episodes: int = EPISODES
    seed: int = 0
    max_steps: int = MAX_STEPS
    seconds: float = math.inf
    idle: int | None = None
    policies: tuple[str, ...] = ("random", "idle")


Watch = Callable[[Iterable[int], int, str], Iterable[int]]


def unwatched(seeds: Iterable[int], total: int, doing: str) -> Iterable[int]:
    """No progress bar."""
    return seeds


def measure(name: str, env: Any, options: PlayOptions, watch: Watch = unwatched) -> Task:
    """The entry of an environment, every number with the versions it was measured with.

    With no episodes it holds what the environment declares and nothing else.
    The seeds are ``options.seed``, ``+ 1``, ... for both policies, so both meet the same starts.

    Raises:
        UsageError: the environment's own code failed.
    """
    source = _source(env, options)
    task = spaces(Task(id=name, family=name), env, source)
    if options.episodes < 1:
        return task
    met: dict[str, Episodes] = {}
    for policy, choose in (("random", env.action_space.sample), ("idle", idle_policy(env, options.idle))):
        if choose is not None and policy in options.policies:
            seeds = range(options.seed, options.seed + options.episodes)
            watched = watch(seeds, options.episodes, f"{policy} policy")
            met[policy] = play(env, choose, watched, options.max_steps, options.seconds)
    return _told(task, met, source, options)


def _source(env: Any, options: PlayOptions) -> str:
    """``measured: gymnasium 1.4.0, mujoco 3.11.0, seeds from 0``.

    Not the last seed: a time budget may end the measurement earlier, and the number of episodes is beside it.
    """
    found = []
    for package in _packages(env):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return f"measured: {', '.join(found) or f'Python {platform.python_version()}'}, seeds from {options.seed}"


def _packages(env: Any) -> list[str]:
    """Distributions whose version can change what is measured: the environment's own and its physics."""
    kinds = [kind.__module__ for kind in type(env.unwrapped).__mro__]
    names = ["gymnasium", *(module.partition(".")[0] for module in kinds)]
    physics = ("mujoco", "dm_control", "gymnasium_robotics")
    names += ["mujoco"] if any(part in module for module in kinds for part in physics) else []
    names += ["dm-control"] if any("dm_control" in module for module in kinds) else []
    names += ["box2d"] if any("box2d" in module for module in kinds) else []
    return list(dict.fromkeys(name.replace("_", "-") for name in names if name not in ("builtins", "typing")))


def spaces(task: Task, env: Any, source: str) -> Task:
    """The task with the actions, horizon and threshold that the environment declares."""
    space, spec = env.action_space, getattr(env, "spec", None)
    kind = type(space).__name__.lower()
    horizon = getattr(spec, "max_episode_steps", None)
    solved = getattr(spec, "reward_threshold", None)
    told = replace(
        task,
        horizon=None if horizon is None else int(horizon),
        solved=None if solved is None else float(solved),
        sources={**task.sources, "spaces": source, **({} if solved is None else {"solved": source})},
    )
    if kind == "box":
        low, high = (tuple(float(v) for v in np.ravel(edge)) for edge in (space.low, space.high))
        return replace(told, action="box", action_dim=len(low), action_low=low, action_high=high)
    if kind == "discrete":
        return replace(told, action="discrete", action_dim=1, choices=int(space.n))
    if kind == "multidiscrete":
        sizes = [int(n) for n in np.ravel(space.nvec)]
        return replace(told, action="multidiscrete", action_dim=len(sizes), choices=math.prod(sizes))
    if kind == "multibinary":
        count = int(np.prod(space.shape))
        return replace(told, action="multibinary", action_dim=count, choices=2**count)
    return replace(told, action="other")


def idle_policy(env: Any, action: int | None) -> Callable[[], Any] | None:
    """The policy that does nothing, or None where no action is known to do nothing.

    Zero for boxes, clipped into their bounds. A discrete action is only taken as idle where the user says
    which or the environment calls one NOOP: action 0 mostly does something (CartPole pushes left).
    """
    space = env.action_space
    kind = type(space).__name__.lower()
    if action is not None:
        if kind != "discrete" or not space.contains(space.start + action):
            raise UsageError(
                f"--idle {action} is not an action of this environment", hint=f"its actions are {space}"
            )
        return lambda: space.start + action
    if kind == "box":
        still = np.clip(np.zeros(space.shape, space.dtype), space.low, space.high)
        return lambda: still
    if kind == "discrete":
        index = _noop(env)
        return None if index is None else lambda: index
    return None


def _noop(env: Any) -> int | None:
    meanings = getattr(env.unwrapped, "get_action_meanings", None)
    try:
        names = list(meanings()) if meanings is not None else []
    except Exception:
        return None
    return names.index(NOOP) if NOOP in names else None


def _told(task: Task, met: dict[str, Episodes], source: str, options: PlayOptions) -> Task:
    everything = list(met.values())
    ended = any(one.terminated for one in everything)
    said = any(one.success for one in everything)
    return replace(
        task,
        horizon=task.horizon or _limit(everything),
        random=met["random"].summary(source) if "random" in met else None,
        idle=met["idle"].summary(source) if "idle" in met else None,
        seen_low=min(one.low for one in everything),
        seen_high=max(one.high for one in everything),
        # That no episode of these two policies ended does not show that none can.
        ends_early=True if ended else None,
        success_logged=said,
        sources={**task.sources, "seen": source, "success": source, **({"ending": source} if ended else {})},
        notes=_capped(everything, options),
    )


def _limit(everything: list[Episodes]) -> int | None:
    """A limit that is not declared but kept: every episode was cut, all after as many steps."""
    lengths = {length for one in everything for length in one.lengths}
    kept = all(one.truncated == len(one.returns) for one in everything)
    return lengths.pop() if kept and len(lengths) == 1 else None


def _capped(everything: list[Episodes], options: PlayOptions) -> tuple[str, ...]:
    count = sum(one.capped for one in everything)
    if not count:
        return ()
    return (f"{count} episodes were stopped after {options.max_steps:,} steps: the environment set no limit",)
