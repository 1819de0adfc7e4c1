"""What a run achieved: its curves and its task's scale put before the one judgement, once, before any rule.

Every outcome rule, every gate, the verdict and the words at the head of a report read what is made here. The
facts that rules knew before (``learned``, ``improving``, ``rising``, ``solved``) are views of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from rldoctor.engine.curves import RETURNS, SUCCESSES, curves_of, scale_of
from rldoctor.engine.gains import gained_share, trusted_gain
from rldoctor.engine.own_episodes import looked_closer, single_episodes
from rldoctor.engine.small_batches import unless_it_rises
from rldoctor.model.algorithms import matches
from rldoctor.model.arrays import median
from rldoctor.model.outcome import (
    Budget,
    Curve,
    CurveOutcome,
    OutcomeKind,
    RunOutcome,
    Scale,
    Source,
)
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.model.task import Published, Task, TaskMatch
from rldoctor.outcome.combining import combine
from rldoctor.outcome.criteria import Criteria
from rldoctor.outcome.judging import judge
from rldoctor.outcome.rows import mostly_at_floor
from rldoctor.plain_data import dataclass, replace

NAN = math.nan


@dataclass(frozen=True, slots=True)
class Achieved:
    """The judgement of a run and the task whose scale it was made on (without one: why none was found).

    ``long_enough``: the run is past its warm-up and past the least length of any learning, with enough
    points. ``alone``: what the run was by its own noise, where ``task`` is only assumed; None otherwise.
    ``part``: its steps against those of the shortest published run of the task, NaN where none is known.
    """

    outcome: RunOutcome
    task: TaskMatch
    long_enough: bool = False
    alone: OutcomeKind | None = None
    part: float = NAN

    @property
    def by_assumption(self) -> bool:
        """Whether the kind of the outcome rests on a task that is only assumed."""
        return self.task.assumed and self.alone is not self.outcome.kind


NOTHING = Achieved(combine(()), TaskMatch(None))


def achieved(
    run: Run,
    metrics: Mapping[str, Series],
    config: Mapping[str, float],
    spacing: Mapping[str, float],
    task: TaskMatch,
    criteria: Criteria,
) -> Achieved:
    """Judge every curve that can tell how the run went, and combine them."""
    shortest = _shortest(run, task.task)
    budget = budget_of(run, metrics, config, criteria, shortest)
    metrics = {**metrics, **single_episodes(run, metrics, criteria)}
    other = other_reward(run, criteria)
    bound = max((criteria.bounds[name] for name in other if name in criteria.bounds), default=NAN)
    curves = list(curves_of(metrics, spacing, run, TaskMatch(None) if other else task, bound, criteria))
    sooner = run.axis == "env_steps" and run.last_step < shortest
    judged = [_judged(curve, scale, budget, sooner, criteria) for curve, scale in curves]
    own_task = TaskMatch(None) if other else task
    judge_own = partial(_by_task, own_task, budget, sooner, criteria)
    judged = [looked_closer(one, metrics, judge_own, criteria) for one in judged]
    small = matches(run.algorithm, ("language_model",))
    pairs = zip(judged, curves, strict=True)
    judged = [_in_order(one, curve, criteria, small=small) for one, (curve, _) in pairs]
    done = run.last_step >= (budget.minimum or 0.0)
    mostly_own = budget.random is None or budget.random <= criteria["random_share"]
    points = max((one.points for one in judged), default=0)
    enough = done and mostly_own and points >= criteria["enough_points"]
    return Achieved(_combined(judged), task, enough, part=_part(run, task.task))


def _in_order(found: CurveOutcome, curve: Curve, criteria: Criteria, *, small: bool) -> CurveOutcome:
    """Not flat where a few rows, or those of a language model (``small``), rise in order.

    Nor where a goal is reached more and more often by episodes that mostly return the least there is: of such
    rows many more are needed than of others until levels tell. On the scale of a task they have to rise by
    something.
    """
    few = found.points < criteria["few_rows_order"]
    if not small and not few and not mostly_at_floor(curve, criteria):
        return found
    scaled = found.measure.name == "task" and not small
    least = criteria["young_gain"] * found.measure.unit if scaled else 0.0
    return unless_it_rises(found, curve, criteria, least)


def _by_task(task: TaskMatch, budget: Budget, sooner: bool, criteria: Criteria, curve: Curve) -> CurveOutcome:
    return _judged(curve, scale_of(curve.metric, task), budget, sooner, criteria)


def other_reward(run: Run, criteria: Criteria) -> list[str]:
    """The settings that say that the reward is not the task's own."""
    written = ((name, run.config.get(name), same) for name, same in criteria.rewards.items())
    return [name for name, knob, same in written if knob is not None and knob.value != same]


