"""A run cut at shares of its length, and what is told of each part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from laboratory.validation.cases import Label
from rldoctor import api
from rldoctor.model.finding import Diagnosis, Severity
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.yamlio import load_yaml

FILE = Path(__file__).parent / "numbers.yaml"


@cache
def numbers() -> dict[str, Any]:
    """The plain values of ``numbers.yaml``."""
    data: dict[str, Any] = load_yaml(FILE)
    return data


@dataclass(frozen=True, slots=True)
class Prefix:
    """What is told of the first ``share`` of a run.

    ``first``: its first root, ``margin`` how much of the score of all roots that one has; ``kind``,
    ``probability`` and ``material`` (what counts as a change): of the outcome, judged on ``metric``.
    """

    share: float
    verdict: str
    first: str
    margin: float
    errors: tuple[str, ...]
    kind: str
    probability: float
    material: float
    metric: str


def cut(run: Run, share: float) -> Run:
    """The run as it was when it had made ``share`` of its steps."""
    until = share * run.last_step
    frame = run.metrics
    series = {name: made for name, one in frame.series.items() if len(made := _until(one, until))}
    rest = tuple(made for one in frame.alternates if len(made := _until(one, until)))
    return replace(run, metrics=replace(frame, series=series, alternates=rest))


def _until(one: Series, step: float) -> Series:
    last = int(np.searchsorted(one.steps, step, side="right"))
    wall = None if one.wall is None else one.wall[:last]
    return replace(one, steps=one.steps[:last], values=one.values[:last], wall=wall)


def prefixes(run: Run) -> Iterator[Prefix]:
    """What is told at every cut. Not against an envelope: a healthy run is part of it."""
    for share in numbers()["cuts"]:
        yield told(share, api.diagnose(cut(run, share) if share < 1 else run, references=("off",)))


def told(share: float, diagnosis: Diagnosis) -> Prefix:
    """What counts of a diagnosis."""
    roots = [root for root in diagnosis.roots if root.severity > Severity.INFO]
    total = sum(root.score for root in roots)
    outcome = diagnosis.achieved
    return Prefix(
        share=share,
        verdict=diagnosis.verdict,
        first=diagnosis.roots[0].finding.code if diagnosis.roots else "",
        margin=roots[0].score / total if roots and total > 0 else 0.0,
        errors=tuple(root.finding.code for root in roots if root.severity >= Severity.ERROR),
        kind=outcome.kind.value if outcome else "unknown",
        probability=outcome.deciding.probability if outcome else 0.0,
        material=outcome.deciding.measure.material if outcome else float("nan"),
        metric=outcome.deciding.metric if outcome else "",
    )


def seen(folder: Path) -> tuple[float, float] | None:
    """First and last level of the return as they were noted beside the run when it was trained."""
    noted = load_yaml(folder / "run.yaml").get("observed", {}).get("ep_rew_mean", [])
    numbered = [float(value) for value in noted if isinstance(value, int | float)]
    return (numbered[0], numbered[-1]) if len(numbered) > 1 else None


def right_from(label: Label, parts: list[Prefix]) -> float | None:
    """The first share from which on the first root is an expected one at every cut; None: not at the last."""
    found: float | None = None
    for part in reversed(parts):
        if part.first not in label.roots:
            break
        found = part.share
    return found
