"""Two values of one batch: of the actions in the buffer and of the policy's own.

Libraries that log both, Q(s, a) and the actor's loss, give away the Bellman equation itself: a critic that
fits its targets has ``mean Q(s, a) = mean r + gamma mean V'``, where V' is what the target network says of
the policy's actions. The actor's loss is ``-V`` (SAC: with the entropy bonus inside), and V' is V as it was
a few updates ago. So the discount follows without a plateau, whatever the rewards are.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rldoctor.audit.episodes import rewards_at
from rldoctor.audit.sight import Implied, Sight, mechanism, row, span, spread
from rldoctor.model.arrays import median
from rldoctor.model.audit import AuditRow
from rldoctor.model.raw import FloatArray
from rldoctor.plain_data import dataclass


def bellman(sight: Sight) -> Iterator[AuditRow]:
    """The sign of the actor's loss or of Q itself, and the discount of the critic's targets."""
    if sight.of("dqn", "ddqn", "c51", "rainbow"):
        yield from _sign_of_q(sight)
    if not sight.of("td3", "ddpg", "sac", "tqc", "td3_or_ddpg"):
        return
    turned = False
    for one in _actor(sight):
        turned = one.best == 0
        yield one
    # An actor that lowers Q has another loss than the one that the equation is written for.
    if not sight.holds("two_values") or turned:
        return
    yield from _sees_action(sight)
    rows = list(_discount(sight))
    yield from rows
    # Too small a discount explains what is missing; the reward is then not asked.
    if not any(one.contradicted for one in rows):
        yield from _reward(sight)


def _sign_of_q(sight: Sight) -> Iterator[AuditRow]:
    """Rewards of one sign cannot sum to the other; a value-based critic has no entropy bonus in them."""
    steps, q = sight.together("q_mean")
    if q.size < sight.criteria["few_rows"] or not sight.logged("episode_return", "episode_length"):
        return
    returns = sight.metrics["episode_return"].finite().values
    sign = -1.0 if returns.max() < 0 else 1.0 if returns.min() > 0 else 0.0
    reward, _ = rewards_at(sight, steps)
    if sign == 0.0 or not sight.logged_reward_is_learned():
        return
    late = q[q.size // 2 :]
    noise = float(np.std(np.diff(late))) if late.size > 2 else 0.0
    wrong = median(-sign * late)
    # A network that has learned nothing yet may say anything within a reward or so.
    impossible = wrong > max(sight.criteria["sign_margin"] * noise, median(np.abs(reward)))
    said = "negative" if sign < 0 else "positive"
    text = f"every logged return is {said}, Q is {median(late):.3g} in the second half"
    yield mechanism(sight, "q_possible", not impossible, text, steps)


def _actor(sight: Sight) -> Iterator[AuditRow]:
    """Whether the actor's loss is minus the value of the policy's actions: their ratio is -1, not 1.

    Q of the buffer's actions will do where that of the policy's is not logged: both are sums of the same
    rewards, of one sign and about one size. SAC's entropy bonus must be small beside them.
    """
    name = "q_policy_mean" if sight.logged("q_policy_mean") else "q_mean"
    if name == "q_mean" and not sight.holds("two_values"):
        return
    steps, loss, q = sight.together("policy_loss", name)
    clear = np.abs(q) > sight.criteria["sign_clear"] * _bonus(sight, steps)
    if clear.sum() < sight.criteria["few_rows"]:
        return
    share = -loss[clear] / q[clear]
    late = share[share.size // 2 :]
    wrong = float(np.mean(late < -sight.criteria["sign_share"]))
    alike = float(np.mean(np.abs(np.abs(late) - 1) < sight.criteria["sign_share"]))
    losses, values = (median(one[clear][share.size // 2 :]) for one in (loss, q))
    text = (
        f"actor loss {losses:.3g} beside Q {values:.3g}: "
        f"minus their ratio is {median(late):.2f}, 1 for an actor that raises Q, -1 for one that lowers it"
    )
    if alike > sight.criteria["sign_rows"]:
        yield mechanism(sight, "actor_sign", wrong < sight.criteria["sign_rows"], text, steps[clear])


def _bonus(sight: Sight, steps: FloatArray) -> FloatArray:
    """Size of SAC's ``alpha log pi`` at these steps, by the temperature and some nats; shape (n,)."""
    if not sight.of("sac", "tqc"):
        return np.full(steps.shape, 0.0) + np.finfo(float).tiny
    if not sight.logged("entropy_coef"):
        return np.full(steps.shape, np.inf)
    alpha = sight.metrics["entropy_coef"].finite()
    dims = sight.setting("action_dim")
    nats = sight.criteria["sign_nats"] * (dims if np.isfinite(dims) else sight.criteria["sign_dims"])
    return np.interp(steps, alpha.steps, alpha.values) * nats