def _judged(curve: Curve, scale: Scale, budget: Budget, sooner: bool, criteria: Criteria) -> CurveOutcome:
    """On the task's scale; what is beyond doubt but small there is told by the curve itself.

    A tenth of what the task allows is far for the beginning of a long training: to call its curve flat would
    accuse every run that was stopped early. One that rises still, or that was given fewer steps (``sooner``)
    than any published run of the task, is measured by itself; a rise that is next to nothing there is too
    early to be called either. And a fall from a little to less says more than that nothing was reached.
    """
    found = judge(curve, criteria, scale, budget)
    quiet = found.kind in (OutcomeKind.FLAT, OutcomeKind.EARLY) and found.measure.name == "task"
    if not quiet:
        return found
    alone = judge(curve, criteria, None, budget)
    found = replace(found, still=alone.probabilities.get(OutcomeKind.RISING, 0.0))
    bad = (OutcomeKind.FELL, OutcomeKind.LOST)
    fallen = alone.kind in bad and alone.probability >= criteria["still_rising"]
    if found.kind is OutcomeKind.FLAT and fallen:
        return _by_itself(alone, found)
    if found.kind is OutcomeKind.FLAT and sooner and _begins_late(curve, found, criteria):
        reason = "its first row already lies above the random policy: what was gained before is not logged"
        return replace(found, kind=OutcomeKind.EARLY, texts=(*found.texts, reason))
    gained = alone.kind.gained and gained_share(alone) >= criteria["still_rising"]
    rising = alone.probabilities.get(OutcomeKind.RISING, 0.0) >= criteria["rather_rising"]
    if gained and rising:
        return _small_gain(alone, found, criteria)
    return _young(alone, found, curve, criteria) if sooner else found


def _young(alone: CurveOutcome, found: CurveOutcome, curve: Curve, criteria: Criteria) -> CurveOutcome:
    """A run that was given fewer steps than any published one, and does not surely rise still.

    What it gained by itself and did not add to is a small part of what the task allows: nothing to call it
    well for, and not flat either. Nor is one flat whose rows rise in order, though too few of them are
    independent to be measured by themselves.
    """
    share = gained_share(alone)
    if share < criteria["still_rising"]:
        least = criteria["young_gain"] * found.measure.unit
        return unless_it_rises(replace(found, alone=share), curve, criteria, least)
    made = _small_gain(alone, found, criteria)
    if made.kind is not OutcomeKind.KEPT or made.best is None or made.start is None:
        return made
    gained = (made.best.value - made.start.value) / found.measure.unit
    what = f"it gained {gained:.1%} of what the task allows"
    reason = f"{what}, no longer rises, and is shorter than published runs"
    return replace(made, kind=OutcomeKind.EARLY, texts=(*made.texts, reason))


def _begins_late(curve: Curve, found: CurveOutcome, criteria: Criteria) -> bool:
    """Whether the first row comes so late and so far above the random policy that learning came before."""
    if found.start is None or not curve.steps.size:
        return False
    late = curve.steps[0] >= criteria["begins_late"] * curve.steps[-1]
    above = found.start.value - found.measure.random
    noise = max(found.measure.noise, found.start.error)
    return bool(late and above > 0 and above >= criteria["begins_above"] * noise)


def _small_gain(alone: CurveOutcome, found: CurveOutcome, criteria: Criteria) -> CurveOutcome:
    """A gain measured by itself; where it is next to nothing of what the task allows, too early to count."""
    if alone.best is None or alone.start is None:
        return found
    # On the way to what doing nothing gets, it may be learning to do nothing.
    if alone.best.value <= found.measure.nothing:
        return replace(found, kind=OutcomeKind.EARLY, texts=(*found.texts, "it is still below doing nothing"))
    share = (alone.best.value - alone.start.value) / found.measure.unit
    if share >= criteria["young_gain"]:
        return _by_itself(alone, found)
    reason = f"it rises, but by {share:.1%} of what the task allows so far"
    return replace(found, kind=OutcomeKind.EARLY, texts=(*found.texts, reason))


