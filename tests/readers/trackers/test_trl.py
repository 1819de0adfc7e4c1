"""Real trainings by TRL 1.16: states, event files and printed text are one run, read alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tracker_files import unpacked

from rldoctor.api import diagnose, load
from rldoctor.model.finding import Diagnosis, Outcome, Severity
from rldoctor.model.run import Run

ALGORITHMS = {"dpo": "dpo", "dpo_drawn_labels": "dpo", "grpo": "grpo"}


def the_run(path: Path) -> Run:
    (run,) = load(path).runs
    return run


def told(path: Path) -> Diagnosis:
    return diagnose(the_run(path))


@pytest.mark.parametrize("kind", list(ALGORITHMS))
def test_state_and_event_files_of_one_training_are_one_run(tmp_path: Path, kind: str) -> None:
    folder = unpacked("trl", tmp_path) / kind
    (folder / "console.txt").unlink()
    run = the_run(folder)
    assert (run.framework, run.algorithm, run.axis) == ("trl", ALGORITHMS[kind], "updates")
    assert {"learning_rate", "planned_updates", "reference_kl_coef"} <= set(run.config.knobs)
    assert run.config.number("learning_rate") == 1e-3
    assert run.config.number("planned_updates") == 60
    assert "merged-sources" in {note.code for note in run.notes}
    assert not run.metrics.unmapped


@pytest.mark.parametrize("kind", list(ALGORITHMS))
def test_what_is_printed_is_what_is_logged(tmp_path: Path, kind: str) -> None:
    folder = unpacked("trl", tmp_path) / kind
    logged, printed = the_run(folder / "trainer_state.json"), the_run(folder / "console.txt")
    assert (printed.framework, printed.algorithm, printed.axis) == ("trl", ALGORITHMS[kind], "updates")
    names = set(logged.metrics.series) - {"gradient_updates"}
    assert names <= set(printed.metrics.series)
    for name in names:
        one, other = logged.metrics.series[name], printed.metrics.series[name]
        assert one.steps.tolist() == other.steps.tolist(), name
        # Four digits are printed.
        np.testing.assert_allclose(other.values, one.values, rtol=1e-3, atol=1e-12, err_msg=name)


def test_what_is_said_of_them(tmp_path: Path) -> None:
    root = unpacked("trl", tmp_path)
    for where in ("trainer_state.json", "console.txt", "runs"):
        fired = {
            kind: {
                one.code: one.finding
                for one in told(root / kind / where).results
                if one.outcome is Outcome.FIRED
            }
            for kind in ALGORITHMS
        }
        assert "DPO-02" in fired["dpo_drawn_labels"]
        for kind in ("dpo", "grpo"):
            worst = [one.severity for one in fired[kind].values() if one is not None]
            assert max(worst, default=Severity.INFO) is Severity.INFO, (where, kind, sorted(fired[kind]))


@pytest.mark.parametrize("where", ["trainer_state.json", "console.txt", "runs"])
@pytest.mark.parametrize(
    ("kind", "root", "onset", "explained"),
    [
        # Of 32 pairs with drawn labels all are known by heart after some epochs.
        ("dpo_few_pairs", "DPO-03", 90, "DPO-05"),
        # The steps of a rate that is 300 times as large from update 40 on carry the chosen answers along.
        ("dpo_rate_jumps", "DPO-01", 42, ""),
        # Right answers are given up for what pays three times as much.
        ("grpo_paid_elsewhere", "REW-22", 22, ""),
    ],
)
def test_a_fault_that_was_planted_is_the_first_root(
    tmp_path: Path, kind: str, root: str, onset: float, explained: str, where: str
) -> None:
    diagnosis = told(unpacked("trl", tmp_path) / kind / where)
    first = diagnosis.roots[0]
    assert first.finding.code == root
    assert first.finding.onset == pytest.approx(onset, abs=6)
    assert {explained} - {""} <= {one.code for one in first.explains}
    others = [one.severity for one in diagnosis.roots[1:]]
    assert max(others, default=Severity.INFO) is Severity.INFO
