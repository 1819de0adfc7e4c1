"""Every series of a run, packed for the page's browser of metrics: small enough for thousands of tags."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from rldoctor.model.derivation import SERIES
from rldoctor.model.finding import Diagnosis
from rldoctor.model.raw import FloatArray
from rldoctor.plain_data import dataclass
from rldoctor.report import words
from rldoctor.report.clean import clean
from rldoctor.report.derived import origin
from rldoctor.report.html.curves import reduce
from rldoctor.report.numbers import finite, number

# All curves of the browser together, and the bounds for one. Beyond the most series it is left out.
TOTAL_POINTS = 140_000
MAX_POINTS = 600
MIN_POINTS = 40
MAX_SERIES = 6_000
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class Entry:
    """One series: ``name`` is what the program calls it (empty for a tag it does not understand)."""

    name: str
    tag: str
    kind: str
    unit: str
    steps: FloatArray
    values: FloatArray


def entries(diagnosis: Diagnosis) -> list[Entry]:
    """Everything that was logged or computed, known metrics first; what the reference brought is left out."""
    return sorted(_entries(diagnosis), key=lambda entry: (_ORDER.index(entry.kind), entry.name or entry.tag))


def series_of(diagnosis: Diagnosis) -> int:
    """How many series a run's browser may have."""
    metrics = diagnosis.run.metrics
    return len(metrics.series) + len(metrics.alternates) + len(metrics.unmapped)


_ORDER = ("metric", "second", "computed", "not understood")


def _entries(diagnosis: Diagnosis) -> Iterator[Entry]:
    metrics = diagnosis.run.metrics
    computed = {one.name for one in diagnosis.derivations if one.kind == SERIES}
    for series in metrics.series.values():
        if series.attributes.get("provenance") != "reference":
            kind = "computed" if series.name in computed else "metric"
            yield Entry(series.name, series.tag, kind, series.unit, series.steps, series.values)
    for other in metrics.alternates:
        yield Entry(other.name, other.tag, "second", other.unit, other.steps, other.values)
    for raw in metrics.unmapped:
        yield Entry("", raw.tag, "not understood", "", raw.steps, raw.values)


class Browser:
    """Packs the series of all runs of a page; equal step axes are stored once."""

    def __init__(self, count: int) -> None:
        """``count``: the number of series of the whole page, which share one budget of points."""
        self.points = max(MIN_POINTS, min(MAX_POINTS, TOTAL_POINTS // max(1, count)))
        self.left_out = count > MAX_SERIES
        self.axes: list[str] = []
        self.runs: list[list[dict[str, Any]]] = []
        self._known: dict[str, int] = {}

    @property
    def drawable(self) -> bool:
        """Whether any series has a point to draw."""
        return any("y" in one for run in self.runs for one in run)

    def add(self, found: Sequence[Entry]) -> int:
        """Packs a run's series and says at which place of ``runs`` they are."""
        self.runs.append([] if self.left_out else [self._pack(entry) for entry in found])
        return len(self.runs) - 1

    def _pack(self, entry: Entry) -> dict[str, Any]:
        good = np.isfinite(entry.values) & np.isfinite(entry.steps)
        order = np.argsort(entry.steps[good], kind="stable")  # a raw log may run backwards
        x, y = entry.steps[good][order], entry.values[good][order]
        packed: dict[str, Any] = {"t": origin(entry.tag), "k": entry.kind, "n": int(entry.values.size)}
        if entry.name:
            packed["m"] = clean(entry.name).replace("_", " ")
        if words.unit(entry.unit):
            packed["u"] = words.unit(entry.unit)
        if y.size < entry.values.size:
            packed["b"] = int(entry.values.size - y.size)
        if y.size:
            packed["l"] = [number(finite(float(v))) for v in (y[0], y[-1], y.min(), y.max())]
            x, y = reduce(x, y, self.points)
            packed["x"], packed["y"] = self._axis(_text(x)), _text(y)
        return packed

    def _axis(self, text: str) -> int:
        if text not in self._known:
            self.axes.append(text)
            self._known[text] = len(self.axes) - 1
        return self._known[text]


def _text(values: FloatArray) -> str:
    """Little-endian 32-bit floats in base64: seven digits are more than a plot can show."""
    near = np.clip(values, -_LARGEST, _LARGEST).astype("<f4")
    return base64.b64encode(near.tobytes()).decode("ascii")
