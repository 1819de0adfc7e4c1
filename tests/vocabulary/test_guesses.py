"""Home-made loggers: what is guessed, what is refused, and that it is said."""

from __future__ import annotations

import pytest
from every import every
from raw_logs import board, codes, table

from rldoctor.errors import UsageError
from rldoctor.vocabulary import understand
from rldoctor.vocabulary.generic import guess

MEANINGS = {
    "train/actor_loss": "policy_loss",
    "train/q1_value": "q_mean",
    "train/q2_value": "q2_mean",
    "debug/actor_q_mean": "q_policy_mean",
    "debug/target_q_mean": "q_target_mean",
    "debug/q1_max": "q_max",
    "AverageQ1Vals": "q_mean",
    "gradients/actor_mlp_norm": "grad_norm_actor",
    "grad_norm": "grad_norm",
    "train/episode_reward": "episode_return",
    "average-episode-return": "episode_return",
    "Average Episodic Reward/info": "episode_return",
    "EpRewMean": "episode_return",
    "reward_std": "episode_return_std",
    "eval/success_rate": "eval_success_rate",
    "eval/mean_reward": "eval_return",
    "test/avg_episode_length": "eval_length",
    "Train/entropy_team_0": "entropy",
    "pi-loss": "policy_loss",
    "Loss/q": "critic_loss",
    "entropy-coeff": "entropy_coef",
    "log_alpha": "entropy_coef",
    "alpha_loss": "entropy_coef_loss",
    "total-env-interacts": "env_steps",
    "global_step": "env_steps",
    "explained_variance": "explained_variance",
    "policy/action_std": "policy_std",
    "agent/actor_lr": "learning_rate",
    "agent/critic_lr": "learning_rate_critic",
    "rewards/comfort_component": "reward_component",
    "cpu_usage": "system",
    "collection_time": "timer",
}
REFUSED = [
    "debug/actor_q_max",
    "train/collisions_per_episode",
    "agent/actor_param_std",
    "episode_length_std",
    "entropy_loss",
    "Episode/pass_success_rate",
    "progress/current_reward",
    "debug/done_ratio",
    "eval/best_mean_reward",
    "agent/critic_cnn_lr",
    "pi_loss_0_1000",
    "kl_loss_weight",
    "config/gamma",
    "reward_mean_max",
    "value",
    "x",
]


@every("tag", MEANINGS)
def test_meaning(tag):
    assert guess(tag).rule.metric == MEANINGS[tag]


@every("tag", REFUSED)
def test_refused(tag):
    assert guess(tag) is None


def test_a_spread_never_passes_for_the_mean():
    for statistic in ("std", "min", "max"):
        for tag in ("episode_reward", "q_value", "entropy", "kl", "success_rate", "value_loss"):
            found = guess(f"{tag}_{statistic}")
            assert found is None or found.rule.metric.endswith(statistic)


def test_guesses_are_said_and_canonical_names_are_not_guesses():
    found = understand(board({"train/actor_loss": [1, 2], "approx_kl": [0.1, 0.2]}))
    notes = [note for note in found.notes if note.code == "guessed-mapping"]
    assert [note.tags for note in notes] == [("train/actor_loss",)]
    assert "train/actor_loss -> policy_loss" in notes[0].text


def test_agents_first_is_primary():
    tags = {"Episode/team_1_reward": [5, 6], "Episode/team_0_reward": [1, 2]}
    found = understand(board(tags))
    assert found.metrics["episode_return"].tag == "Episode/team_0_reward"
    assert [one.attributes["agent"] for one in found.metrics.alternates] == ["team_1"]


def test_vague_names_yield_to_clear_ones():
    found = understand(board({"reward": [1, 2], "reward_max": [3, 4], "episode_reward": [5, 6]}))
    assert found.metrics["episode_return"].tag == "episode_reward"
    assert {one.tag for one in found.metrics.unmapped} == {"reward", "reward_max"}
    alone = understand(board({"reward": [1, 2]}))
    assert alone.metrics["episode_return"].tag == "reward"


def test_a_return_that_only_moves_one_way_is_noted():
    found = understand(board({"stats/total_reward": [-10.0 * i for i in range(30)]}))
    assert "episode_return" in found.metrics, "LOG-08 looks closer: a smooth mean may rise at every point too"
    assert "running-total" in codes(found)
    few, enough = ([-10.0 * i for i in range(rows)] for rows in (19, 20))
    assert "running-total" not in codes(understand(board({"stats/total_reward": few})))
    assert "running-total" in codes(understand(board({"stats/total_reward": enough})))


def test_epsilon_of_a_policy_gradient_program_is_ambiguous():
    found = understand(board({"policy_loss": [1], "epsilon": [0.2]}))
    assert "exploration_epsilon" not in found.metrics
    dqn = understand(board({"q_loss": [1], "epsilon": [0.2]}))
    assert "exploration_epsilon" in dqn.metrics


