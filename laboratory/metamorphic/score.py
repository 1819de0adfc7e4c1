"""What the changes came to, by kind of change, and whether the criteria hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from laboratory.metamorphic.changes import THINNED, UNCONFIGURED, WITHOUT
from laboratory.metamorphic.measure import Changed
from laboratory.metamorphic.numbers import numbers
from laboratory.validation.cases import Label

NOISE = "1 % noise"
Pair = tuple[Label, Changed]


@dataclass(frozen=True, slots=True)
class Score:
    """One kind of change over all runs. ``worst``: the pairs that break its criterion."""

    change: str
    pairs: int
    same: int
    flipped: int
    roots: int
    new_errors: int
    made_healthy: int
    worst: tuple[Pair, ...]
    met: bool


def score(pairs: Sequence[Pair]) -> list[Score]:
    """By kind of change, in the order in which they were made."""
    kinds = dict.fromkeys(kind_of(one.change) for _, one in pairs)
    return [_score(kind, [pair for pair in pairs if kind_of(pair[1].change) == kind]) for kind in kinds]


def kind_of(change: str) -> str:
    """The name of a change; all metrics that were left out are one kind."""
    return "each metric left out" if change.startswith(WITHOUT) else change


def _score(kind: str, pairs: Sequence[Pair]) -> Score:
    errors = [pair for pair in pairs if pair[0].healthy and pair[1].new_errors]
    healthy = [pair for pair in pairs if pair[0].sick and pair[1].made_healthy and _less(pair[1].change)]
    flipped = [pair for pair in pairs if pair[1].flipped]
    many = kind == NOISE and len(flipped) > numbers().flips * len(pairs)
    return Score(
        change=kind,
        pairs=len(pairs),
        same=sum(one.before == one.after for _, one in pairs),
        flipped=len(flipped),
        roots=sum(one.before.first != one.after.first for _, one in pairs),
        new_errors=len(errors),
        made_healthy=len(healthy),
        worst=(*errors, *healthy, *(flipped if many else ())),
        met=not errors and not healthy and not many,
    )


def _less(change: str) -> bool:
    return change.startswith((THINNED, WITHOUT, UNCONFIGURED))
