"""Every report says of a rule that could not look what to log or set, derived quantities included."""

from __future__ import annotations

import html
import json
import math
import re
from pathlib import Path

import pytest

from rldoctor import api
from rldoctor.model.addition import Addition, AdditionKind
from rldoctor.model.finding import Diagnosis, Outcome, RuleResult
from rldoctor.report import render
from rldoctor.report.additions import Once, tell
from rldoctor.report.html.page import render as page
from rldoctor.report.terminal import render as terminal
from rldoctor.report.terminal_parts import VERBOSE

FAULTY = Path(__file__).parents[2] / "reference_runs" / "faulty" / "reward-zero"


@pytest.fixture(scope="module")
def sb3() -> Diagnosis:
    """A bundled run of PPO, diagnosed."""
    return api.diagnose(api.load(FAULTY / "ppo-Hopper-v5-0").runs[0])


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Diagnosis:
    """A home-made log of three columns, diagnosed."""
    path = tmp_path_factory.mktemp("few")
    rows = [f"{i * 1000},{math.sin(i / 9) + i * 0.01},{1 / (i + 1)}" for i in range(200)]
    (path / "progress.csv").write_text("\n".join(["step,episode_return,loss", *rows]) + "\n")
    return api.diagnose(api.load(path).runs[0])


def unmeasured(diagnosis: Diagnosis) -> list[RuleResult]:
    return [one for one in diagnosis.results if one.outcome is Outcome.NOT_MEASURED and one.missing]


@pytest.mark.parametrize("name", ["sb3", "table"])
def test_every_rule_that_lacks_something_says_what_to_add(name: str, request: pytest.FixtureRequest) -> None:
    diagnosis: Diagnosis = request.getfixturevalue(name)
    assert len(unmeasured(diagnosis)) > 10
    assert [one.code for one in unmeasured(diagnosis) if not one.additions] == []


def entry(text: str, code: str) -> str:
    """What a text report says of a rule, on one line."""
    return re.split(r"(?<!see) [A-Z]{3}-\d\d ", " ".join(text.split()).partition(f" {code} ")[2])[0]


def test_the_terminal_names_the_metric_behind_a_derived_one_and_the_line(sb3: Diagnosis) -> None:
    text = terminal([sb3], VERBOSE).partition("Not measured")[2]
    said = entry(text, "OUT-05")
    assert "needs success_signal; for success_signal log success_rate: Return info['is_success']" in said
    assert "for largest_gradient log grad_norm with: model.learn(..., callback=" in entry(text, "NUM-02")
    assert "target_kl is off in this run" in entry(text, "POL-05")
    assert "lr_floor cannot be had from Stable-Baselines3's PPO" in entry(text, "POL-08")
    assert max(len(line) for line in text.splitlines()) <= 80


def test_the_same_line_is_said_once(sb3: Diagnosis, table: Diagnosis) -> None:
    text = terminal([sb3], VERBOSE)
    details = text.partition("Not measured")[2]
    assert details.count("info['is_success']") == 1
    assert entry(details, "REW-09").endswith("needs success_signal; see OUT-05")
    details = terminal([table], VERBOSE).partition("Not measured")[2]
    assert details.count("--algorithm NAME") == 1


def test_a_home_made_log_gets_plain_calls_and_settings(table: Diagnosis) -> None:
    text = terminal([table], VERBOSE).partition("Not measured")[2]
    assert "log('rollout/success_rate', successes / episodes, env_step)" in entry(text, "OUT-05")
    assert "if the run has gamma, say its value" in entry(text, "CFG-02")
    assert "--set gamma=VALUE" in entry(text, "CFG-02")
    assert "cannot be had from a log of an unknown framework" in entry(text, "CFG-01")


def test_markdown_has_the_line_as_code(sb3: Diagnosis) -> None:
    line = next(one for one in render([sb3], "markdown").splitlines() if one.startswith("- NUM-02"))
    assert "`model.learn(..., callback=rldoctor.integrations.sb3.DiagnosticsCallback())`" in line
    assert "log grad\\_norm with: `" in line


def test_json_has_each_addition_by_itself(sb3: Diagnosis) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    made = json.loads(render([sb3], "json"))
    from rldoctor.report.json_report import json_schema

    jsonschema.validate(made, json_schema())
    results = {one["code"]: one for one in made["runs"][0]["results"]}
    (found,) = results["OUT-05"]["additions"]
    assert (found["for"], found["add"], found["kind"]) == ("success_signal", "success_rate", "metric")
    assert "is_success" in results["OUT-05"]["log_hint"]
    assert [one["add"] for one in results["OUT-09"]["additions"]] == ["eval_return", "eval_length"]
    assert {one["kind"] for one in results["POL-05"]["additions"]} == {"off"}
    assert results["POL-05"]["log_hint"] == ""


def test_html_has_the_line_once_and_links_to_it(sb3: Diagnosis) -> None:
    shown = page([sb3])
    part = shown[shown.index('id="NUM-02"') :]
    assert "for largest_gradient log grad_norm with</p>" in part[: part.index("</li>")]
    part = shown[shown.index('id="REW-09"') :]
    said = html.unescape(part[: part.index("</li>")])
    assert 'see <a href="#OUT-05">OUT-05</a>' in said
    assert "is_success" not in said


def test_a_line_that_is_no_code_of_the_training_is_said_as_it_is(sb3: Diagnosis) -> None:
    made = Addition("x", "x", AdditionKind.METRIC, "(not from the run) make a reference")
    assert tell(made, sb3.run).text == "for x: make a reference"
    assert Once(sb3.run).text(RuleResult("A", "a", "A", Outcome.PASSED)) == ""
