"""Whether a probability means what it says: reliability tables, Brier scores, and a monotone map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from laboratory.prefixes.measure import Prefix, numbers
from laboratory.validation.cases import Label
from rldoctor.model.outcome import OutcomeKind

Claim = tuple[float, bool]


@dataclass(frozen=True, slots=True)
class Bin:
    """Claims of about the same probability: the mean said, the share that was true, how many."""

    said: float
    true: float
    claims: int


def class_claims(pairs: Sequence[tuple[Label, Prefix, tuple[float, float] | None]]) -> Iterator[Claim]:
    """The probability of a class, and whether the levels noted at the training say so too.

    A gain is one where the last level is materially above the first. What was lost again and what swings has
    no such test and is left out.
    """
    for _, part, levels in pairs:
        kind = OutcomeKind(part.kind)
        judged = kind.gained or kind in (OutcomeKind.FLAT, OutcomeKind.FELL)
        if levels is not None and judged and part.metric == "episode_return":
            yield part.probability, kind.gained == (levels[1] - levels[0] >= part.material)


def root_claims(pairs: Sequence[tuple[Label, Prefix]]) -> Iterator[Claim]:
    """How much of the roots' score the first one has, and whether it is an expected one."""
    for label, part in pairs:
        if label.sick and part.margin > 0:
            yield part.margin, part.first in label.roots


def reliability(claims: Sequence[Claim]) -> list[Bin]:
    """By bins of what was said; empty ones left out."""
    borders = numbers()["bins"]
    made = []
    for low, high in pairwise(borders):
        inside = [one for one in claims if low < one[0] <= high]
        if inside:
            said, true = (float(np.mean([one[at] for one in inside])) for at in (0, 1))
            made.append(Bin(said, true, len(inside)))
    return made


def brier(claims: Sequence[Claim]) -> float:
    """The mean squared distance between what was said and what was true (0 or 1)."""
    return float(np.mean([(said - true) ** 2 for said, true in claims])) if claims else float("nan")


def monotone(claims: Sequence[Claim]) -> list[tuple[float, float]]:
    """The best rising map from said to true (pool adjacent violators), as corner points."""
    blocks: list[list[float]] = []
    for said, true in sorted(claims):
        blocks.append([said, said, float(true), 1.0])
        while len(blocks) > 1 and blocks[-2][2] / blocks[-2][3] >= blocks[-1][2] / blocks[-1][3]:
            _, high, hits, count = blocks.pop()
            blocks[-1] = [blocks[-1][0], high, blocks[-1][2] + hits, blocks[-1][3] + count]
    return [(edge, hits / count) for low, high, hits, count in blocks for edge in dict.fromkeys((low, high))]


def mapped(claims: Sequence[Claim], points: Sequence[tuple[float, float]]) -> list[Claim]:
    """The claims with what a map makes of them."""
    at, value = zip(*points, strict=True)
    return [(float(np.interp(said, at, value)), true) for said, true in claims]
