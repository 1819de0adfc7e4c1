"""What a log implies about the settings and mechanisms behind it, held against what was configured."""

from __future__ import annotations

import math
from enum import StrEnum

from rldoctor.plain_data import dataclass


class AuditVerdict(StrEnum):
    """What the implied value says of the configured one."""

    AGREES = "agrees"
    CONTRADICTS = "contradicts"
    # Nothing is configured that it could be held against: the implied value is news.
    IMPLIED = "implied"
    # The conditions of the model do not hold on this run, or its interval is too wide to say anything.
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One setting or mechanism as the log shows it.

    ``best`` with ``low`` and ``high``, the interval that the model's own error leaves (NaN: not known;
    for a mechanism 1 is present and 0 absent). ``configured`` is what was written, None where nothing
    was, and ``source`` where it stands; ``assumed`` marks a library's default that no log states.
    ``arithmetic`` is the calculation in words and numbers, ``absent`` what to say of a mechanism that is
    not there. ``steps`` and ``points``: over which steps and rows it was made.
    """

    name: str
    title: str
    unit: str
    verdict: AuditVerdict
    best: float = math.nan
    low: float = math.nan
    high: float = math.nan
    configured: float | None = None
    source: str = ""
    assumed: bool = False
    arithmetic: str = ""
    absent: str = ""
    steps: tuple[float, float] | None = None
    points: int = 0

    @property
    def contradicted(self) -> bool:
        """Whether the log says something else than the configuration."""
        return self.verdict is AuditVerdict.CONTRADICTS
