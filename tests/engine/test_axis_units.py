"""No threshold in transitions is applied on an axis that counts something else."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from rldoctor.api import diagnose, load, rules
from rldoctor.model.finding import Outcome
from rldoctor.paths import PACKAGE

COMPARED = re.compile(r"run\.steps\s*[<>]=?\s*(\w+)")
IN_TRANSITIONS = ("transitions", "steps", "environment steps")


def test_no_rule_compares_steps_of_any_unit_with_transitions() -> None:
    wrong = []
    for rule in rules():
        parts = [rule.when, *rule.let.values(), *(guard.when for guard in rule.unless)]
        parts += [one for one in (rule.ready, rule.since) if one is not None]
        for text in (one.text for one in parts):
            named = [rule.thresholds[name].unit for name in COMPARED.findall(text) if name in rule.thresholds]
            if "on_env_steps" not in text and any(unit in IN_TRANSITIONS for unit in named):
                wrong.append((rule.code, text))
    assert wrong == []


def test_a_zero_reward_on_an_axis_of_iterations_is_not_judged_by_transitions() -> None:
    folder = sorted((PACKAGE.parent / "reference_runs" / "faulty" / "reward-zero").iterdir())[0]
    run = load(folder)[0]
    series = {
        name: replace(one, axis="iterations", steps=np.arange(1.0, len(one) + 1)[:20], values=one.values[:20])
        for name, one in run.metrics.series.items()
        if name not in ("episodes", "episode_length")
    }
    other = replace(run, axis="iterations", metrics=replace(run.metrics, series=series, alternates=()))
    found = {one.code: one for one in diagnose(other, references=("off",)).results}
    assert found["REW-01"].outcome is Outcome.NOT_MEASURED
    assert "the axis counts neither" in found["REW-01"].reason
