"""A framework behind a part in front of its tags, in another case, or as one of several agents."""

import numpy as np
import pytest
from every import every

from rldoctor.model.raw import RawRun, RawSeries
from rldoctor.vocabulary.mapping import understand

SB3 = (
    "time/total_timesteps",
    "rollout/ep_rew_mean",
    "rollout/ep_len_mean",
    "train/approx_kl",
    "train/entropy_loss",
    "train/n_updates",
    "train/clip_range",
)
SKRL = (
    "Reward / Total reward (mean)",
    "Loss / Policy loss",
    "Loss / Entropy loss",
    "Policy / Standard deviation",
)
RSL = (
    "Train/mean_reward",
    "Train/mean_episode_length",
    "Loss/surrogate",
    "Policy/mean_noise_std",
    "Perf/total_fps",
)


def logged(tmp_path, tags):
    steps = np.arange(1.0, 13.0)
    values = [steps * 1000 if tag.lower().endswith("timesteps") else steps / -100 for tag in tags]
    series = [RawSeries(tag, steps, part) for tag, part in zip(tags, values, strict=True)]
    return RawRun("run", tmp_path, "tensorboard", series)


def meanings(run):
    return {name: (one.steps.tolist(), one.values.tolist()) for name, one in run.metrics.series.items()}


@every(
    "front",
    ["agent0/", "agent0.", "agent_0_", "run-3/worker7/", "data/", "PPO/agent/"],
)
def test_a_part_in_front_changes_nothing(tmp_path, front):
    plain = understand(logged(tmp_path, SB3))
    run = understand(logged(tmp_path, [front + tag for tag in SB3]))
    assert (run.framework, run.algorithm) == (plain.framework, plain.algorithm)
    assert run.framework == "stable_baselines3"
    assert meanings(run) == meanings(plain)
    assert run.metrics.series["entropy"].values[0] > 0
    assert [note.code for note in run.notes].count("tag-prefix") == 1


@pytest.mark.parametrize(("count", "framework"), [(3, "stable_baselines3"), (2, "generic")])
def test_three_tags_have_a_part_in_front_of_them_and_two_have_a_name(tmp_path, count, framework):
    tags = ["w0/rollout/ep_rew_mean", "w0/train/approx_kl", "w0/train/clip_fraction"]
    assert understand(logged(tmp_path, tags[:count])).framework == framework


def test_tags_of_the_programs_own_may_stand_beside_them(tmp_path):
    run = understand(logged(tmp_path, [*(f"agent0/{tag}" for tag in SB3), "my_counter"]))
    assert run.framework == "stable_baselines3"
    assert [one.tag for one in run.metrics.unmapped] == ["my_counter"]


def test_of_several_agents_the_first_is_judged(tmp_path):
    tags = [f"agent{number}/{tag}" for number in (10, 2, 1) for tag in SB3]
    run = understand(logged(tmp_path, tags))
    assert run.framework == "stable_baselines3"
    assert run.metrics.series["approx_kl"].attributes["agent"] == "agent1"
    others = [one.attributes["agent"] for one in run.metrics.alternates if one.name == "approx_kl"]
    assert others == ["agent10", "agent2"]


def test_the_users_map_names_the_tag_as_it_was_logged(tmp_path):
    tags = [f"agent0/{tag}" for tag in (*SB3, "x")]
    run = understand(logged(tmp_path, tags), tag_map={"agent0/x": "grad_norm"})
    assert "grad_norm" in run.metrics.series
    assert "map-unused" not in {note.code for note in run.notes}


@pytest.mark.parametrize("change", [str.upper, str.lower], ids=["upper", "lower"])
@pytest.mark.parametrize("tags", [SB3, SKRL, RSL], ids=["sb3", "skrl", "rsl_rl"])
def test_case_is_no_difference(tmp_path, tags, change):
    plain = understand(logged(tmp_path, tags))
    run = understand(logged(tmp_path, [change(tag) for tag in tags]))
    assert (run.framework, run.algorithm) == (plain.framework, plain.algorithm)
    assert run.framework != "generic"
    assert meanings(run) == meanings(plain)


def test_words_in_common_are_no_framework(tmp_path):
    run = understand(logged(tmp_path, ["agent0/reward", "agent0/loss", "agent0/length", "agent0/score"]))
    assert run.framework == "generic"
