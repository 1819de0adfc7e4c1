"""Small multiples: the learning curve of each run or group of seeds, drawn without a script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rldoctor.model.algorithms import called
from rldoctor.model.finding import Diagnosis
from rldoctor.model.raw import FloatArray
from rldoctor.model.run import Run
from rldoctor.report import words
from rldoctor.report.clean import clean
from rldoctor.report.html.curves import means, reduce, rough, view
from rldoctor.report.html.figures import drawable
from rldoctor.report.numbers import number, plural, step

WIDTH, HEIGHT = 240, 84
MAX_PANELS = 120
TOTAL_POINTS = 24_000
MOST, LEAST = 160, 24
# What a curve must cover of an axis that it shares.
SHORTEST = 0.1
_REWARD = ("exp_reward", "reward_scale")

Curve = tuple[FloatArray, FloatArray]


def panels(
    groups: Sequence[Sequence[int]], names: Sequence[str], diagnoses: Sequence[Diagnosis]
) -> list[dict[str, Any]]:
    """A panel for each group of run indices that logs an outcome; those of one task share their axes."""
    limit = max(LEAST, min(MOST, TOTAL_POINTS // max(1, len(diagnoses))))
    found = [_panel(group, name, diagnoses, limit) for group, name in zip(groups, names, strict=True)]
    drawn = [panel for panel in found if panel][:MAX_PANELS]
    for task in {panel["task"] for panel in drawn}:
        for same in _alike([panel for panel in drawn if panel["task"] == task]):
            _share_axes(same)
    return drawn


def _alike(panels: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The panels of one task in lots of similar length: a short run on the axis of a long one is a dot."""
    lots: list[list[dict[str, Any]]] = []
    for panel in sorted(panels, key=_last, reverse=True):
        if lots and _last(panel) >= SHORTEST * _last(lots[-1][0]):
            lots[-1].append(panel)
        else:
            lots.append([panel])
    return lots


def _last(panel: dict[str, Any]) -> float:
    """The last step of its curves."""
    return max(float(x[-1]) for x, _ in panel["curves"])


def _panel(group: Sequence[int], name: str, diagnoses: Sequence[Diagnosis], limit: int) -> dict[str, Any]:
    members = [(index, diagnoses[index]) for index in group]
    metric = next((m for m in words.OVERVIEW if any(drawable(d.run, m) for _, d in members)), "")
    if not metric:
        return {}
    shown = [(index, d, _curve(d.run, metric, limit)) for index, d in members if drawable(d.run, metric)]
    ends = [float(curve[1][-1]) for _, _, curve in shown]
    title = called(clean(metric), members[0][1].run.algorithm)
    if any(rough(d.run.metrics[metric].finite().values) for _, d, _ in shown):
        title += " (means)"
    spread = number(ends[0]) if len(ends) == 1 else f"{number(min(ends))} to {number(max(ends))}"
    return {
        "name": name,
        "task": _task(members[0][0], members[0][1].run, metric),
        "metric": title,
        "curves": [curve for _, _, curve in shown],
        "runs": [
            {"number": index + 1, "verdict": d.verdict, "seed": d.run.seed if d.run.seed is not None else ""}
            for index, d in members
        ],
        "label": f"{name}: {title} of {plural(len(shown), 'run')} over training, at the end {spread}",
        "about": f"{title}, at the end {spread}",
    }


def _task(index: int, run: Run, metric: str) -> tuple[object, ...]:
    """Returns of another reward are not on one scale; of a run whose task is not known nobody can say."""
    if not run.env:
        return ("alone", index)
    reward = [knob.value for name in _REWARD if (knob := run.config.get(name)) is not None]
    return (run.env, metric, run.axis, *reward)


def _curve(run: Run, metric: str, limit: int) -> Curve:
    series = run.metrics[metric]
    good = np.isfinite(series.values)
    x, y = series.steps[good], series.values[good]
    # At the size of a stamp a restless curve is a block of ink: its means say more.
    return means(x, y, limit) if rough(y) else reduce(x, y, limit)


def _share_axes(same: Sequence[dict[str, Any]]) -> None:
    """Writes each panel's paths on the axes that hold all of them, and says what the axes are."""
    values = np.concatenate([y for panel in same for _, y in panel["curves"]])
    _, low, high = view(values, []) or ("linear", 0.0, 1.0)
    kind = view(values, [])
    log = bool(kind and kind[0] == "log")
    last = max(map(_last, same)) or 1.0
    for panel in same:
        panel["paths"] = [_path(x, y, last, low, high, log=log) for x, y in panel.pop("curves")]
        panel["axes"] = f"0 to {step(last)} steps, {_short(low)} to {_short(high)}{' (log)' if log else ''}"
        panel["viewbox"] = f"0 0 {WIDTH} {HEIGHT}"


def _short(value: float) -> str:
    """The end of an axis: three digits are enough."""
    return number(float(f"{value:.3g}"))


def _path(x: FloatArray, y: FloatArray, last: float, low: float, high: float, *, log: bool) -> str:
    """The ``d`` of an SVG path; values beyond the axes are drawn at their edge."""
    if log:
        y, low, high = np.log10(y), float(np.log10(low)), float(np.log10(high))
    across = x / last * WIDTH
    up = HEIGHT - (np.clip(y, low, high) - low) / ((high - low) or 1.0) * HEIGHT
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across, up, strict=True))
    return f"M{points}"
