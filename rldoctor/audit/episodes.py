"""What episodes say of the reward and what the exploration rate says of its schedule."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rldoctor.audit.sight import NAN, Implied, Sight, row, span, spread
from rldoctor.model.arrays import median
from rldoctor.model.audit import AuditRow
from rldoctor.model.raw import FloatArray

# Median of the absolute value of a standard normal variable.
NORMAL_MEDIAN = 0.6745


def episodes(sight: Sight) -> Iterator[AuditRow]:
    """Reward per step; and its noise, where return and length belong to one episode each."""
    steps, returns, lengths = sight.together("episode_return", "episode_length")
    usable = lengths > 0
    if usable.sum() < sight.criteria["few_rows"]:
        return
    steps, returns, lengths = steps[usable], returns[usable], lengths[usable]
    ratio = returns / lengths
    middle = median(ratio)
    low, high = spread(ratio)
    text = f"return / length = {middle:.3g} (a tenth of the rows below {low:.3g}, a tenth above {high:.3g})"
    yield row(sight, "reward_per_step", Implied(middle, low, high, text, span(steps), int(steps.size)))


def exploration(sight: Sight) -> Iterator[AuditRow]:
    """Final rate and end of an epsilon schedule, read off the logged rate."""
    steps, rate = sight.together("exploration_epsilon")
    if (
        not sight.of("dqn", "qrdqn", "ddqn", "c51", "rainbow", "iqn")
        or rate.size < sight.criteria["least_rows"]
    ):
        return
    # A share of random actions lies in 0..1: anything else is another quantity, or a broken column.
    if rate.min() < 0 or rate.max() > 1:
        return
    final = float(rate[-1])
    text = f"exploration rate {rate[0]:.3g} at step {steps[0]:,.0f}, {final:.3g} at step {steps[-1]:,.0f}"
    still_falling = bool(rate[-1] < rate[-2])
    # A schedule that still falls ends somewhere below: a bound, and no value of its own.
    best, low = (NAN, 0.0) if still_falling else (final, final)
    yield row(sight, "exploration_final", Implied(best, low, final, text, span(steps), int(rate.size)))
    if not still_falling:
        first = int(np.argmax(rate <= final + 1e-9))
        before = float(steps[first - 1]) if first else 0.0
        text = f"exploration rate is {final:.3g} from step {steps[first]:,.0f} on"
        yield row(
            sight,
            "exploration_end",
            Implied(float(steps[first]), before, float(steps[first]), text, span(steps), int(rate.size)),
        )


def rewards_at(sight: Sight, steps: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Reward per step and episode length at these steps (of the latest row of each)."""
    returns, lengths = (sight.metrics[name].finite() for name in ("episode_return", "episode_length"))
    if not len(returns) or not len(lengths):
        return np.full(steps.shape, NAN), np.full(steps.shape, NAN)
    length = np.interp(steps, lengths.steps, lengths.values)
    return np.interp(steps, returns.steps, returns.values) / np.maximum(length, 1), length


def largest_reward(sight: Sight, steps: FloatArray) -> float:
    """The largest mean reward per step, by size, that any of these rows has."""
    return float(np.abs(rewards_at(sight, steps)[0]).max())


def episode_spread(sight: Sight) -> float:
    """Standard deviation of the returns of single episodes, from rows that are means of the last ones.

    From one row to the next ``n`` of the ``w`` episodes of a mean are replaced, so two rows differ with
    variance ``2 n s^2 / w^2`` where the level stays. By the median of the differences, which a rising level
    shifts little; NaN with few rows.
    """
    returns, lengths = (sight.metrics[name].finite() for name in ("episode_return", "episode_length"))
    window = float(returns.window or 1)
    if len(returns) < sight.criteria["least_rows"] or not len(lengths):
        return NAN
    changes = np.diff(returns.values)
    replaced = np.clip(np.diff(returns.steps) / max(median(lengths.values), 1.0), 1, window)
    scale = window / np.sqrt(2 * replaced)
    return median(np.abs(changes) * scale) / NORMAL_MEDIAN
