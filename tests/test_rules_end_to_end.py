"""Every rule fires through the whole program: one of its own firing cases, written as a real event file.

The metrics are logged under ``rldoctor/<metric>``, which every vocabulary maps exactly, with the real writer;
reading, mapping, alignment, derived quantities and the diagnosis are those of ``rldoctor analyze``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from every import every

from rldoctor.api import diagnose, load, rules
from rldoctor.datafiles.canonical import canonical
from rldoctor.model.finding import Outcome
from rldoctor.model.raw import FloatArray
from rldoctor.rulebook.loader import TEST_SUFFIX
from rldoctor.rulebook.schema import Rule
from rldoctor.rulebook.testcases import RuleCase, load_tests

writers = pytest.importorskip("tensorboardX")

# A case may give a derived quantity by itself; the log then holds what it is derived from.
LOGGED_AS = {
    "learner_q": "q_policy_mean",
    "q_magnitude": "q_policy_mean",
    "reward_signal": "reward_per_step",
    "step_reward": "reward_per_step",
    "local_fps": "fps",
    "success_signal": "success_rate",
    "outcome_return": "episode_return",
    "entropy_gap": "entropy",
    "nonfinite_metrics": "critic_loss",
}
# The same for derived settings.
CONFIG_AS = {"updates_per_transition": "utd"}
START = 1.7e9


def firing_cases(rule: Rule) -> list[RuleCase]:
    tests = load_tests(Path(rule.path).with_suffix("").with_suffix(TEST_SUFFIX))
    return [case for case in tests.cases if case.expect.outcome is Outcome.FIRED]


def logged(case: RuleCase) -> dict[str, tuple[FloatArray, FloatArray]] | None:
    """The case's points by the metric that is logged for them, or None where that cannot be."""
    known = canonical()
    points = {LOGGED_AS.get(name, name): value for name, value in case.points().items()}
    if not set(points) <= set(known.units) or len(points) < len(case.series):
        return None
    if "entropy_gap" in case.series:
        steps, gap = points["entropy"]
        points["entropy"] = steps, gap + float(case.config["target_entropy"])
    # Named terms of the reward go by the tags of a home-made logger.
    return points | {f"rewards/{name}": one.points(f"{case.name}/{name}") for name, one in case.terms.items()}


def write(folder: Path, points: dict[str, tuple[FloatArray, FloatArray]]) -> None:
    """One event file; where a throughput is given, wall times run at it."""
    speed = float(np.median(points["fps"][1])) if "fps" in points else 1000.0
    writer = writers.SummaryWriter(str(folder))
    rows = [
        (step, name, value)
        for name, (steps, values) in points.items()
        for step, value in zip(steps, values, strict=True)
    ]
    for step, name, value in sorted(rows, key=lambda row: row[0]):
        tag = name if name.startswith("rewards/") else f"rldoctor/{name}"
        writer.add_scalar(tag, float(value), int(step), walltime=START + step / speed)
    writer.close()


def outcome_of(
    rule: Rule, case: RuleCase, points: dict[str, tuple[FloatArray, FloatArray]], folder: Path
) -> Outcome:
    write(folder, points)
    knobs = canonical().knobs
    config = {CONFIG_AS.get(name, name): value for name, value in case.config.items()}
    settings = [f"{name}={value}" for name, value in config.items() if name in knobs]
    outcome = Outcome.NOT_MEASURED
    # A logger that counts iterations says nothing about transitions: then the case is read as one that does.
    for framework in dict.fromkeys(
        [case.framework.replace("generic", "stable_baselines3"), "stable_baselines3"]
    ):
        (run,) = load(folder, algorithm=case.algorithm or None, framework=framework, settings=settings)
        outcome = next(one.outcome for one in diagnose(run).results if one.code == rule.code)
        if outcome is Outcome.FIRED:
            break
    return outcome


@every("rule", rules, ids=lambda rule: f"{rule.code} {rule.slug}")
def test_a_firing_case_fires_from_an_event_file(rule: Rule, tmp_path: Path) -> None:
    outcomes: dict[str, Outcome] = {}
    for index, case in enumerate(firing_cases(rule)):
        points = logged(case)
        if points is not None and Outcome.FIRED not in outcomes.values():
            outcomes[case.name] = outcome_of(rule, case, points, tmp_path / str(index))
    assert Outcome.FIRED in outcomes.values(), outcomes or "no firing case can be logged"
