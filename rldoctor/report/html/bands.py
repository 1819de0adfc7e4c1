"""The band of a reference behind a curve."""

from __future__ import annotations

import math
from dataclasses import field
from typing import Any

import numpy as np

from rldoctor.model.envelope import Envelope, ReferenceView
from rldoctor.model.raw import FloatArray
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.plain_data import dataclass
from rldoctor.report.envelope_words import legend

NO_REFERENCE = ReferenceView()


@dataclass(frozen=True, slots=True)
class Drawn:
    """A band as the page draws it; ``metric`` is empty where there is none.

    ``seen``: its finite values over the steps of the run, for the range of the axis. ``data``: lists ``x``,
    ``low``, ``mid``, ``high`` over all steps of the reference, which the page cuts at the end of the run.
    """

    metric: str = ""
    legend: str = ""
    key: tuple[str, str] = ("", "")
    seen: tuple[FloatArray, ...] = ()
    data: dict[str, object] = field(default_factory=dict)


def band_of(run: Run, name: str, reference: ReferenceView) -> Drawn:
    """The band of the reference for a metric of a run."""
    envelope = reference.envelope
    metric = _metric(run, name, envelope) if envelope is not None and reference.used else ""
    if envelope is None or not metric:
        return Drawn()
    if envelope.framework != run.framework and metric not in envelope.levels:
        return Drawn()
    band = envelope.bands[metric]
    low, high, _ = band.edges
    within = envelope.steps <= run.metrics[name].steps[-1]
    seen = tuple(part[within & np.isfinite(part)] for part in (low, high))
    return Drawn(
        metric,
        legend(envelope, metric),
        (envelope.source or envelope.name, metric),
        seen,
        {
            "x": [float(step) for step in envelope.steps],
            "low": _plain(low),
            "mid": _plain(band.median),
            "high": _plain(high),
        },
    )


def _metric(run: Run, name: str, envelope: Envelope) -> str:
    """The band's metric: the same, or for a derived name (``outcome_return``) the one it was copied from."""
    if name in envelope.bands:
        return name
    series = run.metrics[name]
    for metric in envelope.bands:
        other = run.metrics.get(metric)
        if other is not None and same(other, series):
            return metric
    return ""


def same(one: Series, other: Series) -> bool:
    """Whether two series have the same points."""
    return np.array_equal(one.steps, other.steps) and np.array_equal(one.values, other.values, equal_nan=True)


def _plain(values: FloatArray) -> list[Any]:
    return [float(f"{value:.4g}") if math.isfinite(value) else None for value in values]
