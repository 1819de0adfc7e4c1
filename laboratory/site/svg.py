"""A curve as an SVG of a few kilobytes that needs no script: colours come from the page's style sheet."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from rldoctor.report.numbers import number, step

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 22, 34
TICKS = 4
AxisScale = Callable[[float], float]


def svg(figure: Mapping[str, Any]) -> str:
    """One figure of :mod:`laboratory.site.examples`: curve, band of the reference, limits, onset, intervals.

    What it shows is in words in its ``aria-label``. Values outside the range of the figure are drawn at its
    edge.
    """
    x, y = _x_place(figure["curve"]["x"]), _y_place(figure["type"], *figure["range"])
    parts = [
        *_spans(figure["spans"], x),
        *_band(figure["band"], x, y, figure["curve"]["x"]),
        *_y_axis(figure, y),
        *_x_axis(figure["curve"]["x"], x),
        *_curve(figure["curve"], x, y),
        *_limits(figure["limits"], y),
        *_marks(figure["marks"], x),
    ]
    label = escape(figure["label"])
    frame = f'<svg class="rd-plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">'
    return f"{frame}{''.join(parts)}</svg>"


def _tag(name: str, css: str = "", text: str = "", **attributes: float | str) -> str:
    """An element; numbers to a tenth of a pixel, ``_`` in a name is ``-``."""
    given: dict[str, float | str] = {"class": css, **attributes} if css else attributes
    written = "".join(
        f' {key.replace("_", "-")}="{value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")}"'
        for key, value in given.items()
    )
    return f"<{name}{written}>{escape(text)}</{name}>" if text else f"<{name}{written}/>"


def _across(css: str, at: float) -> str:
    return _tag("line", css, x1=LEFT, x2=WIDTH - RIGHT, y1=at, y2=at)


def _x_place(steps: Sequence[float]) -> AxisScale:
    low, high = float(steps[0]), float(steps[-1])
    room = WIDTH - LEFT - RIGHT
    return lambda at: LEFT + room * min(max((at - low) / ((high - low) or 1), 0), 1)


def _y_place(kind: str, low: float, high: float) -> AxisScale:
    scale: Callable[[float], float] = math.log10 if kind == "log" else float
    bottom, top = scale(low), scale(high)
    room = HEIGHT - TOP - BOTTOM

    def place(value: float) -> float:
        at = -1.0 if kind == "log" and value <= 0 else (scale(value) - bottom) / ((top - bottom) or 1)
        return HEIGHT - BOTTOM - room * min(max(at, 0), 1)

    return place


def _line(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _curve(curve: Mapping[str, Any], x: AxisScale, y: AxisScale) -> list[str]:
    """A line for each stretch without a gap; a stretch of one point is a dot."""
    stretches: list[list[tuple[float, float]]] = [[]]
    for at, value in zip(curve["x"], curve["y"], strict=True):
        if value is None:
            stretches.append([])
        else:
            stretches[-1].append((x(at), y(value)))
    return [
        _tag("polyline", "rd-curve", points=_line(part))
        if len(part) > 1
        else _tag("circle", "rd-dot", cx=part[0][0], cy=part[0][1], r=2)
        for part in stretches
        if part
    ]


def _band(band: Mapping[str, Any] | None, x: AxisScale, y: AxisScale, steps: Sequence[float]) -> list[str]:
    """The area from lowest to highest of the reference runs, and their median, up to the end of the run."""
    if band is None:
        return []
    rows = [
        (x(at), y(low), y(high), y(middle))
        for at, low, high, middle in zip(band["x"], band["low"], band["high"], band["mid"], strict=True)
        if None not in (low, high, middle) and at <= steps[-1]
    ]
    outline = [(at, low) for at, low, *_ in rows] + [(at, high) for at, _, high, _ in reversed(rows)]
    middle = _line([(at, value) for at, *_, value in rows])
    return [_tag("polygon", "rd-band", points=_line(outline)), _tag("polyline", "rd-median", points=middle)]


def _spans(spans: Sequence[tuple[float, float]], x: AxisScale) -> list[str]:
    height = HEIGHT - TOP - BOTTOM
    return [
        _tag("rect", "rd-span", x=x(start), y=TOP, width=max(x(end) - x(start), 1.5), height=height)
        for start, end in spans
    ]


def _limits(limits: Sequence[Mapping[str, Any]], y: AxisScale) -> list[str]:
    return [
        _across("rd-limit", y(one["at"]))
        + _tag(
            "text", "rd-limit-text", one["text"], x=WIDTH - RIGHT - 4, y=y(one["at"]) - 4, text_anchor="end"
        )
        for one in limits
    ]


def _marks(marks: Sequence[Mapping[str, Any]], x: AxisScale) -> list[str]:
    parts = []
    for mark in marks:
        at = x(mark["at"])
        anchor = "end" if at > WIDTH / 2 else "start"
        parts.append(_tag("line", "rd-mark", x1=at, x2=at, y1=TOP, y2=HEIGHT - BOTTOM))
        parts.append(_tag("text", "rd-mark-text", mark["text"], x=at, y=TOP - 7, text_anchor=anchor))
    return parts


def _y_axis(figure: Mapping[str, Any], y: AxisScale) -> list[str]:
    return [
        _across("rd-grid", y(at)) + _tag("text", "", number(at), x=LEFT - 6, y=y(at) + 4, text_anchor="end")
        for at in (log_ticks if figure["type"] == "log" else ticks)(*figure["range"])
    ]


def _x_axis(steps: Sequence[float], x: AxisScale) -> list[str]:
    inside = [at for at in ticks(float(steps[0]), float(steps[-1])) if x(at) < WIDTH - RIGHT - 24]
    return [
        *(_tag("text", "", step(at), x=x(at), y=HEIGHT - BOTTOM + 16, text_anchor="middle") for at in inside),
        _tag("text", "", "step", x=WIDTH - RIGHT, y=HEIGHT - 4, text_anchor="end"),
    ]


def ticks(low: float, high: float) -> list[float]:
    """Round numbers within ``low`` to ``high``, 1, 2 or 5 times a power of ten apart, about ``TICKS``."""
    rough = (high - low) / TICKS
    if not rough > 0:
        return [low]
    power = 10.0 ** math.floor(math.log10(rough))
    apart = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first, last = math.ceil(low / apart), math.floor(high / apart)
    return [float(f"{index * apart:.12g}") for index in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten within ``low`` to ``high``, thinned to about ``TICKS``."""
    first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
    apart = max(1, math.ceil((last - first + 1) / (TICKS + 2)))
    return [10.0**power for power in range(first, last + 1, apart)]
