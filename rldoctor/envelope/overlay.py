"""An envelope laid over a run: its numbers at the run's own steps, as metrics that rules can use."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rldoctor.envelope.criteria import EnvelopeCriteria
from rldoctor.model.envelope import Envelope, ReferenceView
from rldoctor.model.raw import FloatArray
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.plain_data import replace

PROVENANCE = {"provenance": "reference"}
# Of an environment that nothing names.
ASSUMED = {**PROVENANCE, "task": "assumed"}
UNITS = {"reference_seeds": "runs", "reference_samples": "samples"}


def beside(run: Run, view: ReferenceView, criteria: EnvelopeCriteria) -> dict[str, Series]:
    """``reference_*`` metrics on the steps of the run's own return and success rate, if it has a reference.

    NaN before the reference begins and after it ends. ``_start`` and ``_end`` are its levels before learning
    and at the end, ``reference_seeds`` the number of its runs, each the same at every step.
    """
    envelope = view.envelope
    # Shown and used are two things: an envelope that does not fit is drawn with its reason, and no rule
    # sees it.
    if envelope is None or not view.used:
        return {}
    # What an update does hangs on no unit of rewards, so an assumed task will do for it.
    made = (one(run, envelope, criteria) for one in (_returns, _success, _insides))
    found = {name: series for part in made for name, series in part.items()}
    if not view.assumed:
        return {**found, **_critic(run, envelope, criteria)}
    # Returns were held against the task before it was assumed; the loss of a noisy reward was not.
    return {name: replace(one, attributes=ASSUMED) for name, one in found.items()}


def _returns(run: Run, envelope: Envelope, criteria: EnvelopeCriteria) -> dict[str, Series]:
    metric = next((name for name in criteria.returns if name in run.metrics), "")
    if metric not in envelope.levels or metric not in envelope.bands:
        return {}
    own, band, level = run.metrics[metric], envelope.bands[metric], envelope.levels[metric]
    arrays: Mapping[str, FloatArray] = {
        "reference_return_min": at_steps(envelope.steps, band.low, own.steps),
        "reference_return_median": at_steps(envelope.steps, band.median, own.steps),
        "reference_return_max": at_steps(envelope.steps, band.high, own.steps),
        # Single numbers as constant series, because rules see metrics, and a metric of one point would go
        # stale after three of its gaps.
        "reference_return_start": np.full(own.steps.shape, level.start),
        "reference_return_end": np.full(own.steps.shape, level.end),
        "reference_seeds": np.full(own.steps.shape, float(band.count)),
    }
    return {name: _series(name, own, values, envelope, band.window) for name, values in arrays.items()}


def _success(run: Run, envelope: Envelope, criteria: EnvelopeCriteria) -> dict[str, Series]:
    metric = next((name for name in criteria.success if name in run.metrics), "")
    band = envelope.bands.get(metric)
    if band is None:
        return {}
    own = run.metrics[metric]
    values = at_steps(envelope.steps, band.low, own.steps)
    return {"reference_success_min": _series("reference_success_min", own, values, envelope, band.window)}


def _critic(run: Run, envelope: Envelope, criteria: EnvelopeCriteria) -> dict[str, Series]:
    """The lowest and the highest loss of a replay learner's critic that any run of the envelope had so early.

    Of one library only, as others log half of it or the sum of two; and of rewards as they are.
    """
    if envelope.framework != run.framework or (run.config.number("normalize_reward") or 0) > 0:
        return {}
    return _range(run, envelope, "critic_loss", criteria)


def _insides(run: Run, envelope: Envelope, criteria: EnvelopeCriteria) -> dict[str, Series]:
    """What a policy update does, in numbers that hang neither on the rewards nor on the task's units.

    Libraries agree on them but for the estimator of the KL and the minibatches that it is a mean over.
    """
    return {
        **_range(run, envelope, "approx_kl", criteria),
        **_range(run, envelope, "clip_fraction", criteria),
        **_range(run, envelope, "explained_variance", criteria),
        **_samples(run, envelope, criteria),
    }


def _range(run: Run, envelope: Envelope, metric: str, criteria: EnvelopeCriteria) -> dict[str, Series]:
    """``reference_METRIC_min`` and ``_max`` on the steps of the run's own metric; none of a few runs only."""
    band, own = envelope.bands.get(metric), run.metrics.get(metric)
    if band is None or own is None or band.count < criteria["insides_seeds"]:
        return {}
    sides = {"min": band.low, "max": band.high}
    return {
        name: _series(name, own, at_steps(envelope.steps, values, own.steps), envelope, band.window)
        for name, values in ((f"reference_{metric}_{side}", curve) for side, curve in sides.items())
    }


def _samples(run: Run, envelope: Envelope, criteria: EnvelopeCriteria) -> dict[str, Series]:
    """``reference_samples``: how often the reference runs sampled a transition, the same at every step."""
    own = run.metrics.get("critic_loss")
    batch, updates, every = (
        _number(envelope, knob) for knob in ("batch_size", "gradient_steps", "train_freq")
    )
    # Each is counted in transitions of all environments. A negative number of gradient steps is one for each.
    per_transition = batch * (updates / every if updates >= 0 else 1.0) if every > 0 else np.nan
    few = len(envelope.members) < criteria["insides_seeds"]
    if own is None or few or not np.isfinite(per_transition):
        return {}
    values = np.full(own.steps.shape, per_transition)
    return {"reference_samples": _series("reference_samples", own, values, envelope, None)}


def _number(envelope: Envelope, knob: str) -> float:
    """A setting that all runs of the envelope share, NaN where it is not a number."""
    value = envelope.config.get(knob)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else float("nan")


def at_steps(grid: FloatArray, values: FloatArray, steps: FloatArray) -> FloatArray:
    """The last value at or before each step, NaN outside the grid. Shape (len(steps),)."""
    # The last value and no interpolation: between two grid points the band of good runs is not known
    # either.
    place = np.searchsorted(grid, steps, side="right") - 1
    # NaN beyond the reference: a run that trained longer is not behind anything there.
    inside = (place >= 0) & (steps <= grid[-1])
    found: FloatArray = np.where(inside, values[np.maximum(place, 0)], np.nan)
    return found


def _series(name: str, own: Series, values: FloatArray, envelope: Envelope, window: int | None) -> Series:
    unit = UNITS.get(name, own.unit)
    tag = f"reference {envelope.name}"
    return Series(name, own.steps, values, tag, unit, own.axis, window=window, attributes=PROVENANCE)
