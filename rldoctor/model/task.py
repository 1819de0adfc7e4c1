"""What is known of a task whatever was trained on it: spaces, horizon, what policies score."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field

from rldoctor.plain_data import dataclass

# What the end of an episode before the time limit means.
ENDINGS = ("good", "bad", "both")
ACTIONS = ("box", "discrete", "multidiscrete", "multibinary", "other")


@dataclass(frozen=True, slots=True)
class Played:
    """What one fixed policy got over whole episodes. Returns are sums of rewards, undiscounted.

    ``std`` and ``length_std`` are sample standard deviations over episodes (divisor n - 1), None below two
    episodes. ``success``: share of episodes whose last step said success, None where nothing says it.
    """

    mean: float
    std: float | None
    episodes: int
    length: float | None = None
    length_std: float | None = None
    success: float | None = None
    source: str = ""

    @property
    def error(self) -> float | None:
        """Standard error of ``mean``, None where it is not known."""
        return None if self.std is None or self.episodes < 1 else self.std / math.sqrt(self.episodes)


@dataclass(frozen=True, slots=True)
class Published:
    """A score somebody published, for one algorithm after so many steps. Mostly of tuned runs.

    ``env`` is the exact environment it was published for. ``steps``: budget of the run in environment steps
    as the source counts them, None where it does not say. ``spread`` as ``kind`` says.
    """

    env: str
    algorithm: str
    score: float
    spread: float | None
    steps: float | None
    seeds: int | None
    kind: str
    source: str


@dataclass(frozen=True, slots=True)
class Task:
    """One task. None, an empty text or an empty tuple is always "not known", never "no" or zero.

    ``action_low`` and ``action_high``: shape (action_dim,), box actions only. ``choices``: number of
    distinct actions (of all combinations for several discrete ones). ``horizon``: time limit in steps.
    ``reward_low`` and ``reward_high`` bound the reward of a step by the definition of the task;
    ``each_step`` is what every step pays, where all (but perhaps the last of an episode) pay the same.
    ``seen_low`` and ``seen_high`` are merely the least and largest one met while ``random`` and ``idle`` were
    played. ``ends_early``: an episode can end before the time limit; ``ending``: what that means.
    ``random`` draws actions uniformly, ``idle`` applies the action that does nothing. ``solved``: mean
    return that its registration calls solved. ``sources``: field (or group of fields) -> where it is from.
    ``notes``: what a reader must be told before a number is compared, such as that it is of another version.
    """

    id: str
    family: str = ""
    action: str = ""
    action_dim: int | None = None
    action_low: tuple[float, ...] = ()
    action_high: tuple[float, ...] = ()
    choices: int | None = None
    horizon: int | None = None
    reward_low: float | None = None
    reward_high: float | None = None
    each_step: float | None = None
    seen_low: float | None = None
    seen_high: float | None = None
    ends_early: bool | None = None
    ending: str = ""
    random: Played | None = None
    idle: Played | None = None
    solved: float | None = None
    success_logged: bool | None = None
    published: tuple[Published, ...] = ()
    # Of versions with another reward, where this one has none: their scores say nothing, their length does.
    other_versions: tuple[Published, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskMatch:
    """The task a run is on, or why none could be told.

    ``how`` is a clause for a sentence: ``'Ant-v3' in args.yaml``. ``assumed``: a name without a version
    speaks of it and the log agrees; then it may warn, and excuses nothing.
    """

    task: Task | None
    name: str = ""
    how: str = ""
    assumed: bool = False
