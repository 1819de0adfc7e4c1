"""Exactnesses that noise cannot produce: a policy that does not move in any digit, a critic with one output.

A float32 quantity that is recomputed from changing weights changes in its seventh digit at the latest. Where
it does not, the weights did not change, or the quantity does not depend on them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rldoctor.audit.sight import Sight, mechanism
from rldoctor.model.audit import AuditRow
from rldoctor.model.raw import FloatArray


def gradients(sight: Sight) -> Iterator[AuditRow]:
    """Whether actor and critic receive gradients, as far as exact zeros tell."""
    if sight.of("on_policy"):
        yield from _actor(sight)
        yield from _critic(sight)
        yield from _fits(sight)


def _moves(values: FloatArray) -> float:
    """Largest change from the first value, relative to its size."""
    return float(np.max(np.abs(values - values[0])) / max(abs(float(values[0])), 1e-12))


def _actor(sight: Sight) -> Iterator[AuditRow]:
    """Entropy (and width) that never move, and a KL of 0 where one is logged: no gradient, or a step of 0.

    The entropy is of the states visited, so with a policy whose entropy depends on the state (categorical) an
    unmoved policy still shows small changes; there the KL alone decides.
    """
    name = "policy_std" if sight.logged("policy_std") else "entropy"
    steps, width = sight.together(name)
    if width.size < sight.criteria["least_rows"]:
        return
    moved = _moves(width)
    still = moved < sight.criteria["exact_move"]
    said = "the standard deviation" if name == "policy_std" else "the entropy"
    texts = [f"{said} moves by {moved:.1g} of its size" if moved else f"{said} does not move"]
    _, kl = sight.together("approx_kl")
    if kl.size >= sight.criteria["least_rows"] and not _before_the_step(sight):
        largest = float(np.max(np.abs(kl)))
        zero = largest < sight.criteria["exact_kl"]
        every = f"the KL of all {kl.size} updates is exactly 0"
        texts.append(f"the largest KL of {kl.size} updates is {largest:.2g}" if largest else every)
        still = zero if name == "entropy" else zero and still
    elif name == "entropy" and not still:
        # Without a KL, an entropy that moves may move because the states do.
        return
    yield mechanism(sight, "actor_gradient", not still, ", ".join(texts), steps)


def _before_the_step(sight: Sight) -> bool:
    """Whether an update is a single step: libraries take its KL before that step, where it is always 0."""
    whole = sight.setting("batch_size") >= sight.setting("rollout_batch")
    return bool(sight.setting("n_epochs") <= 1 and whole)


def _critic(sight: Sight) -> Iterator[AuditRow]:
    """Explained variance of exactly 0: Var(R - V) = Var(R) in all digits, so V is one value everywhere."""
    steps, explained = sight.together("explained_variance")
    if explained.size < sight.criteria["least_rows"]:
        return
    exact = np.abs(explained) < sight.criteria["exact_ev"]
    share = float(exact.mean())
    blind = share > 0.5
    text = f"explained variance is 0 to seven digits in {share:.0%} of {explained.size} updates"
    yield mechanism(sight, "critic_input", not blind, text, steps)


def _fits(sight: Sight) -> Iterator[AuditRow]:
    """Returns divided by their running deviation have a variance near 1, so the loss of a constant is 1.

    A loss that is never below it is that of a critic that has explained nothing, in any row of the run.
    """
    if not sight.holds("normalised_values"):
        return
    steps, loss = sight.together("value_loss")
    if loss.size < 2 * sight.criteria["few_rows"]:
        return
    least = float(loss.min())
    text = (
        f"the loss of the normalised values is never below {least:.2g} in {loss.size} updates, a constant's 1"
    )
    yield mechanism(sight, "values_fit", least < sight.criteria["fit_of_constant"], text, steps)
