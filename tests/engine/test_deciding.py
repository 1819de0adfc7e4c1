"""Why-not lines: the number that decided with its limit, on the side that it says; else nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

import rldoctor
from rldoctor.engine.deciding import deciding
from rldoctor.engine.policy import load_derived, load_policy
from rldoctor.engine.prepared_run import prepare
from rldoctor.engine.ruletest import synthetic_run
from rldoctor.engine.scene import place
from rldoctor.language.parser import parse
from rldoctor.model.config import Knob, RunConfig
from rldoctor.model.finding import Finding
from rldoctor.paths import builtin_rules_dir
from rldoctor.rulebook.builtin import builtin_pack
from rldoctor.rulebook.testcases import load_tests

RUNS = Path(__file__).parents[2] / "reference_runs"
NUMBER = r"(-?(?:[0-9][0-9,]*\.?[0-9]*(?:e[-+]?[0-9]+)?|inf))"
SIDE = rf"(not above|not below|above|below) {NUMBER}"
COMPARED = re.compile(rf"{NUMBER}[^;()]*\(((?:{SIDE}(?:, )?)+)\)")


def number(text: str) -> float:
    return float(text.replace(",", ""))


def contradictions(text: str) -> list[str]:
    """Comparisons of a line that do not hold."""
    held = {
        "above": lambda value, limit: value > limit,
        "below": lambda value, limit: value < limit,
        "not above": lambda value, limit: value <= limit,
        "not below": lambda value, limit: value >= limit,
    }
    return [
        text
        for value, limits, *_ in COMPARED.findall(text)
        for side, limit in re.findall(SIDE, limits)
        if not held[side](number(value), number(limit))
    ]


def why_not(code: str, case_text: str, when: str = "", knobs: tuple[Knob, ...] = ()) -> str:
    """The line of a built-in rule, or of its lets under another condition, on a case of its own tests."""
    directory = builtin_rules_dir()
    rule = next(one for one in builtin_pack().rules if one.code == code)
    rule = replace(rule, when=parse(when)) if when else rule
    cases = load_tests(Path(rule.path).with_suffix("").with_suffix(".test.yaml")).cases
    case = next(one for one in cases if case_text in one.name)
    run = synthetic_run(case)
    run = replace(run, config=RunConfig({**run.config.knobs, **{one.name: one for one in knobs}}))
    scene = place(rule, prepare(run, load_policy(directory), load_derived(directory)))
    scene.activate(fired=False)
    return deciding(scene, scene.measures())


def test_the_number_that_decided_is_told_with_its_limit() -> None:
    assert "(not above 0.05)" in why_not("POL-03", "healthy")


def test_a_limit_on_the_left_says_the_same() -> None:
    told = why_not("POL-03", "healthy", "kl_typical > kl_high")
    assert told.endswith("(not above 0.05)")
    assert why_not("POL-03", "healthy", "kl_high < kl_typical") == told


@pytest.mark.parametrize(("key", "said"), [("ppo_epoch", "ppo_epoch = 10"), ("", "n_epochs = 10")])
def test_a_setting_is_told_as_it_was_written(key: str, said: str) -> None:
    knob = Knob("n_epochs", 10, key, 10, "args.yaml:3")
    assert why_not("POL-03", "healthy", "config.n_epochs > epochs_usual", (knob,)) == said


def test_a_number_between_two_limits_is_told_once() -> None:
    assert why_not("OFF-07", "DQN with 32").count("batch size") == 1
    assert "not below 32, not above 8,192" in why_not("OFF-07", "DQN with 32")


def test_of_many_points_the_one_nearest_to_the_limit_is_told_as_such() -> None:
    assert "approx kl at most 0.0" in why_not("POL-02", "tiny KL")


def test_what_is_not_known_rejects_nothing() -> None:
    assert "(not above 0.05)" in why_not("POL-03", "healthy")
    assert why_not("POL-03", "analytic") == ""  # no share of clipped samples, so half of the `or` is open


def test_more_of_the_same_rejects_nothing() -> None:
    """A KL of zero is no reason why updates are not too small."""
    (run,) = rldoctor.load(RUNS / "faulty" / "lr-zero" / "ppo-Hopper-v5-0").runs
    rivals = [rival for root in rldoctor.diagnose(run).roots for rival in root.rivals]
    assert "POL-04" not in {rival.code for rival in rivals}


@pytest.mark.slow
def test_no_line_of_a_bundled_run_says_the_opposite() -> None:
    lines = [
        rival.text
        for folder in sorted(path for path in (RUNS / "faulty").glob("*/*") if path.is_dir())
        for run in rldoctor.load(folder).runs
        for root in rldoctor.diagnose(run).roots
        for rival in root.rivals
    ]
    assert sum(bool(COMPARED.search(line)) for line in lines) > 300
    assert [wrong for line in lines for wrong in contradictions(line)] == []


@pytest.mark.slow
def test_no_text_of_a_bundled_run_is_a_leaked_template() -> None:
    """Neither a field that is not known, nor the brackets around one."""
    leaks = re.compile(r"\bunknown\b|\bnan\b|[{}]|\[[^\]]* (?:is|of) ")
    folders = [path for kind in ("faulty/*/*", "language_models/*") for path in sorted(RUNS.glob(kind))]
    texts = [
        (finding.code, text)
        for folder in folders
        if folder.is_dir()
        for run in rldoctor.load(folder).runs
        for root in rldoctor.diagnose(run).roots
        for finding in (root.finding, *root.explains)
        for text in spoken(finding)
    ]
    assert len(texts) > 5000
    assert sorted({one for one in texts if leaks.search(one[1])}) == []


def spoken(finding: Finding) -> list[str]:
    """All that a finding says of its run."""
    fixes = [text for one in finding.prescriptions for text in (one.text, one.because, one.expect)]
    return [finding.message, finding.setting, *(one.text for one in finding.causes), *fixes]
