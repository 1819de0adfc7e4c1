"""Every layout of console text: one block, one row, under the framework's own names."""

from __future__ import annotations

import math

import console_texts as texts
import pytest

from rldoctor.errors import ReadError
from rldoctor.readers.discover import find_runs
from rldoctor.vocabulary.mapping import understand


def runs_of(tmp_path, text, name="console.txt"):
    (tmp_path / name).write_text(text)
    return find_runs(tmp_path / name).runs


def columns(tmp_path, text, name="console.txt"):
    (run,) = runs_of(tmp_path, text, name)
    return {part.tag: part.values.tolist() for part in run.series}


def note(run, code):
    return [one.text for one in run.notes if one.code == code]


@pytest.mark.parametrize("framework", texts.FRAMEWORKS)
def test_the_framework_is_recognised_and_the_outcome_read(tmp_path, framework):
    (raw,) = runs_of(tmp_path, texts.FRAMEWORKS[framework])
    run = understand(raw)
    assert run.format == "console"
    assert run.framework == framework
    assert framework == "stable_baselines3" or "episode_return" in run.metrics.series
    assert not run.metrics.unmapped


def test_rsl_rl_blocks_with_totals_below_the_ruler(tmp_path):
    found = columns(tmp_path, texts.RSL_RL + "[INFO] a line between\n" + texts.RSL_RL_SECOND)
    assert found["Learning iteration"] == [12, 13]
    assert found["Mean reward"] == [3.2, 3.9]
    assert found["Total timesteps"] == [1277952, 1376256]
    assert found["Computation"] == [49152, 49152]
    assert found["Episode Reward/tracking_lin_vel"] == [0.512, 0.512]
    assert found["Iteration time"] == [2, 2]


def test_a_single_block_is_a_run_on_its_own_counter(tmp_path):
    (raw,) = runs_of(tmp_path, texts.RSL_RL_RULED.replace("0.0123", "inf"))
    run = understand(raw)
    assert run.algorithm == "ppo"
    assert run.last_step == 1277952
    assert math.isinf(run.metrics["value_loss"].values[0])


def test_boxes_of_spinning_up_and_both_baselines(tmp_path):
    assert columns(tmp_path, texts.SPINNING_UP)["TotalEnvInteracts"] == [4000]
    found = columns(tmp_path, texts.BASELINES)
    assert found["misc/total_timesteps"] == [2048]
    assert found["loss/approxkl"] == [0.00012]
    (raw,) = runs_of(tmp_path, texts.SB2)
    run = understand(raw)
    assert run.algorithm == "ppo"
    assert run.metrics["approx_kl"].values.tolist() == [3.5613074e-05]
    assert run.last_step == 512


def test_rllib_keeps_the_path_of_nested_keys(tmp_path):
    found = columns(tmp_path, texts.RLLIB)
    assert found["info/learner/default_policy/kl"] == [0.02, 0.021]
    assert found["info/num_steps_sampled"] == [4000, 8000]
    assert found["timesteps_total"] == [4000, 8000]
    assert found["episode_reward_mean"] == [22.1, 30.1]


def test_rllib_before_0_7_has_the_policy_below_info(tmp_path):
    (raw,) = runs_of(tmp_path, texts.RLLIB_OLD)
    run = understand(raw)
    assert (run.framework, run.algorithm) == ("rllib", "ppo")
    assert run.metrics["approx_kl"].values.tolist() == [0.012]
    assert run.metrics["value_loss"].values.tolist() == [1320.5]


def test_ml_agents_lines_with_and_without_a_reward(tmp_path):
    (raw,) = runs_of(tmp_path, texts.ML_AGENTS)
    run = understand(raw)
    assert run.metrics["episode_return"].steps.tolist() == [10000, 30000]
    assert run.last_step == 30000
    assert "inference-only" not in {one.code for one in run.notes}
    assert "2 other lines skipped" in note(raw, "console-text")[0]


