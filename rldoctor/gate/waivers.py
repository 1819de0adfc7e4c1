"""Waivers: findings that somebody accepts for some runs, for a reason and until a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rldoctor.gate.globs import matches
from rldoctor.model.finding import Diagnosis
from rldoctor.plain_data import dataclass


@dataclass(frozen=True, slots=True)
class Waiver:
    """``code`` is accepted in the runs that ``path`` names (``globs``) up to and including ``expires``."""

    code: str
    path: str
    reason: str
    expires: date

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"the waiver of {self.code} for {self.path}"


def waiver_of(waivers: Sequence[Waiver], diagnosis: Diagnosis, code: str) -> Waiver | None:
    """The waiver of a finding, of several the one that lasts longest; it may have expired."""
    fitting = [one for one in waivers if one.code == code and matches(one.path, diagnosis.run)]
    return max(fitting, key=lambda one: one.expires, default=None)


def active(waivers: Sequence[Waiver], diagnosis: Diagnosis, today: date) -> dict[str, Waiver]:
    """The codes that are waived in a run today."""
    found = {one.code: waiver_of(waivers, diagnosis, one.code) for one in waivers}
    return {code: one for code, one in found.items() if one is not None and today <= one.expires}


def unused(waivers: Sequence[Waiver], diagnoses: Sequence[Diagnosis]) -> list[str]:
    """A line for each waiver that covers nothing: its run was not analyzed, or does not have the finding."""
    lines = []
    for one in waivers:
        runs = [diagnosis for diagnosis in diagnoses if matches(one.path, diagnosis.run)]
        if not runs:
            lines.append(f"{one.name} is not used: no run of this call has that path")
        elif not any(one.code in _codes(diagnosis) for diagnosis in runs):
            lines.append(f"{one.name} is not used: {one.code} was not found there")
    return lines


def _codes(diagnosis: Diagnosis) -> set[str]:
    return {one.code for root in diagnosis.roots for one in (root.finding, *root.explains)}
