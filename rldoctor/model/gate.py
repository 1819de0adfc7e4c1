"""What a CI gate makes of a diagnosis: which findings count against the run, and why the others do not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rldoctor.model.finding import Severity


class Standing(StrEnum):
    """Where a finding stands. Only ``NEW`` and ``WORSE`` can fail a gate."""

    NEW = "new"
    WORSE = "worse"
    KNOWN = "known"
    WAIVED = "waived"
    FEW_SEEDS = "few_seeds"


@dataclass(frozen=True, slots=True)
class Judged:
    """One finding as the gate sees it.

    ``severity`` is the level it counts at (with what it explains, without what is waived or known), over the
    seeds of its group; ``text`` why it stands where it stands, empty where there is nothing to explain.
    """

    code: str
    severity: Severity
    standing: Standing
    fails: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class RunGate:
    """The gate's view of one run.

    ``fail_on`` is a severity label or ``never``; ``seeds`` the number of runs it was judged together with
    (1: by itself); ``judged`` has an entry for every root cause, and for a symptom that fails by itself.
    """

    fail_on: str
    judged: tuple[Judged, ...] = ()
    seeds: int = 1
    covered: bool = True

    @property
    def fails(self) -> bool:
        """Whether a finding counts at or above ``fail_on``."""
        return any(one.fails for one in self.judged)

    def of(self, code: str) -> Judged | None:
        """What became of a rule's finding; None when the gate has nothing to say about it."""
        return next((one for one in self.judged if one.code == code), None)
