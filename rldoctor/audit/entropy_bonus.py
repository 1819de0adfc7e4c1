"""What the entropy bonus of SAC can be worth in the values of its critic."""

from __future__ import annotations

import numpy as np

from rldoctor.audit.episodes import rewards_at
from rldoctor.audit.sight import Sight
from rldoctor.model.raw import FloatArray


def target_entropy(sight: Sight) -> float:
    """Target entropy: as configured, or the libraries' default of minus the action dimensions; 0 unknown."""
    target = sight.setting("target_entropy")
    target = target if np.isfinite(target) else -sight.setting("action_dim")
    return target if np.isfinite(target) else 0.0


def largest_bonus(sight: Sight) -> float:
    """What entropy bonuses can be worth in the values of the second half."""
    if not sight.of("sac", "tqc") or not sight.logged("entropy_coef"):
        return 0.0
    alpha = sight.metrics["entropy_coef"].finite().values
    gamma = sight.setting("gamma")
    horizon = 1 / (1 - gamma) if np.isfinite(gamma) and gamma < 1 else 100.0
    # Values follow the temperature with a delay of a horizon and of the target network.
    largest = float(alpha[int(alpha.size * sight.criteria["bonus_from"]) :].max())
    return min(largest * _most_nats(sight) * horizon, _gathered(sight))


def _most_nats(sight: Sight) -> float:
    """The largest entropy of a policy on [-1, 1]: ``d ln 2``."""
    dims = sight.setting("action_dim")
    return float(np.log(2) * (dims if np.isfinite(dims) else sight.criteria["most_dims"]))


def _gathered(sight: Sight) -> float:
    """How much entropy bonus the values can hold at the end, whatever the horizon.

    A target adds one step to the values of the target network, so each time that this is replaced
    (``updates x tau``) values take in the bonus of one step, at the temperature of the time, and no more.
    """
    alpha = sight.metrics["entropy_coef"].finite()
    tau, starts = sight.setting("tau"), sight.setting("learning_starts")
    if not (tau < 1 and alpha.values.size):
        return float("inf")
    updates = np.maximum(alpha.steps - (starts if starts > 0 else 0.0), 0.0) * _updates_per_step(sight)
    paid = alpha.values * np.interp(alpha.steps, *_nats(sight))
    # Before the first row, and the most that a step paid between two rows: the higher one of them.
    before = np.append(max(paid[0], sight.criteria["first_temperature"] * _most_nats(sight)), paid[:-1])
    taken_in = np.diff(updates * tau, prepend=0.0) * np.maximum(paid, before)
    return float(sight.criteria["gathers_most"] * (taken_in.sum() + before[0]))


def _updates_per_step(sight: Sight) -> float:
    """As written; else one, or as many as the fastest move of the temperature takes, by a rate an update."""
    written = sight.setting("utd")
    if written > 0:
        return written
    alpha, rate = sight.metrics["entropy_coef"].finite(), sight.setting("learning_rate")
    if alpha.values.size < 2 or not rate > 0:
        return 1.0
    moves = np.abs(np.diff(np.log(np.maximum(alpha.values, 1e-12))))
    return max(1.0, float((moves / np.diff(alpha.steps)).max()) / rate)


def _nats(sight: Sight) -> tuple[FloatArray, FloatArray]:
    """Steps and entropy of the policy, from above: by the loss of the temperature where its form is known.

    The loss tells the distance to the target entropy, which is minus the action dimensions, so -1 at most.
    """
    steps, alpha, loss = sight.together("entropy_coef", "entropy_coef_loss")
    formula, most = sight.formula("temperature_loss"), _most_nats(sight)
    if formula is None or not alpha.size:
        return np.zeros(1), np.full(1, most)
    factor = np.log(np.maximum(alpha, 1e-12)) if formula.form == "log" else alpha
    gap = loss / np.where(np.abs(factor) > sight.criteria["gap_factor"], factor, np.nan)
    return steps, np.clip(np.nan_to_num(gap + (target_entropy(sight) or -1.0), nan=most), 0.0, most)


def bonus_counts(sight: Sight, steps: FloatArray) -> bool:
    """Whether SAC's entropy bonus is more than a small part of the reward per step here, or not known.

    Its actor loss is ``alpha log pi - Q`` and Q sums the bonuses too: beside small rewards both are entropy.
    """
    if not sight.of("sac", "tqc"):
        return False
    if not sight.logged("entropy_coef"):
        return True
    alpha = sight.metrics["entropy_coef"].finite()
    bonus = np.interp(steps, alpha.steps, alpha.values) * max(abs(target_entropy(sight)), 1.0)
    reward, _ = rewards_at(sight, steps)
    return bool((bonus > sight.criteria["bonus_small"] * np.abs(reward)).any())
