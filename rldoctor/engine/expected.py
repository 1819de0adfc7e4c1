"""Whether what a rule expects after its fix is true of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

import numpy as np

from rldoctor.engine.evaluate import too_little
from rldoctor.engine.prepared_run import NAN, PreparedRun
from rldoctor.engine.scene import Scene, place
from rldoctor.plain_data import dataclass
from rldoctor.rulebook.schema import Rule


@dataclass(frozen=True, slots=True)
class Expected:
    """``came_true`` is None when the rule has no check, or when the run does not hold what it needs.

    ``values`` are the numbers that the check looked at, thresholds included: the arithmetic of the answer.
    ``missing`` names what had no value.
    """

    came_true: bool | None
    values: Mapping[str, float] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def expected(rule: Rule, context: PreparedRun) -> Expected:
    """Evaluate the check of ``expect`` over a run, whether or not the rule fires on it.

    A number that is not known makes the answer None, unless the check holds without it; so do too few points.
    """
    if rule.expect_check is None:
        return Expected(None)
    # Not through evaluate_rule: whether the fault is gone and whether the prescription came true are two
    # questions. A run may be quiet because it died early.
    scene = place(rule, context)
    early = too_little(scene)
    if early is not None:
        return Expected(None, missing=(early.reason,))
    scene.measures()
    # After the measures, which the check may name.
    found = _inputs(rule, scene)
    missing = tuple(name for name, value in found.items() if value is None)
    values = {name: value for name, value in found.items() if value is not None}
    # Asked before what is missing: `a or b` may be true by what is known of b alone. False is said only
    # where every number was there.
    if scene.holds(rule.expect_check):
        return Expected(True, values, missing)
    return Expected(None if missing else False, values, missing)


def _inputs(rule: Rule, scene: Scene) -> dict[str, float | None]:
    """What the check refers to: a number, the last value of a series, None where there is none."""
    assert rule.expect_check is not None
    said, context = rule.expect_check, scene.context
    found = {name: _number(scene, name) for name in sorted(said.names) if name in scene.names}
    found |= {f"config.{name}": context.config.get(name, NAN) for name in sorted(said.config)}
    found |= {f"run.{name}": context.facts.get(name, NAN) for name in sorted(said.run)}
    return {name: value if np.isfinite(value) else None for name, value in found.items()}


def _number(scene: Scene, name: str) -> float:
    """NaN for a series without a finite point."""
    values = np.asarray(scene.names[name], dtype=np.float64)
    # The value that the run ended with, as it is the next run's end that the prescription spoke of.
    finite = values[np.isfinite(values)]
    return float(finite[-1]) if finite.size else NAN
