"""The temporal-difference error of an off-policy critic against the returns that it should predict.

A loss has no scale of its own: 1 is nothing beside returns of 500, and all there is beside returns of 1. Its
root (or, beyond 1, the loss itself where it is Huber's: smooth_l1_loss of stable_baselines3/dqn/dqn.py) is an
error in the unit of the returns, and a critic that predicts them errs by a small part of what a discounted
return can be.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rldoctor.audit.sight import Implied, Sight, row, span, spread
from rldoctor.model.arrays import median
from rldoctor.model.audit import AuditRow
from rldoctor.model.raw import FloatArray


def td_error(sight: Sight) -> Iterator[AuditRow]:
    """The error as a share of the largest discounted return of the run, over the second half of its rows."""
    # A distribution of values (QR-DQN, TQC, C51) has a loss that is not 0 where its mean is right.
    if (
        not sight.of("dqn", "ddqn", "td3_or_ddpg", "td3", "ddpg", "sac")
        or not sight.logged_reward_is_learned()
    ):
        return
    steps, loss = sight.together("critic_loss")
    loss = np.abs(loss)
    largest = _largest_return(sight)
    if loss.size < sight.criteria["few_rows"] or not 0 < largest < np.inf:
        return
    late = steps >= (steps[0] + steps[-1]) / 2
    share = error_of(sight, loss[late]) / largest
    low, high = spread(share)
    text = (
        f"the critic's loss of {median(loss[late]):.3g} is an error of {median(share) * largest:.3g}, where "
        f"the largest discounted return of the run is about {largest:.3g}: {median(share):.2g} of it"
    )
    found = Implied(median(share), low, high, text, span(steps[late]), int(late.sum()))
    yield row(sight, "td_error", found)


def error_of(sight: Sight, loss: FloatArray) -> FloatArray:
    """Error of one prediction, in the unit of the returns, from losses of shape (n,)."""
    form = sight.formula("td_loss")
    squared, least = (form is not None and form.form == name for name in ("squared", "least"))
    if least:
        # The loss may be the sum of two critics, and one of a Q-network need not be Huber's.
        return np.sqrt(loss if sight.of("dqn", "ddqn") else loss / 2)
    if sight.of("dqn", "ddqn") and not squared:
        # Huber with a corner at 1: half the square below it, the error less a half above.
        return np.where(loss > 0.5, loss + 0.5, np.sqrt(2 * loss))
    return np.sqrt(loss)


def _largest_return(sight: Sight) -> float:
    """Largest discounted return of the episodes, with SAC's entropy bonus; 0 or infinite where unknown.

    Where every step pays the same it is what a horizon of steps pays. Else all of an episode's reward may
    come within one horizon, and the whole return bounds it.
    """
    _, returns, lengths = sight.together("episode_return", "episode_length")
    discount = sight.setting("gamma")
    # Nobody wrote it down: the longest horizon in use makes the largest returns, and the least errors.
    discount = sight.criteria["longest_discount"] if np.isnan(discount) else discount
    if not returns.size or not discount < 1 or not (lengths > 0).all():
        return 0.0
    seen = np.minimum(lengths, 1 / (1 - discount))
    pays = np.abs(returns) / lengths
    steady = float(np.ptp(pays)) <= sight.criteria["unit_reward"] * median(pays)
    largest = (pays * seen if steady else np.abs(returns)).max()
    return float(largest + _bonus(sight) * seen.max())


def _bonus(sight: Sight) -> float:
    """Entropy bonus per step at the largest temperature of the run, infinite where SAC does not log it."""
    if not sight.of("sac"):
        return 0.0
    if not sight.logged("entropy_coef"):
        return float("inf")
    target, dims = sight.setting("target_entropy"), sight.setting("action_dim")
    size = abs(target) if np.isfinite(target) else dims
    return float(
        np.max(sight.metrics["entropy_coef"].finite().values) * max(size if np.isfinite(size) else 8.0, 1.0)
    )