def test_critic_loss_of_ppo_is_a_value_loss():
    found = understand(board({"critic_loss": [1], "clip_fraction": [0.1]}))
    assert found.algorithm == "on_policy"
    assert "value_loss" in found.metrics
    off = understand(board({"critic_loss": [1], "q_value": [0.1]}))
    assert off.algorithm == "off_policy"
    assert "critic_loss" in off.metrics


def test_percentages_are_brought_to_fractions():
    found = understand(table({"timestep": [1, 2], "success_rate": [10, 80], "percent_clipped": [16, 20]}))
    assert found.metrics["success_rate"].values.tolist() == [0.1, 0.8]
    assert found.metrics["clip_fraction"].values.tolist() == [0.16, 0.2]
    assert "percent" in codes(found)


def test_the_user_may_name_a_tag():
    found = understand(
        board({"my/thing": [1, 2], "train/actor_loss": [1, 2]}), tag_map={"my/thing": "approx_kl"}
    )
    assert found.metrics["approx_kl"].tag == "my/thing"
    other = understand(board({"train/actor_loss": [1, 2]}), tag_map={"my/thing": "approx_kl"})
    assert "map-unused" in codes(other)


def test_the_users_name_beats_the_table_and_knows_both_spellings():
    tags = {
        "ray/tune/training_iteration": [1],
        "ray/tune/time_total_s": [1],
        "ray/tune/custom_metrics/x": [0.3],
    }
    found = understand(board(tags), tag_map={"ray/tune/custom_metrics/x": "success_rate"})
    assert found.metrics["success_rate"].values.tolist() == [0.3]


def test_an_unknown_metric_in_the_map_is_refused():
    with pytest.raises(UsageError, match="did you mean 'approx_kl'"):
        understand(board({"a": [1]}), tag_map={"a": "aprox_kl"})


def test_a_critic_loss_beside_an_entropy_tells_no_family():
    found = understand(table({"episode": [1, 2], "reward": [1, 2], "critic_loss": [1, 2], "entropy": [1, 1]}))
    assert found.algorithm == "", "PPO and A2C programs name the loss of their value function so"
    soft = understand(
        table({"reward": [1, 2], "critic_loss": [1, 2], "entropy": [1, 1], "alpha_loss": [1, 1]})
    )
    assert soft.algorithm == "off_policy"


def test_seconds_per_episode_are_no_clock():
    rows = {"episode": [1, 2, 3, 4], "reward": [1, 2, 3, 4], "duration": [0.2, 5.0, 0.3, 4.9]}
    assert "wall_time" not in understand(table(rows)).metrics
    rows["duration"] = [1, 2, 3, 4]
    assert "wall_time" in understand(table(rows)).metrics


def test_a_count_of_successes_is_no_rate():
    rows = {"episode": [1, 2, 3], "reward": [1, 2, 3], "success": [60, 120, 240]}
    found = understand(table(rows))
    assert "success_rate" not in found.metrics
    assert [one.tag for one in found.metrics.unmapped] == ["success"]


def test_steps_beside_a_counter_are_the_episode_length():
    rows = {"episode": [1, 2, 3, 4], "steps": [9, 5, 8, 4], "total_steps": [9, 14, 22, 26], "reward": [1] * 4}
    found = understand(table(rows))
    assert found.metrics["episode_length"].tag == "steps"
    assert found.metrics["env_steps"].tag == "total_steps"


@pytest.mark.parametrize("tag", ["throughput", "std"])
def test_words_of_the_task_itself_are_not_taken(tag):
    assert guess(tag) is None, "a network has a throughput, and the std beside a return is the return's"


AVERAGES = """mean 100 episode reward,rolling_return,reward_ma100,avg_reward_last_100,avg100_reward,
running_reward,mean_reward_10ep,reward_rolling_100,moving_avg_reward,score_ma""".replace("\n", "").split(",")


@every("tag", AVERAGES)
def test_averages_over_past_episodes_are_a_return_where_there_is_no_other(tag):
    assert (guess(tag).rule.metric, guess(tag).weak) == ("episode_return", True)
    both = understand(table({"episode": [1, 2], tag: [1, 2], "reward": [3, 4]}))
    assert both.metrics["episode_return"].tag == "reward", "the returns themselves are preferred"


@pytest.mark.parametrize(
    "tag", ["reward_std_100", "best_reward_100", "reward_var", "reward_2", "last_reward", "episode"]
)
def test_averages_do_not_take_more_than_they_should(tag):
    found = guess(tag)
    assert found is None or found.rule.metric != "episode_return"


def test_counts_may_be_called_numbers():
    assert guess("num_episodes").rule.metric == "episodes"
    assert guess("episode_count").rule.metric == "episodes"
    assert guess("num_collisions") is None