def _sees_action(sight: Sight) -> Iterator[AuditRow]:
    """Whether the policy's actions have another value than those in the buffer, in the same states.

    An actor climbs Q, and a buffer holds warm-up and noise: equal values, but for the one step of the critic
    between the two, are those of a critic without the action. Only where both are of one critic.
    """
    formula = sight.formula("two_values")
    if not sight.of("td3", "ddpg") or formula is None or formula.form == "targets":
        return
    steps, loss, q, critic = sight.together("policy_loss", "q_mean", "critic_loss")
    if steps.size < 2 * sight.criteria["few_rows"] or not ((q != 0) & (critic > 0)).all():
        return
    apart = np.abs(loss + q)
    (_, share), (_, error) = spread(apart / np.abs(q)), spread(apart / np.sqrt(critic))
    text = (
        f"minus the actor loss and Q of the buffer's actions differ by {share:.2g} of Q and by {error:.2g} "
        f"of the critic's error at most in nine of ten rows (medians {median(-loss):.4g} and {median(q):.4g})"
    )
    alike = share < sight.criteria["values_alike"] and error < sight.criteria["error_alike"]
    yield mechanism(sight, "action_seen", not alike, text, steps)


@dataclass(frozen=True, slots=True)
class _Balance:
    """The late rows of a critic that fits: Q, the value of the next state, the reward, and their errors."""

    steps: FloatArray
    q: FloatArray
    value: FloatArray
    reward: FloatArray
    lag: FloatArray
    error: FloatArray


def _balance(sight: Sight) -> _Balance | None:
    """What the Bellman equation is made of over the second half; None where the critic does not solve it.

    V' lags behind V by the target network: by its drift per update over the share of new weights. Half of
    that correction, and a part of the mean reward of the buffer (that of the episodes so far), are the error.
    """
    if not sight.logged_reward_is_learned() or not sight.logged("episode_return", "episode_length"):
        return None
    formula = sight.formula("two_values")
    of_buffer = "q_target_mean" if formula is not None and formula.form == "targets" else "q_mean"
    steps, loss, q, critic = sight.together("policy_loss", of_buffer, "critic_loss")
    half = steps >= (steps[0] + steps[-1]) / 2 if steps.size else steps > 0
    if half.sum() < sight.criteria["few_rows"]:
        return None
    reward, lag, value = _buffer_reward(sight, steps), _lag(sight, steps, -loss), -loss
    missed = np.sqrt(np.abs(critic)) / np.maximum(np.abs(q), np.abs(reward))
    usable = (
        half
        & (missed < sight.criteria["fits_targets"])
        & (np.abs(lag) < np.maximum(np.abs(value), np.abs(reward)))
    )
    if usable.sum() < sight.criteria["few_rows"]:
        return None
    sizes = (("lag_error", lag), ("reward_error", reward), ("value_error", value))
    error = sum((np.abs(one) * sight.criteria[name] for name, one in sizes), np.zeros(steps.shape))
    return _Balance(*(one[usable] for one in (steps, q, value - lag, reward, lag, error)))


