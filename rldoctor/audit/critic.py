"""What the values of a critic say of discount, targets and rewards.

TD3 and DDPG minimise ``-Q(s, pi(s))``, SAC ``alpha log pi - Q``: the actor loss is the critic's value of the
policy's own actions, with the sign turned (stable_baselines3/td3/td3.py, sac/sac.py).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rldoctor.audit.entropy_bonus import bonus_counts, largest_bonus, target_entropy
from rldoctor.audit.episodes import largest_reward, rewards_at
from rldoctor.audit.reach import reach
from rldoctor.audit.sight import NAN, Implied, Sight, mechanism, row, span, spread
from rldoctor.audit.targets import targets
from rldoctor.audit.td_error import error_of
from rldoctor.model.arrays import median, quantile
from rldoctor.model.audit import AuditRow
from rldoctor.model.raw import FloatArray


def critic(sight: Sight) -> Iterator[AuditRow]:
    """Rows from Q of an actor-critic, and from value loss and explained variance of an on-policy run."""
    # SB3 writes TD3 and DDPG alike; where only the family is known both mean the same here.
    if sight.of("td3", "ddpg", "sac", "tqc") or sight.run.algorithm == "off_policy":
        yield from _sign(sight)
        yield from _horizon(sight)
    if sight.of("on_policy"):
        yield from targets(sight)
    if not sight.logged_reward_is_learned():
        return
    if sight.of("dqn", "ddqn"):
        yield from _start(sight)
        yield from _paid(sight)
        yield from _within_one_reward(sight)
    if sight.of("dqn", "ddqn", "qrdqn"):
        yield from _travel(sight)
        yield from reach(sight)
    if sight.of("qrdqn", "c51", "iqn", "rainbow"):
        yield from _same_loss(sight)
    if sight.of("td3_or_ddpg", "td3", "ddpg", "sac", "tqc"):
        yield from _still_at_zero(sight)


def _start(sight: Sight) -> Iterator[AuditRow]:
    """A temporal difference that stays the reward itself: Q is where it started, near 0 everywhere.

    Only where every step pays the same, so that the reward of a transition is known.
    """
    steps, loss = sight.together("critic_loss")
    _, returns, lengths = sight.together("episode_return", "episode_length")
    if loss.size < sight.criteria["few_rows"] or returns.size < sight.criteria["few_rows"]:
        return
    per_step = returns / np.maximum(lengths, 1)
    reward = abs(median(per_step))
    if reward == 0 or float(np.ptp(per_step)) > sight.criteria["unit_reward"] * reward:
        return
    loss_form = sight.formula("td_loss")
    squared = loss_form is not None and loss_form.form == "squared"
    start = reward**2 if squared else (0.5 * reward**2 if reward <= 1 else reward - 0.5)
    share = loss / start
    low, high = spread(share)
    # A critic that learns fits the next reward first, so its loss falls before it grows with the values.
    opening = share[: max(int(share.size * sight.criteria["opening_share"]), 3)]
    near = sight.criteria["start_low"] < float(share[0]) < sight.criteria["start_high"]
    still = near and float(opening.min()) > sight.criteria["start_low"] and low > sight.criteria["start_low"]
    # Errors that are of many rewards so early are those of values that went somewhere.
    still = still and median(opening) < sight.criteria["start_most"]
    text = (
        f"loss {median(loss):.3g}, at first {share[0]:.2f} of the {start:.3g} that a reward of {reward:.3g} "
        f"alone gives (Q = 0), and hardly below it ever after ({low:.2f} to {high:.2f})"
    )
    yield mechanism(sight, "critic_moves", not still, text, steps)


def _within_one_reward(sight: Sight) -> Iterator[AuditRow]:
    """The error of a Q-network while every episode runs to its limit and each step pays the same.

    No transition tells a state from another then, and one copy of the target network moves every target by
    at most one reward (``r + gamma Q'`` with ``Q'`` as before). So errors of more than that are of larger
    rewards, or of values that feed themselves.
    """
    cap = sight.setting("max_episode_length")
    steps, loss, returns, lengths = sight.together("critic_loss", "episode_return", "episode_length")
    flat = lengths >= (1 - sight.criteria["flat_share"]) * cap
    if not flat.sum() >= max(sight.criteria["few_rows"], sight.criteria["plateau"] * lengths.size):
        return
    pays = np.abs(returns[flat]) / lengths[flat]
    reward = median(pays)
    if not reward > 0 or float(np.ptp(pays)) > sight.criteria["unit_reward"] * reward:
        return
    errors = error_of(sight, loss[flat]) / reward
    usual = quantile(errors, 0.25)
    text = (
        f"in {flat.mean():.0%} of the rows nearly all episodes run to their limit, a step pays "
        f"{reward:.3g}; three quarters of the errors are above {usual:.2g} rewards, and one copy of the "
        "target adds one"
    )
    within = usual < sight.criteria["one_reward"]
    yield mechanism(sight, "errors_within_reward", within, text, steps[flat])


def _same_loss(sight: Sight) -> Iterator[AuditRow]:
    """The loss of a distribution of values that is the same number from the first row to the last.

    What it is at Q = 0 hangs on the number of quantiles or atoms, which no log says. But every update draws
    other transitions: a network that learns, and then follows its own targets, has another loss in each row.
    """
    steps, loss, returns, lengths = sight.together("critic_loss", "episode_return", "episode_length")
    if loss.size < sight.criteria["rows_for_sameness"] or not (loss > 0).all():
        return
    per_step = np.abs(returns / np.maximum(lengths, 1))
    if median(per_step) == 0 or float(np.ptp(per_step)) > sight.criteria["unit_reward"] * median(per_step):
        return
    width = (quantile(loss, 0.95) - quantile(loss, 0.05)) / median(loss)
    apart = abs(float(loss[0]) / median(loss) - 1)
    text = (
        f"loss {loss[0]:.3g} in the first row and {median(loss):.3g} in the median of {loss.size}; nine in "
        f"ten rows lie within {width:.2g} of it"
    )
    limit = sight.criteria["same_loss"]
    yield mechanism(sight, "critic_moves", not (width < limit and apart < limit), text, steps)


def _travel(sight: Sight) -> Iterator[AuditRow]:
    """Errors of a value-based critic that are next to nothing although its episodes end early.

    With a long horizon the error at the end of an episode alone is a value, many rewards, and the target
    network moves under the rest. Errors of a few hundredths of one reward are those of targets that stand
    still or of a discount that sees a few rewards only.
    """
    cap, discount = sight.setting("max_episode_length"), sight.setting("gamma")
    steps, loss, returns, lengths = sight.together("critic_loss", "episode_return", "episode_length")
    late = steps >= (steps[0] + steps[-1]) / 2 if steps.size else steps > 0
    # An unknown discount is not small on purpose as far as anybody knows: what is found is what acts.
    if late.sum() < sight.criteria["few_rows"] or discount < sight.criteria["far_discount"]:
        return
    per_step = returns / np.maximum(lengths, 1)
    reward = abs(median(per_step))
    unit = float(np.ptp(per_step)) < sight.criteria["unit_reward"] * reward
    length = median(lengths[late])
    # Without a known limit: lengths that change are not those of a limit.
    varies = float(np.std(lengths)) > sight.criteria["lengths_vary"] * length
    ends = length < sight.criteria["ends_early"] * cap if cap > 0 else varies
    # No squared error is below 0: such losses are of another sign.
    if not unit or reward == 0 or not ends or median(loss[late]) < 0:
        return
    share = quantile(loss[late], 0.75) / reward**2
    text = (
        f"three quarters of the losses of the second half are below {share:.2g} of the square of one reward, "
        f"though episodes end after {length:.0f} steps"
    )
    moved = share > sight.criteria["travel_loss"]
    held = _values_held(sight, steps[late], reward)
    # Values of many rewards have travelled: what makes no error where they end does not see the ends.
    if not moved and held > sight.criteria["few_steps"] * sight.criteria["long_episode"]:
        yield mechanism(sight, "ends_seen", False, f"{text}, and Q is {held:.3g} rewards", steps[late])
    else:
        yield mechanism(sight, "values_travel", moved, text, steps[late])


def _values_held(sight: Sight, steps: FloatArray, reward: float) -> float:
    """Size of the logged Q over these steps, in rewards; NaN where it is not logged."""
    if not sight.logged("q_mean"):
        return NAN
    series = sight.metrics["q_mean"].finite()
    inside = (series.steps >= steps[0]) & (series.steps <= steps[-1])
    return abs(median(series.values[inside])) / reward if inside.any() else NAN


def _still_at_zero(sight: Sight) -> Iterator[AuditRow]:
    """Q of an actor-critic that stays a small part of one reward, beside a loss that is the reward's square.

    Neither alone would do: Q may be small because rewards cancel, and a loss may be the noise of the rewards.
    """
    steps, loss, policy_loss = sight.together("critic_loss", "policy_loss")
    if loss.size < sight.criteria["few_rows"] or not sight.logged("episode_return", "episode_length"):
        return
    reward, _ = rewards_at(sight, steps)
    known = np.isfinite(reward) & (reward != 0)
    if known.sum() < sight.criteria["few_rows"]:
        return
    size, share = np.abs(policy_loss[known] / reward[known]), loss[known] / np.square(reward[known])
    still = (
        float(size.max()) < sight.criteria["few_steps"]
        and float(size[0]) < sight.criteria["zero_share"]
        and float(share.min()) > sight.criteria["zero_loss"]
        and float(share.max()) < 1 / sight.criteria["zero_loss"]
    )
    text = (
        f"Q of the policy is at most {size.max():.2g} of one step's reward, the critic's loss "
        f"{median(share):.2g} of its square ({int(known.sum())} rows)"
    )
    yield mechanism(sight, "critic_moves", not still, text, steps[known])
    yield from _one_step(sight, steps[known], size, share)
    yield from _unpaid(sight, steps[known], size, share)
    # A fresh policy may be paid next to nothing by rewards that cancel; Q is made of the rewards themselves.
    most = largest_reward(sight, steps[known])
    cancel = most > sight.criteria["rewards_cancel"] * np.abs(reward[known])
    paid = np.where(cancel, np.abs(policy_loss[known]) / most, size)
    yield from _target_delays(sight, steps[known], paid)


def _target_delays(sight: Sight, steps: FloatArray, size: FloatArray) -> Iterator[AuditRow]:
    """Whether a target network holds the values back, by how fast they grow at the start.

    A target that has been replaced ``k`` times over lets values see ``k + 1`` rewards, so that Q over the
    reward per step (``size``) is ``(1 - gamma^h) / (1 - gamma)`` with ``h = 1 + updates x rate``. Rewards
    that change blur the rate by a factor of ten; without a target network it is near 1.
    """
    _, lengths = rewards_at(sight, steps)
    started = sight.setting("learning_starts")
    per = sight.setting("utd")
    updates = (steps - (started if np.isfinite(started) else 0.0)) * (per if per > 0 else 1.0)
    discount = min(sight.setting("gamma"), 1 - 1e-9)
    if not np.isfinite(discount) or not median(lengths) > sight.criteria["long_for_rate"]:
        return
    left = 1 - (1 - discount) * size
    seen = np.log(np.maximum(left, sight.criteria["all_seen"])) / np.log(discount)
    usable = (updates > sight.criteria["updates_for_rate"]) & (updates < sight.criteria["updates_at_start"])
    if usable.sum() < 1 or not (size[usable] > 0).all() or bonus_counts(sight, steps[usable][:1]):
        return
    # More than a whole horizon of these rewards is not a matter of how fast they are seen.
    beyond = float(size[usable][0]) * (1 - discount)
    if beyond > sight.criteria["beyond_horizon"]:
        yield _overpaid(sight, steps[usable][:1], float(size[usable][0]), beyond)
        return
    rate = float((seen[usable][0] - 1) / updates[usable][0])
    text = (
        f"Q is {size[usable][0]:.3g} steps of reward after about {updates[usable][0]:,.0f} updates: values "
        f"see {seen[usable][0]:.3g} rewards, {rate:.2g} more per update; a target with tau 0.005 gives 0.005"
    )
    yield mechanism(sight, "target_delays", rate < sight.criteria["rate_copied"], text, steps[usable][:1])


def _overpaid(sight: Sight, steps: FloatArray, size: float, beyond: float) -> AuditRow:
    """Values of more steps of reward than the discount lets any value hold: other rewards than the logged."""
    text = (
        f"Q is {size:.3g} steps of the logged reward in the first updates, {beyond:.2g} times what "
        f"rewards of that size add up to within the discount's horizon"
    )
    return row(sight, "reward_factor", Implied(NAN, beyond, NAN, text, span(steps), 1))


def _one_step(sight: Sight, steps: FloatArray, size: FloatArray, share: FloatArray) -> Iterator[AuditRow]:
    """Q of no more than a step or two of reward, by a critic that has reached its targets."""
    discount = sight.setting("gamma")
    late = steps >= (steps[0] + steps[-1]) / 2
    if discount < sight.criteria["far_discount"] or late.sum() < sight.criteria["least_rows"]:
        return
    largest, error = float(size[late].max()), median(share[late])
    # Where episodes last a few steps no value is larger.
    _, lengths = rewards_at(sight, steps[late])
    if not median(lengths) > sight.criteria["long_episode"] * sight.criteria["few_steps"]:
        return
    short = largest < sight.criteria["few_steps"] and error < sight.criteria["reached_targets"]
    text = (
        f"in the second half Q of the policy is at most {largest:.2g} times the reward of one step, with a "
        f"loss of {error:.2g} rewards squared: the critic fits its targets, and they reach no further"
    )
    yield mechanism(
        sight, "values_travel", not short or largest < sight.criteria["zero_share"], text, steps[late]
    )


def _paid(sight: Sight) -> Iterator[AuditRow]:
    """The same of a Q-network whose Q is logged, in multiples of the reward of a step."""
    steps, loss, q = sight.together("critic_loss", "q_mean")
    if loss.size < sight.criteria["few_rows"] or not sight.logged("episode_return", "episode_length"):
        return
    reward, _ = rewards_at(sight, steps)
    if (np.isfinite(reward) & (reward != 0)).all():
        yield from _unpaid(sight, steps, np.abs(q / reward), loss / np.square(reward))


def _unpaid(sight: Sight, steps: FloatArray, size: FloatArray, share: FloatArray) -> Iterator[AuditRow]:
    """A critic that has reached its targets, and whose values are smaller than one of the logged rewards.

    A target is ``r + gamma Q'``. With ``Q'`` at 0 it is the reward, with ``Q'`` of the reward's sign more; so
    the reward in it is no larger than Q, give or take what the bonus of SAC adds.
    """
    late = steps >= (steps[0] + steps[-1]) / 2
    largest, error = float(size[late].max()), median(share[late])
    if late.sum() < sight.criteria["least_rows"] or error > sight.criteria["unpaid_loss"]:
        return
    if largest > sight.criteria["unpaid_size"] or bonus_counts(sight, steps[late]):
        return
    text = (
        f"in the second half Q is at most {largest:.2g} times the logged reward of one step, "
        f"and the critic's loss {error:.2g} of its square: the targets it has reached hold no such reward"
    )
    found = Implied(largest, 0.0, largest, text, span(steps[late]), int(late.sum()))
    yield row(sight, "reward_factor", found)


def _q(sight: Sight) -> tuple[FloatArray, FloatArray]:
    """Steps and Q of the policy's actions; the entropy term of SAC is taken off where it can be."""
    steps, loss = sight.together("policy_loss")
    bonus = np.zeros(steps.shape)
    if sight.of("sac", "tqc") and sight.logged("entropy_coef"):
        alpha = np.interp(steps, sight.metrics["entropy_coef"].steps, sight.metrics["entropy_coef"].values)
        bonus = alpha * target_entropy(sight)
    return steps, -loss - bonus


