"""Faults planted in Stable-Baselines3, from the log as the library wrote it to the finding."""

from __future__ import annotations

from pathlib import Path

import pytest

import rldoctor
from laboratory.mutants.packing import unpack
from rldoctor.model.finding import Finding

PLANTED = Path(__file__).parents[1] / "reference_runs" / "planted"

pytestmark = pytest.mark.skipif(not PLANTED.is_dir(), reason="needs the planted runs")

# Fault, run, and the rule that names it among the first roots (some after one of their symptoms).
RUNS = [
    ("sac-pendulum/logprob-without-squash/0", "ENT-12"),
    ("sac-pendulum/off-critic-without-action/0", "ENT-01"),
    ("sac-pendulum/polyak-backwards/0", "VAL-11"),
    ("sac-pendulum/off-critic-not-stepped/0", "VAL-15"),
    ("sac-double/td-same-state/1", "VAL-17"),
    ("sac-pendulum/off-critic-blind/1", "VAL-17"),
    ("sac-pendulum/off-rewards-shuffled/1", "VAL-17"),
    ("dqn-acrobot/q-rate-div100/0", "VAL-15"),
    ("dqn-cartpole/setting-gamma-0.2/0", "VAL-11"),
    ("trpo-double/stores-next-observation/1", "POL-09"),
    ("ppo-pendulum/actions-shuffled/1", "POL-09"),
    ("ppo-cartpole-long/logprob-shuffled/2", "POL-09"),
    ("ppo-lunar/logprob-shuffled/0", "POL-09"),
    ("ppo-pendulum/gae-gamma-0.3/1", "CFG-02"),
    ("ppo-cartpole-long/gae-lambda-0/0", "CFG-08"),
    ("ppo-cartpole-long/policy-blind/0", "POL-12"),
    ("ppo-cartpole-long/reward-x300-learner/0", "REW-14"),
    ("ppo-cartpole-long/reward-noise-monitor/0", "REW-12"),
    ("ppo-cartpole-long/value-sign/0", "VAL-12"),
    ("ppo-pendulum/gae-forward/1", "VAL-03"),
    ("ppo-double/observations-shuffled/1", "VAL-02"),
    ("a2c-cartpole/gae-through-ends/0", "VAL-16"),
    ("a2c-cartpole/rate-div100/0", "POL-15"),
    ("a2c-cartpole/rate-x100/2", "POL-16"),
    ("a2c-inverted/advantage-is-return/0", "POL-17"),
    ("a2c-double/gae-gamma-near/1", "VAL-03"),
    ("a2c-cartpole/policy-blind/1", "ENT-01"),
    ("a2c-inverted/reward-noise-monitor/0", "REW-12"),
    ("sac-pendulum/reward-noise-monitor/1", "REW-12"),
    ("dqn-cartpole/td-no-terminals/1", "VAL-17"),
    ("dqn-cartpole/updates-div20/0", "OFF-04"),
    ("qrdqn-cartpole/q-frozen/0", "VAL-15"),
    ("td3-pendulum/starts-late/0", "OFF-03"),
    ("ppo-cartpole-long/returns-shuffled/1", "VAL-02"),
    ("ppo-cartpole-long/rate-runs-out/2", "POL-01"),
    ("ppo-pendulum/acts-deterministically/1", "POL-01"),
    ("ppo-pendulum/reward-clipped-monitor/2", "REW-12"),
    ("sac-pendulum/off-reward-div1000-learner/1", "REW-14"),
    ("a2c-cartpole/gradient-clip-1e-6/2", "POL-15"),
    ("ppo-lander/clip-0.002/2", "CFG-11"),
    ("ppo-walker/reward-zero-learner/2", "REW-14"),
    ("ppo-cheetah/value-on-advantage/0", "VAL-01"),
    ("ppo-cheetah/reward-sign-monitor/1", "REW-12"),
    ("dqn-mountain/off-reward-x100-learner/0", "REW-14"),
    ("sac-pusher/off-critic-without-action/1", "ENT-01"),
]
# Healthy and harmless ones that were accused of something once.
QUIET = ["ppo-lander/healthy/0", "ppo-lander/reward-x2-learner/2", "dqn-mountain/healthy/1"]


def said(name: str, place: Path) -> list[Finding]:
    """The root causes of a run, notes left out."""
    task, fault, seed = name.split("/")
    wanted = {"task": task, "fault": fault, "seed": int(seed)}
    unpack(PLANTED, place, lambda label: wanted.items() <= label.items())
    (folder,) = (path for path in place.iterdir() if path.name != "labels")
    run = max(rldoctor.load(folder), key=lambda one: len(one.metrics))
    roots = [root.finding for root in rldoctor.diagnose(run).roots]
    return [finding for finding in roots if finding.severity.label != "info"]


@pytest.mark.parametrize(("name", "code"), RUNS)
def test_the_fault_is_named(name: str, code: str, tmp_path: Path) -> None:
    roots = said(name, tmp_path)
    assert code in [finding.code for finding in roots[:2]], [finding.message for finding in roots]


@pytest.mark.parametrize("name", QUIET)
def test_a_run_without_harm_is_left_alone(name: str, tmp_path: Path) -> None:
    assert not said(name, tmp_path)
