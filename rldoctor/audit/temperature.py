"""SAC's temperature: whether it is trained, and how fast ln(alpha) moves per update.

Adam's step is about one learning rate while the gradient keeps its sign, and the gradient of ln(alpha) is the
entropy gap, which keeps its sign for thousands of updates at the start of most runs.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rldoctor.audit.episodes import rewards_at
from rldoctor.audit.sight import NAN, Implied, Sight, mechanism, row, span
from rldoctor.model.arrays import median, quantile
from rldoctor.model.audit import AuditRow
from rldoctor.model.raw import FloatArray


def temperature(sight: Sight) -> Iterator[AuditRow]:
    """Rows of a temperature that is logged with a loss of its own (so meant to be trained)."""
    if not sight.of("sac", "tqc", "crossq", "droq", "redq") or not sight.logged("entropy_coef"):
        return
    yield from _moves(sight)
    yield from _sign(sight)
    yield from _rate(sight)
    if not sight.logged("gradient_updates"):
        yield from _updates(sight)


def _moves(sight: Sight) -> Iterator[AuditRow]:
    steps, alpha, loss = sight.together("entropy_coef", "entropy_coef_loss")
    if alpha.size < sight.criteria["least_rows"]:
        return
    still = float(np.ptp(alpha)) < sight.criteria["exact_move"] * abs(float(alpha[0]))
    pushed = median(np.abs(loss)) > sight.criteria["exact_move"]
    # ln(1) = 0 makes the loss 0 at alpha = 1: a temperature stuck there shows no loss either.
    unmoved = still and (pushed or abs(float(alpha[0]) - 1.0) < sight.criteria["exact_move"])
    text = f"alpha goes from {alpha[0]:.3g} to {alpha[-1]:.3g} over {alpha.size} rows with a loss of its own"
    yield mechanism(sight, "temperature_moves", not unmoved, text, steps)


def _sign(sight: Sight) -> Iterator[AuditRow]:
    """Whether the temperature falls where its loss says that the entropy is above the target.

    The loss is ``log(alpha) (H - target)`` or ``alpha (H - target)``, by the library. Adam follows a mean of
    the gradients, so only moves between rows with a clear gap of one sign count. A temperature that swings to
    and fro between rows, as with a far too large step, has other gaps on its way than those at its rows.
    """
    formula = sight.formula("temperature_loss")
    if formula is None:
        return
    steps, alpha, loss = sight.together("entropy_coef", "entropy_coef_loss")
    factor = np.log(np.maximum(alpha, 1e-12)) if formula.form == "log" else alpha
    gap = loss / np.where(np.abs(factor) > sight.criteria["gap_factor"], factor, np.nan)
    clear = np.abs(gap) > sight.criteria["gap_clear"]
    steady = clear[1:] & clear[:-1] & (np.sign(gap[1:]) == np.sign(gap[:-1]))
    moves = np.diff(np.log(np.maximum(alpha, 1e-12)))
    counted = steady & (np.abs(moves) > sight.criteria["exact_move"])
    if counted.sum() < sight.criteria["few_rows"]:
        return
    against = float(np.mean(np.sign(moves[counted]) == np.sign(gap[1:][counted])))
    direct = abs(float(moves.sum())) / float(np.abs(moves).sum())
    if against >= sight.criteria["gap_against"] and direct < sight.criteria["gap_direct"]:
        return
    text = (
        f"of {int(counted.sum())} pairs of rows whose loss shows a clear gap to the target entropy, alpha "
        f"moves away from closing it in {against:.0%} (median gap {median(gap[1:][counted]):.2g} nats)"
    )
    yield mechanism(sight, "temperature_sign", against < sight.criteria["gap_against"], text, steps)


def _rate(sight: Sight) -> Iterator[AuditRow]:
    """The fastest move between two rows, and the typical one of the longest stretch without a turn.

    Slower than one learning rate per update is normal (the gap changes its sign within a row's updates), so
    any move bounds the rate from below only; where it kept its sign for long it is an estimate.
    """
    steps, alpha, updates, most = _counted(sight)
    going = (updates > 0) & (alpha > 0)
    if going.sum() < sight.criteria["least_rows"]:
        return
    steps, log_alpha, updates = steps[going], np.log(alpha[going]), updates[going]
    speeds = np.abs(np.diff(log_alpha)) / np.maximum(np.diff(updates), 1)
    at = int(np.argmax(speeds))
    text = (
        f"ln(alpha) moves from {log_alpha[at]:.3g} to {log_alpha[at + 1]:.3g} in "
        f"{updates[at + 1] - updates[at]:,.0f} updates: {speeds[at]:.2g} per update"
        + (f" (taking no more than {most:g} updates a transition)" if most > 1 else "")
    )
    first, last = _longest_run(log_alpha)
    typical = quantile(speeds[first:last], 0.75) if last > first else NAN
    best = typical if last - first >= sight.criteria["few_rows"] else NAN
    low = float(speeds[at]) / sight.criteria["rate_steps"]
    best = best if best >= low and most <= 1 else NAN
    found = Implied(best, low, NAN, text, span(steps), int(steps.size))
    yield row(sight, "temperature_rate", found, against=_own_rate(sight))


def _own_rate(sight: Sight) -> str:
    """The setting that is the temperature's learning rate, where it is not that of the policy."""
    if np.isfinite(sight.setting("alpha_lr")):
        return "alpha_lr"
    return "critic_lr" if sight.holds("temperature_steps_as_the_critic") else ""


def _updates(sight: Sight) -> Iterator[AuditRow]:
    """Updates per transition where no counter is logged, of a temperature that goes one way all the while.

    Each update moves ln(alpha) by about one learning rate then. A slower temperature may have a smaller rate
    of its own; where Q, too, has hardly left 0 it is the updates that are few.
    """
    steps, alpha, value = sight.together("entropy_coef", "policy_loss")
    rate = sight.setting("learning_rate")
    episodes = sight.logged("episode_return", "episode_length")
    if alpha.size < sight.criteria["few_rows"] or not rate > 0 or not episodes:
        return
    if not sight.holds("counters") or sight.run.axis != "env_steps" or not (alpha > 0).all():
        return
    moves = np.diff(np.log(alpha))
    reward, _ = rewards_at(sight, steps)
    speed = median(np.abs(moves) / np.diff(steps))
    per = speed / rate
    one_way = bool((moves < 0).all() or (moves > 0).all())
    begins = abs(float(value[0])) < sight.criteria["unmoved_q"] * abs(float(reward[0]))
    high = sight.criteria["rate_steps"] * per
    if not one_way or not begins or high > sight.criteria["updates_few"]:
        return
    text = (
        f"ln(alpha) moves by {speed:.2g} a transition, one way all the while: {per:.2g} updates with a "
        f"learning rate of {rate:.2g}; Q begins at {abs(value[0] / reward[0]):.2g} rewards"
    )
    found = Implied(per, per / sight.criteria["rate_steps"], high, text, span(steps), int(steps.size))
    yield row(sight, "updates_per_transition", found)


def _counted(sight: Sight) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """Steps, temperature, updates made, and the updates per transition that were assumed (1 where none were).

    By the setting where the updates are not logged; without one by more than any usual run makes, so that the
    rate that follows is a lower bound.
    """
    if sight.logged("gradient_updates"):
        steps, alpha, updates = sight.together("entropy_coef", "gradient_updates")
        return steps, alpha, updates, 1.0
    steps, alpha = sight.together("entropy_coef")
    if sight.run.axis != "env_steps":
        return steps, alpha, np.zeros(steps.shape), 1.0
    per = sight.setting("utd")
    most = 1.0 if per > 0 else sight.criteria["updates_most"]
    return steps, alpha, steps * (per if per > 0 else most), most


def _longest_run(values: FloatArray) -> tuple[int, int]:
    """First and last index of the longest stretch that only rises or only falls."""
    signs = np.sign(np.diff(values))
    best, start = (0, 0), 0
    for index in range(1, signs.size + 1):
        if index == signs.size or signs[index] != signs[start]:
            best = max(best, (start, index), key=lambda pair: pair[1] - pair[0])
            start = index
    return best
