"""What a run is called: its environment and seed."""

from __future__ import annotations

import re

from rldoctor.model.config import RunConfig
from rldoctor.model.raw import RawRun

_ENVIRONMENT = re.compile(r"(?<![A-Za-z0-9])([A-Z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*-v\d+)")


def environment(raw: RawRun, config: RunConfig) -> str:
    """The environment's id from the configuration, else from a folder called like ``Ant-v4``, else empty."""
    knob = config.get("env_id")
    if knob is not None and isinstance(knob.value, str) and knob.value not in ("none", "auto"):
        return knob.value
    for place in (*reversed(raw.id.split("/")), raw.path.name, raw.path.parent.name):
        if match := _ENVIRONMENT.search(place):
            return match[1]
    return ""


def seed(config: RunConfig) -> int | None:
    """The seed, when it is a whole number; -1 and the like mean "random", not a seed."""
    number = config.number("seed")
    return int(number) if number is not None and number >= 0 and float(number).is_integer() else None
