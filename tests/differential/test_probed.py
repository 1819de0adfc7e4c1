"""The experiment that tells two kinds of faults apart, and the trainings that it rests on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rldoctor.differential.criteria import CRITERIA, KindOfFault
from rldoctor.differential.probed import Probed, experiment, probed, read_probed
from rldoctor.errors import ReadError

CRITERIA_HERE = CRITERIA.load()
PROBES = {probe.id: probe for probe in CRITERIA_HERE.probes}


def kind(name: str) -> KindOfFault:
    return next(one for one in CRITERIA_HERE.kinds if one.id == name)


def trained(probe: str, mechanism: str, *rewards: float | None, algorithm: str = "dqn") -> list[Probed]:
    return [
        Probed(algorithm, probe, mechanism, "planted", seed, reward) for seed, reward in enumerate(rewards)
    ]


# 80 columns less the margin of the report.
WIDTH = 73
BLIND, SIGN = "observations stale", "reward sign"
SOUND = [one for probe in PROBES for one in trained(probe, "none", 1.0, 1.0, 1.0, 1.0)]


def told(rows: list[Probed], first: str = "observations", second: str = "rewards") -> Any:
    return experiment(kind(first), kind(second), "value-based", CRITERIA_HERE, [*rows, *SOUND])


def test_the_probe_that_one_kind_learned_and_the_other_did_not_is_chosen() -> None:
    rows = [
        *trained("choice", BLIND, 0.9, 1.0, 0.9, 0.9),
        *trained("choice", SIGN, -1.0, -0.9, 0.1, 0.9),
        *trained("match", BLIND, 0.1, 0.0, 0.9, 0.9),
        *trained("match", SIGN, 0.1, 0.9, 0.1, 0.9),
    ]
    found = told(rows)
    assert found.line == PROBES["choice"].line
    assert [(count.kind, count.learned, count.trainings) for count in found.counts] == [
        ("observations", 4, 4),
        ("rewards", 1, 4),
        ("none", 4, 4),
    ]


def test_what_does_not_tell_them_apart_is_not_offered() -> None:
    rows = [*trained("choice", BLIND, 0.9, 0.9, 0.9, 0.1), *trained("choice", SIGN, 0.9, 0.9, 0.1, 0.1)]
    assert told(rows) is None


def test_few_trainings_and_those_of_other_families_tell_nothing() -> None:
    few = [*trained("choice", BLIND, 1.0, 1.0, 1.0), *trained("choice", SIGN, -1.0, -1.0, -1.0, -1.0)]
    assert told(few) is None
    other = [
        *trained("choice", BLIND, 1.0, 1.0, 1.0, 1.0, algorithm="ppo"),
        *trained("choice", SIGN, -1.0, -1.0, -1.0, -1.0, algorithm="ppo"),
    ]
    assert told(other) is None


def test_a_training_that_broke_down_has_learned_nothing() -> None:
    rows = [*trained("choice", BLIND, 1.0, 1.0, 1.0, 1.0), *trained("choice", SIGN, None, None, None, None)]
    assert told(rows).counts[1].learned == 0


def test_other_seeds_tell_chance_from_every_fault() -> None:
    found = told([], "observations", "nothing")
    assert (found.says, found.counts) == (kind("nothing").check, ())
    assert told([], "nothing", "rewards").line == kind("nothing").line


def test_a_damaged_record_says_so(tmp_path: Path) -> None:
    (tmp_path / "probes.json").write_text('{"columns": ["probe"], "trainings": [["choice"]]}')
    with pytest.raises(ReadError, match=r"probes\.json is damaged"):
        read_probed(tmp_path / "probes.json")


def test_the_unchanged_library_mostly_learned_every_probe() -> None:
    """Otherwise a failure would say nothing about a fault."""
    ends: dict[tuple[str, str], list[bool]] = {}
    for one in probed():
        if one.mechanism == "none":
            learned = one.reward is not None and one.reward >= CRITERIA_HERE.limits["probe_learned"]
            ends.setdefault((one.probe, CRITERIA_HERE.family(one.algorithm)), []).append(learned)
    assert set(ends) == {(probe, family) for probe in PROBES for family in CRITERIA_HERE.families}
    assert min(np.mean(learned) for learned in ends.values()) >= 0.75


def test_every_planted_mechanism_is_of_a_kind() -> None:
    assert {one.mechanism for one in probed() if CRITERIA_HERE.kind_of(one.mechanism) is None} == set()


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("discrete", [True, False])
def test_the_code_runs_and_only_the_right_decisions_pay(name: str, discrete: bool) -> None:
    gym = pytest.importorskip("gymnasium")
    actions = gym.spaces.Discrete(2) if discrete else gym.spaces.Box(-1, 1, (1,))
    names: dict[str, Any] = {"gym": gym, "np": np, "spaces": gym.spaces, "ACTIONS": actions}
    exec(PROBES[name].line, names)
    env = names["Probe"]()
    rewards: dict[str, list[float]] = {"right": [], "random": []}
    rng = np.random.default_rng(0)
    for policy, got in rewards.items():
        for seed in range(200):
            got.append(_episode(env, seed, name, policy == "right", rng, discrete))
    assert set(rewards["right"]) == {1.0}
    assert np.mean(rewards["random"]) < 0.2


def _episode(env: Any, seed: int, name: str, right: bool, rng: np.random.Generator, discrete: bool) -> float:
    seen, _ = env.reset(seed=seed)
    total, over = 0.0, False
    while not over:
        assert env.observation_space.contains(seen)
        up = (name != "match" or seen.prod() > 0) if right else rng.random() < 0.5
        action = int(up) if discrete else np.float32([0.5 if up else -0.5])
        seen, reward, over, _, _ = env.step(action)
        total += reward
    return total


def test_code_fits_a_terminal_with_its_margin() -> None:
    lines = [line for one in (*CRITERIA_HERE.kinds, *CRITERIA_HERE.probes) for line in one.line.splitlines()]
    assert [line for line in lines if len(line) > WIDTH] == []
