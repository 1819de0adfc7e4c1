"""What counts as a material change: the task's scale, a natural one, or the curve's own."""

from __future__ import annotations

import math

import numpy as np

from rldoctor.model.arrays import median
from rldoctor.model.numbers import number_text
from rldoctor.model.outcome import NAN, Curve, NaturalScale, OutcomeMeasure, Scale, TaskScale
from rldoctor.model.raw import FloatArray
from rldoctor.outcome.criteria import Criteria
from rldoctor.outcome.rows import Rows


def measure_of(curve: Curve, scale: Scale, rows: Rows, noise: float, criteria: Criteria) -> OutcomeMeasure:
    """The best scale that is known for a curve, with what is material on it.

    ``noise``: standard deviation of one of the rows that are judged.
    """
    if isinstance(scale, TaskScale):
        return _task(curve, scale, rows, noise, criteria)
    if isinstance(scale, NaturalScale):
        return _natural(scale, noise, criteria)
    return _own(curve, rows, noise, criteria, "")


def _task(curve: Curve, scale: TaskScale, rows: Rows, noise: float, criteria: Criteria) -> OutcomeMeasure:
    base = scale.random if math.isfinite(scale.random) else scale.nothing
    top = scale.reference if math.isfinite(scale.reference) else scale.solved
    name = f"{scale.name or 'this task'}{' (assumed)' if scale.assumed else ''}"
    if _rescaled(rows.values, base, top, criteria):
        largest = number_text(float(np.max(np.abs(rows.values))))
        why = f"no value exceeds {largest}, but {name} gives {number_text(base)} to the random policy"
        return _own(curve, rows, noise, criteria, f"{why}: the return is in another unit")
    if not top > base:  # also where one of them is NaN
        return _own(curve, rows, noise, criteria, "", solved=scale.solved)
    unit = top - base
    # Exploration can reach a goal in the first episode of an easy task, which then scores as well as any.
    highest = max(top, scale.best) if math.isfinite(scale.best) else top
    if why := _foreign(rows, base, highest, name, criteria):
        return _own(curve, rows, noise, criteria, why)
    lowest = "random policy" if math.isfinite(scale.random) else "doing nothing"
    sentence = (
        f"on the scale of {name}: {number_text(base)} ({lowest}) "
        f"to {number_text(top)} ({scale.reached_by if math.isfinite(scale.reference) else 'solved'})"
    )
    return OutcomeMeasure(
        "task",
        sentence,
        criteria["learning"] * unit,
        unit,
        "of what the task allows",
        noise,
        random=base,
        nothing=scale.nothing,
        solved=scale.solved,
        assumed=scale.assumed,
        reached_by=scale.reached_by,
    )


def _rescaled(values: FloatArray, base: float, top: float, criteria: Criteria) -> bool:
    """Whether the curve cannot be in the unit of the task's scores: all of it is far too close to zero."""
    known = [abs(value) for value in (base, top) if math.isfinite(value)]
    return (
        len(known) == 2
        and values.size > 0
        and float(np.max(np.abs(values))) < criteria["rescaled"] * min(known)
    )


def _foreign(rows: Rows, base: float, top: float, name: str, criteria: Criteria) -> str:
    """Why the first rows cannot be those of a fresh policy on this task; empty where they can.

    ``top``: the best that anybody published. Nobody begins above what published runs end at, and a fresh
    policy is seldom far worse than a random one: the reward is another one, or the log continues another run.
    Either way the scale says nothing of it.
    """
    count = max(criteria.whole("first_rows"), int(criteria["ends"] * rows.size))
    if rows.size < count:
        return ""
    first = median(rows.values[:count])
    if first > top + criteria["above_reference"] * (top - base):
        text = f"it starts at {_three(first)}, above the {_three(top)} that {name} ends at"
        return f"{text}: another reward, or it was trained before"
    if first < base - criteria["below_random"] * (top - base):
        text = f"it starts at {_three(first)}, far below the {_three(base)} of a random policy on {name}"
        return f"{text}: another reward"
    return ""


def _three(value: float) -> str:
    return number_text(float(f"{value:.3g}"))


def _natural(scale: NaturalScale, noise: float, criteria: Criteria) -> OutcomeMeasure:
    unit = scale.high - scale.low
    bounds = f"{number_text(scale.low)} to {number_text(scale.high)}"
    words = {
        "success": "on the scale of the success rate: 0 to 1",
        "reward": f"on the scale of the reward: {bounds}",
        "rating": f"on the scale of the rating: {number_text(unit)} points are ten games to one",
    }
    names = {"success": "success rate", "reward": "of what the reward allows", "rating": "of 400 Elo"}
    material = criteria[scale.kind] * unit
    return OutcomeMeasure(
        "natural", words[scale.kind], material, unit, names[scale.kind], noise, solved=scale.solved
    )


def _own(
    curve: Curve, rows: Rows, noise: float, criteria: Criteria, why: str, *, solved: float = NAN
) -> OutcomeMeasure:
    """In units of the curve's own noise; a mean over many episodes is held to the noise of one.

    A gain needs less of that than a loss: that a mean over many episodes rises by a part of their spread is
    what learning looks like, and a healthy one wanders by as much. Of a large level a change in the last
    digits is none, however little noise it has.
    """
    # What the moves of the mean say of an episode cannot be more than its rows leave room for.
    episode = noise * math.sqrt(curve.window or 1)
    episode = min(rows.episode_noise, episode) if rows.episode_noise > 0 else episode
    level = median(np.abs(rows.values)) if rows.values.size else 0.0
    material = max(criteria["own_noise"] * noise, criteria["own_level"] * level)
    harm = max(material, criteria["own_episode_lost"] * episode)
    # A rise by a fiftieth of where it began may be real, and is still no learning of a task.
    material = max(material, criteria["own_episode"] * episode, criteria["own_rise"] * level)
    sentence = f"against its own noise{f' ({why})' if why else ', as the scale of this task is not known'}"
    return OutcomeMeasure("own", sentence, material, noise, "x its noise", noise, solved=solved, harm=harm)
