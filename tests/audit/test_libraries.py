"""The formulas of the audit on real trainings of other libraries, healthy and with one fault in their code.

``logs`` holds what the library logged, kept by ``keep_log.py``; it is written back as the library's own log.
Of a healthy training every interval must hold the truth and no mechanism may be denied; of a faulty one the
row that shows the fault must say so.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rldoctor.api import diagnose
from rldoctor.audit.criteria_file import read_criteria
from rldoctor.loading import load
from rldoctor.model.audit import AuditRow
from rldoctor.model.finding import Diagnosis
from rldoctor.paths import builtin_rules_dir
from tests.every import every

LOGS = Path(__file__).parent / "logs"
CRITERIA = read_criteria(builtin_rules_dir())


def restored(name: str, folder: Path) -> Path:
    """The log of this name as TensorBoard events beside its files of settings."""
    pytest.importorskip("tensorboard")
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.text.summary_v2 import text_pb
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    kept = json.loads((LOGS / f"{name}.json").read_text())
    for path, text in kept["files"].items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    writer = EventFileWriter(str(folder))
    if kept["hyperparameters"]:
        text = text_pb("hyperparameters/text_summary", kept["hyperparameters"])
        writer.add_event(Event(summary=text, step=0, wall_time=1.0))
    rows = [
        (step, tag, value)
        for tag, (steps, values) in kept["scalars"].items()
        for step, value in zip(steps, values, strict=True)
    ]
    for step, tag, value in sorted(rows, key=lambda one: one[0]):
        summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
        writer.add_event(Event(summary=summary, step=int(step), wall_time=2.0 + step))
    writer.close()
    return folder


def diagnosed(name: str, folder: Path) -> Diagnosis:
    """What the whole program says of that log."""
    return diagnose(load(restored(name, folder)).runs[0])


def audited(name: str, folder: Path) -> dict[str, AuditRow]:
    """The audit of that log, by the names of its rows."""
    return {row.name: row for row in diagnosed(name, folder).audit}


# What the training was made with, or 1 for a mechanism that works.
TRUTH = {
    "cleanrl-dqn-healthy": {"values_reach": 1, "values_earned": 1, "critic_moves": 1},
    "cleanrl-td3-healthy": {"discount": 0.99, "reward_factor": 1, "actor_sign": 1},
    "cleanrl-ppo-healthy": {
        "learning_rate": 3e-4,
        "learning_rate_logged": 3e-4,
        "reward_factor": 1,
        "discount_acts": 1,
        "clip_range": 0.2,
    },
    "rsl_rl-healthy": {"reward_factor": 1, "discount_acts": 1, "action_dim": 1, "logged_rate_acts": 1},
    "skrl-ppo-healthy": {"learning_rate": 1e-3, "action_dim": 1, "values_fit": 1},
    "cleanrl-sac-healthy": {"discount": 0.99, "reward_factor": 1, "actor_sign": 1, "temperature_sign": 1},
    "skrl-sac-healthy": {"discount": 0.99, "reward_factor": 1, "actor_sign": 1, "temperature_sign": 1},
    "rl_games-healthy": {"rollout_batch": 1024, "values_fit": 1, "logged_rate_acts": 1},
    "rllib-ppo-healthy": {"vf_coef": 1, "ent_coef": 0.001, "surrogate_sign": 1, "reward_factor": 1},
}

# The fault in the library's code, and what the log says of it: the truth, which the configuration is not, or
# 0 for a mechanism that does not work.
FAULTS = {
    "cleanrl-td3-gamma": {"discount": 0.3},
    "cleanrl-td3-no-target": {"discount": 0.0},
    "cleanrl-sac-gamma": {"discount": 0.3},
    "skrl-sac-no-target": {"discount": 0.0},
    "skrl-sac-reward-sign": {"reward_factor": -1},
    "cleanrl-td3-reward-sign": {"reward_factor": -1},
    "cleanrl-td3-actor-sign": {"actor_sign": 0},
    "cleanrl-td3-critic-without-action": {"action_seen": 0},
    "cleanrl-sac-tau-swapped": {"target_delays": 0},
    "cleanrl-dqn-reward-zero": {"reward_factor": 0},
    "cleanrl-dqn-costs-gamma": {"values_reach": 0},
    "cleanrl-dqn-next-is-same": {"values_earned": 0},
    "cleanrl-dqn-target-minimum": {"values_reach": 0},
    "cleanrl-ppo-continuous-gamma": {"targets_vary": 0},
    "cleanrl-ppo-gamma": {"discount_acts": 0},
    "cleanrl-ppo-mask-inverted": {"discount_acts": 0},
    "cleanrl-ppo-returns-forward": {"targets_possible": 0},
    "cleanrl-ppo-terminals": {"ends_seen": 0},
    "cleanrl-ppo-lr-x100": {"learning_rate_logged": 0.03},
    "rsl_rl-gamma": {"discount_acts": 0},
    "rsl_rl-terminals": {"ends_seen": 0},
    "rsl_rl-lr-not-passed-on": {"logged_rate_acts": 0},
    "skrl-ppo-critic-untrained": {"values_fit": 0},
    "skrl-ppo-lr-x100": {"learning_rate": 0.1},
    "rl_games-critic-untrained": {"values_fit": 0},
    "rllib-ppo-critic-untrained": {"vf_coef": 0},
    "rllib-ppo-surrogate-sign": {"surrogate_sign": 0},
}


def within(row: AuditRow, truth: float) -> bool:
    """Whether the interval holds the truth, but for float32; an end that is NaN is open."""
    slack = 1e-6 * abs(truth)
    return not truth + slack < row.low and not truth - slack > row.high


@every("name", sorted(TRUTH))
def test_of_a_healthy_training_every_interval_holds_the_truth(name: str, tmp_path: Path) -> None:
    found = audited(name, tmp_path)
    for quantity, truth in TRUTH[name].items():
        assert within(found[quantity], truth), (quantity, found[quantity])
    denied = [row for row in found.values() if row.contradicted or (row.absent and row.best == 0)]
    assert not denied, denied


@every("name", sorted(FAULTS))
def test_the_log_shows_the_fault(name: str, tmp_path: Path) -> None:
    found = audited(name, tmp_path)
    for quantity, truth in FAULTS[name].items():
        row = found[quantity]
        assert within(row, truth), (quantity, row)
        # A mechanism is denied; a setting contradicts what was written; a factor excludes 1.
        assert row.contradicted or row.best == 0 or row.high < 1, (quantity, row)


# The first root cause of each, from the log alone.
ROOTS = {
    "cleanrl-dqn-reward-zero": "REW-14",
    "cleanrl-dqn-costs-gamma": "VAL-11",
    "cleanrl-dqn-next-is-same": "VAL-09",
    "cleanrl-dqn-target-each-step": "OFF-06",
    "cleanrl-dqn-target-minimum": "VAL-11",
    "cleanrl-ppo-clip-tiny": "POL-04",
    "cleanrl-ppo-continuous-critic": "VAL-01",
    "cleanrl-ppo-continuous-gamma": "REW-14",
    "cleanrl-ppo-entropy-bonus": "ENT-01",
    "cleanrl-ppo-executes-random": "POL-01",
    "cleanrl-ppo-gamma": "CFG-02",
    "cleanrl-ppo-mask-inverted": "CFG-02",
    "cleanrl-ppo-returns-forward": "VAL-03",
    "cleanrl-ppo-terminals": "VAL-16",
    "cleanrl-sac-gamma": "CFG-02",
    "cleanrl-sac-observation-frozen": "VAL-08",
    "cleanrl-sac-tau-swapped": "OFF-06",
    "cleanrl-td3-gamma": "CFG-02",
    "cleanrl-td3-no-target": "OFF-06",
    "cleanrl-td3-reward-sign": "REW-14",
    "rl_games-critic-untrained": "VAL-12",
    "rllib-ppo-critic-untrained": "CFG-11",
    "rsl_rl-gamma": "CFG-02",
    "rsl_rl-reward-zero": "REW-14",
    "rsl_rl-terminals": "VAL-16",
    "skrl-ppo-critic-untrained": "VAL-12",
    "skrl-sac-no-target": "OFF-06",
    "skrl-sac-reward-sign": "REW-14",
}


@every("name", sorted(ROOTS))
def test_the_fault_is_the_first_root_cause(name: str, tmp_path: Path) -> None:
    assert diagnosed(name, tmp_path).roots[0].finding.code == ROOTS[name]


@every("name", ["cleanrl-td3-actor-sign", "rllib-ppo-surrogate-sign"])
def test_a_loss_of_the_wrong_sign_is_the_first_root_cause(name: str, tmp_path: Path) -> None:
    assert diagnosed(name, tmp_path).roots[0].finding.code == "POL-14"


def test_one_optimiser_step_a_rollout_is_the_first_root_cause(tmp_path: Path) -> None:
    """Its logged KL is always 0, taken before that step, and no sign of a policy that does not move."""
    found = diagnosed("cleanrl-ppo-one-step", tmp_path)
    assert found.roots[0].finding.code == "CFG-12"
    assert "actor_gradient" not in {row.name for row in found.audit}


def test_a_critic_without_the_action_is_the_first_root_cause(tmp_path: Path) -> None:
    found = diagnosed("cleanrl-td3-critic-without-action", tmp_path)
    assert found.roots[0].finding.code == "VAL-18"


@every("name", sorted(TRUTH))
def test_a_healthy_training_raises_no_alarm(name: str, tmp_path: Path) -> None:
    assert diagnosed(name, tmp_path).verdict in ("healthy", "info", "not_enough_data")


def test_the_reward_is_known_to_a_factor_where_the_critic_is_paid_nothing(tmp_path: Path) -> None:
    assert audited("rsl_rl-reward-zero", tmp_path)["reward_factor"].high < 0.1


def test_every_log_is_used() -> None:
    used = {*TRUTH, *FAULTS, *ROOTS, "cleanrl-ppo-one-step"}
    assert {path.stem for path in LOGS.glob("*.json")} == used


def test_every_formula_names_version_file_and_line_or_what_it_follows() -> None:
    for name, libraries in CRITERIA.formulas.items():
        for library, formula in libraries.items():
            assert len(formula.source) > 10, (name, library)


def test_a_library_whose_formula_was_not_read_gets_no_row(tmp_path: Path) -> None:
    """rsl_rl has no total loss in its log, and rl_games divides its returns: neither tells a discount."""
    found = audited("rl_games-healthy", tmp_path)
    assert not {"reward_factor", "discount_acts", "first_targets", "n_actions"} & found.keys()
