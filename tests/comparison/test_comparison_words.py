"""What a comparison says holds for negative returns and does not contradict itself; findings can fail."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest

from rldoctor import api
from rldoctor.commands.compare import exit_code
from rldoctor.comparison.effect import difference_text
from rldoctor.model.comparison import Effect, Verdict
from rldoctor.report import compare_words as say
from rldoctor.report.comparison import render

RUNS = Path(__file__).parents[2] / "reference_runs"


@lru_cache
def compared(base, candidate):
    return api.compare(str(RUNS / base), str(RUNS / candidate))


FROZEN = ("healthy/ppo-Pendulum-v1-0", "faulty/lr-zero/ppo-Pendulum-v1-0")


def effect(base, candidate, gained=0.0):
    scale = max(abs(base), gained)
    drop = (base - candidate) / scale
    numbers = (candidate - base, candidate / base, scale, drop, 1.0, 1.0, 0.0, 1.0, 0.95)
    return Effect("episode_return", "runs", "mean", base, candidate, *numbers)


def test_a_difference_is_said_the_right_way_round():
    assert difference_text(effect(347, 14)) == "96% lower than the base"
    assert difference_text(effect(-998, -1180)) == "182 lower than the base, 18% of its size"
    assert difference_text(effect(-998, -500)) == "498 higher than the base, 50% of its size"
    assert difference_text(effect(-10, -500, 990)) == "490 lower than the base, 49% of what it had gained"


def test_a_ratio_is_told_of_positive_levels_only():
    rows = dict(say.effect_rows(compared(*FROZEN).effect))
    assert "ratio candidate / base" not in rows
    assert rows["difference"].startswith("-182 (182 lower than the base")
    positive = compared("healthy/ppo-Hopper-v5-0", "faulty/frozen-actor/ppo-Hopper-v5-0")
    assert dict(say.effect_rows(positive.effect))["ratio candidate / base"] == "0.0403"


@pytest.mark.parametrize("fail_on", ["regression", "unclear", "critical", "error", "never"])
def test_a_new_critical_finding_can_fail(fail_on):
    found = compared(*FROZEN)
    assert found.verdict is Verdict.UNCLEAR
    assert exit_code(found, fail_on) == (1 if fail_on in ("unclear", "critical", "error") else 0)
    for format in ("terminal", "markdown", "html"):
        assert "New, critical: POL-01 The policy does not move" in " ".join(
            render(found, format).replace("\\", "").split()
        )


def test_no_alarm_where_nothing_is_new():
    same = compared("healthy/ppo-Pendulum-v1-0", "healthy/ppo-Pendulum-v1-1")
    assert say.alarm(same) == ""
    assert exit_code(same, "critical") == 0


def test_a_planned_length_is_no_suspect_unless_something_may_follow_it():
    found = compared(*FROZEN)
    assert [one.key for one in found.changes] == ["learning_rate"]
    assert any(note.startswith("total_timesteps differs (40960 and 24576)") for note in found.notes)
    # A DQN's exploration is spread over the planned length, and is logged.
    other = compared("healthy/dqn-CartPole-v1-0", "faulty/no-target-net/dqn-CartPole-v1-0")
    assert not any("no suspect" in note for note in other.notes)


def test_what_was_called_a_regression_is_not_listed_as_without_departure():
    found = compared(*FROZEN)
    metric = found.effect.metric
    lower = replace(
        found, verdict=Verdict.REGRESSION, unmoved=(metric, "fps"), departures=found.departures[:1]
    )
    assert say.unmoved(lower) == ["fps"]
    assert "episode return differs at the end, without a step" in say.first_mover(lower)
    assert say.unmoved(replace(lower, verdict=Verdict.SIMILAR)) == ["episode return", "fps"]
