"""The canonical names of metrics and knobs, from ``canonical.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from rldoctor.yamlio import load_yaml

HERE = Path(__file__).parent

# Canonical metrics that name a kind of series: any number of them may be logged in one run.
FAMILIES = frozenset({"reward_component", "termination", "curriculum", "auxiliary_loss"})
# Understood, and of no use to a diagnosis.
BOOKKEEPING = frozenset({"ignore", "system", "timer"})


@dataclass(frozen=True, slots=True)
class Canonical:
    """Every canonical name: metric -> unit, and the knobs."""

    units: Mapping[str, str]
    knobs: frozenset[str]


@lru_cache(maxsize=1)
def canonical() -> Canonical:
    """The canonical names, read once."""
    data: dict[str, Any] = load_yaml(HERE / "canonical.yaml")
    units = {name: str(info.get("unit", "")) for name, info in data["metrics"].items()}
    return Canonical(units, frozenset(data["knobs"]))
