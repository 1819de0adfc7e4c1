"""A comparison as one self-contained HTML file, in the style of the run report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np

from rldoctor import __version__
from rldoctor.model.comparison import Comparison, Departure
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.report import compare_words as say
from rldoctor.report import words
from rldoctor.report.clean import clean
from rldoctor.report.html.curves import curve, view
from rldoctor.report.html.packing import pack
from rldoctor.report.html.page import PLOTLY, asset, content_policy, json_for_script, template
from rldoctor.report.numbers import plural, step

MAX_FIGURES = 6
POINTS = 1000


def render(comparison: Comparison) -> str:
    """The comparison as one HTML document."""
    curves: list[dict[str, object]] = []
    figures = [_figure(comparison, metric, curves) for metric in _shown(comparison)]
    scripts = [asset(name) for name in ("unpack.js", *(["report.js"] if figures else []), "page.js")]
    plotly = asset(PLOTLY) if figures else ""
    data = {"curves": curves, "figures": [figure["data"] for figure in figures]}
    page: str = template("compare.html.j2").render(
        c=_view(comparison),
        figures=[{**figure["about"], "id": index} for index, figure in enumerate(figures)],
        data=json_for_script(data),
        style=asset("report.css"),
        scripts=scripts,
        plotly=pack(plotly),
        licence=asset("plotly-basic.LICENSE.txt"),
        policy=content_policy([*scripts, *([plotly] if plotly else [])]),
        version=__version__,
        written=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
    )
    return page


def _view(comparison: Comparison) -> dict[str, Any]:
    """Everything the template shows, as cleaned text."""
    return {
        "like": say.LIKE[comparison.verdict],
        "label": say.LABELS[comparison.verdict],
        "headline": say.headline(comparison),
        "alarm": say.alarm(comparison),
        "base": say.arm(comparison.base),
        "candidate": say.arm(comparison.candidate),
        "effect": say.effect_rows(comparison.effect) if comparison.effect else [],
        "method": say.method(comparison.effect) if comparison.effect else "",
        "twins": [say.twin(one) for one in comparison.twins],
        "searched": bool(comparison.departures or comparison.unmoved),
        "first": say.first_mover(comparison),
        "departures": [say.departure_row(one) for one in comparison.departures],
        "unmoved": say.unmoved(comparison),
        "untested": say.untested(comparison),
        "attribution": clean(comparison.attribution),
        "changes": [(*say.change_row(one), clean(one.because)) for one in comparison.changes],
        "one_sided": [say.change_row(one) for one in comparison.one_sided],
        "consequences": [say.change_row(one) for one in comparison.consequences],
        "bisection": say.bisection_lines(comparison),
        "findings": [say.finding_row(one) for one in comparison.findings],
        "remarks": [
            {"code": r.code, "title": clean(r.title), "severity": r.severity.label, "text": clean(r.text)}
            for r in comparison.remarks
        ],
        "notes": [clean(note) for note in comparison.notes],
    }


def _shown(comparison: Comparison) -> list[str]:
    """The metrics to draw: the outcome, then what departed first; only what both sides can draw."""
    names = [comparison.effect.metric] if comparison.effect else []
    names += [one.metric for one in comparison.departures]
    return [name for name in dict.fromkeys(names) if _drawable(comparison, name)][:MAX_FIGURES]


def _drawable(comparison: Comparison, metric: str) -> bool:
    sides = {side for side, _, _ in _lines(comparison, metric)}
    return sides == {"base", "candidate"}


def _lines(comparison: Comparison, metric: str) -> Iterator[tuple[str, Run, Series]]:
    """Side, run and series of every run that logs the metric."""
    for arm in (comparison.base, comparison.candidate):
        for run in arm.runs:
            series = run.metrics.get(metric)
            if series is not None and int(np.isfinite(series.values).sum()) > 1:
                yield arm.name, run, series


def _figure(comparison: Comparison, metric: str, curves: list[dict[str, object]]) -> dict[str, Any]:
    lines = list(_lines(comparison, metric))
    drawn = []
    for side, run, series in sorted(lines, key=lambda line: -line[2].steps[-1]):
        curves.append(curve(series, POINTS))
        drawn.append({"curve": len(curves) - 1, "side": side, "name": f"{side} {clean(run.id)}"})
    values = np.concatenate([series.values[np.isfinite(series.values)] for _, _, series in lines])
    kind, low, high = view(values, []) or ("linear", 0.0, 1.0)
    departure = next((one for one in comparison.departures if one.metric == metric), None)
    data = {
        "curve": drawn[0]["curve"],
        "lines": drawn,
        "type": kind,
        "range": [float(f"{low:.6g}"), float(f"{high:.6g}")],
        "limits": [],
        "spans": [],
        "marks": _marks(departure),
    }
    return {"data": data, "about": _about(metric, len(drawn), departure, lines[0][2].unit)}


def _marks(departure: Departure | None) -> list[dict[str, Any]]:
    if departure is None:
        return []
    return [{"at": departure.step, "text": f"departs at {step(departure.step)}"}]


def _about(metric: str, count: int, departure: Departure | None, unit: str) -> dict[str, str]:
    title = say.name(metric)
    when = "no sustained departure" if departure is None else f"departs at step {step(departure.step)}"
    return {
        "title": title,
        "unit": words.unit(unit),
        "tag": clean(metric),
        "about": f"{plural(count, 'run')}; base dotted grey, candidate solid; {when}",
        "label": f"{title} of both sides over training; {when}",
    }
