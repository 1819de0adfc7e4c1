"""Diagnoses made by hand for the gate: only codes, levels and names matter here."""

from __future__ import annotations

from pathlib import Path

from rldoctor.model.config import Knob, RunConfig
from rldoctor.model.finding import Coverage, Diagnosis, Finding, Outcome, Root, RuleResult, Severity
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run

ALL_CODES = ("POL-01", "VAL-01", "OUT-10", "CFG-05")


def run(path, seed=None, id="", algorithm="ppo", env="Hopper-v5", **settings):
    knobs = {key: Knob(key, value, key, value, "config.json") for key, value in settings.items()}
    if seed is not None and settings:
        knobs["seed"] = Knob("seed", seed, "seed", seed, "config.json")
    return Run(
        id or Path(path).name, Path(path), "csv", "generic", algorithm, MetricFrame({}), RunConfig(knobs),
        env=env, seed=seed,
    )  # fmt: skip


def finding(code, level):
    return Finding(code, code.lower(), code, Severity.parse(level), f"{code} is there.")


def diagnosis(run, *roots, unmeasured=()):
    """``roots``: texts like ``POL-01 critical > OUT-10 error``, a root and what it explains."""
    made = []
    for text in roots:
        head, *children = [finding(*part.split()) for part in text.split(" > ")]
        made.append(Root(head, tuple(children)))
    fired = {one.code: one for root in made for one in (root.finding, *root.explains)}
    results = [_result(code, fired.get(code), code in unmeasured) for code in ALL_CODES]
    worst = max((root.severity for root in made), default=None)
    return Diagnosis(
        run, Coverage(4, 0, 0, 0, 4), worst.label if worst else "healthy", tuple(made), tuple(results)
    )


def _result(code, finding, unmeasured):
    if finding is not None:
        return RuleResult(code, code.lower(), code, Outcome.FIRED, finding)
    return RuleResult(code, code.lower(), code, Outcome.NOT_MEASURED if unmeasured else Outcome.PASSED)
