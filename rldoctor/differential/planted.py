"""Trainings with a planted fault that the rules left open, as they were counted: ``left_open.json``."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from rldoctor.errors import ReadError
from rldoctor.files import read_text
from rldoctor.paths import reference_runs
from rldoctor.plain_data import dataclass

FILE = "left_open.json"
MAX_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """One training. ``finding``: the code it was left with. ``kept``: see :class:`OpenTraining`."""

    algorithm: str
    env: str
    finding: str
    mechanism: str
    fault: str
    kept: float


def left_open() -> tuple[LeftOpen, ...]:
    """The trainings that ship with the program; none where the installation lacks them."""
    path = reference_runs(FILE)
    return () if path is None else read(path)


@lru_cache(maxsize=2)
def read(path: Path) -> tuple[LeftOpen, ...]:
    """The trainings of a file. ReadError for one that is damaged."""
    try:
        rows = json.loads(read_text(path, MAX_BYTES))["trainings"]
        return tuple(LeftOpen(**row) for row in rows)
    except (ValueError, KeyError, TypeError) as error:
        raise ReadError(f"{path} is damaged: {error}", hint="Install rl-training-doctor again.") from error
