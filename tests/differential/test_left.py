"""What is left open: which runs, which trainings count, and the arithmetic of their shares."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

import rldoctor
from laboratory.mutants.packing import unpack
from laboratory.mutants.table import faults
from rldoctor import api
from rldoctor.audit.criteria_file import read_criteria
from rldoctor.differential.criteria import CRITERIA
from rldoctor.differential.left import counted, differential, open_finding
from rldoctor.differential.planted import LeftOpen, left_open, read
from rldoctor.errors import ReadError
from rldoctor.model.algorithms import EITHER, OFF_POLICY, ON_POLICY
from rldoctor.model.audit import AuditRow, AuditVerdict
from rldoctor.model.finding import Diagnosis, Finding, Root, Severity
from rldoctor.paths import builtin_rules_dir
from rldoctor.plain_data import replace

CRITERIA_HERE = CRITERIA.load()
ROOT = Path(__file__).parents[2]
PLANTED = ROOT / "reference_runs" / "planted"


def training(mechanism: str, finding: str = "OUT-10", algorithm: str = "dqn", env: str = "A-v0") -> LeftOpen:
    return LeftOpen(algorithm, env, finding, mechanism, f"{mechanism} was planted", 0.1)


def left_with(*codes: str, algorithm: str = "dqn", level: Severity = Severity.ERROR) -> Diagnosis:
    """A real diagnosis with roots of these codes in place of its own."""
    found = rldoctor.diagnose(rldoctor.load(ROOT / "reference_runs/healthy/dqn-CartPole-v1-0")[0])
    roots = tuple(Root(Finding(code, code, code, level, "said")) for code in codes)
    return replace(found, roots=roots, run=replace(found.run, algorithm=algorithm), audit=())


def many(*counts: tuple[str, int]) -> list[LeftOpen]:
    return [training(mechanism) for mechanism, count in counts for _ in range(count)]


def mechanism_row(name: str, best: float, verdict: AuditVerdict = AuditVerdict.IMPLIED) -> AuditRow:
    return AuditRow(name, name, "0 or 1", verdict, best, best, best)


def test_an_outcome_without_a_cause_is_open() -> None:
    assert open_finding(left_with("OUT-10", "OUT-01"), CRITERIA_HERE) == "OUT-10"
    assert open_finding(left_with("OUT-10", "VAL-11"), CRITERIA_HERE) == ""
    assert open_finding(left_with("OUT-10", level=Severity.INFO), CRITERIA_HERE) == ""
    assert open_finding(left_with(), CRITERIA_HERE) == ""


def test_the_most_frequent_kind_comes_first_with_its_counts() -> None:
    trainings = many(("observations stale", 8), ("reward sign", 4), ("gamma", 2))
    found = differential(left_with("OUT-10"), CRITERIA_HERE, trainings)
    assert found is not None
    assert [kind.id for kind in found.kinds] == ["observations", "rewards", "targets"]
    assert (found.same, found.of_family) == (14, 14)
    assert [kind.same for kind in found.kinds] == [8, 4, 2]
    assert found.kinds[0].examples[0].fault == "observations stale was planted"


def test_shares_are_the_counts_drawn_towards_the_larger_ones() -> None:
    trainings = [*many(("observations stale", 6), ("reward sign", 2)), training("gamma", "OUT-04", "ppo")]
    shares = counted(trainings, "value-based", "OUT-10", CRITERIA_HERE)
    kinds = len(CRITERIA_HERE.kinds)
    overall = (6 + 1) / (9 + kinds)
    within = (6 + 6 * overall) / (8 + 6)
    assert shares.of("observations") == pytest.approx((6 + 8 * within) / (8 + 8))
    assert sum(shares.of(kind.id) for kind in CRITERIA_HERE.kinds) == pytest.approx(1)


def test_trainings_with_the_same_finding_weigh_more() -> None:
    trainings = [
        *many(("observations stale", 6)),
        *[training("reward sign", "OUT-04") for _ in range(6)],
    ]
    with_it = differential(left_with("OUT-04"), CRITERIA_HERE, trainings)
    assert with_it is not None
    assert with_it.kinds[0].id == "rewards"


def test_nothing_is_said_of_other_algorithms_or_from_a_few_trainings() -> None:
    trainings = many(("observations stale", 20))
    assert differential(left_with("OUT-10", algorithm="grpo"), CRITERIA_HERE, trainings) is None
    assert differential(left_with("OUT-10", algorithm="ppo"), CRITERIA_HERE, trainings) is None
    assert differential(left_with("OUT-10"), CRITERIA_HERE, trainings[:5]) is None


@pytest.mark.parametrize(
    ("row", "refuted"),
    [
        (mechanism_row("critic_input", 1.0), ("critic blind",)),
        (mechanism_row("critic_input", 0.0), ()),
        (mechanism_row("critic_input", 1.0, AuditVerdict.CANNOT_TELL), ()),
        (AuditRow("discount", "discount", "1", AuditVerdict.AGREES, 0.99, 0.98, 0.995, 0.99), ("gamma",)),
        (AuditRow("discount", "discount", "1", AuditVerdict.CONTRADICTS, 0.4, 0.3, 0.5, 0.99), ()),
    ],
)
def test_what_the_log_refutes_is_not_counted(row: AuditRow, refuted: tuple[str, ...]) -> None:
    trainings = many(("observations stale", 12), ("critic blind", 5), ("gamma", 5))
    found = differential(replace(left_with("OUT-10"), audit=(row,)), CRITERIA_HERE, trainings)
    assert found is not None
    assert found.refuted == refuted
    assert found.of_family == 22 - 5 * len(refuted)


def test_examples_are_the_nearest_trainings() -> None:
    here = left_with("OUT-10").run.env
    trainings = [
        *many(("observations stale", 12)),
        training("observations stale", "OUT-04"),
        replace(training("observations noisy"), env=here),
    ]
    found = differential(left_with("OUT-10"), CRITERIA_HERE, trainings)
    assert found is not None
    assert [one.env for one in found.kinds[0].examples] == [here, "A-v0"]


def test_every_planted_mechanism_is_of_one_kind() -> None:
    planted = {fault.mechanism for fault in faults().values()}
    tables: Sequence[str] = [name for kind in CRITERIA_HERE.kinds for name in kind.mechanisms]
    assert sorted(tables) == sorted(set(tables))
    assert planted | {"none"} == set(tables)


def test_what_refutes_is_a_row_of_the_audit() -> None:
    known = read_criteria(builtin_rules_dir()).quantities
    rows = {row for kind in CRITERIA_HERE.kinds for rows in kind.mechanisms.values() for row in rows}
    assert rows <= set(known)


def test_families_hold_known_algorithms_and_open_findings_are_outcomes() -> None:
    members = [one for family in CRITERIA_HERE.families.values() for one in family]
    assert len(members) == len(set(members))
    assert set(members) <= ON_POLICY | OFF_POLICY | set(EITHER) | {"recurrent_ppo"}
    areas = {rule.code: rule.area for rule in api.rules()}
    assert {areas[code] for code in CRITERIA_HERE.open} == {"outcome"}


def test_every_counted_training_has_a_kind_and_a_family() -> None:
    assert len(left_open()) >= CRITERIA_HERE.limits["least"]
    for one in left_open():
        assert CRITERIA_HERE.kind_of(one.mechanism) is not None
        assert CRITERIA_HERE.family(one.algorithm)
        assert one.finding in CRITERIA_HERE.open


def test_a_damaged_record_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "left_open.json"
    path.write_text('{"trainings": [{"algorithm": "dqn"}]}', encoding="utf-8")
    with pytest.raises(ReadError, match="damaged"):
        read(path)


@pytest.mark.skipif(not PLANTED.is_dir(), reason="needs the planted runs")
def test_a_real_run_whose_cause_no_rule_sees(tmp_path: Path) -> None:
    name = "dqn-acrobot/td-same-state/"
    unpack(
        PLANTED, tmp_path, lambda label: f"{label['task']}/{label['fault']}/{label['seed']}".startswith(name)
    )
    folder = next(path for path in sorted(tmp_path.glob("r????????")) if path.is_dir())
    found = rldoctor.diagnose(rldoctor.load(folder)[0])
    assert found.differential is not None
    assert "observations" in [kind.id for kind in found.differential.kinds]
    healthy = rldoctor.diagnose(rldoctor.load(ROOT / "reference_runs/healthy/dqn-Acrobot-v1-0")[0])
    assert healthy.differential is None