def _by_itself(alone: CurveOutcome, found: CurveOutcome) -> CurveOutcome:
    """The judgement by itself, with the words for it where the task is known: a small part of its scale."""
    scale = found.measure.sentence.removeprefix("on ")
    sentence = f"against its own noise, as it is a small part of {scale}"
    texts = tuple(sentence if text == alone.measure.sentence else text for text in alone.texts)
    return replace(alone, measure=replace(alone.measure, sentence=sentence), texts=texts)


def _shortest(run: Run, task: Task | None) -> float:
    """Steps of the shortest published run of the task, of its algorithm if there is one; NaN without."""
    return _least_steps(task.published, run) if task is not None else NAN


def _part(run: Run, task: Task | None) -> float:
    """Steps of a run against those of the shortest published run of any version of its task; NaN unknown.

    How long a task is trained hangs little on what a version of it pays.
    """
    if task is None or run.axis != "env_steps":
        return NAN
    return run.last_step / _least_steps(task.published or task.other_versions, run)


def _least_steps(scores: Sequence[Published], run: Run) -> float:
    published = [one for one in scores if one.steps]
    published = [one for one in published if one.algorithm == run.algorithm] or published
    return float(min((one.steps for one in published if one.steps), default=NAN))


def _combined(judged: list[CurveOutcome]) -> RunOutcome:
    """A rise of the return or of the success rate is a rise; else what the return did, then the success."""
    returns = [one for one in judged if one.metric in dict(RETURNS) or one.source is Source.RATING]
    success = [one for one in judged if one.metric in dict(SUCCESSES)]
    rest = [one for one in judged if one not in returns and one not in success]
    whole = combine([*returns, *success, *rest])
    if whole.kind not in (OutcomeKind.FLAT, OutcomeKind.EARLY, OutcomeKind.UNKNOWN):
        return whole
    # Evaluations that begin after the task was learned are flat, at the level that training rose to.
    gained = next((one for one in (*returns, *success) if one.kind.gained), None)
    return replace(whole, deciding=gained, disagreement="") if gained is not None else whole


def budget_of(
    run: Run,
    metrics: Mapping[str, Series],
    config: Mapping[str, float],
    criteria: Criteria,
    shortest: float = NAN,
) -> Budget:
    """How long the run had to be before bad news can be told; nothing is known on an axis in another unit.

    ``shortest``: steps of the shortest published run of the task, NaN where none is known.
    """
    epsilon = metrics.get("exploration_epsilon")
    random = None
    if epsilon is not None and np.isfinite(epsilon.values).any():
        random = float(epsilon.finite().values[-1])
    if run.axis == "episodes":
        return Budget(random=random, minimum=_least_episodes(metrics, criteria))
    if run.axis == "updates" and matches(run.algorithm, ("language_model",)):
        return Budget(random=random, minimum=criteria["least_model_updates"])
    if run.axis != "env_steps":
        return Budget(random=random)
    warmup = config.get("learning_starts", 0.0)
    least = criteria["least_transitions"]
    # Not in a log without counters or configuration: every library's SAC, TD3 and DDPG makes one by default.
    per = config.get("updates_per_transition", config.get("utd", criteria["usual_updates"]))
    if matches(run.algorithm, ("off_policy",)) and per > 0:
        # A replay learner with an update per transition learns from a tenth of what a rollout learner needs.
        least = min(least, warmup + criteria["least_updates"] / per)
    planned = config.get("total_env_steps", 0.0)
    least = max(least, criteria["least_of_plan"] * planned)
    # Most tasks are published at a million steps, however soon they are learned: that says nothing.
    long = criteria["least_of_published"] * shortest
    least = max(least, long) if long > criteria["least_transitions"] else least
    return Budget(warmup=warmup or None, minimum=least, random=random)


