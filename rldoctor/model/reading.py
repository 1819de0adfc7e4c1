"""What could not be read beside the runs that could."""

from __future__ import annotations

from rldoctor.plain_data import dataclass


@dataclass(frozen=True, slots=True)
class Unread:
    """``failures``: a line for each place, file or run that gave none; ``strict``: whether losses fail."""

    failures: tuple[str, ...] = ()
    strict: bool = False


WHOLE = Unread()
"""Everything was read."""
