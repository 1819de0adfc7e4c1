"""What every report says about the reference a run was held against. Plain text, already cleaned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rldoctor.model.envelope import Envelope, Milestone, Reached, ReferenceView
from rldoctor.model.finding import Diagnosis
from rldoctor.report.clean import clean
from rldoctor.report.numbers import finite, number, plural, step

NOT_REACHED = "not reached"


def shown(diagnosis: Diagnosis) -> bool:
    """Whether there is anything for a person: a reference, used or not. A run without one is told nothing."""
    return diagnosis.reference.envelope is not None


def title(view: ReferenceView) -> str:
    """``ppo-Hopper-v5 (3 runs, to step 30,720)``."""
    envelope = view.envelope
    if envelope is None:
        return ""
    runs = f"{plural(len(envelope.members), 'run')}, to step {step(envelope.steps[-1])}"
    return f"{clean(envelope.name)} ({runs}{f', {view.guessed} assumed' if view.assumed else ''})"


def basis(view: ReferenceView) -> str:
    """What the shares of the milestones are shares of."""
    envelope = view.envelope
    if envelope is None or not view.basis:
        return ""
    name = clean(view.basis).replace("_", " ")
    if "success" in view.basis:
        return f"steps until the {name} reached"
    level = envelope.levels[view.basis]
    return (
        f"steps until the {name} had covered this share of the reference's gain, "
        f"{number(level.start)} to {number(level.end)}"
    )


def heads(view: ReferenceView) -> list[str]:
    """Column titles: ``20 %``, with the level where it is a share of the return."""
    return [_head(one, view) for one in view.milestones]


def _head(one: Milestone, view: ReferenceView) -> str:
    share = f"{100 * one.share:.0f} %"
    return share if "success" in view.basis else f"{share} ({number(float(f'{one.level:.3g}'))})"


def theirs(view: ReferenceView, write: Callable[[float], str] = step, to: str = " to ") -> list[str]:
    """When the runs of the reference were there: ``6,144 to 6,656``; with those that never were counted."""
    return [_range(one.reference, write, to) for one in view.milestones]


def mine(view: ReferenceView, write: Callable[[float], str] = step) -> list[str]:
    """When this run was there."""
    return [NOT_REACHED if one.run is None else write(one.run) for one in view.milestones]


def _range(reached: Reached, write: Callable[[float], str], to: str) -> str:
    there = [at for at in reached if at is not None]
    if not there:
        return NOT_REACHED
    low, high = write(min(there)), write(max(there))
    text = low if low == high else f"{low}{to}{high}"
    return text if len(there) == len(reached) else f"{text} ({len(there)} of {len(reached)})"


def legend(envelope: Envelope, metric: str) -> str:
    """What the shaded band of a figure is: ``reference: 10 % to 90 % of 5 runs, dotted: median``."""
    band = envelope.bands[metric]
    if band.count == 1:
        return "reference: one run"
    _, _, words = band.edges
    return f"reference: {words} of {plural(band.count, 'run')}, dotted: median"


def source(envelope: Envelope) -> str:
    """The name of the file the reference came from."""
    return clean(Path(envelope.source).name) if envelope.source else clean(envelope.name)


def as_dict(view: ReferenceView) -> dict[str, Any]:
    """The ``reference`` object of the JSON report."""
    envelope = view.envelope
    return {
        "used": view.used,
        "reason": view.reason,
        "assumed": view.assumed,
        "name": envelope.name if envelope else None,
        "file": envelope.source if envelope else None,
        "seeds": len(envelope.members) if envelope else 0,
        "steps": float(envelope.steps[-1]) if envelope else None,
        "basis": view.basis or None,
        "milestones": [
            {
                "share": one.share,
                "level": finite(one.level),
                "reference": [_plain(at) for at in one.reference],
                "run": _plain(one.run),
            }
            for one in view.milestones
        ],
    }


def as_view(diagnosis: Diagnosis) -> dict[str, Any] | None:
    """The same for the HTML template, or None where nothing is shown."""
    view = diagnosis.reference
    envelope = view.envelope
    if envelope is None:
        return None
    versions = [f"{clean(name)} {', '.join(map(clean, texts))}" for name, texts in envelope.versions.items()]
    return {
        "used": view.used,
        "reason": clean(view.reason),
        "title": title(view),
        "file": source(envelope),
        "basis": basis(view),
        "heads": heads(view),
        "theirs": theirs(view),
        "mine": mine(view),
        "runs": [
            {"name": clean(member.run), "reached": [_cell(one.reference[place]) for one in view.milestones]}
            for place, member in enumerate(envelope.members)
        ],
        "versions": ", ".join(versions),
        "few": few(envelope),
    }


def few(envelope: Envelope) -> str:
    """That the bands are the lowest and highest run, where there are too few for quantiles."""
    if any(band.q10 is not None for band in envelope.bands.values()):
        return ""
    return f"With {plural(len(envelope.members), 'run')} the band is the lowest and the highest of them."


def _cell(at: float | None) -> str:
    return NOT_REACHED if at is None else step(at)


def _plain(at: float | None) -> float | None:
    return None if at is None else finite(float(at))
