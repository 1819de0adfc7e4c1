"""What to add so that a rule can look: the shortest way to a metric, through what it is derived from."""

from __future__ import annotations

import pytest

from rldoctor.engine.policy import load_derived
from rldoctor.engine.what_to_log import LoggedSoFar, additions, barred
from rldoctor.model.addition import Addition, AdditionKind
from rldoctor.paths import builtin_rules_dir

LINES = {
    "success_rate": "Return info['is_success']",
    "episode_length": "log('length', n)",
    "episode_return": "log('return', r)",
    "reward_per_step": "log('reward', r)",
    "grad_norm": "callback=DiagnosticsCallback()",
}


def add(
    *missing: str,
    framework: str = "stable_baselines3",
    algorithm: str = "ppo",
    present: str = "",
    off: str = "",
) -> tuple[Addition, ...]:
    place = LoggedSoFar(framework, algorithm, frozenset(present.split()), LINES, off.split())
    return additions(missing, place, load_derived(builtin_rules_dir()))


def short(found: tuple[Addition, ...]) -> list[tuple[str, str]]:
    return [(one.name, one.kind.value) for one in found]


def test_a_metric_brings_the_line_of_the_framework() -> None:
    assert add("episode_length") == (
        Addition("episode_length", "episode_length", AdditionKind.METRIC, "log('length', n)"),
    )
    assert add("eval_length")[0].line == ""


def test_a_derived_quantity_brings_what_it_is_derived_from() -> None:
    (found,) = add("success_signal")
    assert (found.wanted, found.name, found.line) == ("success_signal", "success_rate", LINES["success_rate"])
    assert found.derived
    assert short(add("config.kl_stop")) == [("config.target_kl", "setting")]


@pytest.mark.parametrize("present", ["", "episode_return"])
def test_derived_of_derived_is_followed_to_what_can_be_logged(present: str) -> None:
    assert short(add("tracking_exponent", present=present)) == [("reward_per_step", "metric")]
    assert {one.name for one in add("tracking_error", present=present)} == {
        "reward_per_step", "config.reward_exponent"
    }  # fmt: skip


def test_a_way_that_is_needed_anyway_goes_before_another() -> None:
    found = add("step_reward", "episode_length", present="episode_return")
    assert short(found) == [("episode_length", "metric")]


def test_what_is_known_goes_before_what_no_line_is_known_for() -> None:
    assert short(add("largest_gradient")) == [("grad_norm", "metric")]
    assert short(add("eval_return or reward_per_step")) == [("reward_per_step", "metric")]


def test_nothing_else_helps_where_one_cannot_be_had() -> None:
    found = add("episode_length", "config.lr_floor", "config.gamma")
    assert short(found) == [("config.lr_floor", "none")]
    assert add("config.lr_floor", framework="rsl_rl") == ()


def test_a_setting_that_is_switched_off_is_not_asked_for() -> None:
    assert short(add("config.kl_stop", off="config.target_kl")) == [("config.target_kl", "off")]
    assert short(add("config.gamma", off="config.target_kl")) == [("config.gamma", "setting")]


def test_a_way_that_depends_on_the_algorithm_asks_for_it() -> None:
    assert short(add("config.kl_stop", algorithm="")) == [("algorithm", "option")]
    assert short(add("config.kl_stop", algorithm="on_policy")) == [("algorithm", "option")]
    assert short(add("config.kl_stop", algorithm="", framework="rsl_rl")) == [("config.kl_stop", "none")]
    assert short(add("algorithm", algorithm="")) == [("algorithm", "option")]


def test_what_is_derived_and_has_no_number_here_promises_nothing() -> None:
    assert add("config.alpha_start", algorithm="sac", present="entropy_coef") == ()


def test_what_a_run_cannot_have_is_not_asked_for() -> None:
    quantities = load_derived(builtin_rules_dir())
    assert {"policy_std", "action_saturation", "config.action_dim"} <= quantities.continuous
    never = dict.fromkeys(quantities.continuous, "discrete actions")
    grid = LoggedSoFar("stable_baselines3", "ppo", frozenset({"entropy"}), LINES, never=never)
    assert short(additions(("policy_sigma",), grid, quantities)) == [("policy_sigma", "none")]
    assert barred(("policy_sigma",), grid, quantities) == "discrete actions"
    # The rest can be had, or nowhere.
    assert not barred(("grad_norm", "entropy"), grid, quantities)
    assert not barred(("config.lr_floor",), grid, quantities)
    lander = LoggedSoFar("stable_baselines3", "ppo", frozenset({"entropy"}), LINES)
    assert not barred(("policy_sigma",), lander, quantities)


def test_values_alone_have_no_loss_of_a_policy() -> None:
    quantities = load_derived(builtin_rules_dir())
    never = dict.fromkeys(quantities.of_policy, "dqn")
    dqn = LoggedSoFar("stable_baselines3", "dqn", frozenset(), LINES, never=never)
    assert barred(("policy_loss",), dqn, quantities) == "dqn"
    assert not barred(("actor_gradient", "policy_loss or q_mean"), dqn, quantities)
    assert short(additions(("actor_gradient",), dqn, quantities)) == [("grad_norm", "metric")]
