"""SAC's temperature: whether it is trained, and how fast ln(alpha) moves per update.

Adam's step is about one learning rate while the gradient keeps its sign, and the gradient of ln(alpha) is the
entropy gap, which keeps its sign for thousands of updates at the start of most runs.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rldoctor.audit.sight import NAN, Implied, Sight, mechanism, row, span
from rldoctor.model.arrays import median
from rldoctor.model.audit import AuditRow
from rldoctor.model.raw import FloatArray


def temperature(sight: Sight) -> Iterator[AuditRow]:
    """Rows of a temperature that is logged with a loss of its own (so meant to be trained)."""
    if not sight.of("sac", "tqc", "crossq", "droq", "redq") or not sight.logged("entropy_coef"):
        return
    yield from _moves(sight)
    yield from _rate(sight)


def _moves(sight: Sight) -> Iterator[AuditRow]:
    steps, alpha, loss = sight.together("entropy_coef", "entropy_coef_loss")
    if alpha.size < sight.criteria["least_rows"]:
        return
    still = float(np.ptp(alpha)) < sight.criteria["exact_move"] * abs(float(alpha[0]))
    pushed = median(np.abs(loss)) > sight.criteria["exact_move"]
    # ln(1) = 0 makes the loss 0 at alpha = 1: a temperature stuck there shows no loss either.
    unmoved = still and (pushed or abs(float(alpha[0]) - 1.0) < sight.criteria["exact_move"])
    text = f"alpha goes from {alpha[0]:.4g} to {alpha[-1]:.4g} over {alpha.size} rows with a loss of its own"
    yield mechanism(sight, "temperature_moves", not unmoved, text, steps)


def _rate(sight: Sight) -> Iterator[AuditRow]:
    """The speed over the longest stretch without a turn: there the gradient kept its sign."""
    steps, alpha, updates = sight.together("entropy_coef", "gradient_updates")
    going = (updates > 0) & (alpha > 0)
    if going.sum() < sight.criteria["few_rows"]:
        return
    steps, log_alpha, updates = steps[going], np.log(alpha[going]), updates[going]
    first, last = _longest_run(log_alpha)
    if last - first < sight.criteria["few_rows"] or updates[last] <= updates[first]:
        return
    speeds = np.diff(log_alpha[first : last + 1]) / np.maximum(np.diff(updates[first : last + 1]), 1)
    speed = float(np.quantile(np.abs(speeds), 0.75))
    text = (
        f"ln(alpha) {'rises' if speeds[0] > 0 else 'falls'} by {speed:.2g} per update over updates "
        f"{updates[first]:,.0f} to {updates[last]:,.0f}"
    )
    # Slower than one learning rate per update is normal (the gap changes its sign within a row's updates), so
    # the speed bounds the rate from below only, and from above by nothing.
    low = speed / sight.criteria["rate_steps"]
    yield row(
        sight, "temperature_rate", Implied(speed, low, NAN, text, span(steps[first : last + 1]), last - first)
    )


def _longest_run(values: FloatArray) -> tuple[int, int]:
    """First and last index of the longest stretch that only rises or only falls."""
    signs = np.sign(np.diff(values))
    best, start = (0, 0), 0
    for index in range(1, signs.size + 1):
        if index == signs.size or signs[index] != signs[start]:
            best = max(best, (start, index), key=lambda pair: pair[1] - pair[0])
            start = index
    return best
