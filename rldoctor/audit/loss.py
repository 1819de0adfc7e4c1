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

# vf_coef of SB3's PPO where nothing is known; the model only needs the product.
_VALUE_WEIGHT = 0.5


def loss_parts(sight: Sight) -> Iterator[AuditRow]:
    """Rows from the loss identity; only where the logged value loss outweighs the surrogate's noise."""
    if not sight.by("stable_baselines3") or not sight.of("ppo", "ppo_recurrent", "maskable_ppo"):
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
