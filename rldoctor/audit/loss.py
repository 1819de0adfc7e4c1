"""What the total loss of Stable-Baselines3's PPO says about its parts.

``loss = policy_gradient_loss + ent_coef entropy_loss + vf_coef value_loss`` (stable_baselines3/ppo/ppo.py).
The logged loss is that of the *last minibatch* of the last epoch, the parts are means over all minibatches of
all epochs. So the identity does not hold row by row; what it gives is how far the critic came within an
update: at the last minibatch its loss is below its mean over the update if it fits, and equal to it (but for
the draw of a minibatch) if it does not.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rldoctor.audit.sight import Implied, Sight, mechanism, row, span, spread
from rldoctor.model.arrays import median
from rldoctor.model.audit import AuditRow
from rldoctor.model.raw import FloatArray
from rldoctor.model.series import Series

# vf_coef of SB3's PPO where nothing is known; the model only needs the product.
_VALUE_WEIGHT = 0.5


def loss_parts(sight: Sight) -> Iterator[AuditRow]:
    """Rows from the loss identity; only where the logged value loss outweighs the surrogate's noise."""
    if not sight.of("ppo", "ppo_recurrent", "maskable_ppo"):
        return
    if sight.holds("total_loss_exact"):
        yield from _exact(sight)
    if not sight.holds("total_loss_of_last_minibatch"):
        return
    steps, loss, surrogate, value = sight.together("total_loss", "policy_loss", "value_loss")
    entropy = _entropy_term(sight, steps)
    weight = sight.setting("vf_coef") if np.isfinite(sight.setting("vf_coef")) else _VALUE_WEIGHT
    # The surrogate of one minibatch differs from its mean by about the mean's own size.
    heavy = weight * value > sight.criteria["outweighs"] * np.maximum(np.abs(surrogate), np.abs(entropy))
    if heavy.sum() < sight.criteria["few_rows"] or weight <= 0:
        return
    share = (loss - surrogate - entropy)[heavy] / (weight * value[heavy])
    middle = median(share)
    low, high = spread(share)
    steps = steps[heavy]
    numbers = f"(loss - surrogate) / ({weight:g} value_loss) = {middle:.2f} ({low:.2f} to {high:.2f})"
    absent = high < sight.criteria["term_absent"]
    turned = middle < -sight.criteria["term_turned"]
    said = (
        "enters the loss with the wrong sign" if turned else f"is {'not ' if absent else ''}part of the loss"
    )
    text = f"{numbers}: the value loss {said}"
    yield mechanism(sight, "value_sign", not turned, text, steps)
    yield mechanism(sight, "value_term", not absent, text, steps)
    if not absent:
        text = f"{numbers}; 1 is a critic that does not fit within an update"
        yield row(sight, "critic_fit", Implied(middle, low, high, text, span(steps), int(share.size)))


def _entropy_term(sight: Sight, steps: FloatArray) -> FloatArray:
    """``ent_coef x entropy_loss`` at these steps; 0 where the bonus is 0 or unknown (SB3's default)."""
    coefficient = sight.setting("ent_coef")
    if not np.isfinite(coefficient) or coefficient == 0 or not sight.logged("entropy"):
        return np.zeros(steps.shape)
    series = sight.metrics["entropy"]
    bonus: FloatArray = -coefficient * np.interp(steps, series.steps, series.values)
    return bonus


def _exact(sight: Sight) -> Iterator[AuditRow]:
    """Total loss and parts of one and the same minibatch: the weights follow by least squares.

    ``loss = a surrogate + vf_coef value_loss - ent_coef entropy + kl_coef KL``. ``a`` is 1, and -1 where the
    surrogate has the wrong sign. The residual tells whether the sum is this one at all.
    """
    if not sight.logged("total_loss", "policy_loss", "value_loss", "entropy", "approx_kl"):
        return
    names = ("total_loss", "policy_loss", "entropy", "approx_kl")
    steps, value, loss, surrogate, entropy, kl = sight.rows(
        _value_in_loss(sight), *(sight.metrics[one] for one in names)
    )
    if steps.size < 2 * sight.criteria["few_rows"]:
        return
    # The coefficient of the KL is logged after the update that it weighs.
    weighed = kl * _before(sight, steps)
    columns = np.column_stack([surrogate, value, -entropy])
    fit, *_ = np.linalg.lstsq(columns, loss - weighed, rcond=None)
    left = loss - weighed - columns @ fit
    error = float(np.std(left))
    # A total of other parts leaves more than the surrogate itself could change.
    if error > sight.criteria["identity_left"] * float(np.std(surrogate)):
        return
    # Each weight is known as well as its part varies beside the others.
    spread_of = np.sqrt(np.maximum(np.diag(np.linalg.pinv(columns.T @ columns)), 0)) * error
    for name, at in (("surrogate_sign", 0), ("vf_coef", 1), ("ent_coef", 2)):
        wide = float(spread_of[at]) * sight.criteria["weight_errors"] + sight.criteria["weight_least"]
        if wide > sight.criteria["weight_most"] or float(np.std(columns[:, at])) == 0:
            continue
        best = float(fit[at])
        text = (
            f"loss = {fit[0]:.3g} surrogate + {fit[1]:.3g} value loss - {fit[2]:.3g} entropy + KL penalty, "
            f"left over {error:.2g} ({steps.size} rows)"
        )
        if name == "surrogate_sign":
            yield mechanism(sight, name, best > 0, text, steps)
        else:
            yield row(
                sight, name, Implied(best, best - wide, best + wide, text, span(steps), int(steps.size))
            )


def _value_in_loss(sight: Sight) -> Series:
    """The clipped value loss where it is logged beside the other: that is the one in the total."""
    found = (sight.metrics["value_loss"], *sight.run.metrics.alternates)
    clipped = [one for one in found if one.name == "value_loss" and one.attributes.get("clipped")]
    return clipped[0] if clipped else sight.metrics["value_loss"]


def _before(sight: Sight, steps: FloatArray) -> FloatArray:
    """Coefficient of the KL penalty during the update of each row, that of the row before; 0 for none."""
    if not sight.logged("kl_coef"):
        return np.zeros(steps.shape)
    series = sight.metrics["kl_coef"].finite()
    at = np.maximum(np.searchsorted(series.steps, steps) - 1, 0)
    return series.values[at]
