"""The fault registry: complete, consistent, and each fault changes what it says it changes."""

import re
from pathlib import Path

import pytest
from every import every

from rldoctor.errors import UsageError
from rldoctor.training.catalog import TASKS, find_task
from rldoctor.training.faults import FAULTS, find_fault
from rldoctor.training.plan import ALGORITHMS
from rldoctor.yamlio import load_yaml

CODE = re.compile(r"[A-Z]{3}-\d\d")
CASES = [
    pytest.param(fault, task, id=f"{fault.name}/{task.algo}-{task.env_id}")
    for fault in FAULTS.values()
    for task in TASKS
    if task.algo in fault.algos and task.variant == fault.variant
]


@every("fault", FAULTS.values(), ids=list(FAULTS))
def test_every_fault_is_documented_and_names_rule_codes(fault):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", fault.name)
    assert fault.doc.endswith(".")
    assert len(fault.doc) > 40
    assert fault.how
    assert fault.cause
    assert fault.roots, "a fault nobody can be right about is no benchmark"
    assert all(CODE.fullmatch(code) for code in (*fault.roots, *fault.symptoms))
    assert not set(fault.roots) & set(fault.symptoms)
    assert set(fault.algos) <= set(ALGORITHMS)


def test_every_code_is_in_the_catalogue_of_rules():
    catalogue = load_yaml(Path(__file__).parents[2] / "rules" / "catalogue.yaml")["codes"]
    named = {code for fault in FAULTS.values() for code in (*fault.roots, *fault.symptoms)}
    assert named <= set(catalogue)


@every(("fault", "task"), CASES)
def test_planting_changes_the_plan_and_only_labels_it_once(fault, task):
    healthy = task.plan(seed=3)
    sick = fault.sick(healthy)
    assert sick.fault == fault.name
    assert (sick.algo, sick.env_id, sick.seed) == (healthy.algo, healthy.env_id, 3)
    changed = [
        name
        for name in ("hyper", "reward", "surgery", "tampering", "n_envs", "normalize", "env_kwargs")
        if getattr(sick, name) != getattr(healthy, name)
    ]
    assert changed, "the fault plants nothing"
    assert healthy.fault == "", "plans are values: planting must not touch the healthy one"


def test_every_fault_can_be_planted_on_a_task_of_the_catalogue():
    assert {case.values[0].name for case in CASES} == set(FAULTS)


@pytest.mark.parametrize(
    ("name", "task", "key", "value"),
    [
        ("lr-zero", ("ppo", "Hopper-v5"), "learning_rate", 1e-7),
        ("buffer-tiny", ("sac", "Pendulum-v1"), "buffer_size", 500),
        ("target-entropy-high", ("sac", "Pendulum-v1"), "target_entropy", 2.0),
        ("no-target-net", ("dqn", "CartPole-v1"), "target_update_interval", 1),
        ("no-target-net", ("ddpg", "HalfCheetah-v5"), "tau", 1.0),
    ],
)
def test_documented_settings_are_the_planted_ones(name, task, key, value):
    assert find_fault(name).sick(find_task(*task).plan()).hyper[key] == value


def test_reward_faults_remove_the_normalisation_that_would_hide_them():
    sick = find_fault("reward-tiny").sick(find_task("ppo", "Hopper-v5").plan())
    assert not sick.normalize
    assert sick.reward(2.0) == pytest.approx(2e-4)


def test_the_exponential_fault_sharpens_the_task_it_is_planted_on():
    healthy = find_task("ppo", "Pendulum-v1", "exp").plan()
    assert find_fault("reward-exp-sharp").sick(healthy).reward.sharpness == pytest.approx(30.0)


def test_a_fault_for_another_algorithm_is_refused():
    with pytest.raises(UsageError, match="does not apply to sac") as caught:
        find_fault("lr-zero").sick(find_task("sac", "Pendulum-v1").plan())
    assert "ppo" in caught.value.hint


def test_unknown_names_are_answered_with_the_known_ones():
    with pytest.raises(UsageError, match="did you mean 'lr-zero'"):
        find_fault("lr_zero")
    with pytest.raises(UsageError, match="no hyperparameters for sac on Ant-v5") as caught:
        find_task("sac", "Ant-v5")
    assert "sac Pendulum-v1" in caught.value.hint


def test_tasks_are_unique_and_have_a_source():
    keys = [(task.algo, task.env_id, task.variant) for task in TASKS]
    assert len(set(keys)) == len(keys)
    assert all(task.source and task.steps > 0 for task in TASKS)
