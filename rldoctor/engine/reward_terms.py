"""The named terms of the reward: their shares, which moved first, which jump together, which never move.

Terms are logged as a family (``Episode_Reward/*``), so that no rule can name one of them: what they do
together is made into facts and texts here. The numbers that decide are in ``rules/policy.yaml``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field

import numpy as np

from rldoctor.model.raw import FloatArray
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.plain_data import dataclass

NAN = math.nan
FAMILY = "reward_component"
FACTS = (
    "terms",
    "terms_rows",
    "term_share",
    "term_growth",
    "term_level",
    "term_step",
    "terms_jumped",
    "term_jump",
    "term_jump_step",
    "terms_still",
    "terms_paid",
    "terms_charged",
)
_LISTED = 4


@dataclass(frozen=True, slots=True)
class RewardTerms:
    """Facts about the terms by name, and ``texts``: the terms that they are about."""

    facts: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(FACTS, NAN))
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Term:
    """One term: its level at the start and at the end, and its largest change from one level to the next."""

    name: str
    start: float
    end: float
    jump: float
    jump_row: int
    jump_step: float
    moved: float

    @property
    def growth(self) -> float:
        """Size at the end over that at the start; NaN where it was nothing."""
        return abs(self.end) / self.start if self.start > 0 else NAN


def reward_terms(run: Run, limits: Mapping[str, float]) -> RewardTerms:
    """What the reward terms of a run do; nothing where fewer than two are logged.

    With fewer rows than two levels take there are shares and levels, and nothing that changes.
    """
    least = int(limits["rows"])
    logged = [one for one in run.metrics.alternates if one.name == FAMILY and one.axis == run.axis]
    named = {one.attributes.get("component", one.tag): one for one in logged}
    long = {name: one for name, one in named.items() if len(one.finite()) >= 2 * least}
    if len(long) < limits["least_terms"]:
        return _levels_only(named, limits)
    terms = [_term(name, one.finite(), least, limits["moved"]) for name, one in long.items()]
    jumped = _together([one for one in terms if one.jump >= limits["jump"]], least)
    rows = min(len(one.finite()) for one in long.values())
    return RewardTerms(_facts(terms, jumped, rows), _texts(terms, jumped, limits["jump"]))


def _levels_only(named: Mapping[str, Series], limits: Mapping[str, float]) -> RewardTerms:
    """The last level of each term, where a log is too short to say what any of them did."""
    short = {name: one.finite() for name, one in named.items() if len(one.finite()) >= limits["fewest"]}
    if len(short) < limits["least_terms"]:
        return RewardTerms()
    terms = [_level(name, one.values) for name, one in short.items()]
    rows = min(len(one) for one in short.values())
    return RewardTerms(_facts(terms, [], rows), _texts(terms, [], limits["jump"]))


def _level(name: str, values: FloatArray) -> _Term:
    """A term of which only the level is known, and whether it was ever anything."""
    return _Term(name, NAN if np.any(values) else 0.0, float(np.median(values)), 0.0, 0, NAN, NAN)


def _term(name: str, series: Series, width: int, moved: float) -> _Term:
    values, steps = np.abs(series.values), series.steps
    start, end = float(np.median(values[:width])), float(np.median(values[-width:]))
    ratios = _ratios(values, width)
    at = int(np.argmax(ratios))
    left = np.flatnonzero(_levels(values, width) > moved * start) if start > 0 else np.empty(0, dtype=int)
    signed = math.copysign(end, float(np.median(series.values[-width:])))
    begun = float(steps[left[0]]) if left.size else NAN
    return _Term(name, start, signed, float(ratios[at]), at, float(steps[at + width]), begun)


def _levels(values: FloatArray, width: int) -> FloatArray:
    """Medians over ``width`` rows from each row on."""
    windows = np.lib.stride_tricks.sliding_window_view(values, width)
    levels: FloatArray = np.median(windows, axis=1)
    return levels


def _ratios(values: FloatArray, width: int) -> FloatArray:
    """The level after each row over the level before it; 0 where it was nothing before."""
    levels = _levels(values, width)
    before, after = levels[: -width or None], levels[width:]
    with np.errstate(all="ignore"):
        ratios: FloatArray = np.where(before > 0, after / before, 0.0)
    return ratios if ratios.size else np.zeros(1)


def _facts(terms: list[_Term], jumped: list[_Term], rows: int) -> dict[str, float]:
    largest, total = _largest(terms), sum(abs(one.end) for one in terms)
    return {
        "terms": float(len(terms)),
        "terms_rows": float(rows),
        "term_share": abs(largest.end) / total if total > 0 else NAN,
        "term_growth": largest.growth,
        "term_level": largest.end,
        "term_step": largest.moved,
        "terms_jumped": float(len(jumped)),
        "term_jump": max((one.jump for one in jumped), default=NAN),
        "term_jump_step": min((one.jump_step for one in jumped), default=NAN),
        "terms_still": float(len(_still(terms))),
        "terms_paid": sum((one.end for one in terms if one.end > 0), 0.0),
        "terms_charged": -sum((one.end for one in terms if one.end < 0), 0.0),
    }


def _texts(terms: list[_Term], jumped: list[_Term], jump: float) -> dict[str, str]:
    moved = [one for one in terms if one.growth >= jump and math.isfinite(one.moved)]
    first = min(moved, key=lambda one: one.moved).name if moved else "none"
    return {
        "term_largest": _largest(terms).name,
        "term_first": first,
        "terms_jumped_names": _listed(jumped),
        "terms_still_names": _listed(_still(terms)),
        "terms_charged_names": _listed(
            sorted((one for one in terms if one.end < 0), key=lambda one: one.end)
        ),
    }


def _largest(terms: list[_Term]) -> _Term:
    return max(terms, key=lambda one: (abs(one.end), one.name))


def _still(terms: list[_Term]) -> list[_Term]:
    """Terms that are nothing from start to end."""
    return [one for one in terms if one.start == 0 and one.end == 0]


def _together(jumping: list[_Term], width: int) -> list[_Term]:
    """Of the terms that jump, those that do within one level's width of each other: the most of them."""
    near = [[two for two in jumping if 0 <= two.jump_row - one.jump_row <= width] for one in jumping]
    return max(near, key=len, default=[])


def _listed(terms: list[_Term]) -> str:
    names = [one.name for one in terms]
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more if names else "none"
