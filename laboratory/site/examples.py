"""For each rule a bundled run that shows it: which, and the figure of its finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from laboratory.validation.cases import Label
from laboratory.validation.collect import labels
from rldoctor import api
from rldoctor.model.finding import Diagnosis, Finding
from rldoctor.model.run import Run
from rldoctor.report.html.figures import Figures

POINTS = 300
TRIED = 12


@dataclass(frozen=True, slots=True)
class Example:
    """A run in which a rule fired as its label says it should, and the finding.

    ``figures``: what to draw, each with the keys of ``rldoctor.report.html.figures.Figures.finding`` and the
    curve, band and marks it refers to; empty where the finding rests on settings only.
    """

    label: Label
    finding: Finding
    figures: tuple[Mapping[str, Any], ...]


def examples(collection: Path, codes: Sequence[str]) -> dict[str, Example | int]:
    """For each code the first labelled run in which its rule fires, else in how many it should have fired.

    Runs whose label names the rule as a root cause come before those that name it as a symptom, and short
    names of faults before long ones, so that the choice is the same on every machine. At most ``TRIED`` runs
    are read for a rule.
    """
    known = labels(collection)
    return {code: _example(collection, code, candidates(known, code)) for code in codes}


def candidates(known: Iterable[Label], code: str) -> list[Label]:
    """The labelled runs that should show a rule, best first."""
    ranked = [(_rank(label, code), label) for label in known]
    return [label for rank, label in sorted(ranked, key=lambda pair: pair[0]) if rank[0] < len(_NAMED)]


_NAMED = ("headline", "root", "symptom")


def _rank(label: Label, code: str) -> tuple[int, int, str]:
    named = (label.roots[:1], label.roots, label.symptoms)
    place = next((index for index, part in enumerate(named) if code in part and label.sick), len(_NAMED))
    return place, len(label.fault), label.name


def _example(collection: Path, code: str, found: Sequence[Label]) -> Example | int:
    for label in found[:TRIED]:
        run = _run(str(collection / label.name))
        diagnosis = api.diagnose(run, select=[code])
        finding = diagnosis.results[0].finding
        if finding is not None:
            return Example(label, finding, tuple(_figures(finding, diagnosis)))
    return len(found)


@lru_cache(maxsize=256)
def _run(path: str) -> Run:
    return api.load(path).runs[0]


def _figures(finding: Finding, diagnosis: Diagnosis) -> Iterator[dict[str, Any]]:
    """Each figure complete in itself: ``curve`` and ``band`` are data instead of places in a list."""
    drawn = Figures(POINTS)
    seen, made = diagnosis.reference, diagnosis.derivations
    for caption in drawn.finding(0, diagnosis.run, finding, seen, made):
        figure = drawn.figures[caption["id"]]
        band = drawn.bands[figure["band"]] if "band" in figure else None
        yield {**caption, **figure, "curve": drawn.curves[figure["curve"]], "band": band}
