"""The audit of made-up logs with known answers, for the tests of its rooms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rldoctor.audit.audit import audit
from rldoctor.audit.criteria_file import read_criteria
from rldoctor.model.audit import AuditRow
from rldoctor.model.config import Knob, RunConfig
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.paths import builtin_rules_dir

CRITERIA = read_criteria(builtin_rules_dir())
ON_POLICY = {"gamma": 0.99, "gae_lambda": 0.95}


def rows(
    algorithm: str, config: dict[str, Any], every: int = 1024, **series: list[float]
) -> dict[str, AuditRow]:
    """The audit of a Stable-Baselines3 run with these columns, a row every so many steps."""
    return library("stable_baselines3", algorithm, config, every, **series)


def library(
    name: str, algorithm: str, config: dict[str, Any], every: int = 1024, **series: list[float]
) -> dict[str, AuditRow]:
    """The audit of a run of this library."""
    frame = {
        one: Series(one, np.arange(1.0, len(values) + 1) * every, np.array(values), one, "env_steps")
        for one, values in series.items()
    }
    knobs = {knob: Knob(knob, value, knob, value, "config.json:1") for knob, value in config.items()}
    run = Run("x", Path(), "csv", name, algorithm, MetricFrame(frame), RunConfig(knobs))
    return {row.name: row for row in audit(run, CRITERIA)}
