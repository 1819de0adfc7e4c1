"""What width and entropy of a policy say: its dimensions or actions, how far a step moved them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rldoctor.audit.sight import NAN, Implied, Sight, mechanism, row, span
from rldoctor.model.arrays import median
from rldoctor.model.audit import AuditRow
from rldoctor.model.raw import FloatArray

# Entropy of a normal distribution of width 1: (1 + ln(2 pi)) / 2.
_NORMAL = 1.4189385332
# What E[ln^2 pi] can exceed ln^2 n by, for two actions.
_UNEVEN = 0.1


def policy(sight: Sight) -> Iterator[AuditRow]:
    """Every row that the width, the entropy and the surrogate of an on-policy run give."""
    if not sight.of("on_policy"):
        return
    gaussian = sight.logged("policy_std")
    if gaussian:
        yield from _dimensions(sight)
    elif sight.holds("categorical"):
        yield from _actions(sight)
    yield from _rate(sight)
    yield from _logged_rate(sight)
    yield from _advantages(sight)
    yield from _errors(sight)
    yield from _surrogate(sight)


def _dimensions(sight: Sight) -> Iterator[AuditRow]:
    """``H = d (1.4189 + ln sigma)`` for equal widths.

    Where the widths differ, the logged mean of sigma is above their geometric mean, and d comes out low; so
    the row with the most alike widths, the first (all begin equal), is taken. A result that is no whole
    number is that of another policy: with generalised state-dependent exploration sigma is not the width.
    """
    steps, entropy, width = sight.together("entropy", "policy_std")
    if not entropy.size or width[0] <= 0:
        return
    per = _NORMAL + float(np.log(width[0]))
    # The entropy is near 0 then, however many dimensions there are.
    if abs(per) < sight.criteria["dimension_least"]:
        return
    found = float(entropy[0] / per)
    error = sight.criteria["dimensions_error"]
    if sight.setting("use_sde") > 0 or round(found) < 1 or abs(found - round(found)) > error:
        return
    text = f"entropy {entropy[0]:.3f} / (1.419 + ln {width[0]:.3g}) = {found:.2f}"
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
    """The learning rate between bounds: Adam moves the width's parameter by about one rate per step at most.

    And it moves it by a random walk of such steps at least, the root of their number: less, update after
    update, is a smaller rate. Optimiser steps between two rows: iterations x epochs x minibatches.
    """
    formula = sight.formula("width_step")
    per_iteration = sight.setting("n_epochs") * sight.setting("rollout_batch") / sight.setting("batch_size")
    if formula is None or not np.isfinite(per_iteration) or per_iteration < 1:
        return
    steps, parameter = _width(sight, formula.form)
    if parameter.size < sight.criteria["few_rows"]:
        return
    made = np.maximum(np.round(np.diff(steps) / sight.setting("rollout_batch")), 1) * per_iteration
    moved = np.abs(np.diff(parameter))
    most = float(np.max(moved / made))
    # Of a step's typical size the root of a mean square, over the rows: one row may stand still by chance.
    walk = float(np.sqrt(np.mean(np.square(moved) / made)))
    said = "the width" if formula.form == "scalar" else "ln(width)"
    text = f"{said} moved by up to {most:.2g} per optimiser step ({per_iteration:,.0f} steps an update)"
    low = most / sight.criteria["rate_steps"]
    # With a rate that the library itself moves the one that was written is only where it began.
    if sight.logged("learning_rate"):
        yield from _held_against_logged(sight, steps, moved, made, said)
    if _rate_is_moved(sight):
        return
    yield row(sight, "learning_rate", Implied(NAN, low, NAN, text, span(steps), int(moved.size)))
    rate = sight.setting("learning_rate")
    # What does not move at all is told by the gradient that it lacks.
    if rate > 0 and not sight.logged("learning_rate") and most > 0:
        yield _sized(sight, steps, walk / rate, said)


def _sized(sight: Sight, steps: FloatArray, share: float, said: str) -> AuditRow:
    """Whether steps have the size of the rate; a clip or a gradient of nearly 0 makes them smaller, too."""
    text = f"over the run {said} moves by {share:.2g} of a random walk with steps of one learning rate"
    return mechanism(sight, "steps_sized", share * sight.criteria["rate_walk"] > 1, text, steps)


def _rate_is_moved(sight: Sight) -> bool:
    """Whether the library moves the learning rate by itself, or nobody said where it began."""
    schedule, rate = sight.run.config.get("lr_schedule"), sight.run.config.get("learning_rate")
    adaptive = schedule is not None and str(schedule.value).lower() == "adaptive"
    return adaptive or (rate is not None and rate.source.startswith("first value"))


def _logged_rate(sight: Sight) -> Iterator[AuditRow]:
    """The logged learning rate itself: a schedule may lower it, and only one that adapts raises it."""
    steps, rate = sight.together("learning_rate")
    if rate.size < sight.criteria["least_rows"] or _rate_is_moved(sight) or not (rate > 0).all():
        return
    largest = float(rate.max())
    text = f"the logged learning rate begins at {rate[0]:.3g} and is at most {largest:.3g}"
    yield row(sight, "learning_rate_logged", Implied(NAN, largest, NAN, text, span(steps), int(rate.size)))


def _width(sight: Sight, form: str) -> tuple[FloatArray, FloatArray]:
    """Steps and the parameter of the width: its logarithm (by the entropy if need be) or itself."""
    if sight.logged("policy_std"):
        steps, width = sight.together("policy_std")
        return steps, width if form == "scalar" else np.log(np.maximum(width, 1e-12))
    steps, entropy = sight.together("entropy")
    dims = sight.setting("action_dim")
    return (steps, entropy / dims) if form == "log" and dims > 0 else (steps, np.empty(0))


def _held_against_logged(
    sight: Sight, steps: FloatArray, moved: FloatArray, made: FloatArray, said: str
) -> Iterator[AuditRow]:
    """Whether the width moves as the logged learning rate lets it, row by row.

    The rate of a row is that after its update; an adaptive one may have been elsewhere within it, so the
    larger of it and the one before counts, and its own factor on the way.
    """
    series = sight.metrics["learning_rate"].finite()
    rates = np.interp(steps, series.steps, series.values)
    larger = np.maximum(rates[1:], rates[:-1])
    # An adaptive rate is far from where it began within a few updates, and is logged after each of them.
    if not (larger > 0).all() or moved.size < sight.criteria["rows_for_logged_rate"]:
        return
    shares = moved / (made * larger)
    walks = float(np.sqrt(np.mean(np.square(moved) / made / np.square(larger))))
    beyond = median(shares) > sight.criteria["rate_steps"]
    text = (
        f"{said} moves by {median(shares):.2g} of the logged learning rate per optimiser step (median; at "
        f"most about 1), and by {walks:.2g} of a random walk of such steps"
    )
    yield mechanism(sight, "logged_rate_acts", not beyond, text, steps)
    # What does not move at all is told by the gradient that it lacks.
    if walks > 0:
        yield _sized(sight, steps, walks, said)


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
    # A policy that moves far makes surrogates of any size (ratios are not bounded where the advantage is
    # negative), and without a KL nobody knows whether it did.
    if not sight.logged("approx_kl"):
        return
    # Ratios that deviate by sqrt(2 KL) beside advantages of width 1 make no more than their product.
    _, kl = sight.together("approx_kl")
    limit = max(sight.criteria["surrogate_normal"], float(np.sqrt(2 * median(np.abs(kl)))))
    # A2C's loss is log-probability x advantage: with normalised advantages it may be as large as an entropy.
    if sight.of("a2c") or typical < limit:
        return
    text = f"median surrogate {typical:.3g}; normalised advantages give less than {limit:.2g}"
    yield row(sight, "normalize_advantage", Implied(0.0, 0.0, 0.0, text, span(steps), int(surrogate.size)))


def _errors(sight: Sight) -> Iterator[AuditRow]:
    """A2C's advantages are the critic's errors, so the mean square of both is the value loss.

    Then ``|E[A ln pi]| <= sqrt(E[A^2] E[ln^2 pi])`` (Cauchy and Schwarz) bounds the policy loss row by row,
    but for the sample of ``ln pi``: both losses are of one batch and of the same values, before its only
    step (stable_baselines3/a2c/a2c.py).
    """
    if not (sight.of("a2c") and sight.holds("one_step_losses")) or sight.setting("normalize_advantage") != 0:
        return
    steps, surrogate, loss, entropy = sight.together("policy_loss", "value_loss", "entropy")
    known = loss > 0
    if known.sum() < sight.criteria["few_rows"]:
        return
    size = _log_probability(sight, entropy)[known]
    share = np.abs(surrogate[known]) / (size * np.sqrt(loss[known]))
    typical = median(share)
    text = (
        f"the policy loss is {median(np.abs(surrogate[known])):.3g}, the root of the value loss "
        f"{median(np.sqrt(loss[known])):.3g}, a log-probability about {median(size):.2g}: {typical:.2g} of "
        f"what advantages of that size allow"
    )
    yield mechanism(
        sight, "advantages_are_errors", typical < sight.criteria["error_excess"], text, steps[known]
    )


def _log_probability(sight: Sight, entropy: FloatArray) -> FloatArray:
    """Root mean square of ``ln pi`` of actions drawn from a policy of these entropies, shape (n,)."""
    if not sight.logged("policy_std"):
        # Of n actions at most ln n where they are equally likely; two have a little more at 0.15 and 0.85.
        return np.full(entropy.shape, np.sqrt(np.square(entropy.max()) + _UNEVEN))
    # Half of z^2 summed over d dimensions has a variance of d / 2.
    dims = next((one.best for one in _dimensions(sight)), 1.0)
    return np.sqrt(np.square(entropy) + max(dims, 1.0) / 2)


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
