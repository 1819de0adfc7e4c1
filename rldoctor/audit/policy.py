"""What width and entropy of a policy say: its dimensions or actions, how far a step moved them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rldoctor.audit.sight import NAN, Implied, Sight, mechanism, row, span
from rldoctor.model.arrays import median
from rldoctor.model.audit import AuditRow

# Entropy of a normal distribution of width 1: (1 + ln(2 pi)) / 2.
_NORMAL = 1.4189385332


def policy(sight: Sight) -> Iterator[AuditRow]:
    """Every row that the width, the entropy and the surrogate of an on-policy run give."""
    if not sight.of("on_policy"):
        return
    gaussian = sight.logged("policy_std")
    yield from _dimensions(sight) if gaussian else _actions(sight)
    if gaussian:
        yield from _rate(sight)
    yield from _advantages(sight)
    yield from _surrogate(sight)


def _dimensions(sight: Sight) -> Iterator[AuditRow]:
    """``H = d (1.4189 + ln sigma)`` for equal widths.

    Where the widths differ, the logged mean of sigma is above their geometric mean, and d comes out low; so
    the row with the most alike widths, the first (all begin equal), is taken.
    """
    steps, entropy, width = sight.together("entropy", "policy_std")
    if not entropy.size or width[0] <= 0:
        return
    per = _NORMAL + float(np.log(width[0]))
    if abs(per) < 0.2:  # H is near 0 whatever d is
        return
    found = float(entropy[0] / per)
    text = f"entropy {entropy[0]:.3f} / (1.419 + ln {width[0]:.3g}) = {found:.2f}"
    error = 0.15
    yield row(
        sight, "action_dim", Implied(found, found - error, found + error, text, (float(steps[0]),) * 2, 1)
    )


def _actions(sight: Sight) -> Iterator[AuditRow]:
    """The entropy of a policy that has not learned is ln n; one update takes a little of it."""
    steps, entropy = sight.together("entropy")
    if not entropy.size or entropy[0] <= 0:
        return
    found = float(np.exp(entropy[0]))
    low, high = float(np.exp(entropy.max())), NAN
    text = f"exp(first entropy {entropy[0]:.3f}) = {found:.2f}; a policy cannot have more than ln n"
    yield row(sight, "n_actions", Implied(found, low, high, text, (float(steps[0]),) * 2, 1))


def _rate(sight: Sight) -> Iterator[AuditRow]:
    """A lower bound of the learning rate: Adam moves ln(sigma) by about one learning rate per step at most.

    Optimiser steps between two rows: iterations x epochs x minibatches, where all of that is known.
    """
    per_iteration = sight.setting("n_epochs") * sight.setting("rollout_batch") / sight.setting("batch_size")
    steps, width, iterations = sight.together("policy_std", "iterations")
    if not np.isfinite(per_iteration) or per_iteration < 1 or width.size < sight.criteria["few_rows"]:
        return
    moved = np.abs(np.diff(np.log(np.maximum(width, 1e-12)))) / (np.diff(iterations) * per_iteration)
    fastest = float(np.max(moved)) / sight.criteria["rate_steps"]
    most = float(np.max(moved))
    text = f"ln(width) moved by up to {most:.2g} per optimiser step ({per_iteration:,.0f} steps an update)"
    yield row(sight, "learning_rate", Implied(NAN, fastest, NAN, text, span(steps), int(moved.size)))


def _advantages(sight: Sight) -> Iterator[AuditRow]:
    """Normalised advantages keep the surrogate within a fraction of 1; raw ones have the size of the returns.

    Small surrogates prove nothing where the returns are small too, so only a large one decides.
    """
    if not sight.of("ppo", "ppo_recurrent", "maskable_ppo", "a2c"):
        return
    steps, surrogate = sight.together("policy_loss")
    if surrogate.size < sight.criteria["least_rows"]:
        return
    typical = median(np.abs(surrogate))
    limit = sight.criteria["surrogate_normal"]
    # A2C's loss is log-probability x advantage: with normalised advantages it may be as large as an entropy.
    if sight.of("a2c") or typical < limit:
        return
    text = f"median surrogate {typical:.3g}; normalised advantages give less than {limit:g}"
    yield row(sight, "normalize_advantage", Implied(0.0, 0.0, 0.0, text, span(steps), int(surrogate.size)))


def _surrogate(sight: Sight) -> Iterator[AuditRow]:
    """What the surrogate can gain with ratios that start at 1: ``E[(ratio - 1) A] <= sqrt(2 KL)``.

    By Cauchy and Schwarz with advantages of width 1, as E[(ratio - 1)^2] is 2 KL to second order. Raw
    advantages break it from the first update on, ratios between two policies the more the narrower these are.
    """
    if not sight.of("ppo", "ppo_recurrent", "maskable_ppo", "trpo"):
        return
    steps, surrogate, kl = sight.together("policy_loss", "approx_kl")
    known = kl > sight.criteria["surrogate_kl"]
    if known.sum() < sight.criteria["few_rows"] or sight.setting("normalize_advantage") == 0:
        return
    excess = np.abs(surrogate[known]) / np.sqrt(2 * kl[known])
    first, late = float(excess[0]), median(excess[excess.size // 2 :])
    limit = sight.criteria["surrogate_excess"]
    text = (
        f"the surrogate is {median(np.abs(surrogate[known])):.2g} where a KL of {median(kl[known]):.2g} "
        f"allows {float(np.sqrt(2 * median(kl[known]))):.2g}: {late:.2g} of that in the second half, "
        f"{first:.2g} in the first update"
    )
    impossible = late > limit and first < limit
    yield mechanism(sight, "surrogate_possible", not impossible, text, steps[known])
