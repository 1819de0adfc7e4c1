"""What value loss and explained variance of an on-policy run say of the returns its critic is given."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rldoctor.audit.counters import rollout
from rldoctor.audit.episodes import episode_spread, largest_reward, rewards_at
from rldoctor.audit.sight import NAN, Implied, Sight, mechanism, row, span
from rldoctor.model.arrays import median, quantile
from rldoctor.model.audit import AuditRow
from rldoctor.model.raw import FloatArray


def targets(sight: Sight) -> Iterator[AuditRow]:
    """``value_loss / (1 - explained variance)`` is the variance of the returns the critic is given.

    Explained variance is of the values before the update, the value loss of those during it, so the figure is
    low by what the update improves; a factor of a few is within the model's error.
    """
    if sight.holds("first_targets"):
        steps, loss = sight.together("value_loss")
        yield from _first_targets(sight, steps, loss)
    if not sight.holds("targets_spread"):
        return
    steps, loss, explained = sight.together("value_loss", "explained_variance")
    # No squared error is below 0: such a loss is another number, or noise on the log.
    usable = (explained < 0.99) & (loss >= 0)
    if usable.sum() < sight.criteria["few_rows"]:
        return
    variance = loss[usable] / (1 - explained[usable])
    middle = float(np.sqrt(median(variance)))
    text = f"sqrt(value loss / (1 - explained variance)) = {middle:.3g} (median of {usable.sum()} updates)"
    yield row(
        sight,
        "return_variance",
        Implied(middle, middle / 3, middle * 3, text, span(steps[usable]), int(usable.sum())),
    )
    # Near 1 the last digits of the explained variance decide what is left of it.
    told = explained[usable] < 1 - sight.criteria["told_rest"]
    normalised = list(_normalised(sight, steps[usable][told], variance[told]))
    yield from normalised
    # The rollouts of A2C are too short for a variance of their targets.
    if not sight.of("a2c"):
        yield from _possible(sight, steps[usable], variance)
    # What the normaliser's own scale denies, a looser bound does not restore.
    if all(one.name != "targets_vary" for one in normalised):
        yield from _vary(sight, steps[usable], variance)


def _possible(sight: Sight, steps: FloatArray, variance: FloatArray) -> Iterator[AuditRow]:
    """The spread of the targets against the largest that returns of this size can have.

    Rewards of one sign add up to at most one sum over an episode, or over a horizon where that is shorter; a
    quantity between 0 and that sum has a standard deviation of at most half of it (Popoviciu's inequality).
    Returns of one sign may be made of rewards of both (a crash and its way there): only where each step pays
    the same is one reward a bound, else the largest of the run is taken, with room.
    """
    if not sight.logged_reward_is_learned():
        return
    # Normalised rewards, of which nothing may be written, make targets of about 1 whatever is logged.
    written = np.isfinite(sight.setting("normalize_reward"))
    if not written and median(np.sqrt(variance)) < sight.criteria["normalised_width"]:
        return
    if not sight.logged("episode_return", "episode_length"):
        return
    late = steps >= steps[-1] - sight.criteria["plateau"] * (steps[-1] - steps[0])
    reward, length = rewards_at(sight, steps[late])
    returns = sight.metrics["episode_return"].finite().values
    if late.sum() < sight.criteria["few_rows"] or not ((returns > 0).all() or (returns < 0).all()):
        return
    discount = sight.setting("gamma") if sight.written("gamma") else NAN
    horizon = 1 / (1 - discount) if discount < 1 else sight.criteria["longest_horizon"]
    if not _paid_alike(sight, reward):
        reward = np.full(late.sum(), largest_reward(sight, steps) * sight.criteria["reward_room"])
    most = np.abs(reward) * np.minimum(length, horizon) * sight.criteria["episode_spread"] / 2
    share = quantile(np.sqrt(variance[late]) / most, 0.2)
    text = (
        f"the targets have a spread of {median(np.sqrt(variance[late])):.3g} (root of value loss / "
        f"(1 - explained variance)), where {median(np.abs(reward)):.3g} a step over {median(length):.0f} "
        f"steps allow at most {median(most):.3g}"
    )
    yield mechanism(sight, "targets_possible", not share > 1, text, steps[late])


def _paid_alike(sight: Sight, reward: FloatArray) -> bool:
    """Whether each step pays the same, by the mean rewards per step of the rows."""
    return float(np.ptp(reward)) < sight.criteria["unit_reward"] * abs(median(reward))


def _normalised(sight: Sight, steps: FloatArray, variance: FloatArray) -> Iterator[AuditRow]:
    """The spread of returns of rewards that are divided by the deviation of their discounted sum.

    The deviation is over all steps so far, so of the last third at most the root of three times theirs. A
    normaliser with a shorter horizon than the learner's leaves larger returns.
    """
    on = sight.setting("normalize_reward") > 0 and sight.holds("reward_normaliser")
    if not on or not sight.setting("gamma") <= sight.criteria["normaliser_gamma"]:
        return
    if not steps.size:
        return
    late = steps >= steps[-1] - sight.criteria["plateau"] * (steps[-1] - steps[0])
    if late.sum() < sight.criteria["few_rows"]:
        return
    width = np.sqrt(variance[late])
    # The returns of a short rollout are of one episode, and vary by little.
    narrow = quantile(width, 0.8) < sight.criteria["normalised_narrow"]
    if narrow and _long_rollouts(sight) and _returns_differ(sight, steps[late]):
        text = (
            f"the targets have a spread of {median(width):.3g}, where normalised rewards make one of about 1"
        )
        yield mechanism(sight, "targets_vary", False, text, steps[late])
        return
    limit = sight.criteria["normalised_most"]
    text = (
        f"the targets have a spread of {median(width):.3g} (root of value loss / (1 - explained variance)), "
        f"where rewards that are divided by the deviation of their discounted sum make one of about 1"
    )
    yield mechanism(sight, "targets_possible", not quantile(width, 0.2) > limit, text, steps[late])


def _returns_differ(sight: Sight, steps: FloatArray) -> bool:
    """Whether returns logged over these steps differ: a pole that never falls has targets of one size."""
    if not sight.logged("episode_return"):
        return False
    returns = sight.metrics["episode_return"].finite()
    seen = returns.values[(returns.steps >= steps[0]) & (returns.steps <= steps[-1])]
    if seen.size < sight.criteria["few_rows"]:
        return False
    return float(np.ptp(seen)) > sight.criteria["returns_differ"] * abs(median(seen))


def _long_rollouts(sight: Sight) -> bool:
    counted = rollout(sight)
    size = sight.setting("rollout_batch") if counted is None else counted.best
    return size >= sight.criteria["long_rollout"]


def _vary(sight: Sight, steps: FloatArray, variance: FloatArray) -> Iterator[AuditRow]:
    """Targets that are one number, although every step pays the same and episodes end.

    Near its end an episode has one reward left and before it many, so with a horizon of more than a step the
    targets differ by rewards. By a hundredth of one they differ where the learner is paid next to nothing, or
    where it sees no further than the reward itself.
    """
    # Normalised rewards are the logged ones by a factor of up to a hundred.
    normalised = sight.setting("normalize_reward") > 0
    scaled = not normalised and not sight.logged_reward_is_learned()
    if scaled or not sight.logged("episode_return", "episode_length"):
        return
    reward, length = rewards_at(sight, steps)
    same = _paid_alike(sight, reward)
    cap = sight.setting("max_episode_length")
    ends = cap > 0 and median(length) < sight.criteria["ends_early"] * cap
    if not same and not sight.of("a2c"):
        yield from _vary_by_episode(sight, steps, variance, median(length))
    if not (same and ends and median(length) > sight.criteria["few_steps"]):
        return
    share = quantile(np.sqrt(variance), 0.8) / abs(median(reward))
    text = (
        f"four of five rollouts have targets that differ by less than {share:.2g} of one reward, though each "
        f"step pays {abs(median(reward)):.3g} and episodes end after {median(length):.0f} of {cap:.0f} steps"
    )
    varies = share > sight.criteria["targets_vary"] * (
        sight.criteria["normalised_share"] if normalised else 1
    )
    due = _due_spread(sight, median(length))
    if varies and due > 0:
        text += f"; a return that counts the steps to the end would differ by {due:.2g}"
        varies = share > sight.criteria["targets_vary_share"] * due
    yield mechanism(sight, "targets_vary", varies, text, steps)


def _vary_by_episode(
    sight: Sight, steps: FloatArray, variance: FloatArray, length: float
) -> Iterator[AuditRow]:
    """Targets of rollouts of several episodes, whose returns differ from one to the next.

    Returns that differ by s over L steps are of rewards that differ by at least s / L a step. Normalised
    rewards make targets of about 1 instead, whatever is logged; so targets that are far below both are of
    other rewards, or of a discount near 0.
    """
    between = median(np.diff(steps)) if steps.size > 1 else NAN
    if not between >= sight.criteria["episodes_a_rollout"] * length:
        return
    width, apart = float(quantile(np.sqrt(variance), 0.8)), episode_spread(sight)
    if not apart > 0:
        return
    text = (
        f"four of five rollouts have targets that differ by less than {width:.2g}, though the returns of "
        f"single episodes differ by about {apart:.2g} over {length:.0f} steps"
    )
    raw = width > sight.criteria["targets_vary_share"] * apart / length
    maybe = sight.setting("normalize_reward") != 0
    normalised = maybe and width > sight.criteria["normalised_narrow"]
    yield mechanism(sight, "targets_vary", raw or normalised, text, steps)


def _due_spread(sight: Sight, length: float) -> float:
    """Deviation of the lambda-returns of an episode, in rewards; NaN where rewards may be normalised."""
    decay, written = sight.setting("gamma") * sight.setting("gae_lambda"), sight.setting("normalize_reward")
    first = float(sight.metrics["value_loss"].finite().values[0])
    maybe = (
        not np.isfinite(written)
        and sight.criteria["normalised_low"] < first < sight.criteria["normalised_high"]
    )
    if written > 0 or maybe or not 0 <= decay < 1:
        return NAN
    left = np.arange(1, int(np.clip(length, 2, sight.criteria["longest"])) + 1)
    return float(np.std((1 - decay**left) / (1 - decay)))


def _first_targets(sight: Sight, steps: FloatArray, loss: FloatArray) -> Iterator[AuditRow]:
    """The first value loss against the squared lambda-returns of the logged rewards.

    Before learning V is near 0, so the targets are lambda-returns of the rewards alone, discounted by
    ``gamma lambda``: ``r (1 - (gamma lambda)^k) / (1 - gamma lambda)``, k steps before an episode ends. A
    critic that learns fast halves its loss several times within the update, so the ratio is bounded from
    above (it cannot exceed 1 but for the spread of the rewards) much better than from below.
    """
    if not sight.logged("episode_return", "episode_length"):
        return
    decay = sight.setting("gamma") * sight.setting("gae_lambda")
    if not np.isfinite(decay) or not loss.size:
        return
    reward, length = (float(one[0]) for one in rewards_at(sight, steps[:1]))
    if not np.isfinite([reward, length]).all():
        return
    # Longer episodes add nothing that a discounted return could still see.
    left = np.arange(1, int(np.clip(length, 1, sight.criteria["longest"])) + 1)
    targets = reward * (1 - decay**left) / (1 - decay) if decay < 1 else reward * left
    expected = float(np.mean(targets**2))
    if expected <= 0:
        return
    ratio = float(loss[0]) / expected
    text = (
        f"first value loss {loss[0]:.3g}; {reward:.3g} a step over {length:.0f} steps at gamma x lambda = "
        f"{decay:.3g} make targets with a mean square of {expected:.3g}: ratio {ratio:.2g}"
    )
    yield row(sight, "first_targets", Implied(ratio, ratio, NAN, text, (float(steps[0]),) * 2, 1))