def _sign(sight: Sight) -> Iterator[AuditRow]:
    """Rewards of one sign cannot sum to the other, but for the entropy bonus of SAC, which is added here."""
    if not sight.logged("episode_return", "episode_length", "policy_loss"):
        return
    returns = sight.metrics["episode_return"].finite().values
    steps, q = _q(sight)
    if q.size < sight.criteria["few_rows"] or not returns.size:
        return
    sign = -1.0 if returns.max() < 0 else 1.0 if returns.min() > 0 else 0.0
    if sign == 0.0:
        return
    late = q[q.size // 2 :]
    wrong = median(-sign * late)
    noise = float(np.std(np.diff(late))) if late.size > 2 else 0.0
    bonus = largest_bonus(sight)
    impossible = wrong > sight.criteria["sign_margin"] * noise + bonus and wrong > 0
    text = (
        f"every logged return is {'negative' if sign < 0 else 'positive'}, Q of the policy is "
        f"{median(late):.3g} in the second half"
        + (f" (the entropy bonus can add {bonus:.2g})" if bonus else "")
    )
    yield mechanism(sight, "q_possible", not impossible, text, steps)


def _horizon(sight: Sight) -> Iterator[AuditRow]:
    """Q / reward per step at a plateau: the number of steps whose rewards the critic adds up."""
    if not sight.logged("episode_return", "episode_length", "policy_loss"):
        return
    steps, q = _q(sight)
    late = (
        steps >= steps[-1] - sight.criteria["plateau"] * (steps[-1] - steps[0]) if steps.size else steps > 0
    )
    if late.sum() < sight.criteria["few_rows"]:
        return
    steps, q = steps[late], q[late]
    reward, _ = rewards_at(sight, steps)
    drift = abs(float(median(q[q.size // 2 :]) - median(q[: q.size // 2])))
    settled = drift < sight.criteria["settled"] * abs(median(q))
    steady = float(np.ptp(reward)) < abs(median(reward))
    if not (settled and steady):
        return
    value, mean = median(q), median(reward)
    horizon = value / mean
    low, high = horizon * (1 - 2 * sight.criteria["settled"]), horizon * (1 + 2 * sight.criteria["settled"])
    text = f"Q {value:.3g} / {mean:.3g} reward per step over the last rows = {horizon:.3g} steps"
    yield row(
        sight, "q_horizon", Implied(horizon, min(low, high), max(low, high), text, span(steps), int(q.size))
    )
