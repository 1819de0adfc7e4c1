"""Derived quantities: each formula against numbers worked out by hand, its provenance, and the file."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest

from rldoctor.engine.policy import load_derived, load_policy
from rldoctor.engine.prepared_run import PreparedRun, prepare
from rldoctor.model.config import Knob, RunConfig
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.paths import builtin_rules_dir
from rldoctor.report.derived import document, quantities, row
from rldoctor.rulebook.known import known_names

RULES = builtin_rules_dir()
STEPS = np.arange(1.0, 41.0) * 1000


def prepared(algorithm: str, framework: str, metrics: dict[str, object], **config: float) -> PreparedRun:
    """A run of 40 points, every 1,000 steps, prepared for the rules."""
    series = {
        name: Series(name, STEPS, np.broadcast_to(np.asarray(values, float), STEPS.shape), f"tag/{name}")
        for name, values in metrics.items()
    }
    knobs = {name: Knob(name, value, name, value, "args.yml:1") for name, value in config.items()}
    run = Run("r", Path("r"), "csv", framework, algorithm, MetricFrame(series), RunConfig(knobs))
    return prepare(run, load_policy(RULES), load_derived(RULES))


def test_entropy_of_sac_comes_from_the_temperature_loss_as_each_library_writes_it() -> None:
    sb3 = {"entropy_coef": 0.5, "entropy_coef_loss": math.log(0.5) * 1.25}
    clean = {"entropy_coef": 0.5, "entropy_coef_loss": 0.5 * 1.25}
    for framework, metrics in (("stable_baselines3", sb3), ("cleanrl", clean)):
        found = prepared("sac", framework, dict(metrics), target_entropy=-6.0)
        assert found.metrics["policy_entropy"].values[-1] == pytest.approx(-4.75)
    auto = prepared("sac", "stable_baselines3", dict(sb3), target_entropy_auto=1, action_dim=3)
    assert auto.config["entropy_target"] == -3
    assert auto.metrics["policy_entropy"].values[-1] == pytest.approx(-1.75)
    assert "policy_entropy" not in prepared("sac", "stable_baselines3", dict(sb3)).metrics


def test_policy_sigma_is_that_of_a_gaussian_and_needs_the_dimensions() -> None:
    found = prepared("trpo", "generic", {"entropy": 39.5}, action_dim=28)
    assert found.metrics["policy_sigma"].values[0] == pytest.approx(0.992, abs=1e-3)
    assert found.metrics["policy_sigma"].unit == "action units"
    assert "policy_sigma" not in prepared("trpo", "generic", {"entropy": 39.5}).metrics
    assert "policy_sigma" not in prepared("sac", "generic", {"entropy": 39.5}, action_dim=28).metrics


def test_temperature_falls_by_one_learning_rate_per_gradient_step_at_most() -> None:
    logged = prepared(
        "sac", "generic", {"entropy_coef": 0.9, "gradient_updates": STEPS / 8}, learning_rate=3e-4
    )
    assert logged.config["alpha_start"] == 1
    assert logged.facts["updates"] == 5000
    assert logged.metrics["alpha_lowest"].values[-1] == pytest.approx(math.exp(-1.5))
    own = prepared(
        "sac", "generic", {"entropy_coef": 0.1}, learning_rate=1, alpha_lr=1e-4, init_alpha=0.2, utd=0.5
    )
    assert own.config["alpha_speed_limit"] == 1e-4
    assert own.metrics["alpha_lowest"].values[-1] == pytest.approx(0.2 * math.exp(-2))
    assert (
        "alpha_lowest"
        not in prepared("sac", "generic", {"entropy_coef": 0.1}, learning_rate=1, utd=1).metrics
    )


def test_value_bounds_hold_the_largest_temperature_so_far() -> None:
    alpha = np.linspace(1, 0.01, STEPS.size)
    metrics = {"learner_q": 5.0, "step_reward": np.where(STEPS > 9000, -2.0, -1.0), "entropy_coef": alpha}
    found = prepared("sac", "generic", metrics, gamma=0.9, action_dim=2)
    bonus = 2 * math.log(2) * 10
    assert found.metrics["entropy_value"].values[-1] == pytest.approx(0.01 * bonus)
    assert found.metrics["value_high"].values[-1] == pytest.approx(3 * 2 * 10 + bonus)
    extremes = {"reward_per_step_max": -0.5, "reward_per_step_min": -7.0}
    known = prepared("sac", "generic", {**metrics, **extremes}, gamma=0.9, action_dim=2, reward_scale=2)
    assert known.metrics["value_high"].values[-1] == pytest.approx(bonus)  # an episode that ends is worth 0
    assert known.metrics["value_low"].values[-1] == pytest.approx(-7 * 2 * 10 - bonus)
    assert "value_high" not in prepared("sac", "generic", metrics).metrics
    assert np.isnan(prepared("sac", "generic", metrics, gamma=1.0).metrics["value_high"].values).all()


def test_implied_learning_rate_of_the_notes_is_absurd() -> None:
    found = prepared("ppo", "generic", {"approx_kl": 2e-7}, learning_rate=3e-4)
    assert found.metrics["implied_learning_rate"].values[0] == pytest.approx(0.067, abs=1e-3)
    assert np.isinf(
        prepared("ppo", "generic", {"approx_kl": 0}, learning_rate=1)
        .metrics["implied_learning_rate"]
        .values[0]
    )
    assert (
        "implied_learning_rate" not in prepared("trpo", "generic", {"approx_kl": 1}, learning_rate=1).metrics
    )


def test_implied_tracking_error_of_the_notes() -> None:
    found = prepared("trpo", "generic", {"step_reward": 1e-4}, reward_exponent=2)
    assert found.metrics["tracking_exponent"].values[0] == pytest.approx(9.21, abs=0.01)
    assert found.metrics["tracking_error"].values[0] == pytest.approx(4.605, abs=0.01)
    weighted = prepared("trpo", "generic", {"step_reward": 0.5}, reward_weight=0.4)
    assert np.isnan(
        weighted.metrics["tracking_exponent"].values
    ).all()  # no exp(-x) is larger than its weight


def test_critic_travels_an_adam_step_at_a_time() -> None:
    settings = {"gamma": 0.99, "learning_rate": 3e-4, "n_epochs": 10, "rollout_batch": 2048, "batch_size": 64}
    found = prepared("ppo", "generic", {"episode_return": -1200.0, "episode_length": 200.0}, **settings)
    assert found.config["critic_travel"] == pytest.approx(0.02 * 320)
    assert found.metrics["discounted_return"].values[0] == pytest.approx(-600)
    assert found.metrics["critic_travel_time"].values[0] == pytest.approx(600 / 6.4)


def test_settings_build_on_each_other_and_nothing_written_is_replaced() -> None:
    found = prepared("sac", "generic", {"step_reward": 1.0}, gradient_steps=4, train_freq=16, batch_size=256)
    assert found.config["samples_per_transition"] == 64
    given = prepared("sac", "generic", {"policy_entropy": 7.0, "entropy": 1.0}, horizon=5.0, gamma=0.99)
    assert given.config["horizon"] == 5
    assert given.metrics["policy_entropy"].values[0] == 7
    assert {one.name for one in given.derivations}.isdisjoint({"horizon", "policy_entropy"})
    nothing = prepared("sac", "generic", {"step_reward": 1.0}, gradient_steps=0, train_freq=0)
    assert "updates_per_transition" not in nothing.config  # 0 / 0 is not a setting


def test_reports_show_value_unit_formula_and_what_went_in() -> None:
    context = prepared(
        "trpo", "generic", {"entropy": 39.5, "approx_kl": np.nan}, action_dim=28, learning_rate=1.0
    )
    found = {one.made.name: one for one in quantities(context.derivations, MetricFrame(context.metrics))}
    sigma = document(found["policy_sigma"])
    assert sigma["formula"] == "exp(entropy / config.action_dim - normal_entropy)"
    assert sigma["points"] == 40
    assert [(one["name"], one["read_from"]) for one in sigma["from"]][:2] == [
        ("entropy", "tag/entropy"),
        ("config.action_dim", "args.yml:1"),
    ]
    assert sigma["from"][2]["value"] == 1.4189385
    assert sigma["median"] == pytest.approx(0.992, abs=1e-3)
    assert row(found["policy_sigma"])["value"] == "0.9918 throughout (action units)"
    assert found["value_horizon"].name == "config.value_horizon"
    assert found["value_horizon"].text == "100 steps"


def test_series_without_a_value_are_not_shown() -> None:
    context = prepared("ppo", "generic", {"approx_kl": np.nan}, learning_rate=1.0)
    assert "implied_learning_rate" in context.metrics
    shown = {one.name for one in quantities(context.derivations, MetricFrame(context.metrics))}
    assert "implied_learning_rate" not in shown


def test_the_file_names_only_what_exists_and_says_everything() -> None:
    """A misspelt input would make a quantity silently absent, a misspelt knob NaN."""
    derived, known = load_derived(RULES), known_names([RULES])
    entries = [*derived.series, *(one for _, one in derived.numbers)]
    used: set[str] = set()
    for entry in entries:
        assert all((entry.unit, entry.says, entry.source)), entry.name
        for variant in entry.variants:
            inputs = {*variant.inputs, *variant.optional}
            assert inputs <= known.metrics, entry.name
            assert {*variant.config, *variant.value.config} <= known.knobs, entry.name
            assert variant.value.names <= {*inputs, *derived.constants, "step"}, entry.name
            assert variant.value.run <= known.facts, entry.name
            used |= variant.value.names
    assert set(derived.constants) <= used
    order = [entry.name for entry in derived.series]
    for place, entry in enumerate(derived.series):
        later = set(order[place:])
        assert not later & {name for one in entry.variants for name in (*one.inputs, *one.optional)}, (
            entry.name
        )


def test_the_documentation_lists_every_quantity() -> None:
    derived = load_derived(RULES)
    prefix = {"setting": "config.", "fact": "run."}
    names = {one.name for one in derived.series}
    names |= {f"{prefix[kind]}{one.name}" for kind, one in derived.numbers}
    page = (Path(__file__).parents[2] / "docs" / "writing-rules.md").read_text(encoding="utf-8")
    section = page.partition("## Derived quantities\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`([a-z_.0-9]+)`", " ".join(rows))) == names
