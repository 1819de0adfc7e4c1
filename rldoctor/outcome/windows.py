"""Averaging windows of a logger: how many a curve is long, and what a short one may hide."""

from __future__ import annotations

import math

import numpy as np

from rldoctor.model.outcome import TRANSITIONS, Curve, OutcomeMeasure
from rldoctor.outcome.criteria import Criteria
from rldoctor.outcome.rows import Rows


def windows_of(curve: Curve, rows: Rows) -> float:
    """How many averaging windows of the logger the curve is long; infinite where that is not known."""
    known = curve.spacing > 0 and rows.size > 0
    return float(rows.steps[-1] - rows.steps[0]) / curve.spacing if known else math.inf


def _smooth(curve: Curve, rows: Rows, criteria: Criteria) -> bool:
    """Whether rows differ from their neighbours by as little as those of a mean over the widest window do.

    Of independent rows the mean squared difference of neighbours is twice the variance (von Neumann 1941), of
    a mean over ``width`` of them ``2 / width`` times it, and more where a curve is too short to vary as much.
    """
    spread = float(np.var(rows.values))
    width = curve.widest * max(rows.size - 1, 1) / max(float(rows.steps[-1] - rows.steps[0]), 1e-300)
    limit = min(criteria["smooth"], criteria["smooth_width"] / width)
    return spread > 0 and float(np.mean(np.diff(rows.values) ** 2)) < limit * spread


def _possible_windows(curve: Curve, rows: Rows, criteria: Criteria) -> float:
    """How many windows the curve is long at least, where the window is not known but the rows are smooth."""
    if curve.spacing > 0 or curve.widest <= 0 or not _smooth(curve, rows, criteria):
        return windows_of(curve, rows)
    return float(rows.steps[-1] - rows.steps[0]) / curve.widest


def too_few_windows(curve: Curve, rows: Rows, criteria: Criteria) -> str:
    """The sentence on how few windows were logged."""
    count = f"{_possible_windows(curve, rows, criteria):.2g}"
    if curve.spacing > 0:
        return f"{count} averaging windows of {curve.window or 1} episodes were logged"
    episodes = criteria.whole("widest_window")
    mean = f"if each row is a mean over {episodes} episodes"
    return f"the curve is smooth, and {mean} it is only {count} such windows long"


def few_transitions(curve: Curve, rows: Rows, criteria: Criteria) -> bool:
    """Whether a policy at the floor of a sparse task has not had its chance to find the goal."""
    return curve.unit == TRANSITIONS and bool(rows.steps[-1] < criteria["least_transitions"])


def hides_a_gain(curve: Curve, rows: Rows, measure: OutcomeMeasure, criteria: Criteria) -> bool:
    """Whether the mean of a short run may have hardly moved although the policy gained.

    A mean over the share 1 / windows of the run shows of a gain that only the last part of the run made
    (``hidden_part``) that part of the share. On a scale that is known, a mean that moved by less than this
    leaves of a material gain hides none. Until the window is full the mean is that of the whole run.
    """
    windows = _possible_windows(curve, rows, criteria)
    if windows >= criteria["windows"]:
        return False
    if measure.name == "own" or windows < criteria["least_windows"] or few_transitions(curve, rows, criteria):
        return True
    shown = criteria["hidden_part"] * windows
    return rows.range >= shown * measure.material
