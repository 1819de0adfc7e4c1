"""What was computed from a log is shown by every report that shows the log: value, unit, formula, inputs."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import pytest

from rldoctor import api
from rldoctor.commands.inspect import inspect
from rldoctor.commands.options import Options
from rldoctor.model.finding import Diagnosis
from rldoctor.report import json_report
from rldoctor.report.derived import computed
from rldoctor.report.html.figures import Figures
from rldoctor.report.html.page import render

RUN = Path(__file__).parents[2] / "reference_runs" / "healthy" / "sac-Pendulum-v1-0"
# Section 0.2 of the catalogue, as far as it concerns SAC.
EXPECTED = {
    "policy_entropy": "nats",
    "alpha_lowest": "1",
    "config.alpha_speed_limit": "per gradient step",
    "entropy_value": "reward",
    "value_high": "reward",
    "value_low": "reward",
    "local_fps": "steps/s",
    "config.samples_per_transition": "1",
    "run.updates": "gradient steps",
}


@pytest.fixture(scope="module")
def diagnosis() -> Diagnosis:
    """A bundled run of SAC, diagnosed."""
    return api.diagnose(api.load(RUN).runs[0])


def by_name(derived: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in derived}


def test_json_has_every_quantity_with_unit_formula_and_inputs(diagnosis: Diagnosis) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    made = json_report.document([diagnosis])
    jsonschema.validate(made, json_report.json_schema())
    found = by_name(made["runs"][0]["derived"])
    assert {name: found[name]["unit"] for name in EXPECTED} == EXPECTED
    assert all(one["source"] for one in found.values())
    bound = found["value_high"]
    assert {"learner_q", "step_reward", "entropy_value", "config.gamma"} <= {
        one["name"] for one in bound["from"]
    }
    assert bound["points"] > 10
    assert bound["value"] is None
    assert bound["lowest"] <= bound["median"] <= bound["highest"]
    rho = found["config.samples_per_transition"]
    product = [one["value"] for one in rho["from"]]
    assert rho["value"] == product[0] * product[1] == 128


def test_html_shows_formula_and_origin(diagnosis: Diagnosis) -> None:
    page = html.unescape(render([diagnosis]))
    part = page[page.index("Computed from the log") :]
    assert "alpha_lowest" in part
    assert "config.alpha_start * exp(0 - config.alpha_speed_limit * gradient_updates)" in part
    assert "train/ent_coef" in part


@pytest.fixture(scope="module")
def saturated() -> Diagnosis:
    """A bundled run whose finding rests on derived series only."""
    runs = RUN.parents[1] / "faulty" / "reward-exp-sharp"
    return api.diagnose(api.load(runs / "ppo-Reacher-v5-exp-0").runs[0], select=["REW-03"])


def test_the_card_of_a_finding_about_derived_series_draws_them_and_says_how_they_were_made(
    saturated: Diagnosis,
) -> None:
    (root,) = saturated.roots
    drawn = Figures(300)
    found = drawn.finding(1, saturated.run, root.finding, derivations=saturated.derivations)
    assert [one["title"] for one in found] == ["step reward", "tracking exponent", "tracking error"]
    exponent = found[1]["derived"]
    assert "-ln(r / w)" in exponent["says"]
    assert "log(step_reward" in exponent["formula"]
    assert exponent["origin"].startswith("from step_reward (derived from rollout/ep_rew_mean")
    assert "derived from derived" not in str(found)
    curve = drawn.curves[drawn.figures[found[2]["id"]]["curve"]]
    logged = saturated.run.metrics["tracking_error"].values
    assert curve["y"] == pytest.approx(logged, rel=1e-5)
    card = html.unescape(render([saturated]))
    assert "<summary>Derived, not logged</summary><p>return / length" in card[card.index('id="REW-03"') :]


def test_a_logged_series_is_not_called_derived(diagnosis: Diagnosis) -> None:
    logged = next(iter(set(diagnosis.run.metrics) - {one.name for one in diagnosis.derivations}))
    assert computed(logged, diagnosis.derivations) == {}
    copied = computed("outcome_return", diagnosis.derivations)
    assert (copied["says"], copied["formula"]) == ("read as logged", "")


def test_inspect_shows_them_without_running_a_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert inspect([str(RUN)], Options(), "json") == 0
    found = by_name(json.loads(capsys.readouterr().out)["runs"][0]["derived"])
    assert EXPECTED.items() <= {name: one["unit"] for name, one in found.items()}.items()
    assert inspect([str(RUN)], Options(), "terminal") == 0
    shown = capsys.readouterr().out
    assert f"Computed from these: {len(found)}" in shown
    assert "config.alpha_speed_limit: " in shown
    assert "read as logged: " in shown
    assert max(len(line) for line in shown.splitlines()) <= 80
