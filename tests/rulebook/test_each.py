"""``each``: one condition over several metrics becomes ordinary lets and measures, or a located error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from every import every
from rulebook_samples import KNOWN, Write

from rldoctor.api import diagnose
from rldoctor.model.config import RunConfig
from rldoctor.model.finding import Outcome
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.rulebook.bare_numbers import bare_numbers
from rldoctor.rulebook.loader import load_rule
from rldoctor.rulebook.schema import Rule

BLOCK = """\
each:
  calm:
    metrics: {METRICS}
    defaults: {least: limit}
    let:
      range: max(metric) - min(metric)
    when: range < least
    measure: {range: {value: range, says: "range of {metric}"}}
"""
ANCHOR = "ready: count(approx_kl) > 5"
USED = ("spread < 1", "spread < 1 and calm < 9")


def each(metrics: str = "[entropy, policy_std]", **lines: str) -> tuple[str, str]:
    text = BLOCK.replace("{METRICS}", metrics)
    for old, new in lines.values():
        assert old in text
        text = text.replace(old, new)
    return ANCHOR, text + ANCHOR


def test_a_block_becomes_lets_and_measures(write: Write) -> None:
    rule = load_rule(write(each(), USED), KNOWN)
    assert {name: str(one) for name, one in rule.let.items()} == {
        "level": "median(abs(approx_kl))",
        "spread": "coalesce(std(entropy), std(policy_std))",
        "entropy_range": "max(entropy) - min(entropy)",
        "entropy_calm": "entropy_range < limit",
        "policy_std_range": "max(policy_std) - min(policy_std)",
        "policy_std_calm": "policy_std_range < limit",
        "calm": "how_many(entropy_calm, policy_std_calm, false)",
    }
    assert rule.measure["policy_std_range"].says == "range of policy_std"
    assert rule.each == {"calm": {"entropy": "entropy_calm", "policy_std": "policy_std_calm"}}


def test_a_metric_may_differ(write: Write) -> None:
    own = "{entropy: {least: share_limit, says: {range: its own}}, policy_std: {}}"
    rule = load_rule(write(each(own), USED), KNOWN)
    assert str(rule.let["entropy_calm"]) == "entropy_range < share_limit"
    assert str(rule.let["policy_std_calm"]) == "policy_std_range < limit"
    assert rule.measure["entropy_range"].says == "its own"


def test_a_setting_keeps_its_name(write: Write) -> None:
    rule = load_rule(write(each(a=("range < least", "range < least * config.learning_rate")), USED), KNOWN)
    assert str(rule.let["entropy_calm"]) == "entropy_range < limit * config.learning_rate"


def test_a_let_that_uses_a_block_comes_after_it(write: Write) -> None:
    more = ("let:\n", "let:\n  both: calm > 1\n  either: both or calm > 0\n")
    rule = load_rule(write(each(), ("spread < 1", "either and spread < 1"), more), KNOWN)
    assert list(rule.let)[-3:] == ["calm", "both", "either"]


@every(
    ("changes", "problem"),
    [
        (each("[entropy, value_loss]"), "the metric 'value_loss' is used but not declared"),
        (each("[]"), "'each' is over 1 to 40 metrics"),
        (each("3"), "'metrics' must be text, found a number"),
        (each("[entropy, entropy]"), "'entropy' stands here twice"),
        (each("['a b']"), "'a b' is not a usable name here"),
        (each('["x) or open(1"]'), "'x) or open(1' is not a usable name here"),
        (each("[__import__]"), "'__import__' is not a usable name here"),
        (each("{entropy: {lest: limit}}"), "unknown key 'lest' (did you mean 'least'?)"),
        (each("{entropy: {says: {rng: text}}}"), "unknown measure 'rng' (did you mean 'range'?)"),
        (each("{entropy: 3}"), "'entropy' must be a mapping, found a number"),
        (each("{entropy: {least: entropy.real}}"), "only config.name and run.name have a dot"),
        (each(a=("range < least", "rnge < least")), "unknown name 'rnge'"),
        (each(a=("range < least", "metric.real > 1")), "only config.name and run.name have a dot"),
        (each(a=("    let:\n      range:", "    let:\n      metric:")), "'metric' is not a usable name here"),
        (each(a=("    when:", "    wen:")), "'when' is missing"),
        (each(f"[{', '.join(f'm{i}' for i in range(41))}]"), "'each' is over 1 to 40 metrics"),
    ],
)
def test_problems_are_told(
    problems_of: Callable[..., list[str]], changes: tuple[str, str], problem: str
) -> None:
    assert any(problem in text for text in problems_of(changes, USED)), problems_of(changes, USED)


def test_a_problem_stands_where_it_is_written(problems_of: Callable[..., list[str]]) -> None:
    found = problems_of(each(a=("max(metric)", "max(metrix)")), USED)
    lines = {text.split(":")[0] for text in found if "metrix" in text}
    assert len(lines) == 1
    assert lines == {str(_line_of("max(metric)"))}


def _line_of(text: str) -> int:
    from rulebook_samples import RULE, replaced

    return replaced(RULE, each(), USED).partition(text)[0].count("\n") + 1


def test_what_each_becomes_stays_within_the_bounds_of_the_language(
    problems_of: Callable[..., list[str]],
) -> None:
    deep = "+".join(["metric"] * 90)
    long = each(
        "{entropy: {least: " + "+".join(["limit"] * 60) + "}}", a=("range < least", "least" + "+least" * 9)
    )
    assert any("parts or" in text or "characters" in text for text in problems_of(long, USED))
    assert any("parts or" in text for text in problems_of(each(a=("range < least", f"{deep} > 0")), USED))
    # Every part is short enough; what they become together is not: in `when`, in a measure, or in the sum.
    twenty, ten = "+".join(["limit"] * 20), "least" + "+least" * 14
    grown = "{entropy: {least: " + twenty + "}}"
    many = each(f"[{', '.join(f'm{i}' for i in range(40))}]", a=("  calm:", f"  {'calm' * 30}:"))
    for change in (("range < least", ten), ("value: range", f"value: {ten}")):
        assert any("for one of its metrics" in text for text in problems_of(each(grown, a=change), USED))
    assert any("for one of its metrics" in text for text in problems_of(many, USED))


def test_numbers_in_a_block_count_once(write: Write) -> None:
    rule = load_rule(write(each(a=("range < least", "range < 7 and least > 0.5")), USED), KNOWN)
    assert sorted(one.text for one in bare_numbers(rule) if one.text in ("7", "0.5")) == ["0.5", "7"]


TOY = """\
schema: 1
code: TOY-01
slug: stuck
severity: warning
area: toy
title: All move
failure_title: Some stand still
requires_one_of: [[value_loss, entropy]]
thresholds:
  one: {value: 1, unit: values, range: [1, 3], note: a metric that moves has more}
