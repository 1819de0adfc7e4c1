"""The run beside its task, as numbers that rules may name: made once, NaN where too little is known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field

import numpy as np

from rldoctor.model.numbers import number_text
from rldoctor.model.raw import FloatArray
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.model.task import Played, Published, Task, TaskMatch
from rldoctor.plain_data import dataclass

NAN = math.nan
# Training before evaluation: only its first rows are those of a fresh policy.
_CURVES = (("episode_return", "episode_length"), ("eval_return", "eval_length"))
_NAMES = """
    task_known task_goal_only random_return reference_return best_return
    reward_first reward_ratio reward_ratio_low reward_ratio_high reward_rescaled reward_outside reward_noisy
    reward_scattered reward_scatter
    idle_return idle_length idle_same idle_share idle_reached
    reached_share published_score published_steps published_seeds published_share
"""
UNKNOWN: Mapping[str, float] = {**dict.fromkeys(_NAMES.split(), NAN), "task_known": 0.0}


@dataclass(frozen=True, slots=True)
class Beside:
    """``facts`` by name, and ``texts``: what a message may cite (``{task}``, ``{published}``)."""

    facts: Mapping[str, float] = field(default_factory=lambda: UNKNOWN)
    texts: Mapping[str, str] = field(default_factory=dict)


def beside_task(run: Run, metrics: Mapping[str, Series], match: TaskMatch, *, same_reward: bool) -> Beside:
    """Facts of a run on its task; only its name where the reward is not the task's (``same_reward``)."""
    task = match.task
    if task is None:
        return Beside()
    name = f"{task.id} (assumed)" if match.assumed else task.id
    from rldoctor.tasks.scales import on_scores, only_the_goal_ends

    known = {"task_known": 1.0, "task_goal_only": float(only_the_goal_ends(task))}
    curve = next(((one, long) for one, long in _CURVES if one in metrics), None)
    if curve is None or not same_reward or not on_scores(task) or _declared_scaled(metrics[curve[0]]):
        return Beside({**UNKNOWN, **known}, {"task": name})
    returns = metrics[curve[0]].finite().values
    lengths = metrics[curve[1]].finite().values if curve[1] in metrics else np.empty(0)
    score = _published(run, task)
    numbers = {
        **_levels(task),
        **_ratio(task, returns if curve[0] == "episode_return" else np.empty(0), lengths),
        **_outside(task, run, metrics, curve),
        **_idle(task, _late(returns), _late(lengths)),
        **_scores(task, returns, score),
    }
    texts = {"task": name, "published": _cited(score)}
    return Beside({**UNKNOWN, **known, **numbers}, texts)


def _declared_scaled(returns: Series) -> bool:
    """Whether the framework is known to log this return after its own scaling."""
    return returns.attributes.get("reward_scale", "raw") != "raw"


def _first(values: FloatArray) -> FloatArray:
    """The returns before learning, as far as rows tell."""
    return values[: _rows(values, "first_share")]


def _late(values: FloatArray) -> FloatArray:
    return values[-_rows(values, "late_share") :]


def _rows(values: FloatArray, share: str) -> int:
    from rldoctor.tasks.scales import criteria

    return max(int(criteria()["least_returns"]), int(criteria()[share] * values.size))


def _levels(task: Task) -> dict[str, float]:
    from rldoctor.tasks.scales import floor_of, reached_share, reference_of

    reference, floor = reference_of(task), floor_of(task)
    still = None if task.idle is None else reached_share(task, task.idle.mean)
    return {
        "random_return": NAN if floor is None else floor,
        "reference_return": NAN if reference is None else reference.score,
        "best_return": max((one.score for one in task.published), default=NAN),
        "idle_return": _mean(task.idle),
        "idle_length": NAN if task.idle is None or task.idle.length is None else task.idle.length,
        "idle_reached": NAN if still is None else still.share,
    }


def _mean(played: Played | None) -> float:
    return NAN if played is None else played.mean


