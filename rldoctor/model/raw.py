"""What a reader hands over: bytes turned into numbers, with no idea of reinforcement learning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from rldoctor.plain_data import dataclass

if TYPE_CHECKING:
    from numpy.typing import NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"
BoolArray: TypeAlias = "NDArray[np.bool_]"


@dataclass(frozen=True, slots=True)
class Note:
    """Something odd a reader or the vocabulary saw and did not hide.

    ``code`` is a stable slug such as ``truncated-file``; ``level`` is ``info`` or ``warning``.
    ``tags`` names the series it concerns (empty: the whole run). ``lost``: something that is, or was, in the
    log could not be read, so the run is judged without it; every report says so, and ``--strict`` fails.
    """

    code: str
    text: str
    level: str = "info"
    tags: tuple[str, ...] = ()
    lost: bool = False


@dataclass(frozen=True, slots=True)
class RawSeries:
    """One logged scalar, in the order it was written.

    ``steps``, ``values`` and ``wall`` have shape (n,), float64. Steps are whatever the logger wrote:
    they may repeat or go backwards, and their unit is not known yet. ``wall`` is Unix time in seconds,
    or None. NaN and infinity in ``values`` are kept: they are evidence. ``axis`` is ``step`` when ``steps``
    are the logger's own steps, ``row`` when the source is a table and ``steps`` are its 0-based row numbers
    (the vocabulary then finds the column that holds the real step, in the same ``source``).
    """

    tag: str
    steps: FloatArray
    values: FloatArray
    wall: FloatArray | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    axis: str = "step"


@dataclass(frozen=True, slots=True)
class RawSetting:
    """One hyperparameter as written: dotted ``key``, Python ``value``, and ``source`` (``args.yml:12``)."""

    key: str
    value: object
    source: str


@dataclass(slots=True)
class RawRun:
    """One training run as read from disk, before any vocabulary is applied.

    ``series`` keeps one entry per tag (Aim: per tag and context). ``files`` are the names of the files
    that belong to the run, relative to ``path``; fingerprints use them.
    """

    id: str
    path: Path
    format: str
    series: list[RawSeries] = field(default_factory=list)
    settings: list[RawSetting] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def tags(self) -> set[str]:
        """Every tag logged."""
        return {series.tag for series in self.series}
