"""The curves of a run that can tell how it went, each with the scale that it is measured on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from rldoctor.engine.reward_scale import reward_scale
from rldoctor.model.arrays import median
from rldoctor.model.outcome import TRANSITIONS, Curve, NaturalScale, Scale, Source, TaskScale
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.model.task import Task, TaskMatch
from rldoctor.outcome.criteria import Criteria

NAN = math.nan
# Range of an Elo rating over which ten games are won for one lost.
_ELO = 400.0
# Returns before success rates: a dense reward may rise long before the first success.
RETURNS = (("episode_return", Source.TRAINING), ("eval_return", Source.EVALUATION))
SUCCESSES = (("success_rate", Source.TRAINING), ("eval_success_rate", Source.EVALUATION))


def curves_of(
    metrics: Mapping[str, Series],
    spacing: Mapping[str, float],
    run: Run,
    task: TaskMatch,
    bound: float,
    criteria: Criteria,
) -> Iterator[tuple[Curve, Scale]]:
    """Every curve that can tell how the run went, with its scale; ``bound`` of a step's reward, or NaN."""
    found = [(name, source) for name, source in (*RETURNS, *SUCCESSES) if name in metrics]
    if "elo" in metrics:
        yield _curve("elo", Source.RATING, metrics, spacing, run, criteria), NaturalScale(0.0, _ELO, "rating")
        # What one side of a game wins the other loses: beside a rating the return tells nothing.
        found = [(name, source) for name, source in found if (name, source) not in RETURNS]
    if not found and "elo" not in metrics and "reward_per_step" in metrics:
        found = [("reward_per_step", Source.TRAINING)]
    for name, source in found:
        scale = scale_of(name, task)
        if scale is None or math.isfinite(bound):
            scale = reward_scale(name, metrics, bound, criteria) or scale
        yield _curve(name, source, metrics, spacing, run, criteria), scale


def _curve(
    name: str,
    source: Source,
    metrics: Mapping[str, Series],
    spacing: Mapping[str, float],
    run: Run,
    criteria: Criteria,
) -> Curve:
    one = metrics[name]
    unit = TRANSITIONS if run.axis == "env_steps" else run.axis
    # A logger that starts afresh at each row (an epoch, a summary) shares no episode between two of them.
    window = 1 if one.attributes.get("rows") == "disjoint" else one.window
    apart = 0.0 if window == 1 else spacing.get(name, 0.0)
    widest = _widest(one, metrics, criteria) if window is None and source is Source.TRAINING else 0.0
    return Curve(one.steps, one.values, window, apart, name, unit, source, widest)


def _widest(one: Series, metrics: Mapping[str, Series], criteria: Criteria) -> float:
    """Steps that hold the episodes of the widest usual average; 0 where their length is not known."""
    length = metrics.get("episode_length")
    known = length.finite().values if length is not None and one.axis == "env_steps" else np.zeros(0)
    return criteria["widest_window"] * median(known) if known.size else 0.0


def scale_of(name: str, task: TaskMatch) -> Scale:
    """The scale of a curve: that of its task for a return, 0 to 1 for a success rate; None without."""
    if name in dict(SUCCESSES):
        return NaturalScale(0.0, 1.0, "success")
    if task.task is None or name == "reward_per_step":
        return None
    return _task_scale(task.task, assumed=task.assumed)


def _task_scale(task: Task, *, assumed: bool = False) -> TaskScale:
    """The scores of a task between which a return is placed."""
    from rldoctor.tasks.scales import floor_of, reference_of, solved_at

    reference, floor, solved = reference_of(task), floor_of(task), solved_at(task)
    return TaskScale(
        random=NAN if floor is None else floor,
        nothing=NAN if task.idle is None else task.idle.mean,
        reference=NAN if reference is None else reference.score,
        solved=NAN if solved is None else solved,
        name=task.id,
        assumed=assumed,
        best=max((one.score for one in task.published), default=NAN),
        reached_by="" if reference is None else reference.short,
    )
