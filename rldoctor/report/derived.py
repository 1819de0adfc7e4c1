"""Derived quantities of a run as reports show them: value, unit, formula, and what went into them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from rldoctor.model.derivation import FACT, SERIES, SETTING, Derivation, Ingredient
from rldoctor.model.frame import MetricFrame
from rldoctor.plain_data import dataclass
from rldoctor.report.clean import clean
from rldoctor.report.numbers import finite, number, plural

_PREFIX = {SETTING: "config.", FACT: "run.", SERIES: ""}


@dataclass(frozen=True, slots=True)
class Quantity:
    """One derived quantity with its numbers.

    ``value`` is the number of a setting or fact. Of a series: the first, median, last, lowest and highest of
    its values that are not NaN (infinite ones count), and how many these are.
    """

    made: Derivation
    value: float | None = None
    points: int | None = None
    first: float | None = None
    median: float | None = None
    last: float | None = None
    lowest: float | None = None
    highest: float | None = None

    @property
    def name(self) -> str:
        """What a rule calls it: ``policy_sigma``, ``config.horizon``, ``run.updates``."""
        return f"{_PREFIX[self.made.kind]}{clean(self.made.name)}"

    @property
    def unit(self) -> str:
        """The unit, empty for a pure number."""
        return "" if self.made.unit == "1" else clean(self.made.unit)

    @property
    def text(self) -> str:
        """``99 steps``; of a series ``0.99 to 0.32, median 0.6 (action units)``."""
        if self.points is None:
            return f"{number(self.value)} {self.unit}".rstrip()
        unit = f" ({self.unit})" if self.unit else ""
        if self.lowest == self.highest:
            return f"{number(self.median)} throughout{unit}"
        return f"{number(self.first)} to {number(self.last)}, median {number(self.median)}{unit}"

    @property
    def origin(self) -> str:
        """What it was computed from: ``entropy (train/entropy), config.action_dim = 28 (args.yml:12)``."""
        return ", ".join(_ingredient(part) for part in self.made.ingredients)

    @property
    def copied(self) -> bool:
        """Whether it is one logged series under another name, chosen among several."""
        same = [self.made.formula] == [part.name for part in self.made.ingredients]
        return same and self.made.kind == SERIES


def quantities(derivations: Sequence[Derivation], metrics: MetricFrame) -> Iterator[Quantity]:
    """Every derived quantity that has a value, in the order in which they were made."""
    for made in derivations:
        if made.kind != SERIES:
            yield Quantity(made, made.value)
            continue
        series = metrics.get(made.name)
        values = np.empty(0) if series is None else series.values[~np.isnan(series.values)]
        if values.size:
            first, last = float(values[0]), float(values[-1])
            lowest, highest = float(values.min()), float(values.max())
            yield Quantity(made, None, values.size, first, _median(values), last, lowest, highest)


def _median(values: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """The lower of the two middle values, so that infinite ones are not averaged with finite ones."""
    return float(np.sort(values)[(values.size - 1) // 2])


def document(found: Quantity) -> dict[str, Any]:
    """As plain data; infinite numbers are None, as everywhere in the JSON report."""
    made = found.made
    numbers = ("value", "first", "median", "last", "lowest", "highest")
    return {
        "name": found.name,
        "kind": made.kind,
        "unit": made.unit,
        "says": made.says,
        "formula": made.formula,
        "source": made.source,
        "from": [
            {"name": part.name, "read_from": part.read_from, "value": finite(part.value)}
            for part in made.ingredients
        ],
        "points": found.points,
        **{name: finite(getattr(found, name)) for name in numbers},
    }


def row(found: Quantity) -> dict[str, str]:
    """As clean strings for a table."""
    return {
        "name": found.name,
        "says": clean(found.made.says),
        "value": found.text,
        "formula": clean(found.made.formula),
        "origin": found.origin,
        "source": clean(found.made.source),
        "points": "" if found.points is None else plural(found.points, "point"),
    }


def origin(tag: str) -> str:
    """A tag as shown; of what was derived in several steps, only what it was derived from in the end."""
    text = clean(tag)
    while text.startswith("derived from derived from "):
        text = text.removeprefix("derived from ")
    return text


def computed(name: str, derivations: Sequence[Derivation]) -> dict[str, str]:
    """How the series called ``name`` was computed, for the label of its curve; empty for a logged one.

    ``says`` is the formula in words with where it comes from; ``formula`` is empty for a logged series under
    another name.
    """
    made = next((one for one in derivations if one.kind == SERIES and one.name == name), None)
    if made is None:
        return {}
    found = Quantity(made)
    origin = f"from {found.origin}" if found.origin else ""
    return {
        "says": clean(made.source or made.says),
        "formula": "" if found.copied else clean(made.formula),
        "origin": origin,
    }


def _ingredient(part: Ingredient) -> str:
    """``config.action_dim = 28 (args.yml:12)``; a series has no number."""
    equals = "" if part.value is None else f" = {number(part.value)}"
    where = f" ({origin(part.read_from)})" if part.read_from else ""
    return f"{clean(part.name)}{equals}{where}"
