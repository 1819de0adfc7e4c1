"""Settings that counters give away: epochs, rollout size, updates per transition, learning start.

Counters are whole numbers that the library increments in one known place: the surest rows of the audit.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rldoctor.audit.sight import NAN, Implied, Sight, row, span
from rldoctor.model.arrays import median
from rldoctor.model.audit import AuditRow
from rldoctor.model.raw import FloatArray


def counters(sight: Sight) -> Iterator[AuditRow]:
    """Every row that counters give."""
    yield from _transitions(sight)
    # What a counter counts was read in the source of these libraries; elsewhere an iteration may be anything.
    if sight.of("on_policy"):
        yield from _rollout(sight)
    if not sight.holds("counters"):
        return
    if sight.of("on_policy"):
        yield from _epochs(sight)
    if sight.of("off_policy") and sight.run.axis == "env_steps":
        yield from _updates(sight) if sight.logged("gradient_updates") else _first_loss(sight)


def _transitions(sight: Sight) -> Iterator[AuditRow]:
    """What must add up to the last step, whatever the columns are called (:mod:`rldoctor.vocabulary`)."""
    if sight.run.axis != "env_steps":
        return
    steps, rate, seconds = sight.together("fps", "wall_time")
    if steps.size >= sight.criteria["least_rows"] and seconds[-1] > 0 and rate[-1] > 0:
        total = float(rate[-1] * seconds[-1])
        text = f"{rate[-1]:,.3g} per second x {seconds[-1]:,.3g} s = {total:,.0f}"
        # Both are cut to whole numbers by loggers, so either may be one more.
        whole = float(rate[-1] + 1) * float(seconds[-1] + 1)
        yield _total(sight, "transitions_by_clock", Implied(total, total, whole, text), steps)
    # A mean over the last hundred episodes lags behind their number.
    single = sight.logged("episode_length") and (sight.metrics["episode_length"].window or 1) == 1
    steps, count, length = sight.together("episodes", "episode_length")
    if single and steps.size >= sight.criteria["least_rows"] and count[-1] > 0:
        total = float(np.sum(np.diff(count, prepend=0.0) * length))
        text = f"{count[-1]:,.0f} episodes of {median(length):,.3g} steps = {total:,.0f}"
        yield _total(sight, "transitions_by_episodes", Implied(total, total, total, text), steps)


def _total(sight: Sight, name: str, found: Implied, steps: FloatArray) -> AuditRow:
    said = f"{found.arithmetic}; the axis has {steps[-1]:,.0f}"
    return row(sight, name, Implied(found.best, found.low, found.high, said, span(steps), int(steps.size)))


def _ratio(over: FloatArray, under: FloatArray) -> FloatArray:
    """Growth of one counter per growth of another, between neighbouring rows."""
    top, bottom = np.diff(over), np.diff(under)
    return top[bottom > 0] / bottom[bottom > 0]


def _epochs(sight: Sight) -> Iterator[AuditRow]:
    """Epochs per iteration. An update ended early by a KL limit counts fewer: the most is the setting."""
    steps, epochs, iterations = sight.together("update_epochs", "iterations")
    ratios = _ratio(epochs, iterations)
    # A2C and TRPO count updates, not passes: one an iteration, whatever they are set to.
    if not sight.of("ppo", "ppo_recurrent", "maskable_ppo") or ratios.size < sight.criteria["least_rows"]:
        return
    typical, most = median(ratios), float(np.max(ratios))
    text = f"n_updates grows by {typical:g} per iteration (at most {most:g})"
    # With a KL limit every update may have ended early: what was made bounds the setting from below only.
    best, high = (NAN, NAN) if sight.setting("target_kl") > 0 else (typical, most)
    yield row(sight, "n_epochs", Implied(best, typical, high, text, span(steps), int(ratios.size)))


def _rollout(sight: Sight) -> Iterator[AuditRow]:
    found = rollout(sight)
    if found is not None:
        yield row(sight, "rollout_batch", found)


def rollout(sight: Sight) -> Implied | None:
    """Transitions per iteration, where iterations count rollouts; None where no counter tells."""
    if not sight.holds("rollouts") or sight.run.axis != "env_steps" or not sight.logged("iterations"):
        return None
    steps, iterations = sight.together("iterations")
    ratios = _ratio(steps, iterations)
    if ratios.size == 0 and steps.size and iterations[0] > 0:
        ratios = steps / iterations
    # An axis that never leaves 0 counts something else, or nothing yet.
    if not ratios.size or median(ratios) <= 0:
        return None
    size = median(ratios)
    text = f"{steps[-1]:,.0f} transitions / {iterations[-1]:,.0f} iterations = {size:,.3g}"
    low, high = float(np.min(ratios)), float(np.max(ratios))
    return Implied(size, low, high, text, span(steps), int(steps.size))


def _updates(sight: Sight) -> Iterator[AuditRow]:
    """The slope of updates over transitions, and the point where the line meets zero updates.

    Rows are written at episode ends, up to one collection phase away from the update they count, which is the
    error of both: the slope is taken over the whole run, and the start is no closer than one row.
    """
    steps, updates = sight.together("gradient_updates")
    going = updates > 0
    if going.sum() < sight.criteria["least_rows"]:
        return
    steps, updates = steps[going], updates[going]
    rise, run = updates[-1] - updates[0], steps[-1] - steps[0]
    if rise <= 0 or run <= 0:
        return
    rate = float(rise / run)
    error = median(np.diff(steps)) / run
    text = f"{rise:,.0f} updates over {run:,.0f} transitions = {rate:.3g} each"
    found = Implied(rate, rate * (1 - error), rate * (1 + error), text, span(steps), int(steps.size))
    yield row(sight, "updates_per_transition", found)
    start = float(steps[0] - updates[0] / rate)
    first = max(start, 0.0)
    text = f"{updates[0]:,.0f} updates at step {steps[0]:,.0f}, {rate:.3g} each: the first at {first:,.0f}"
    width = max(median(np.diff(steps)), error * start)
    found = Implied(max(start, 0.0), max(start - width, 0.0), max(start + width, 0.0), text, span(steps), 1)
    yield row(sight, "learning_starts", found)


def _first_loss(sight: Sight) -> Iterator[AuditRow]:
    """The first update lies between the last row without a loss and the first with one.

    A row holds every loss that was recorded since the row before (``Logger.record`` and ``dump``,
    common/logger.py), so rows of episodes alone are rows without an update.
    """
    if not sight.logged("critic_loss", "episode_return"):
        return
    rows = np.sort(sight.metrics["episode_return"].steps)
    first = float(sight.metrics["critic_loss"].finite().steps[0])
    before = rows[rows < first]
    if before.size < sight.criteria["least_rows"]:
        return
    last = float(before[-1])
    text = f"{before.size} rows without a loss up to step {last:,.0f}, the first loss at {first:,.0f}"
    # Updates come every few transitions, so the first may be due before it is made: a row's width of doubt.
    found = Implied(last, max(2 * last - first, 0.0), first, text, (last, first), int(before.size))
    yield row(sight, "learning_starts", found)
