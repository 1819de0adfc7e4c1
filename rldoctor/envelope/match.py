"""Which envelope a run may be held against, and why not another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rldoctor.envelope.criteria import EnvelopeCriteria
from rldoctor.envelope.identity import AXIS, differing, settings_of, task_of
from rldoctor.envelope.levels import reached, start_level
from rldoctor.model.algorithms import EITHER
from rldoctor.model.envelope import Envelope, Milestone, ReferenceView
from rldoctor.model.numbers import number_text
from rldoctor.model.run import Run
from rldoctor.plain_data import replace


def view(run: Run, envelopes: Sequence[Envelope], criteria: EnvelopeCriteria) -> ReferenceView:
    """How a run stands against the envelopes at hand.

    The directory that comes first wins (the user's own), in it the run's own framework, then more runs.
    """
    algorithm, env = task_of(run)
    # Never by similarity of curves: a run of another task can look just like a bad run of this one.
    if not algorithm or not env:
        missing = "algorithm" if not algorithm else "environment"
        return ReferenceView(reason=f"no reference: the {missing} of the run is not known")
    # One of two that log the same is held against those of either, as an assumption.
    either = EITHER.get(algorithm, (algorithm,))
    same = [one for one in envelopes if one.algorithm in either and one.env == env]
    # In the order in which they were searched, so the user's own references beat those shipped.
    places = list(dict.fromkeys(Path(one.source).parent for one in same))
    same.sort(key=lambda one: (places.index(Path(one.source).parent), one.framework != run.framework))
    if not same:
        return ReferenceView(reason=f"no reference for ({algorithm}, {env})")
    # All are tried before the first reason is given: one of another reward scale must not stand in the way
    # of one that fits.
    unfit = [(one, unlike(run, one, criteria)) for one in same]
    fit = [one for one, reason in unfit if not reason]
    if not fit:
        return ReferenceView(unfit[0][0], reason=f"not comparable with {unfit[0][0].name}: {unfit[0][1]}")
    chosen = fit[0]
    basis = _basis(run, chosen, criteria)
    found = ReferenceView(chosen, True, "", basis, milestones(run, chosen, basis, criteria))
    return replace(found, assumed=True, guessed="algorithm") if algorithm in EITHER else found


def unlike(run: Run, envelope: Envelope, criteria: EnvelopeCriteria) -> str:
    """Why the run's returns must not be compared with the envelope's; empty when they may be."""
    # Before the settings, since steps of another unit make every comparison at equal steps meaningless.
    if run.axis != AXIS:
        return f"its steps are {run.axis.replace('_', ' ')}, not environment steps"
    setting = differing(settings_of(run, criteria), dict(envelope.settings), criteria)
    if setting:
        return f"another task or reward, {setting}"
    return _other_start(run, envelope, criteria)


def _other_start(run: Run, envelope: Envelope, criteria: EnvelopeCriteria) -> str:
    """A run whose first returns are on another scale has another reward, or was trained before."""
    # Returns only: a success rate starts at 0 for everybody and tells no scale apart.
    metric = next((m for m in criteria.returns if m in run.metrics and m in envelope.bands), "")
    if not metric:
        shared = any(m in run.metrics and m in envelope.bands for m in criteria.success)
        return "" if shared else "no return or success rate is logged by both"
    series, band = run.metrics[metric].finite(), envelope.bands[metric]
    # A log that begins late has no first returns; taking its later ones would call every resumed run
    # trained before.
    if not len(series) or series.steps[0] > criteria["late_start"] * envelope.steps[-1]:
        return "the log begins too late to compare first returns"
    first = start_level(series, criteria)
    # At least as far as the run's first point, or there would be no reference value to compare with.
    early = envelope.steps <= max(series.steps[0], criteria["early_share"] * envelope.steps[-1])
    # The whole band of the start and not its median: first returns scatter more than anything later.
    low, high = float(np.nanmin(band.low[early])), float(np.nanmax(band.high[early]))
    spread = float(np.nanmax(band.high) - np.nanmin(band.low))
    if _on_scale(first, low, high, spread, criteria):
        return ""
    return (
        f"its first return is {number_text(first)}, the reference's {number_text(low)} to "
        f"{number_text(high)}: another reward, or a policy that was trained before"
    )


def _on_scale(first: float, low: float, high: float, spread: float, criteria: EnvelopeCriteria) -> bool:
    # Two tests, as neither sees everything: the distance in units of what was ever gained, and the ratio,
    # which catches a reward scaled by 0.01 whose returns all lie close to 0.
    away = max(low - first, first - high, 0.0)
    ratio = criteria["start_ratio"]
    sizes = sorted((abs(low), abs(high)))
    if away > criteria["start_range"] * spread:
        return False
    # A ratio across zero says nothing.
    if low < 0 < high:
        return True
    return sizes[0] / ratio <= abs(first) <= sizes[1] * ratio


def _basis(run: Run, envelope: Envelope, criteria: EnvelopeCriteria) -> str:
    # Success first: it means the same under every reward.
    names = (*criteria.success, *criteria.returns)
    return next((name for name in names if name in envelope.levels and name in run.metrics), "")


def milestones(run: Run, envelope: Envelope, basis: str, criteria: EnvelopeCriteria) -> tuple[Milestone, ...]:
    """When this run and each run of the envelope reached each share; empty without a common outcome."""
    if not basis:
        return ()
    level = envelope.levels[basis]
    mine = reached(run.metrics[basis], level.at, criteria)
    theirs = [member.milestones[basis] for member in envelope.members]
    return tuple(
        Milestone(share, level.at[place], tuple(one[place] for one in theirs), mine[place])
        for place, share in enumerate(envelope.shares)
    )
