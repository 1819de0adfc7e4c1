"""Two real runs are compared; the stored evidence and its page agree with each other and with the rules."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from laboratory.proof import __main__ as command
from laboratory.proof.collection import sick_runs
from laboratory.proof.page import page
from rldoctor.api import came_true, load, rules
from rldoctor.errors import ReadError, UsageError
from rldoctor.paths import reference_runs
from rldoctor.proof.document import document
from rldoctor.proof.prove import Attempt, diagnosed, judged, only_run, unjudged, with_healthy
from rldoctor.proof.table import details, show
from rldoctor.training.plan import Plan

pytest.importorskip("stable_baselines3")

ROOT = Path(__file__).parents[2]
RUNS = ROOT / "reference_runs"
EVIDENCE = RUNS / "fixes.json"
HOPPER = RUNS / "healthy" / "ppo-Hopper-v5-0"


def attempt_of(fault: str, seed: int = 0) -> Attempt:
    """Of the runs of the fault, that on Hopper-v5 where there is one."""
    sick = min(sick_runs(RUNS, [fault], [seed]), key=lambda one: one.plan.env_id != "Hopper-v5")
    return diagnosed(sick.plan, sick.folder)


def test_a_run_that_does_what_was_expected() -> None:
    proof = with_healthy(judged(attempt_of("lr-zero"), HOPPER, 12.34), attempt_of("lr-zero"), RUNS)
    assert (proof.root, proof.labelled, proof.gone, proof.came_true) == ("CFG-06", True, "yes", "yes")
    assert (proof.key, proof.old, proof.new) == ("learning_rate", "1e-07", "0.0003")
    assert 0.003 <= proof.values["kl_typical"] <= 0.03, "the arithmetic is that of the fixed run"
    assert proof.before is not None
    assert proof.after is not None
    assert proof.after > 10 * proof.before
    assert proof.after == proof.healthy
    assert (proof.verdict_before, proof.seconds) == ("critical", 12.3)


def test_a_run_that_does_not() -> None:
    attempt = attempt_of("lr-zero")
    same = judged(attempt, attempt.sick.run.path)
    assert (same.gone, same.came_true) == ("no", "no")
    assert same.left[0] == same.root
    text = page(document([same]))
    assert "## What did not come true" in text


def test_returns_are_those_of_the_plain_task() -> None:
    tiny = unjudged(attempt_of("reward-tiny"))
    assert tiny.before is not None
    assert 1 < tiny.before < 1000, "logged are 1e-4 of it"
    assert unjudged(attempt_of("reward-zero")).before is None, "a reward of zero tells nothing of the task"
    soft = judged(attempt_of("reward-exp-sharp", 1), RUNS / "healthy" / "ppo-Pendulum-v1-exp-0")
    assert soft.before is soft.after is None
    assert "do not compare" in soft.returns_note


def test_without_a_fix_for_a_machine_nothing_is_claimed() -> None:
    attempt = attempt_of("frozen-actor")
    proof = unjudged(attempt)
    assert (proof.root, proof.fix, proof.gone, proof.came_true) == ("POL-01", "", "", "")
    assert any("check-wiring has to be done" in line for line in details([proof]))
    assert "## Not carried out by a program" in page(document([proof]))
    well = diagnosed(Plan("ppo", "Hopper-v5", 30_720), HOPPER)
    assert well.change is None
    assert unjudged(well).root == ""
    assert with_healthy(unjudged(well), replace(well, plan=Plan("ppo", "Own-v0", 10)), RUNS).healthy is None


def test_the_log_must_be_that_of_the_plan(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the seed is 0, not 3"):
        diagnosed(Plan("ppo", "Hopper-v5", 30_720, seed=3), HOPPER)
    with pytest.raises(UsageError, match="the environment is Hopper-v5, not Ant-v5"):
        diagnosed(Plan("ppo", "Ant-v5", 30_720), HOPPER)
    with pytest.raises(ReadError, match=r"expected one run, found \d+"):
        only_run(RUNS / "faulty" / "lr-zero")


def test_the_table_fits_a_terminal() -> None:
    proofs = [judged(attempt_of("lr-zero"), HOPPER), unjudged(attempt_of("frozen-actor"))]
    out = StringIO()
    show(proofs, out)
    lines = out.getvalue().splitlines()
    assert max(len(line) for line in lines) <= 80
    assert "\x1b" not in out.getvalue(), "no colours in a file"
    assert any("1e-07 -> 0.0003" in line for line in lines)
    assert any("kl_typical 0.01" in line for line in lines), "the arithmetic is shown"


def test_a_check_is_unanswered_where_the_run_cannot_tell() -> None:
    sac = load(RUNS / "healthy" / "sac-Pendulum-v1-0").runs[0]
    found = came_true(sac, "CFG-06")
    assert found.came_true is None
    assert "kl_typical" in found.missing
    assert came_true(sac, "ENT-07").came_true is True
    assert came_true(sac, "OUT-10").came_true is None, "a rule without a check"
    with pytest.raises(UsageError, match="no rule"):
        came_true(sac, "XXX-99")


def test_checks_hold_on_the_healthy_runs_of_the_tasks_the_faults_are_planted_on() -> None:
    for name, codes in {
        "ppo-Hopper-v5-1": ("CFG-02", "CFG-05", "CFG-06", "ENT-03", "POL-01", "POL-03", "POL-04", "REW-04"),
        "sac-Pendulum-v1-1": ("ENT-07", "OFF-01", "OFF-03", "OFF-04", "OFF-05", "OFF-06"),
    }.items():
        run = only_run(RUNS / "healthy" / name)
        assert [code for code in codes if came_true(run, code).came_true is not True] == []


def test_the_collection_is_found_and_read(tmp_path: Path) -> None:
    assert reference_runs("healthy", ROOT / "rldoctor") == RUNS / "healthy"
    assert reference_runs("healthy", tmp_path / "rldoctor") is None
    with pytest.raises(UsageError, match=r"no run of the fault 'lr-zer'.*did you mean 'lr-zero'"):
        list(sick_runs(RUNS, ["lr-zer"]))
    assert not [
        one for one in sick_runs(RUNS, ["reward-exp-sharp"], [0]) if one.plan.env_id == "Pendulum-v1"
    ], "a fault that the run overcame has nothing to be cured of"


def test_the_command_takes_what_was_trained_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No training: the folder of the fixed run holds one of that very plan."""
    attempt = attempt_of("lr-zero")
    assert attempt.change is not None
    fixed = tmp_path / "work" / "lr-zero" / attempt.plan.name
    fixed.mkdir(parents=True)
    for name in ("progress.csv", "config.json"):
        (fixed / name).write_bytes((HOPPER / name).read_bytes())
    note = {"plan": repr(attempt.change.plan), "seconds": 5.0, "stopped": ""}
    (fixed / command.DONE).write_text(json.dumps(note))
    out, into = tmp_path / "fixes.json", tmp_path / "fixes.md"
    words = ["--runs", str(RUNS), "--healthy", str(RUNS), "--faults", "lr-zero", "--seeds", "0"]
    words += ["--work", str(tmp_path / "work"), "--out", str(out), "--into", str(into)]
    # A run of another task of the same fault would be trained: only Hopper is asked for.
    collection = tmp_path / "collection" / "faulty" / "lr-zero"
    collection.mkdir(parents=True)
    (collection / attempt.plan.name).symlink_to(attempt.sick.run.path, target_is_directory=True)
    words[1] = str(tmp_path / "collection")
    assert command.main(words) == 0
    assert json.loads(out.read_text())["proofs"][0]["came_true"] == "yes"
    assert "learning_rate" in into.read_text()
    assert "came true yes" in capsys.readouterr().err
    assert command.main([*words, "--faults", "nonsense"]) == 2
    assert "nonsense" in capsys.readouterr().err


def test_the_page_is_that_of_the_stored_evidence() -> None:
    found = json.loads(EVIDENCE.read_text(encoding="utf-8"))
    assert (ROOT / "docs" / "fixes.md").read_text(encoding="utf-8") == page(found)


def test_the_stored_evidence_belongs_to_the_rules_and_runs_there_are() -> None:
    checks = {rule.code: rule.expect_check for rule in rules()}
    for one in json.loads(EVIDENCE.read_text(encoding="utf-8"))["proofs"]:
        folder = RUNS / "faulty" / one["fault"]
        assert [path for path in folder.glob("*") if path.name.endswith(f"-{one['seed']}")], one["fault"]
        if not one["root"]:
            assert not one["key"], f"{one['fault']}: a fix of nothing"
            continue
        check = checks[one["root"]]
        assert one["check"] == ("" if check is None else check.text), (
            f"{one['root']} has changed: prove it again"
        )
