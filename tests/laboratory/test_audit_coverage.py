"""Coverage of the audit: what counts as right, and that the bundled runs' page can be made."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from laboratory import audit_coverage as coverage
from rldoctor import api
from rldoctor.model.audit import AuditRow, AuditVerdict

ROOT = Path(__file__).parents[2]
HEALTHY = ROOT / "reference_runs" / "healthy"

pytestmark = pytest.mark.skipif(not HEALTHY.is_dir(), reason="needs the bundled runs")


def answer(low: float, high: float, truth: float | None, name: str = "n_epochs", unit: str = "epochs"):
    run = api.load(HEALTHY / "ppo-Pendulum-v1-0")[0]
    one = coverage.HealthyRun("x", coverage.BUNDLED, run, run)
    return coverage.Answer(one, AuditRow(name, name, unit, AuditVerdict.IMPLIED, low, low, high), truth)


@pytest.mark.parametrize(
    ("low", "high", "truth", "covered"),
    [
        (1.0, 3.0, 2.0, True),
        (1.0, 3.0, 3.5, False),
        (math.nan, 3.0, -5.0, True),
        (2.0, math.nan, 1.0, False),
        (10.0, 10.0, 10.0, True),
        (1.0, 2.0, None, True),
    ],
)
def test_an_interval_holds_the_truth_or_not(
    low: float, high: float, truth: float | None, covered: bool
) -> None:
    assert answer(low, high, truth).covered is covered


def test_the_truth_is_the_configuration_and_a_mechanism_is_there() -> None:
    run = api.load(HEALTHY / "ppo-Pendulum-v1-0")[0]
    rows = {row.name: coverage.truth(row, run) for row in api.diagnose(run).audit}
    assert rows["n_epochs"] == 10
    assert rows["rollout_batch"] == 1024
    assert rows["clip_range"] == 0.2
    assert rows["acting_decay"] == pytest.approx(0.9 * 0.95)
    assert rows["actor_gradient"] == 1.0
    assert rows["return_variance"] is None


def test_the_page_counts_and_names_what_is_not_right() -> None:
    answers = [answer(1.0, 2.0, 3.0), answer(1.0, 1.0, 1.0, "actor_gradient", "0 or 1")]
    text = coverage.page(answers, {"x": 0.5}, [answers[0].run])
    assert "1 of 2 rows are right (50.0%)" in text
    assert "below it: `n_epochs`" in text
    assert "| `n_epochs` | 1 | x | 3 | 1 to 2 | implied |" in text


@pytest.mark.slow
def test_every_quantity_but_the_clock_is_right_on_healthy_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    coverage.main(["--into", str(tmp_path / "page.md")])
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    (line,) = [line for line in text.splitlines() if line.startswith("The goal is")]
    assert line.split("below it: ")[1] in ("`transitions_by_clock`.", "none.")
    assert capsys.readouterr().out == text
