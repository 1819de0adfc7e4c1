"""From findings to a diagnosis: roots, explained symptoms, rivals, verdicts, coverage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rldoctor.api import diagnose
from rldoctor.errors import UsageError
from rldoctor.model.config import Knob, RunConfig
from rldoctor.model.finding import Diagnosis, Outcome, Severity
from rldoctor.model.frame import MetricFrame
from rldoctor.model.raw import Note, RawSeries
from rldoctor.model.run import Run, Wording
from rldoctor.model.series import Series
from rldoctor.rulebook.series_notation import series as notation


def make_run(
    algorithm: str, series: dict[str, str], config: dict[str, float], every: float = 2048, **fields: object
) -> Run:
    made = {}
    for name, text in series.items():
        values, exists = notation(text, name)
        steps = every * np.arange(1, values.size + 1, dtype=np.float64)
        made[name] = Series(name, steps[exists], values[exists], name)
    knobs = {name: Knob(name, value, name, value, "config.json") for name, value in config.items()}
    return Run(
        "run",
        Path("run"),
        "test",
        "stable_baselines3",
        algorithm,
        MetricFrame(made),
        RunConfig(knobs),
        **fields,
    )  # type: ignore[arg-type]


def codes(diagnosis: Diagnosis) -> list[str]:
    return [root.finding.code for root in diagnosis.roots]


FROZEN = {
    "approx_kl": "2e-7x99",
    "clip_fraction": "0x99",
    "entropy": "9.6x99",
    "episode_return": "20x99 ~1",
    "value_loss": "0.27x99",
    "policy_loss": "-7e-7x99",
}


def test_a_symptom_is_folded_under_its_cause() -> None:
    diagnosis = diagnose(make_run("ppo", FROZEN, {"learning_rate": 3e-4}))
    assert codes(diagnosis) == ["POL-01"]
    assert "OUT-10" in {finding.code for finding in diagnosis.roots[0].explains}
    assert diagnosis.verdict == "critical"


def test_vanishing_reward_explains_the_negative_explained_variance() -> None:
    run = make_run(
        "ppo",
        {
            "explained_variance": "-5x99 ~1",
            "value_loss": "1e-3*0.98x99",
            "episode_return": "0.002x99 ~1e-4",
            "episode_length": "20x99",
            "approx_kl": "0.008x99 ~0.001",
            "entropy": "4.2-0.001x99",
        },
        {"gamma": 0.99, "learning_rate": 3e-4},
    )
    diagnosis = diagnose(run)
    assert codes(diagnosis)[0] == "REW-02"
    assert "VAL-01" in {finding.code for finding in diagnosis.roots[0].explains}
    assert "POL-01" in {rival.code for rival in diagnosis.roots[0].rivals}


def test_an_outcome_alone_is_its_own_root() -> None:
    diagnosis = diagnose(make_run("ppo", {"episode_return": "20x99 ~1"}, {}))
    assert codes(diagnosis)[0] == "OUT-10"


def test_a_quiet_run_with_an_outcome_is_healthy() -> None:
    run = make_run(
        "ppo",
        {
            "episode_return": "1+3x99 ~2",
            "approx_kl": "0.01x99",
            "entropy": "5-0.02x99",
            "policy_loss": "0x99",
        },
        {},
    )
    diagnosis = diagnose(run)
    assert diagnosis.verdict == "healthy"
    assert diagnosis.coverage.ran >= 3


def test_silence_without_an_outcome_is_not_healthy() -> None:
    diagnosis = diagnose(make_run("ppo", {"approx_kl": "0.01x5", "entropy": "5x5"}, {}))
    assert diagnosis.verdict in {"not_enough_data", "info"}


def test_a_short_run_that_did_not_rise_is_not_healthy() -> None:
    quiet = {"approx_kl": "0.01x19", "entropy": "5-0.02x19", "policy_loss": "0x19"}
    flat = diagnose(make_run("ppo", {"episode_return": "20x19 ~5", **quiet}, {}, every=500))
    assert flat.verdict == "not_enough_data", "OUT-10 waits for more steps, which is no pass"
    assert "judge the return" in flat.verdict_note
    rising = diagnose(make_run("ppo", {"episode_return": "20+3x39 ~5", **quiet}, {}, every=500))
    assert rising.verdict == "healthy", "a gain is no matter of steps"


def test_coverage_counts_every_rule_once() -> None:
    diagnosis = diagnose(make_run("ppo", FROZEN, {}))
    coverage = diagnosis.coverage
    assert coverage.ran + coverage.not_measured + coverage.not_applicable + coverage.error == coverage.total
    assert coverage.total == len(diagnosis.results)
    assert coverage.error == 0


def test_what_was_not_measured_names_what_is_missing() -> None:
    results = {result.code: result for result in diagnose(make_run("ppo", FROZEN, {})).results}
    assert results["VAL-01"].outcome is Outcome.NOT_MEASURED
    assert results["VAL-01"].missing == ("explained_variance",)


def test_fixes_speak_the_users_language() -> None:
    run = make_run(
        "sac",
        {"episode_return": "-1200x50 ~20", "episode_length": "200x50"},
        {"buffer_capacity": 2000, "n_envs": 4, "batch_size": 128, "total_env_steps": 400000},
        wording={"buffer_capacity": Wording("memory_size", scale=4.0)},
    )
    root = diagnose(run).roots[0]
    fix = root.finding.prescriptions[0]
    assert root.finding.code == "OFF-01"
    assert (fix.key, fix.to, fix.to_number) == ("memory_size", "25,000", 100000)


def test_a_threshold_override_is_said_in_the_finding() -> None:
    run = make_run("ppo", {**FROZEN, "approx_kl": "5e-5x99"}, {"learning_rate": 3e-4})
    assert "POL-01" not in codes(diagnose(run))
    changed = diagnose(run, thresholds={"POL-01": {"kl_zero": 1e-4}})
    assert codes(changed)[0] == "POL-01"
    assert changed.roots[0].finding.overrides


def test_unknown_codes_are_errors() -> None:
    with pytest.raises(UsageError, match="POL"):
        diagnose(make_run("ppo", FROZEN, {}), select=["POLL-01"])


def test_selected_rules_only() -> None:
    diagnosis = diagnose(make_run("ppo", FROZEN, {"learning_rate": 3e-4}), select=["OUT"])
    assert {result.code for result in diagnosis.results} <= {"OUT-02", "OUT-10"} | {
        r.code for r in diagnosis.results if r.code.startswith("OUT")
    }
    assert codes(diagnosis) == ["OUT-10"]


def test_derived_series_are_handed_to_the_report() -> None:
    run = make_run("td3", {"policy_loss": "-5-1x50", "episode_return": "1+1x50"}, {"gamma": 0.99})
    shown = diagnose(run).run.metrics
    assert shown["q_policy_mean"].values[0] == 5.0
    assert shown["q_policy_mean"].tag.startswith("derived from")


def test_root_is_as_severe_as_what_it_explains() -> None:
    run = make_run(
        "ppo",
        {
            "explained_variance": "1e-5x249",
            "value_loss": "6000x249",
            "episode_return": "-1190x249 ~10",
            "episode_length": "200x249",
        },
        {"gamma": 0.99, "learning_rate": 3e-4, "n_epochs": 10, "rollout_batch": 2048, "batch_size": 64},
    )
    root = diagnose(run).roots[0]
    assert root.finding.code == "REW-04"
    assert root.finding.severity is Severity.WARNING
    assert root.severity is Severity.ERROR


def with_a_hole(run: Run) -> Run:
    """The same points, with the second half 200 points later."""
    moved = {
        name: replace(one, steps=one.steps + np.where(np.arange(len(one)) < 50, 0.0, 200 * 2048.0))
        for name, one in run.metrics.series.items()
    }
    return replace(run, metrics=MetricFrame(moved))


def severities(diagnosis: Diagnosis) -> dict[str, Severity]:
    return {one.code: one.finding.severity for one in diagnosis.results if one.finding is not None}


def test_a_hole_in_the_step_axis_weakens_what_was_measured_over_it() -> None:
    run = make_run("ppo", FROZEN, {"learning_rate": 3e-4})
    whole, holed = diagnose(run), diagnose(with_a_hole(run))
    assert severities(whole)["POL-01"] is Severity.CRITICAL
    assert severities(holed)["LOG-03"] is Severity.WARNING
    assert severities(holed)["POL-01"] is Severity.ERROR
    capped = {one.code: one.finding.capped for one in holed.results if one.finding is not None}
    assert "LOG-03 puts its data in doubt" in capped["POL-01"]


def test_a_log_that_ends_before_its_plan_weakens_nothing() -> None:
    run = make_run("ppo", FROZEN, {"learning_rate": 3e-4, "total_env_steps": 2048.0 * 150})
    found = severities(diagnose(run))
    assert found["LOG-03"] is Severity.INFO
    assert found["POL-01"] is Severity.CRITICAL


def test_a_nan_is_one_whatever_the_step_axis() -> None:
    run = with_a_hole(make_run("ppo", FROZEN | {"value_loss": "0.27x60 nanx39"}, {"learning_rate": 3e-4}))
    assert {"LOG-03", "NUM-01"} <= set(severities(diagnose(run)))
    assert severities(diagnose(run))["NUM-01"] is Severity.CRITICAL


RISING = {"episode_return": "-50+2x24 ~1", "success_rate": "0x13 0.5x4 1x6"}


def test_a_few_evaluations_do_not_speak_for_the_end_of_a_run() -> None:
    """Four evaluations in 24 rows: over the last fifth, the one before the last would still be drawn on."""
    sparse = RISING | {"eval_success_rate": "_x4 0 _x4 0.2 _x4 0.2 _x6 0.8"}
    assert "success 100% at the end" in diagnose(make_run("sac", sparse, {})).outcome_note


def test_regular_evaluations_speak_for_the_end_of_a_run() -> None:
    often = RISING | {"eval_success_rate": "0x13 0.4x10"}
    assert "success rate 0% at the start, 40% at the end" in diagnose(make_run("sac", often, {})).outcome_note


def test_evaluations_alone_speak_for_the_end_however_few() -> None:
    series = {"episode_return": RISING["episode_return"], "eval_success_rate": "_x4 0 _x4 0.2 _x9 0.8"}
    assert "success 80% at the end" in diagnose(make_run("sac", series, {})).outcome_note


def test_a_log_of_episodes_alone_can_show_that_nothing_was_learned() -> None:
    flat = {"episode_return": "20x119 ~5", "policy_loss": "0x119", "episodes": "10+10x119"}
    long = diagnose(make_run("ppo", flat, {}, every=10, axis="episodes"))
    assert codes(long)[0] == "OUT-10"
    short = diagnose(make_run("ppo", flat | {"episodes": "1+1x119"}, {}, every=1, axis="episodes"))
    assert "OUT-10" not in codes(short)
    assert short.verdict == "not_enough_data"


def test_what_a_rule_is_not_sure_of_is_worded_so() -> None:
    small = {"episode_return": "0.02x99 ~0.002", "episode_length": "20x99", "approx_kl": "0.01x99"}
    unsure = {result.code: result.title for result in diagnose(make_run("ppo", small, {})).results}
    assert unsure["REW-03"].startswith("If the reward is")
    said = diagnose(make_run("ppo", small, {"exp_reward": 1, "reward_exponent": 40}))
    assert {result.code: result.title for result in said.results}["REW-03"].startswith(
        "The exponential reward"
    )


@pytest.mark.parametrize(("tau", "verdict"), [(0.2, "not_enough_data"), (1.0, "error")])
def test_beside_a_log_that_nobody_understands_only_an_error_counts(tau: float, verdict: str) -> None:
    """A tau of 0.2 is a warning, without visible harm; no target network is an error."""
    settings = {"tau": tau, "target_update_interval": 1}
    tags = tuple(RawSeries(f"odd/{one}", np.arange(60.0), np.arange(60.0), None) for one in range(9))
    run = make_run("sac", {}, settings)
    found = diagnose(replace(run, metrics=replace(run.metrics, unmapped=tags)))
    assert codes(found) == ["LOG-01", "OFF-06"]
    assert found.verdict == verdict


def test_a_log_without_a_metric_says_nothing_against_the_run() -> None:
    diagnosis = diagnose(make_run("dqn", {"exploration_epsilon": "1-0.01x59"}, {}))
    assert "LOG-01" in codes(diagnosis)
    assert diagnosis.verdict == "not_enough_data"


def test_tags_that_nobody_understands_may_be_the_missing_return() -> None:
    losses = {"policy_loss": "0.1x59", "value_loss": "1x59"}
    known = diagnose(make_run("ppo", losses, {"n_envs": 1, "max_episode_length": 100}))
    (finding,) = [root.finding for root in known.roots if root.finding.code == "LOG-02"]
    assert finding.severity is Severity.ERROR
    run = make_run("ppo", losses, {"n_envs": 1, "max_episode_length": 100})
    losses_logged = run.metrics["policy_loss"]
    unread = RawSeries("hunter reward", losses_logged.steps, losses_logged.values)
    own = replace(run, framework="generic", metrics=replace(run.metrics, unmapped=(unread,)))
    (finding,) = [root.finding for root in diagnose(own).roots if root.finding.code == "LOG-02"]
    assert (finding.severity, "not understood" in finding.title) == (Severity.INFO, True)


def test_a_finding_about_the_outcome_and_the_headline_are_one_sentence() -> None:
    still = {"episode_return": "-53+1.3x29 ~0.3", "episode_length": "999x29", "policy_std": "1-0.03x29"}
    run = make_run("ppo", still, {})
    knobs = {"env_id": Knob("env_id", "MountainCarContinuous-v0", "env_id", "", "config.json")}
    diagnosis = diagnose(replace(run, config=RunConfig(knobs)))
    assert "OUT-13" in {one.code for one in diagnosis.results if one.finding is not None}
    assert diagnosis.achieved is not None
    assert "too early" not in f"{diagnosis.verdict_note} {diagnosis.outcome_note}"
    assert "do nothing (OUT-13)" in diagnosis.outcome_note


LEARNS = {
    "approx_kl": "0.008x60 ~0.001",
    "clip_fraction": "0.08x60",
    "entropy": "2.8-0.01x60",
    "explained_variance": "0.7x60 ~0.05",
    "value_loss": "10-0.1x60 ~0.5",
}


@pytest.mark.parametrize(
    ("extra", "quiet"),
    [
        ({"episode_return": "-80+0.8x60 ~1"}, False),
        ({"episode_return": "-80+0.8x60 ~1", "episode_length": "200x60"}, True),
        ({"episode_return": "20+0.8x60 ~1"}, True),
    ],
)
def test_a_return_below_zero_that_rises_may_be_that_of_shorter_episodes(
    extra: dict[str, str], quiet: bool
) -> None:
    found = diagnose(make_run("ppo", LEARNS | extra, {"learning_rate": 3e-4}))
    assert found.roots == () or all(root.severity is Severity.INFO for root in found.roots)
    assert ("no episode length is logged" in found.verdict_note) is not quiet
    assert (found.verdict == "not_enough_data") is not quiet


def test_a_quiet_run_whose_log_was_cut_by_a_metric_is_not_healthy() -> None:
    run = make_run(
        "ppo",
        {
            "episode_return": "1+3x99 ~2",
            "approx_kl": "0.01x99",
            "entropy": "5-0.02x99",
            "policy_loss": "0x99",
        },
        {},
    )
    cut = diagnose(replace(run, notes=(Note("metrics-left-out", "explained_variance not in this log"),)))
    assert (cut.verdict, cut.verdict_note) == ("not_enough_data", "explained_variance not in this log")
