"""The audit on real trainings: silent about healthy ones, and right about what was planted."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from every import every
from hypothesis import example, given, settings
from hypothesis import strategies as st

import rldoctor
from rldoctor.audit.audit import audit
from rldoctor.audit.criteria_file import read_criteria
from rldoctor.model.audit import AuditRow, AuditVerdict
from rldoctor.model.config import Knob, RunConfig
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.paths import builtin_rules_dir

RUNS = Path(__file__).parents[2] / "reference_runs"
HEALTHY = sorted(path.name for path in (RUNS / "healthy").glob("*") if path.is_dir())
CRITERIA = read_criteria(builtin_rules_dir())

pytestmark = pytest.mark.skipif(not HEALTHY, reason="needs the bundled runs")


@cache
def rows_of(folder: str) -> dict[str, AuditRow]:
    run = rldoctor.load(RUNS / folder)[0]
    return {row.name: row for row in audit(run, CRITERIA)}


@every("name", HEALTHY)
def test_no_healthy_run_is_contradicted(name):
    rows = rows_of(f"healthy/{name}").values()
    wrong = [row.name for row in rows if row.contradicted or (row.unit == "0 or 1" and row.best == 0)]
    assert wrong == []


def test_a_learning_rate_that_was_raised_on_the_way() -> None:
    row = rows_of("faulty/lr-spike/ppo-Reacher-v5-0")["learning_rate"]
    assert row.contradicted
    assert row.configured == 0.0003
    assert row.low == pytest.approx(7.4e-4, rel=0.05)
    assert not row.assumed
    assert "config.json" in row.source


@pytest.mark.parametrize("seed", [0, 1])
def test_an_actor_without_a_gradient(seed: int) -> None:
    rows = rows_of(f"faulty/frozen-actor/ppo-Pendulum-v1-{seed}")
    assert rows["actor_gradient"].best == 0.0
    assert rows["critic_fit"].best < 0.95, "the critic is trained all the same"


@pytest.mark.parametrize("seed", [0, 1])
def test_a_critic_that_does_not_fit(seed: int) -> None:
    row = rows_of(f"faulty/frozen-critic/ppo-Pendulum-v1-{seed}")["critic_fit"]
    assert row.best == pytest.approx(1.0, abs=0.05)


def test_a_kl_limit_bounds_the_epochs_from_below_only() -> None:
    row = rows_of("faulty/target-kl-tiny/ppo-Hopper-v5-0")["n_epochs"]
    assert (row.low, row.verdict) == (1.0, AuditVerdict.AGREES)
    assert math.isnan(row.high)


def test_counters_of_a_replay_learner() -> None:
    rows = rows_of("healthy/sac-Pendulum-v1-0")
    assert rows["updates_per_transition"].best == pytest.approx(1.0, abs=0.02)
    assert rows["learning_starts"].low <= 100 <= rows["learning_starts"].high


def made(framework: str, algorithm: str, config: dict[str, float], **series: list[float]) -> Run:
    steps = np.arange(1, 1 + max(map(len, series.values()))) * 1000.0
    frame = {
        name: Series(name, steps[: len(values)], np.array(values, dtype=float), name)
        for name, values in series.items()
    }
    knobs = {name: Knob(name, value, name, value, "args.yml:1") for name, value in config.items()}
    return Run("x", Path(), "csv", framework, algorithm, MetricFrame(frame), RunConfig(knobs))


def test_learning_that_starts_long_after_the_configured_step() -> None:
    updates = [0.0] * 50 + [250.0 * n for n in range(1, 51)]
    run = made("stable_baselines3", "dqn", {"learning_starts": 100}, gradient_updates=updates)
    row = {one.name: one for one in audit(run, CRITERIA)}["learning_starts"]
    assert row.contradicted
    assert row.best == pytest.approx(50_000, rel=0.05)


def test_values_of_a_sign_that_the_rewards_cannot_have() -> None:
    run = made(
        "generic",
        "td3",
        {},
        policy_loss=[-143.0 + 0.1 * n for n in range(40)],
        episode_return=[-1400.0] * 40,
        episode_length=[200.0] * 40,
    )
    assert {one.name: one for one in audit(run, CRITERIA)}["q_possible"].best == 0.0


def test_a_rate_outside_0_to_1_is_no_share_of_random_actions() -> None:
    run = made("stable_baselines3", "dqn", {}, exploration_epsilon=[0.0, 0.0, -1.0])
    assert not {one.name for one in audit(run, CRITERIA)} & {"exploration_final", "exploration_end"}


_VALUES = st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), min_size=1, max_size=12)
_NAMES = (
    "total_loss",
    "policy_loss",
    "value_loss",
    "entropy",
    "policy_std",
    "approx_kl",
    "explained_variance",
)
_NAMES += ("episode_return", "episode_length", "iterations", "update_epochs", "gradient_updates")
_NAMES += ("entropy_coef", "entropy_coef_loss", "exploration_epsilon", "critic_loss", "clip_fraction")
_NAMES += ("fps", "wall_time", "episodes", "clip_range")


@example("dqn", {"exploration_epsilon": [0.0, 0.0, -1.0]}, {})
@settings(max_examples=600)
@given(
    st.sampled_from(["ppo", "a2c", "trpo", "sac", "td3", "ddpg", "dqn", "off_policy", "on_policy", ""]),
    st.dictionaries(st.sampled_from(_NAMES), _VALUES, min_size=1),
    st.dictionaries(
        st.sampled_from(["gamma", "gae_lambda", "vf_coef", "ent_coef", "batch_size"]), st.floats()
    ),
)
def test_no_numbers_end_an_audit(algorithm, series, config) -> None:
    for row in audit(made("stable_baselines3", algorithm, config, **series), CRITERIA):
        assert row.arithmetic
        assert not row.low > row.high


def test_the_clip_range_that_the_kl_tells() -> None:
    """Healthy trainings imply the range they were made with; a training with another one shows it."""
    assert rows_of("healthy/ppo-Pendulum-v1-0")["clip_range"].best == pytest.approx(0.2, rel=0.35)
    assert rows_of("faulty/clip-range-tiny/ppo-Hopper-v5-0")["clip_range"].best < 0.002
    assert rows_of("healthy/ppo-Pendulum-v1-0")["ratio_starts_at_one"].best == 1.0


def test_ratios_that_all_lie_beside_one() -> None:
    """An offset of 0.4 in stored log-probabilities: k3 of it is 0.09, and 9 of 10 samples are clipped."""
    run = made("stable_baselines3", "ppo", {"clip_range": 0.2}, approx_kl=[0.09] * 9, clip_fraction=[0.9] * 9)
    row = {one.name: one for one in audit(run, CRITERIA)}["ratio_starts_at_one"]
    assert row.best == 0.0
    assert "clipped" in row.arithmetic


def test_rl_games_epochs_overrule_a_configuration_of_another_run(tmp_path: Path) -> None:
    """One ``config.yaml`` written over by every run: the log counts 256 frames per epoch, it says 262,144."""
    from tensorboardX import SummaryWriter

    with SummaryWriter(str(tmp_path / "summaries")) as writer:
        for epoch in range(1, 31):
            for tag, value in (("info/epochs", epoch), ("losses/a_loss", 0.01), ("info/kl", 0.008)):
                writer.add_scalar(tag, value, epoch * 256)
    text = "train:\n  params:\n    config:\n      horizon_length: 16\n      num_actors: {}\n"
    for actors, verdict in ((16384, AuditVerdict.CONTRADICTS), (16, AuditVerdict.AGREES)):
        (tmp_path / "config.yaml").write_text(text.format(actors))
        run = rldoctor.load(tmp_path)[0]
        row = {row.name: row for row in audit(run, CRITERIA)}["rollout_batch"]
        assert (row.best, row.verdict) == (256, verdict)
        assert row.configured == 16 * actors
