"""The scale that the reward of a step gives a return: between its bounds times the length of an episode."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from rldoctor.model.outcome import NaturalScale
from rldoctor.model.raw import FloatArray
from rldoctor.model.series import Series
from rldoctor.outcome.criteria import Criteria

_LENGTHS = {"episode_return": "episode_length", "eval_return": "eval_length"}


def reward_scale(
    name: str, metrics: Mapping[str, Series], bound: float, criteria: Criteria
) -> NaturalScale | None:
    """Scale of the curve ``name``; ``bound``: of a reward between 0 and so much per step, or NaN.

    None where nothing bounds the reward, where the lengths of the episodes are not logged, and for rates.
    """
    if name == "reward_per_step":
        return NaturalScale(0.0, bound, "reward") if math.isfinite(bound) else None
    returns, lengths = metrics.get(name), metrics.get(_LENGTHS.get(name, ""))
    if returns is None or lengths is None or not np.isfinite(lengths.values).any():
        return None
    longest = float(np.nanmax(lengths.values))
    if math.isfinite(bound):
        # A sum of several such terms, or one with a weight, has another bound, which nobody wrote down.
        top = bound * longest
        return NaturalScale(0.0, top, "reward") if float(np.nanmax(returns.values)) <= top else None
    pays = _pays_for_each_step(*_same_rows(returns, lengths), criteria)
    return NaturalScale(-longest, 0.0, "reward") if pays else None


def _pays_for_each_step(returns: FloatArray, lengths: FloatArray, criteria: Criteria) -> bool:
    """Whether each step until the goal costs 1 (MountainCar, Acrobot, sparse Fetch): seen, not assumed.

    No row may lie outside of [-length, 0], and in many of them every step has cost its 1.
    """
    if returns.size < criteria["least_rows"]:
        return False
    slack = criteria["step_cost_error"] * lengths
    inside = (returns >= -lengths - slack) & (returns <= slack)
    paid = np.mean(np.abs(returns + lengths) <= slack)
    return bool(inside.all() and paid >= criteria["step_cost_rows"])


def _same_rows(one: Series, other: Series) -> tuple[FloatArray, FloatArray]:
    """The finite values of two series at the steps that both have."""
    _, mine, others = np.intersect1d(one.steps, other.steps, return_indices=True)
    first, second = one.values[mine], other.values[others]
    keep = np.isfinite(first) & np.isfinite(second)
    return first[keep], second[keep]