def _discount(sight: Sight) -> Iterator[AuditRow]:
    """``gamma = (Q - r) / V'``, where V' is more than a reward off 0."""
    found = _balance(sight)
    clear = sight.criteria["value_clear"]
    if found is None or not median(np.abs(found.value)) > clear * median(np.abs(found.reward)):
        return
    best = median((found.q - found.reward) / found.value)
    error = median(found.error / np.abs(found.value))
    text = (
        f"(Q {median(found.q):.3g} - {median(found.reward):.3g} reward) / value {median(found.value):.3g} of "
        f"the policy's next actions, by a target network that lags {median(np.abs(found.lag)):.2g} behind, "
        f"= {best:.2g}"
    )
    # More than any discount can be is another reward: one equation has one unknown.
    if best - error <= 1:
        # The next values of an episode are those of all its states but the first, which may be the largest.
        length = median(_buffer_length(sight, found.steps))
        left = 1 - sight.criteria["first_value"] / length
        high = best / left + error if left > 0 else np.inf
        implied = Implied(best, best - error, high, text, span(found.steps), int(found.steps.size))
        yield row(sight, "discount", implied)


def _reward(sight: Sight) -> Iterator[AuditRow]:
    """The learner's reward over the logged one: ``(Q - gamma V') / r``, under the configured discount."""
    found, discount = _balance(sight), sight.setting("gamma")
    if found is None or not np.isfinite(discount) or not (found.reward != 0).all():
        return
    factor = median((found.q - discount * found.value) / found.reward)
    missing = sight.criteria["first_value"] * np.abs(found.value) / _buffer_length(sight, found.steps)
    error = median((found.error + missing) / np.abs(found.reward))
    text = (
        f"Q {median(found.q):.3g} - gamma x {median(found.value):.3g} of the policy's next actions leave a "
        f"reward of {median(found.q - discount * found.value):.2g}; the log has {median(found.reward):.3g}"
    )
    implied = Implied(factor, factor - error, factor + error, text, span(found.steps), int(found.steps.size))
    yield row(sight, "reward_factor", implied)


def _buffer_reward(sight: Sight, steps: FloatArray) -> FloatArray:
    """Mean reward per step of all episodes so far: a buffer that has not begun to forget; shape (n,)."""
    at, returns, lengths = sight.together("episode_return", "episode_length")
    if not at.size:
        return rewards_at(sight, steps)[0]
    total = np.cumsum(returns) / np.maximum(np.cumsum(lengths), 1)
    return np.interp(steps, at, total)


def _buffer_length(sight: Sight, steps: FloatArray) -> FloatArray:
    """Mean length of all episodes so far, shape (n,): early ones are often the shortest, and most."""
    at, lengths = sight.together("episode_length")
    return np.interp(steps, at, np.cumsum(lengths) / np.arange(1, lengths.size + 1))


def _lag(sight: Sight, steps: FloatArray, value: FloatArray) -> FloatArray:
    """How far the target network's values are behind: drift per update x updates between copies / tau."""
    tau, per, delay = (sight.setting(name) for name in ("tau", "utd", "policy_delay"))
    per = per if per > 0 else 1.0
    # TD3 (and DDPG, where its policy is delayed) copies with the policy; what delays SAC's does not.
    delay = delay if delay > 0 and sight.of("td3", "ddpg") else 1.0
    if not 0 < tau <= 1:
        return np.full(value.shape, np.nan)
    # Over three rows on either side: one batch alone is noisy.
    wide = int(sight.criteria["least_rows"])
    ahead = np.minimum(np.arange(value.size) + wide, value.size - 1)
    back = np.maximum(np.arange(value.size) - wide, 0)
    drift = (value[ahead] - value[back]) / np.maximum((steps[ahead] - steps[back]) * per, 1)
    return drift * delay / tau
