"""Names and axes of home-made loggers that a second check on public logs met (invented numbers)."""

import numpy as np
import pytest
from every import every

from rldoctor.language.functions.statistics import spread
from rldoctor.readers.discover import find_runs
from rldoctor.vocabulary import understand
from rldoctor.vocabulary.generic import guess


@every(
    ("tag", "metric"),
    [
        ("actor_losses", "policy_loss"),
        ("critic_losses", "critic_loss"),
        ("exploration_rates", "exploration_epsilon"),
        ("losses/policy_loss", "policy_loss"),
        ("Avg_Length", "episode_length"),
        ("AveragePolicyStd", "policy_std"),
        ("episode_return_total", "episode_return"),
        ("end_global_step", "env_steps"),
        ("nb_steps", "env_steps"),
        ("nb_episode_steps", "episode_length"),
        ("rewards_history", "episode_return"),
        ("Rewards Episodi", "episode_return"),
        ("frame", "frames"),
    ],
)
def test_names(tag, metric):
    found = guess(tag)
    assert found is not None
    assert found.rule.metric == metric


@pytest.mark.parametrize("tag", ["length", "prey_losses", "frame_rate"])
def test_names_that_say_too_little(tag):
    assert guess(tag) is None


def _unit(path, header, rows):
    path.write_text(header + "\n" + "\n".join(rows) + "\n")
    (run,) = find_runs(path).runs
    return understand(run)


@pytest.mark.parametrize("name", ["EpLenMean", "eplen"])
def test_a_mean_over_several_episodes_is_not_summed_to_steps(tmp_path, name):
    rows = [f"{i % 3},{20.5 + i % 7 / 3}" for i in range(30)]
    run = _unit(tmp_path / "log.csv", f"EpRewMean,{name}", rows)
    assert "sum of" not in run.axis_note


def test_the_lengths_of_single_episodes_are_summed(tmp_path):
    run = _unit(tmp_path / "log.csv", "episode_reward,eplen", [f"{i % 3},{20 + i % 7}" for i in range(30)])
    assert "sum of eplen" in run.axis_note


def test_noise_of_returns_of_a_few_levels_is_not_zero():
    few = np.array([0.0] * 20 + [0.01] * 8 + [0.02] * 3)
    assert spread(few) > 0.003
    assert spread(np.full(30, 2.0)) == 0.0