def test_behaviours_of_one_process_are_runs_of_their_own(tmp_path):
    runs = runs_of(tmp_path, texts.ML_AGENTS_TWO)
    assert [run.id for run in runs] == ["console.txt/Goalie", "console.txt/Striker"]
    striker = {part.tag: part.values.tolist() for part in runs[1].series}
    assert striker["Step"] == [1000, 2000]
    assert striker["ELO"] == [1200.1]


def test_tf_agents_joins_what_is_printed_for_one_step(tmp_path):
    found = columns(tmp_path, texts.TF_AGENTS)
    assert found["step"] == [200, 400, 1000]
    assert found["loss"] == [42.7, 12.1, 33.9]
    assert found["Average Return"] == [15.2]


def test_tianshou_puts_the_test_into_the_row_of_its_epoch(tmp_path):
    (raw,) = runs_of(tmp_path, texts.TIANSHOU)
    run = understand(raw)
    assert run.algorithm == "ppo"
    assert run.metrics["eval_return"].steps.tolist() == [1000, 2000]
    assert run.metrics["eval_return_std"].values.tolist() == [2.5, 1.0]
    assert run.metrics["episode_return"].values.tolist() == [9, 20, 40]


def test_progress_bars_count_where_they_carry_metrics(tmp_path):
    (raw,) = runs_of(tmp_path, texts.TQDM)
    found = {part.tag: part.values.tolist() for part in raw.series}
    assert found == {"iteration": [500, 1000], "loss": [0.1, 0.2], "reward": [2.3, 2.5]}
    assert "1 other lines skipped" in note(raw, "console-text")[0]


def test_dicts_behind_a_bar_with_numbers_as_text(tmp_path):
    (raw,) = runs_of(tmp_path, texts.TRL)
    found = {part.tag: part.values.tolist() for part in raw.series}
    assert found["iteration"] == [10, 20]
    assert found["reward"] == [0.25, 0.5]
    assert math.isnan(found["reward_std"][0])
    # Its distance to the reference model is not the KL of an update.
    assert "approx_kl" not in understand(raw).metrics.series


@pytest.mark.parametrize("line", ["{'step': 3, 'a': {'b': 1}}", '{"step": 3, "a": {"b": 1}}'])
def test_nested_dicts_of_python_and_json(tmp_path, line):
    assert columns(tmp_path, line + "\n") == {"step": [3], "a/b": [1]}


def test_verl_behind_the_prefix_of_ray(tmp_path):
    found = columns(tmp_path, texts.VERL)
    assert found["step"] == [1, 2]
    assert found["actor/pg_loss"] == [-0.01, 0.02]
    assert found["critic/score/mean"] == [0.25, 0.35]


def test_lines_of_pairs_with_units_thousands_and_shares(tmp_path):
    (raw,) = runs_of(tmp_path, texts.PAIRS)
    found = {part.tag: part.values.tolist() for part in raw.series}
    assert found["Episode"] == [10, 20, 30]
    assert found["Reward"] == [12.5, 1234.5, 9.0]
    assert found["Loss"][:2] == [0.123, 25300]
    assert math.isnan(found["Loss"][2])
    assert found["Epsilon"] == pytest.approx([0.95, 0.9])
    assert set(found) == {"Episode", "Reward", "Loss", "Epsilon"}
    assert {one.key: one.value for one in raw.settings} == {"lr": 0.0003, "gamma": 0.99, "seed": 1}


def test_blocks_under_a_heading(tmp_path):
    found = columns(tmp_path, texts.BLOCKS)
    assert found["Epoch"] == [1, 2]
    assert found["loss"] == [1.2e-05, 0.5]
    assert found["success rate"] == [0.25, math.inf]


def test_markdown_without_indent_inside_a_quoted_fence(tmp_path):
    found = columns(tmp_path, texts.MARKDOWN, "issue.md")
    assert found["time/total_timesteps"] == [4264, 17284]
    assert found["train/critic_loss"] == [235000, 147000]


def test_a_block_pasted_twice_is_one_row(tmp_path):
    (raw,) = runs_of(tmp_path, texts.RSL_RL + texts.RSL_RL_SECOND + texts.RSL_RL)
    assert {part.values.size for part in raw.series} == {2}
    assert "1 repeated blocks left out" in note(raw, "console-text")[0]


