"""The form of ``criteria.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rldoctor.datafiles.read import SCHEMA, checked
from rldoctor.datafiles.scalars import TextValue
from rldoctor.datafiles.shapes import NAMED_NUMBER, ListOf, Record

FILE = Path(__file__).parent / "criteria.yaml"
# The numbers that ``scales`` asks for by name.
_LIMITS = (
    "interval_z",
    "least_distance",
    "least_returns",
    "rescaled_ratio",
    "idle_return",
    "idle_length",
    "reference_seeds",
    "published_of_bound",
    "beyond",
    "first_share",
    "late_share",
    "start_apart",
    "start_length",
    "start_rows",
    "horizon_slack",
    "beyond_best",
    "below_start",
    "entropy_slack",
    "recognised_rows",
    "recognised_entropy",
    "recognised_share",
    "recognised_rate",
    "recognised_noise",
    "recognised_return",
    "recognised_telling",
    "recognised_seen",
    "outside_rows",
    "scatter_episodes",
    "scatter_level",
    "count_steps",
    "count_share",
)
CRITERIA_FILE = Record(
    {
        "schema": SCHEMA,
        "thresholds": Record(dict.fromkeys(_LIMITS, NAMED_NUMBER)),
        "clipped": ListOf(TextValue()),
    }
)


def criteria_file() -> Mapping[str, Any]:
    """The plain thresholds. RuleError with every problem of the file."""
    data: Mapping[str, Any] = checked(FILE, CRITERIA_FILE)
    return data
