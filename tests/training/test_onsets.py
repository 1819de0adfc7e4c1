"""The label of a fault that begins in the middle of a run says where."""

import pytest

pytest.importorskip("stable_baselines3")

from pathlib import Path

from rldoctor.training.catalog import find_task
from rldoctor.training.faults import FAULTS, find_fault
from rldoctor.training.record import label
from rldoctor.training.train import Trained

LOG = Path(__file__).parents[2] / "reference_runs" / "healthy" / "ppo-Hopper-v5-0"


@pytest.mark.parametrize(
    ("name", "onset"),
    [("nan-injected", 20_480), ("sign-flipped", 20_480), ("lr-annealed-early", 12_288), ("lr-zero", 0)],
)
def test_the_onset_is_the_step_from_which_the_fault_acts(name, onset):
    plan = find_fault(name).sick(find_task("ppo", "Pendulum-v1").plan(steps=40_960))
    # NaN ends a run: the onset is a share of the planned steps, not of those that were done.
    assert label(plan, Trained(LOG, 21_504), [])["onset"] == onset


def test_a_healthy_run_has_none():
    assert label(find_task("ppo", "Pendulum-v1").plan(), Trained(LOG, 40_960), [])["onset"] is None


def test_a_fault_starts_within_the_run():
    assert [fault.name for fault in FAULTS.values() if not 0 <= fault.starts < 1] == []
