"""The trainings on probe tasks: what is planned, what is kept, and one that is really made."""

from __future__ import annotations

from pathlib import Path

import pytest

from laboratory import probes
from laboratory.mutants.table import faults
from laboratory.probes import ProbeTraining
from rldoctor.differential.criteria import CRITERIA
from rldoctor.differential.planted import left_open
from rldoctor.differential.probed import Probed, read_probed

FAMILIES = 3


def test_every_fault_that_was_left_open_is_planned_in_every_algorithm_that_has_it() -> None:
    plan = set(probes.plan())
    causes = {one.fault for one in left_open()} & {fault.cause for fault in faults().values()}
    for fault in (fault for fault in faults().values() if fault.cause in causes):
        for algorithm in probes.settings()["algorithms"]:
            planned = ProbeTraining(algorithm, fault.name, "match", 0) in plan
            assert planned == (
                algorithm in fault.algorithms and bool(fault.settings or algorithm in fault.edits)
            )
    assert ProbeTraining("sac", "healthy", "delay", 1) in plan


def test_the_actions_are_those_that_the_algorithm_and_the_fault_need() -> None:
    assert ProbeTraining("dqn", "healthy", "match", 1).discrete
    assert not ProbeTraining("sac", "healthy", "match", 0).discrete
    assert [ProbeTraining("ppo", "healthy", "match", seed).discrete for seed in (0, 1)] == [True, True]
    gaussian = next(fault.name for fault in faults().values() if fault.only == "continuous")
    assert not ProbeTraining("ppo", gaussian, "match", 0).discrete


def test_what_is_in_the_record_is_not_trained_again(tmp_path: Path) -> None:
    one = ProbeTraining("ppo", "healthy", "choice", 0)
    row = {"algorithm": "ppo", "probe": "choice", "mechanism": "none", "fault": "healthy"}
    probes.write([{**row, "seed": 0, "reward": 0.9}], tmp_path / "probes.json")
    said: list[str] = []
    probes.collect([one], tmp_path / "probes.json", 1, said.append)
    assert said == []


def test_the_table_counts_what_was_learned_and_no_fault_comes_last() -> None:
    rows = [
        Probed("dqn", "choice", "reward sign", "sign", 0, -1.0),
        Probed("dqn", "choice", "reward sign", "sign", 1, 0.9),
        Probed("ppo", "choice", "none", "healthy", 0, 0.9),
        Probed("ppo", "choice", "none", "healthy", 1, None),
    ]
    table = list(probes.table(rows, CRITERIA.load()))
    assert table[0].endswith("| choice |  | 1 of 2 |  |")
    assert table[FAMILIES] == "| nothing planted | choice | 1 of 2 |  |  |"
    assert len(table) == 2 * len(CRITERIA.load().probes)


@pytest.mark.slow
def test_a_planted_fault_keeps_a_probe_from_being_learned(tmp_path: Path) -> None:
    pytest.importorskip("stable_baselines3")
    path = tmp_path / "probes.json"
    wanted = [ProbeTraining("dqn", name, "choice", 0) for name in ("healthy", "off-reward-sign-learner")]
    probes.collect(wanted, path, 1, lambda _: None)
    rows = {row.fault: row for row in read_probed(path)}
    assert rows["healthy"].reward > 0.5
    assert rows["off-reward-sign-learner"].reward < 0
    assert rows["off-reward-sign-learner"].mechanism == "reward sign"