def test_the_same_step_with_other_numbers_is_a_row(tmp_path):
    found = columns(tmp_path, "step=1, loss=2\nstep=2, loss=3\nstep=1, loss=4\n")
    assert found["loss"] == [2, 3, 4]


def test_rows_without_a_counter_are_numbered_and_that_is_said(tmp_path):
    (raw,) = runs_of(tmp_path, "loss=2, reward=1\nloss=3, reward=2\n")
    assert "numbered" in note(raw, "rows-numbered")[0]
    (raw,) = runs_of(tmp_path, "step=1, reward=1\nstep=2, reward=2\n")
    assert not note(raw, "rows-numbered")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("config.yaml", "learning_rate: 0.0003\ngamma: 0.99\nenv:\n  n_envs: 8\n"),
        ("train.py", "lr = 0.1\nloss_weight = 3\n"),
        ("notes.txt", "learning_rate: 0.0003\ngamma: 0.99\n"),
        ("requirements.txt", "numpy==1.26\ntorch>=2.1\n"),
        ("story.txt", "It did not learn. At 10:30 I stopped it, see http://a.b:80/ and step 3.\n"),
    ],
)
def test_settings_and_prose_are_no_log(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(ReadError):
        find_runs(tmp_path / name)


def test_a_table_stays_a_table_whatever_its_name(tmp_path):
    (raw,) = runs_of(tmp_path, "step,reward\n1,2\n2,3\n", "table.txt")
    assert raw.format == "csv"
    (raw,) = runs_of(tmp_path, "step,reward,note\n1,2,loss=3\n2,3,loss=4\n", "table.csv")
    assert raw.format == "csv"


def test_windows_line_ends_colours_and_utf_16(tmp_path):
    path = tmp_path / "out.txt"
    path.write_bytes(texts.BASELINES.replace("\n", "\r\n").encode("utf-16"))
    (raw,) = find_runs(path).runs
    assert {part.tag: part.values.tolist() for part in raw.series}["eprewmean"] == [22.3]


ISSUE = """\
My agent does not learn. This is the code:

```python
env = make_vec_env("Pendulum-v1", n_envs=4)
model = PPO(
    "MlpPolicy",
    env,
    learning_rate=3e-4,
    batch_size=64,
)
model.learn(total_timesteps=1_000)
```

n_epochs: 10
gamma: 0.99

```
| time/              |      |
|    total_timesteps | 2048 |
| train/             |      |
|    approx_kl       | 0.3  |
```
"""


def test_code_and_settings_around_a_box_are_settings(tmp_path):
    (raw,) = runs_of(tmp_path, ISSUE, "issue.md")
    found = {part.tag: part.values.tolist() for part in raw.series}
    assert found == {"time/total_timesteps": [2048], "train/approx_kl": [0.3]}
    settings = {one.key: one.value for one in raw.settings}
    assert settings["n_envs"] == 4
    assert settings["batch_size"] == 64
    assert settings["learning_rate"] == 3e-4
    assert settings["gamma"] == 0.99


def test_a_progress_bar_places_the_dict_below_it(tmp_path):
    text = ""
    for step in (10, 20):
        text += f" {step // 5}%|#         | {step}/500 [01:00<49:00,  6.0s/it]\n"
        text += f"{{'grad_norm': 1.0, 'reward': {step}, 'reward_std': 0.1, 'kl': 0.2, 'epoch': 0.0}}\n"
    (raw,) = runs_of(tmp_path, text)
    run = understand(raw)
    assert run.framework == "trl"
    assert run.metrics["episode_return"].steps.tolist() == [10, 20]


def test_a_table_in_markdown_is_a_table(tmp_path):
    text = "So:\n\n| step | reward | loss |\n|---:|:---|---|\n| 100 | 1.5 | |\n| 200 | 2.5 | 0.1 |\n"
    assert columns(tmp_path, text, "issue.md") == {"step": [100, 200], "reward": [1.5, 2.5], "loss": [0.1]}
    assert columns(tmp_path, "| step | reward |\n|---|---|\n| 100 | 1.5 |\n", "b.md")["reward"] == [1.5]
    assert columns(tmp_path, "| step: 100 | reward: 1.5 |\n", "c.md") == {"step": [100], "reward": [1.5]}


def test_a_number_by_itself_belongs_to_the_row_above(tmp_path):
    text = ""
    for step in (100, 200):
        text += f"global_step={step}, episodic_return=[{step / 10}]\nSPS: {step * 3}\n"
    found = columns(tmp_path, text)
    assert found == {"global_step": [100, 200], "episodic_return": [10, 20], "SPS": [300, 600]}


def test_a_unit_is_not_the_name_after_it(tmp_path):
    line = "fps step: 62356 fps step and policy: 59023 fps total: 45221 epoch: 3/500 frames: 100\n"
    assert set(columns(tmp_path, line)) == {"fps step", "fps step and policy", "fps total", "epoch", "frames"}


def test_seconds_by_name_are_no_metrics(tmp_path):
    text = "step=1, reward=2\nLearner 0 profile tree view:\nmisc: 0.1, kl_divergence: 0.15\n  update: 2.4\n"
    assert set(columns(tmp_path, text + "[2025-07-18 12:42:11,9][2131] done\nstep=2, reward=3\n")) == {
        "step",
        "reward",
    }


def test_words_and_numbers_between_bars(tmp_path):
    text = "Episode 10 | Reward 1,234.5 | Loss 1e-3\nI tried 3, then 5\nEpisode 20 | Reward nan | Loss 0.1\n"
    found = columns(tmp_path, text)
    assert found["Episode"] == [10, 20]
    assert found["Loss"] == [0.001, 0.1]
    assert found["Reward"][0] == 1234.5


def test_a_bar_with_words_before_it_places_no_row(tmp_path):
    """What was loaded or mapped before a training is no count of its updates."""
    shards = "Loading checkpoint shards: 100%|██████████| 4/4 [00:03<00:00,  1.21it/s]\n"
    rows = [
        f"{{'loss': 0.0, 'grad_norm': 0.5, 'reward': {0.1 * n:.1f}, 'reward_std': 0.3, 'entropy': 0.4}}\n"
        for n in range(1, 9)
    ]
    (run,) = runs_of(tmp_path, shards + "".join(rows), "train.log")
    assert "iteration" not in {part.tag for part in run.series}
    assert len(understand(run).metrics.series["episode_return"]) == len(rows)


def test_a_training_bar_beside_counted_lines_is_no_row(tmp_path):
    bar = "Training Progress: {n}%|#  | {n}/70 [1:02<2:00, 8.1s/it]\n"
    line = "step:{n} - critic/score/mean:0.{n} - actor/entropy:0.5\n"
    (run,) = runs_of(tmp_path, "".join((line + bar).format(n=n) for n in range(1, 9)), "train.log")
    assert "Training Progress" not in {part.tag for part in run.series}
    assert understand(run).metrics.series["episode_return"].steps.tolist() == list(range(1, 9))


def test_the_bar_of_an_evaluation_places_no_dict(tmp_path):
    """As transformers 5.24 prints them: the evaluation's bar stands within that of the training."""
    for up in ("\x1b[A", ""):
        text = ""
        for n in range(12, 30, 2):
            text += f" {n}%|# | {n}/60 [00:00<00:08, 6.62it/s]\n{{'loss': '0.5', 'epoch': '0.{n}'}}\n"
            text += f" {n}%|# | {n}/60 [00:00<00:08, 6.62it/s]\n  0%| | 0/6 [00:00<?, ?it/s]\x1b[A\n"
            text += f" 50%|# | 3/6 [00:00<00:00, 9.4it/s]{up}\n{up}{{'eval_loss': '0.4', 'epoch': '0.{n}'}}\n"
        found = columns(tmp_path, text, f"train{len(up)}.log")
        assert found["iteration"] == list(range(12, 30, 2))
        assert len(found["eval_loss"]) == len(found["loss"]) == 9