def _least_episodes(metrics: Mapping[str, Series], criteria: Criteria) -> float:
    """The least number of transitions in episodes, where their length is logged."""
    length = metrics.get("episode_length")
    known = length.values[np.isfinite(length.values)] if length is not None else np.empty(0)
    typical = median(known) if known.size else 0.0
    return criteria["least_transitions"] / typical if typical > 0 else criteria["least_episodes"]


def facts(achieved: Achieved, criteria: Criteria) -> dict[str, float]:
    """The judgement as numbers that rules may name (``run.outcome_*``); the older facts are views of it."""
    found, kind = achieved.outcome.deciding, achieved.outcome.kind
    made = {f"outcome_{one.value}": float(kind is one) for one in OutcomeKind}
    made |= {
        "outcome_probability": found.probability,
        "outcome_possible": float(not kind.gained and gained_share(found) >= criteria["possible"]),
        "outcome_alone": found.alone,
        "outcome_still": found.still,
        "outcome_size": found.size,
        "outcome_onset": found.onset,
        "outcome_start": found.start.value if found.start else NAN,
        "outcome_end": found.end.value if found.end else NAN,
        "outcome_best": found.best.value if found.best else NAN,
        "outcome_best_step": found.best.step if found.best else NAN,
        "outcome_material": found.measure.material,
        "outcome_on_task": float(found.measure.name == "task"),
        "outcome_short": _short(found),
        "outcome_constant": float(found.start is not None and found.measure.noise == 0.0),
        "outcome_on_success": float(found.metric in dict(SUCCESSES)),
        "outcome_arrived": float(bool(found.end and found.end.value >= found.measure.solved)),
        "outcome_part": achieved.part,
        "outcome_disagrees": float(bool(achieved.outcome.disagreement)),
    }
    return made | _views(achieved, criteria)


def _short(found: CurveOutcome) -> float:
    """Whether the curve was kept, short by a material amount of what the task calls solved; NaN unknown."""
    if found.measure.name != "task" or found.end is None or not math.isfinite(found.measure.solved):
        return NAN
    left = found.measure.solved - found.end.value
    return float(found.kind is OutcomeKind.KEPT and left >= found.measure.material)


def _views(achieved: Achieved, criteria: Criteria) -> dict[str, float]:
    """``improving``, ``learned`` and ``rising``; NaN where the run is too short or its gain is not sure.

    A run that is long enough but whose curve is too smooth or too noisy to be judged has not shown that it
    learns: what is wrong inside it is not excused by that.
    """
    found, kind = achieved.outcome.deciding, achieved.outcome.kind
    too_short = kind is OutcomeKind.UNKNOWN or (kind is OutcomeKind.EARLY and not achieved.long_enough)
    trusted = trusted_gain(found, criteria)
    if too_short or (kind.gained and not trusted):
        return dict.fromkeys(("improving", "learned", "rising"), NAN)
    far = kind is not OutcomeKind.KEPT or (_far_enough(found, criteria) and not _in_vain(achieved.outcome))
    return {
        "improving": float(trusted and kind is OutcomeKind.RISING),
        "learned": float(trusted and far),
        "rising": float(kind.gained),
    }


def _in_vain(outcome: RunOutcome) -> bool:
    """Whether a return that has stopped rising by itself never led to the goal that the run also counts."""
    success = [one for one in outcome.curves if one.metric in dict(SUCCESSES)]
    return outcome.deciding.measure.name == "own" and any(one.kind is OutcomeKind.FLAT for one in success)


def _far_enough(found: CurveOutcome, criteria: Criteria) -> bool:
    """Whether a run that has stopped rising got far; by itself measured, nobody can tell."""
    level = found.end
    if found.measure.name != "task" or level is None:
        return True
    return (level.value - found.measure.random) / found.measure.unit >= criteria["far_enough"]


def task_of_run(run: Run, tasks: tuple[Task, ...] = (), env: str = "") -> TaskMatch:
    """The task by ``env`` where it is given, else the configuration, the run's name and its folders.

    ``tasks``: the user's own.
    """
    from rldoctor.tasks.find import task_of

    knob = run.config.get("env_id")
    return task_of(
        option=env,
        config="" if knob is None else str(knob.value),
        config_where="the configuration" if knob is None else knob.source,
        run_name=run.id,
        folders=run.path.parts[-3:],
        user_tables=tasks,
    )
