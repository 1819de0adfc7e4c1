"""One metric of a run as a Plotly figure: curve, limits, onset, where the condition held, reference band."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from rldoctor.errors import MissingExtraError, UsageError, did_you_mean
from rldoctor.model.finding import Diagnosis, Finding, Measure
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.report import words
from rldoctor.report.clean import clean
from rldoctor.report.html.bands import band_of
from rldoctor.report.html.curves import curve, view
from rldoctor.report.html.figures import OVERVIEW, limits_by_metric
from rldoctor.report.numbers import finite, number

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

MAX_POINTS = 10_000
MAX_SPANS = 200
# Readable on a light and on a dark page, since the background is the page's own.
INK, GRID, CURVE = "#7d8590", "rgba(125, 133, 144, .25)", "#4078d8"
FIRED, LIMIT, REFERENCE = "#d1482f", "#b07a10", "rgba(46, 150, 90, .22)"


def figure(run: Run, metric: str = "", diagnosis: Diagnosis | None = None) -> Figure:
    """The metric over the run's steps (its learning curve when none is named).

    Raises:
        UsageError: the run has no such metric, or a diagnosis of another run is given. MissingExtraError:
        plotly is not installed.
    """
    if diagnosis is not None:
        if (diagnosis.run.id, diagnosis.run.path) != (run.id, run.path):
            raise UsageError(f"the diagnosis is of {diagnosis.run.path}, the run is {run.path}")
        run = diagnosis.run  # with the series that were derived for the rules
    name = _known(run, metric)
    drawn = _graph_objects().Figure()
    series = run.metrics[name]
    findings = _about(diagnosis, name)
    limits = _limits(findings, run, name)
    band = _band(drawn, run, name, diagnosis)
    points = curve(series, MAX_POINTS)
    drawn.add_scatter(x=points["x"], y=points["y"], mode="lines", name=plain(name), line={"color": CURVE})
    values = series.values[np.isfinite(series.values)]
    shape = view(np.concatenate([values, *band]), [m.limit for m in limits if m.limit is not None])
    _layout(drawn, run, name, shape)
    _mark(drawn, findings, name in OVERVIEW)
    _limit_lines(drawn, limits, series)
    return drawn


def plain(text: object) -> str:
    """Text of a log for Plotly, which reads some HTML in titles and names."""
    return escape(clean(text), quote=False)


def _graph_objects() -> Any:
    try:
        import plotly.graph_objects as made
    except ImportError:
        raise MissingExtraError(
            "figures need plotly, which is not installed",
            hint='pip install "rl-training-doctor[notebook]"',
        ) from None
    return made


def _known(run: Run, metric: str) -> str:
    if metric in run.metrics:
        return metric
    if metric:
        names = sorted(run.metrics)
        raise UsageError(
            f"the run has no metric {metric!r}{did_you_mean(metric, names)}",
            hint=f"it has: {', '.join(names)}",
        )
    found = next((name for name in OVERVIEW if name in run.metrics), "")
    if not found:
        raise UsageError("the run logged no return or success rate: name a metric", hint="see: run.metrics")
    return found


def _about(diagnosis: Diagnosis | None, name: str) -> list[Finding]:
    """The findings to mark: all root causes on the learning curve, else those that look at the metric."""
    if diagnosis is None:
        return []
    roots = [root.finding for root in diagnosis.roots]
    if name in OVERVIEW:
        return roots
    every = [finding for root in diagnosis.roots for finding in (root.finding, *root.explains)]
    return [finding for finding in every if name in finding.metrics]


def _limits(findings: Sequence[Finding], run: Run, name: str) -> list[Measure]:
    """The limits that stand on the scale of this metric, each once."""
    found: dict[float | None, Measure] = {}
    for finding in findings:
        series = {metric: run.metrics[metric] for metric in finding.metrics if metric in run.metrics}
        for measure in limits_by_metric(finding.measures, series).get(name, []):
            found.setdefault(measure.limit, measure)
    return list(found.values())


def _limit_lines(drawn: Any, limits: Sequence[Measure], series: Series) -> None:
    """Each limit over the whole run, named in the legend."""
    for limit in limits:
        label = plain(f"limit {number(limit.limit)} ({words.measure_label(limit)})")
        ends = [float(series.steps[0]), float(series.steps[-1])]
        line = {"color": LIMIT, "dash": "dash"}
        drawn.add_scatter(x=ends, y=[limit.limit] * 2, mode="lines", name=label, line=line)


def _band(drawn: Any, run: Run, name: str, diagnosis: Diagnosis | None) -> tuple[np.ndarray[Any, Any], ...]:
    """Shade what good runs did; their values over the run's steps, for the range of the axis."""
    band = None if diagnosis is None else band_of(run, name, diagnosis.reference)
    if band is None or not band.metric:
        return ()
    x, low, high = band.data["x"], band.data["low"], band.data["high"]
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    drawn.add_scatter(x=x, y=low, showlegend=False, **edge)
    drawn.add_scatter(x=x, y=high, fill="tonexty", fillcolor=REFERENCE, name=plain(band.legend), **edge)
    return band.seen


def _mark(drawn: Any, findings: Sequence[Finding], learning_curve: bool) -> None:
    """A line at each onset; where the conditions held, shaded (not on the learning curve: they are many)."""
    for finding in findings:
        onset = finite(finding.onset)
        if onset is not None:
            line = {"color": FIRED, "dash": "dot"}
            drawn.add_vline(x=onset, line=line, annotation_text=plain(finding.code))
        for part in () if learning_curve else finding.intervals[:MAX_SPANS]:
            drawn.add_vrect(x0=part.start, x1=part.end, fillcolor=FIRED, opacity=0.1, line_width=0)


def _layout(drawn: Any, run: Run, name: str, shape: tuple[str, float, float] | None) -> None:
    series = run.metrics[name]
    unit = "" if series.unit == "1" else plain(series.unit)
    axis = {"gridcolor": GRID, "zerolinecolor": GRID}
    drawn.update_layout(
        title={"text": f"{plain(run.id)}: {plain(name).replace('_', ' ')} ({plain(series.tag)})"},
        xaxis={"title": {"text": words.AXES.get(run.axis, clean(run.axis))}, **axis},
        yaxis={"title": {"text": unit}, **axis},
        paper_bgcolor="rgba(0, 0, 0, 0)",
        plot_bgcolor="rgba(0, 0, 0, 0)",
        font={"color": INK},
        margin={"t": 50, "r": 20},
        hovermode="x",
    )
    if shape is not None:
        kind, low, high = shape
        ends = [float(np.log10(low)), float(np.log10(high))] if kind == "log" else [low, high]
        drawn.update_yaxes(type=kind, range=ends)
