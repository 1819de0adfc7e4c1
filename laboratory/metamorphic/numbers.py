"""``changes.yaml`` as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rldoctor.yamlio import load_yaml

FILE = Path(__file__).parent / "changes.yaml"


@dataclass(frozen=True, slots=True)
class Numbers:
    """How runs are changed: see the notes in ``changes.yaml``."""

    noise: float
    scales: tuple[float, ...]
    every: tuple[int, ...]
    junk: int
    flips: float
    exact: tuple[str, ...]
    powers: Mapping[str, int]
    mixed: frozenset[str]
    scale_bound: frozenset[str]


@cache
def numbers() -> Numbers:
    """The numbers of the file."""
    data: Any = load_yaml(FILE)
    value = {name: entry["value"] for name, entry in data["numbers"].items()}
    return Numbers(
        noise=float(value["noise"]),
        scales=tuple(value["scales"]),
        every=tuple(value["every"]),
        junk=int(value["junk"]),
        flips=float(value["flips"]),
        exact=tuple(data["exact"]),
        powers=data["powers"],
        mixed=frozenset(data["mixed"]),
        scale_bound=frozenset(data["scale_bound"]),
    )
