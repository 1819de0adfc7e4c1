"""The probability ratio of PPO: what its clip fraction and its KL say of one another.

Log-ratios of an update that starts at ratio 1 are near normal with mean -KL and variance 2 KL (second order
of both; J. Schulman, "Approximating KL Divergence", 2020), so the share of samples whose ratio leaves
``1 +- eps`` follows from the KL: ``2 (1 - Phi(ln(1 + eps) / sqrt(2 KL)))``. Heavy tails make the KL of a
share larger, never smaller; a share above this therefore means that the ratios do not start at 1, or that the
clip is narrower than it is said to be.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from rldoctor.audit.counters import rollout
from rldoctor.audit.sight import Implied, Sight, mechanism, row, span
from rldoctor.model.arrays import median
from rldoctor.model.audit import AuditRow
from rldoctor.model.raw import FloatArray


def ratio(sight: Sight) -> Iterator[AuditRow]:
    """Whether ratios start at 1, whether they are of one sample, and the effective clip range."""
    if not sight.of("ppo", "ppo_recurrent", "maskable_ppo"):
        return
    # A handful of consecutive states moves as one, whatever the policy sees.
    if _largest_rollout(sight) < sight.criteria["samples_least"]:
        return
    yield from _of_one_sample(sight)
    yield from _beyond_the_clip(sight)
    steps, kl, clipped = sight.together("approx_kl", "clip_fraction")
    known = (kl > sight.criteria["ratio_kl"]) & (clipped <= 1)
    if known.sum() < sight.criteria["few_rows"]:
        return
    steps, width, clipped = steps[known], np.sqrt(2 * kl[known]), clipped[known]
    clip = _clip_range(sight)
    if math.isfinite(clip):
        yield _centred(sight, steps, width, clipped, _clip_ranges(sight, steps, clip))
    yield from _clip(sight, steps, width, clipped)
    yield from _alike(sight, steps, width, clipped, clip)


def _largest_rollout(sight: Sight) -> float:
    """Transitions of an update at most: as counted, as configured, or those between two rows; else NaN."""
    counted = rollout(sight)
    if counted is not None:
        return counted.best
    if math.isfinite(written := sight.setting("rollout_batch")):
        return written
    # A row comes after one update or several.
    steps, _ = sight.together("approx_kl")
    return median(np.diff(steps)) if sight.run.axis == "env_steps" and steps.size > 1 else math.nan


def _of_one_sample(sight: Sight) -> Iterator[AuditRow]:
    """Ratios of log-probabilities that belong to other samples, by what such ratios make the KL.

    With the old log-probability of a sample j and the new one of a sample i, ``mean(ratio - 1 - ln ratio)``
    is ``E[p(a_i)] E[1 / p(a_j)] - 1``, as the logarithms cancel. ``E[1 / p]`` under p itself is n, the number
    of actions, whatever the policy; ``E[p] >= exp(-H)`` (the collision entropy is at most Shannon's), and
    near a uniform policy it exceeds ``1 / n`` by twice as much. So such a KL is 1 to 2 times
    ``n exp(-H) - 1``, somewhat more where states differ, and it is so in every update. A KL that an update
    makes is far smaller and has its own course.
    """
    # A mask leaves another number of actions in every state.
    discrete = sight.holds("categorical") and not sight.logged("policy_std")
    if not (discrete and sight.holds("kl_of_ratios") and sight.of("ppo", "ppo_recurrent")):
        return
    steps, kl, entropy = sight.together("approx_kl", "entropy")
    actions = _actions(sight, entropy)
    if not math.isfinite(actions):
        return
    due = actions * np.exp(-entropy) - 1
    told = due > _number(sight, "pairs_least")
    if told.sum() < sight.criteria["few_rows"]:
        return
    times = kl[told] / due[told]
    inside = (times >= sight.criteria["pairs_low"]) & (times <= sight.criteria["pairs_high"])
    text = (
        f"log-probabilities of unrelated samples make a KL of 1 to 2 times {actions:.0f} exp(-entropy) - 1 = "
        f"{median(due[told]):.2g}; it is {median(kl[told]):.2g}, within 1 to 3 times in {inside.mean():.0%} "
        "of the updates"
    )
    of_one = float(inside.mean()) < sight.criteria["pairs_share"]
    yield mechanism(sight, "ratio_of_one_sample", of_one, text, steps[told])


def _actions(sight: Sight, entropy: FloatArray) -> float:
    """How many actions there are: as configured, or those whose logarithm is the first entropy; else NaN."""
    written = sight.setting("n_actions")
    if math.isfinite(written) or not entropy.size:
        return written
    whole = round(math.exp(min(float(entropy[0]), math.log(sight.criteria["pairs_most"]))))
    near = abs(float(entropy[0]) - math.log(max(whole, 1))) < sight.criteria["pairs_uniform"]
    return float(whole) if whole > 1 and near else math.nan


def _clip_range(sight: Sight) -> float:
    """The configured range; the logged one where no configuration is there."""
    _, logged = sight.together("clip_range")
    written = sight.setting("clip_range")
    return median(logged) if logged.size and not math.isfinite(written) else written


def _clip_ranges(sight: Sight, steps: FloatArray, clip: float) -> FloatArray:
    """The range of each update: as logged with it (many programs let it fall to 0), else ``clip``."""
    at, logged = sight.together("clip_range")
    known = np.isin(steps, at)
    found = np.full(steps.shape, clip)
    found[known] = logged[np.searchsorted(at, steps[known])]
    return found


def _centred(
    sight: Sight, steps: FloatArray, width: FloatArray, clipped: FloatArray, clips: FloatArray
) -> AuditRow:
    """Too many clipped samples for the KL, in the first updates or in the middle of all."""
    expected = np.array([_share(math.log1p(clip) / one) for clip, one in zip(clips, width, strict=True)])
    excess = clipped - expected
    first = slice(0, int(sight.criteria["few_rows"]))
    part = max((first, slice(None)), key=lambda one: median(excess[one]))
    most = median(excess[part])
    # Of a KL this small nothing is clipped at the configured range: there the range is what differs.
    moves = median(width[part]) > sight.criteria["ratio_width"]
    kl, usual = median(width[part] ** 2) / 2, median(expected[part])
    limit = _number(sight, "clip_excess")
    text = (
        f"{median(clipped[part]):.0%} of the samples are clipped at {median(clips[part]):g} with a KL of "
        f"{kl:.2g}; ratios that start at 1 would give {usual:.0%}"
    )
    return mechanism(sight, "ratio_starts_at_one", not (moves and most > limit), text, steps)


def _alike(
    sight: Sight, steps: FloatArray, width: FloatArray, clipped: FloatArray, clip: float
) -> Iterator[AuditRow]:
    """Updates with a large KL of which not one sample was clipped: the same ratio in every state.

    Ratios that differ from state to state have tails, so some leave the range long before all do. A policy
    that does not see its input moves as one, and is clipped everywhere or nowhere.
    """
    if not math.isfinite(clip):
        return
    expected = np.array([_share(math.log1p(clip) / one) for one in width])
    large = expected > sight.criteria["clip_due"]
    if large.sum() < sight.criteria["least_rows"]:
        return
    none = float((clipped[large] < sight.criteria["clip_none"]).mean())
    text = (
        f"{int(large.sum())} updates have a KL (median {median(width[large] ** 2) / 2:.2g}) that should clip "
        f"about {median(expected[large]):.0%} of the samples; {none:.0%} of them clip none"
    )
    yield mechanism(sight, "policy_input", none < sight.criteria["clip_none_share"], text, steps[large])


def _clip(sight: Sight, steps: FloatArray, width: FloatArray, clipped: FloatArray) -> Iterator[AuditRow]:
    """The clip range for which the clipped share would follow from the KL: an upper end of tails, so wide."""
    told = (clipped > sight.criteria["clip_told"]) & (clipped < 1 - sight.criteria["clip_told"])
    if told.sum() < sight.criteria["few_rows"]:
        return
    implied = np.expm1(width[told] * _edges(clipped[told]))
    best = median(implied)
    wide = sight.criteria["clip_error"]
    share, kl = median(clipped[told]), median(width[told] ** 2) / 2
    text = f"{share:.1%} of the samples are clipped with a KL of {kl:.2g}: a clip range of about {best:.2g}"
    # Heavy tails of the ratios make it too large by up to a factor of two, nothing makes it too small.
    found = Implied(best, best / wide, best * wide, text, span(steps[told]), int(told.sum()))
    yield row(sight, "clip_range", found)


def _beyond_the_clip(sight: Sight) -> Iterator[AuditRow]:
    """A surrogate that gets worse in nearly every update, though ratios stay far inside the written range.

    The clipped surrogate ``min(r A, clip(r) A)`` is at most ``r A``, whose mean the optimiser raises from the
    0 of normalised advantages. It can fall below that only where ratios lie beyond the range and the side
    that harms counts alone; so the range that acts is smaller than they deviate, ``sqrt(2 KL)``.
    """
    steps, kl, loss = sight.together("approx_kl", "policy_loss")
    clip = _clip_range(sight)
    raw = sight.setting("normalize_advantage") == 0
    if not math.isfinite(clip) or raw or not sight.holds("kl_of_ratios"):
        return
    width = np.sqrt(2 * np.maximum(kl, 0))
    inside = (kl > 0) & (width < sight.criteria["clip_inside"] * clip)
    # Against how far the ratios went: what is left of rounding has a sign, too, and raw advantages have a
    # mean, which makes losses far beyond what ratios so near to 1 can.
    least, most = (sight.criteria[name] * width for name in ("clip_worse_size", "clip_worse_most"))
    worse = float(((loss > least) & (loss < most))[inside].mean()) if inside.any() else 0.0
    if inside.sum() < sight.criteria["clip_inside_rows"] or worse < sight.criteria["clip_worse"]:
        return
    deviate = median(width[inside])
    text = (
        f"the surrogate gets worse in {worse:.0%} of the updates, as only ratios beyond the clip make it; "
        f"with a KL of {deviate**2 / 2:.2g} they deviate from 1 by {deviate:.2g}"
    )
    found = Implied(math.nan, 0.0, deviate, text, span(steps[inside]), int(inside.sum()))
    yield row(sight, "clip_range", found)


def _number(sight: Sight, name: str) -> float:
    """A limit, as the library that wrote the log has it: others may average over other minibatches."""
    formula = sight.formula("kl_of_ratios")
    own = {} if formula is None else formula.numbers
    return own.get(name, sight.criteria[name])


def _share(edge: float) -> float:
    """Share of a standard normal beyond ``edge`` on either side."""
    return math.erfc(edge / math.sqrt(2))


# ``statistics.NormalDist`` would do; its import costs a start 10 ms. To 0.01 standard deviations.
_EDGES = np.linspace(5.0, 0.0, 501)
_SHARES = np.array([_share(edge) for edge in _EDGES])


def _edges(shares: FloatArray) -> FloatArray:
    """The inverse of ``_share``, shape (n,)."""
    return np.interp(shares, _SHARES, _EDGES)
