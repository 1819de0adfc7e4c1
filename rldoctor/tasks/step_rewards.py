"""What episodes were paid, against what a step of the task pays: bounds, one reward for all steps, noise."""

from __future__ import annotations

import math

import numpy as np

from rldoctor.model.arrays import quantile
from rldoctor.model.raw import FloatArray
from rldoctor.model.task import Task
from rldoctor.tasks.scales import criteria

NORMAL = 1.4826


def outside_bounds(task: Task, returns: np.ndarray, lengths: np.ndarray) -> float | None:
    """How far the returns lie outside what the rewards of a step add up to, as a share of that; 0.0 inside.

    Args:
        task: its ``reward_low`` and ``reward_high`` bound the reward of a step by the task's definition.
        returns: of an episode, or means over some, shape (n,).
        lengths: of the same episodes, shape (n,).

    Returns:
        What half of the rows exceed; None where neither bound is known or there is nothing to compare.
    """
    bounds = [bound for bound in (task.reward_low, task.reward_high) if bound is not None]
    if not bounds or returns.shape != lengths.shape:
        return None
    returns, lengths = returns[lengths > 0], lengths[lengths > 0]
    low = -math.inf if task.reward_low is None else task.reward_low
    high = math.inf if task.reward_high is None else task.reward_high
    # Of a bound of 0 alone nothing is a share: the size of such returns is what the random policy gets.
    least = abs(task.random.mean) if task.random is not None else 0.0
    size = np.maximum(max(map(abs, bounds)) * lengths, least if not any(bounds) else 0.0)
    beyond = np.maximum(np.maximum(returns - high * lengths, low * lengths - returns), 0.0)
    # One step is left to the logger's count, and to the last step.
    beyond[beyond <= criteria()["count_steps"] * abs(task.each_step or 0.0)] = 0.0
    share = beyond[size > 0] / size[size > 0]
    return quantile(share, 1 - criteria()["outside_rows"]) if share.size else None


def share_of_other_rewards(task: Task, returns: FloatArray, lengths: FloatArray) -> float | None:
    """Share of the rows whose return is not what a task with one reward for every step pays for them.

    Args:
        task: one with a reward for ``each_step``; else None is returned.
        returns, lengths: shape (n,), of the same episodes, or means over the same ones.

    Returns:
        A share, 0 to 1; None where the task pays differently or nothing was logged. A step more or less in
        the count of an episode is allowed for.
    """
    apart = _apart(task, returns, lengths)
    return None if apart is None else float(np.mean(apart != 0))


def share_of_scattered_rewards(task: Task, returns: FloatArray, lengths: FloatArray) -> float | None:
    """Like ``share_of_other_rewards``, but twice the smaller of the shares above and below what is paid.

    A factor or an offset puts every row on one side; only what is added at random puts them on both.
    """
    apart = _apart(task, returns, lengths)
    return None if apart is None else 2 * float(min(np.mean(apart > 0), np.mean(apart < 0)))


def scatter_at_first(task: Task, returns: FloatArray) -> float | None:
    """How much more the first episodes differ from one to the next than those of the random policy do.

    Args:
        task: its random policy was played, with a spread.
        returns: of single episodes in their order, shape (n,).

    Returns:
        A ratio of standard deviations; None where there are too few episodes, or where they are not of the
        random policy's level. Differences of neighbours, so that what is learned meanwhile does not count;
        the smaller of their deviation and of what the median difference makes of it: one crash is no noise.
    """
    count = int(criteria()["scatter_episodes"])
    if task.random is None or not task.random.std or returns.size < count:
        return None
    first = returns[:count]
    if abs(float(first.mean()) - task.random.mean) > criteria()["scatter_level"] * task.random.std:
        return None
    apart = np.diff(first)
    # 1.4826 times the median of absolute differences is the standard deviation of a normal distribution.
    spread = min(float(np.std(apart)), NORMAL * float(np.median(np.abs(apart))))
    return spread / float(np.sqrt(2)) / task.random.std


def _apart(task: Task, returns: FloatArray, lengths: FloatArray) -> FloatArray | None:
    """By what returns miss the rewards of their steps, beyond what is allowed; shape (n,), signed."""
    if task.each_step is None or not returns.size:
        return None
    allowed = criteria()["count_steps"] * abs(task.each_step) + criteria()["count_share"] * np.abs(returns)
    missing = returns - task.each_step * lengths
    return np.where(np.abs(missing) > allowed, missing, 0.0)