each:
  still:
    metrics: [value_loss, entropy]
    let: {values: distinct(metric)}
    when: values <= one
    measure: {values: {value: values, says: "values of {metric}"}}
when: still > 0
measure: {number: {value: still}}
message: "{number} stand still: {still_metrics}."
passed_message: All move.
causes: [{id: a, says: A}]
fixes: {look: {text: Look., because: It stands.}}
expect: It moves.
false_positives: [A constant by design.]
references: [{title: T}]
"""


@pytest.mark.parametrize(
    ("loss", "entropy", "message"),
    [
        (0.0, 1.0, "2 stand still: losses/v, losses/h."),
        (None, 1.0, "1 stand still: losses/h."),
        (None, None, ""),
    ],
)
def test_the_message_says_which_metrics(
    tmp_path: Path, loss: float | None, entropy: float | None, message: str
) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "stuck.yaml").write_text(TOY)
    steps = np.arange(20.0)
    values = {"value_loss": ("losses/v", loss), "entropy": ("losses/h", entropy)}
    series = {
        name: Series(name, steps, steps if one is None else np.full(20, one), tag)
        for name, (tag, one) in values.items()
    }
    run = Run(
        id="r",
        path=Path("r"),
        format="test",
        framework="generic",
        algorithm="",
        metrics=MetricFrame(series),
        config=RunConfig({}),
    )
    result = _result(diagnose(run, rules_dirs=[tmp_path], select=["TOY-01"]).results)
    assert result.outcome is (Outcome.FIRED if message else Outcome.PASSED)
    assert (result.finding.message if result.finding else "") == message


def _result(results: tuple) -> object:
    assert len(results) == 1
    return results[0]


def test_no_rule_has_a_number_without_a_name(builtin: dict[str, Rule]) -> None:
    assert [str(one.at) for rule in builtin.values() for one in bare_numbers(rule)] == []


def test_a_number_of_a_formula_needs_no_name(write: Write) -> None:
    formula = "range < sqrt(2 * least) or least > 0.5 or range > (least + 1) / 2 or range * 2 < least"
    rule = load_rule(write(each(a=("range < least", formula)), USED), KNOWN)
    assert [one.text for one in bare_numbers(rule) if one.text in ("2", "0.5")] == ["0.5", "2"]


@pytest.fixture(scope="module")
def builtin() -> dict[str, Rule]:
    from rldoctor.api import rules

    return {rule.code: rule for rule in rules()}
