"""What a log shows of the task it was made on, and what names it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from rldoctor.model.series import Series
from rldoctor.plain_data import dataclass


@dataclass(frozen=True, slots=True)
class LogShows:
    """``settings``: configured numbers by name; ``actions``: least and largest value of ``action_dim`` and
    ``n_actions`` that the log gives away."""

    metrics: Mapping[str, Series]
    settings: Mapping[str, float] = field(default_factory=dict)
    actions: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    algorithm: str = ""


@dataclass(frozen=True, slots=True)
class LogNames:
    """The environment as configured (empty: nowhere), the run, and the folders it lies in."""

    config: str = ""
    run: str = ""
    folders: Sequence[str] = ()