def _ratio(task: Task, returns: FloatArray, lengths: FloatArray) -> dict[str, float]:
    from rldoctor.tasks.scales import rescaled_for_sure, reward_scale_ratio

    first = _first(returns)
    found = reward_scale_ratio(task, list(first))
    if found is None:
        return {}
    level = float(first.mean())
    length = float(_first(lengths).mean()) if lengths.size else NAN
    sure = rescaled_for_sure(task, found, level, float(np.abs(returns).max()), length)
    return {
        "reward_first": level,
        "reward_ratio": found.ratio,
        "reward_ratio_low": found.low,
        "reward_ratio_high": found.high,
        "reward_rescaled": float(sure),
    }


def _outside(task: Task, run: Run, metrics: Mapping[str, Series], curve: tuple[str, str]) -> dict[str, float]:
    """Returns against the bounds of a step's reward, of episodes or of rows that have return and length."""
    from rldoctor.tasks.step_rewards import (
        outside_bounds,
        scatter_at_first,
        share_of_other_rewards,
        share_of_scattered_rewards,
    )

    if curve[1] not in metrics:
        return {}
    pairs = _episodes(run, curve) or _rows_of_both(metrics, curve)
    models = {
        "reward_outside": outside_bounds,
        "reward_noisy": share_of_other_rewards,
        "reward_scattered": share_of_scattered_rewards,
    }
    found = {name: model(task, *pairs) for name, model in models.items()}
    found["reward_scatter"] = scatter_at_first(task, pairs[0]) if _episodes(run, curve) else None
    return {name: one for name, one in found.items() if one is not None}


def _episodes(run: Run, curve: tuple[str, str]) -> tuple[FloatArray, FloatArray] | None:
    """Returns and lengths of single episodes, where a monitor file lies beside means of them."""
    beside = run.metrics.alternates
    returns = next((one for one in beside if one.name == curve[0] and one.window == 1), None)
    if returns is None:
        return None
    # Columns of one file, of which only the return says that it is of one episode.
    same = (one for one in beside if one.name == curve[1] and np.array_equal(one.steps, returns.steps))
    lengths = next(same, None)
    if lengths is None:
        return None
    keep = np.isfinite(returns.values) & np.isfinite(lengths.values)
    return returns.values[keep], lengths.values[keep]


def _rows_of_both(metrics: Mapping[str, Series], curve: tuple[str, str]) -> tuple[FloatArray, FloatArray]:
    returns, lengths = (metrics[name].finite() for name in curve)
    _, here, there = np.intersect1d(returns.steps, lengths.steps, return_indices=True)
    return returns.values[here], lengths.values[there]


def _idle(task: Task, returns: FloatArray, lengths: FloatArray) -> dict[str, float]:
    from rldoctor.tasks.scales import like_doing_nothing

    found = like_doing_nothing(task, list(returns), list(lengths))
    if found is None:
        return {}
    return {"idle_same": float(found.same), "idle_share": NAN if found.share is None else found.share}


def _published(run: Run, task: Task) -> Published | None:
    """Only on an axis of environment steps is a number of steps a budget."""
    from rldoctor.tasks.scales import published

    return published(task, run.algorithm, run.last_step) if run.axis == "env_steps" else None


def _scores(task: Task, returns: FloatArray, score: Published | None) -> dict[str, float]:
    from rldoctor.tasks.scales import floor_of, reached_share

    level = float(_late(returns).mean()) if returns.size else NAN
    reached, floor = reached_share(task, level), floor_of(task)
    made = {"reached_share": NAN if reached is None else reached.share}
    if score is None:
        return made
    made["published_score"] = score.score
    made["published_steps"] = NAN if score.steps is None else score.steps
    made["published_seeds"] = NAN if score.seeds is None else float(score.seeds)
    if floor is not None and score.score > floor:
        made["published_share"] = (level - floor) / (score.score - floor)
    return made


def _cited(score: Published | None) -> str:
    """The published score in words, with whose it is."""
    if score is None:
        return ""
    seeds = f", {score.seeds} seed{'s' if score.seeds != 1 else ''}" if score.seeds else ""
    steps = f" after {score.steps:,.0f} steps" if score.steps else ""
    return f"{number_text(float(f'{score.score:.4g}'))}{steps} ({score.env}{seeds}: {score.source})"
