"""Finding runs: directories, trees, files, globs, and what belongs together."""

import json
from pathlib import Path

import numpy as np
import pytest

from rldoctor.errors import ReadError
from rldoctor.readers import registry
from rldoctor.readers.discover import find_runs


def table(path, rows=3, seed=0, names="step,reward"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(names + "\n" + "".join(f"{i * 100},{i + seed}\n" for i in range(rows)))


def events(folder, values, tag="rollout/ep_rew_mean", start=0):
    """A real event file, one point every 100 steps."""
    writer = pytest.importorskip("tensorboardX").SummaryWriter(str(folder))
    for i, value in enumerate(values):
        writer.add_scalar(tag, value, start + 100 * (i + 1))
    writer.close()


def ids(found):
    return [run.id for run in found]


def codes(run):
    return {note.code for note in run.notes}


def test_one_directory_is_one_run_named_after_it(tmp_path):
    table(tmp_path / "exp1" / "progress.csv")
    found = find_runs(tmp_path / "exp1")
    assert ids(found) == ["exp1"]
    assert found.runs[0].path == tmp_path / "exp1"
    assert ids(find_runs(str(tmp_path))) == ["exp1"]


def test_tree_is_sorted_and_skips_what_is_no_log(tmp_path):
    for name in ("b/run2", "b/run1", "a"):
        table(tmp_path / name / "progress.csv")
    for name in (
        ".git",
        "__pycache__",
        "node_modules/x",
        "venv/lib",
        "checkpoints",
        "checkpoint_000010",
        ".hidden",
    ):
        table(tmp_path / "a" / name / "progress.csv")
    seen = []
    found = find_runs(tmp_path, progress=seen.append)
    assert ids(found) == ["a", "b/run1", "b/run2"]
    assert seen == [str(tmp_path / name) for name in ("a", "b/run1", "b/run2")]


def test_links_do_not_loop_or_count_twice(tmp_path):
    table(tmp_path / "runs" / "run1" / "progress.csv")
    (tmp_path / "runs" / "run1" / "again").symlink_to(tmp_path / "runs")
    (tmp_path / "runs" / "latest").symlink_to(tmp_path / "runs" / "run1")
    assert ids(find_runs(tmp_path / "runs")) == ["run1"]
    table(tmp_path / "elsewhere" / "progress.csv")
    (tmp_path / "runs" / "linked").symlink_to(tmp_path / "elsewhere")
    assert ids(find_runs(tmp_path / "runs")) == ["linked", "run1"]


def test_seed_files_are_runs_of_their_own(tmp_path):
    for seed in range(2):
        table(tmp_path / "CartPole" / f"log_{seed}.csv", seed=seed)
    assert ids(find_runs(tmp_path)) == ["CartPole/log_0.csv", "CartPole/log_1.csv"]
    assert ids(find_runs(tmp_path / "CartPole" / "log_1.csv")) == ["log_1.csv"]


def test_globs(tmp_path):
    for name in ("ppo_1", "ppo_2", "sac_1"):
        table(tmp_path / "runs" / name / "progress.csv")
    table(tmp_path / "runs" / "ppo_1" / "eval" / "other.csv")
    assert ids(find_runs(f"{tmp_path}/runs/ppo_*")) == ["ppo_1", "ppo_1/eval", "ppo_2"]
    assert ids(find_runs(f"{tmp_path}/runs/**/progress.csv")) == [
        f"{n}/progress.csv" for n in ("ppo_1", "ppo_2", "sac_1")
    ]
    with pytest.raises(ReadError, match="no file or directory matches"):
        find_runs(f"{tmp_path}/runs/dqn_*")
    odd = tmp_path / "runs" / "x[1]"
    table(odd / "progress.csv")
    assert ids(find_runs(odd)) == ["x[1]"]


def test_missing_path_suggests_a_sibling(tmp_path):
    table(tmp_path / "experiment" / "progress.csv")
    with pytest.raises(ReadError, match="did you mean 'experiment'") as caught:
        find_runs(tmp_path / "experimnet")
    assert "experiment" in caught.value.hint


def test_directory_without_runs_says_what_was_looked_for(tmp_path):
    (tmp_path / "data.dat").write_bytes(b"\0")
    with pytest.raises(ReadError, match=r"TensorBoard event files.*Found: data\.dat"):
        find_runs(tmp_path)


def test_unreadable_single_files(tmp_path):
    (tmp_path / "log.csv").write_bytes(b"\0\1\2" * 50)
    with pytest.raises(ReadError, match="binary"):
        find_runs(tmp_path / "log.csv")
    (tmp_path / "progress.csv").write_text("")
    with pytest.raises(ReadError, match="empty"):
        find_runs(tmp_path / "progress.csv")


def test_one_broken_run_does_not_cost_the_others(tmp_path):
    table(tmp_path / "good" / "progress.csv")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "progress.csv").write_text("")
    found = find_runs(tmp_path)
    assert ids(found) == ["good"]
    assert [failure.path for failure in found.failures] == [str(tmp_path / "bad")]
    (tmp_path / "bad2").mkdir()
    (tmp_path / "bad2" / "progress.csv").write_text("")
    (tmp_path / "good" / "progress.csv").unlink()
    with pytest.raises(ReadError, match="none of 2 logs"):
        find_runs(tmp_path)


def test_table_beside_events_adds_only_what_they_lack(tmp_path):
    events(tmp_path / "run", [1.0, 2.0, 3.0])
    text = "rollout/ep_rew_mean,time/total_timesteps,custom/x\n1,100,7\n2,200,8\n3,300,9\n"
    (tmp_path / "run" / "progress.csv").write_text(text)
    (run,) = find_runs(tmp_path)
    by_tag = {part.tag: part for part in run.series}
    assert by_tag["rollout/ep_rew_mean"].axis == "step"
    assert by_tag["custom/x"].axis == "row"
    assert "time/total_timesteps" in by_tag
    assert len(run.series) == 3
    assert "merged-sources" in codes(run)
    assert run.format == "tensorboard + csv"
    assert "progress.csv" in run.files


def test_fuller_table_beside_cut_events_is_noted(tmp_path):
    events(tmp_path / "run", [1.0, 2.0, 3.0])
    rows = "".join(f"{i},{100 * i}\n" for i in range(1, 9))
    (tmp_path / "run" / "progress.csv").write_text("rollout/ep_rew_mean,time/total_timesteps\n" + rows)
    (run,) = find_runs(tmp_path)
    (note,) = [note for note in run.notes if note.code == "longer-table"]
    assert note.tags == ("rollout/ep_rew_mean",)


def test_table_goes_to_the_one_of_several_runs_it_fits(tmp_path):
    parent = tmp_path / "logs"
    events(parent / "PPO_1", [1.0, 2.0, 3.0])
    events(parent / "PPO_2", [5.0, 6.0, 7.0])
    (parent / "progress.csv").write_text("rollout/ep_rew_mean,custom/x\n5,7\n6,8\n7,9\n")
    found = {run.id: run for run in find_runs(parent)}
    assert set(found) == {"PPO_1", "PPO_2"}
    assert "custom/x" in found["PPO_2"].tags()
    assert "custom/x" not in found["PPO_1"].tags()
    assert "../progress.csv" in found["PPO_2"].files
    assert any("same values" in note.text or "folder above" in note.text for note in found["PPO_2"].notes)


def test_table_that_fits_no_run_stays_alone(tmp_path):
    parent = tmp_path / "logs"
    events(parent / "PPO_1", [1.0, 2.0, 3.0])
    events(parent / "PPO_2", [5.0, 6.0, 7.0])
    (parent / "progress.csv").write_text("other\n1\n2\n")
    assert ids(find_runs(parent)) == ["PPO_1", "PPO_2", "logs"]


def test_monitor_above_and_evaluations_below_belong_to_the_run(tmp_path):
    run = tmp_path / "exp"
    events(run / "PPO_1", [1.0, 2.0])
    (run / "monitor.csv").write_text('#{"t_start": 1.0, "env_id": "CartPole-v1"}\nr,l,t\n5,100,1\n6,100,2\n')
    (run / "PPO_1" / "eval").mkdir()
    np.savez(run / "PPO_1" / "eval" / "evaluations.npz", timesteps=[100], results=[[4.0]], ep_lengths=[[9]])
    (run / "PPO_1" / "eval" / "monitor.csv").write_text('#{"t_start": 1.0}\nr,l,t\n4,9,1\n')
    found = find_runs(tmp_path)
    assert ids(found) == ["exp/PPO_1"]
    tags = found.runs[0].tags()
    assert {"monitor.csv:r", "evaluations.npz:results", "eval/monitor.csv:r", "rollout/ep_rew_mean"} <= tags
    rewards = next(part for part in found.runs[0].series if part.tag == "monitor.csv:r")
    assert rewards.values.tolist() == [5.0, 6.0]
    assert ("env_id", "CartPole-v1") in [(s.key, s.value) for s in found.runs[0].settings]


def test_rllib_tables_are_the_fuller_source(tmp_path):
    events(tmp_path / "trial", [1.0, 2.0], tag="ray/tune/episode_reward_mean")
    rows = [{"episode_reward_mean": None}, {"episode_reward_mean": 1.0}, {"episode_reward_mean": 2.0}]
    (tmp_path / "trial" / "result.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (run,) = find_runs(tmp_path)
    assert run.tags() == {"episode_reward_mean"}
    assert run.series[0].values.size == 3
    assert run.id == "trial"


def test_configuration_beside_above_and_ambiguous(tmp_path):
    table(tmp_path / "one" / "progress.csv")
    (tmp_path / "one" / "config.yaml").write_text("lr: 0.1\n")
    table(tmp_path / "two" / "tb" / "progress.csv")
    (tmp_path / "two" / "config.yaml").write_text("lr: 0.2\n")
    for seed in range(2):
        table(tmp_path / "three" / f"seed_{seed}" / "progress.csv")
    (tmp_path / "three" / "config.yaml").write_text("lr: 0.3\n")
    found = {run.id: run for run in find_runs(tmp_path)}
    assert [(s.value, s.source) for s in found["one"].settings] == [(0.1, "config.yaml:1")]
    assert [(s.value, s.source) for s in found["two/tb"].settings] == [(0.2, "../config.yaml:1")]
    assert "config-above" in codes(found["two/tb"])
    assert found["three/seed_0"].settings == []
    assert "config-ambiguous" in codes(found["three/seed_0"])
    assert [s.value for s in find_runs(tmp_path / "two" / "tb").runs[0].settings] == [0.2]


def test_ml_agents_configuration_goes_by_behaviour(tmp_path):
    for name in ("Jumper", "Runner"):
        events(tmp_path / "run" / name, [1.0, 2.0])
    text = "behaviors:\n  Jumper: {max_steps: 1}\n  Runner: {max_steps: 2}\nseed: 5\n"
    (tmp_path / "run" / "configuration.yaml").write_text(text)
    found = {run.id: run for run in find_runs(tmp_path)}
    runner = {s.key: s.value for s in found["run/Runner"].settings}
    assert runner == {"behaviors.Runner.max_steps": 2, "seed": 5}


def test_nothing_is_written(tmp_path):
    table(tmp_path / "run" / "progress.csv")
    events(tmp_path / "run", [1.0])
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    find_runs(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_broken_plug_in_is_reported_and_skipped(tmp_path, monkeypatch):
    monkeypatch.setattr(
        registry, "_plug_ins", lambda: [("mine", "no_such_module:Reader"), ("bad", "json:loads")]
    )
    table(tmp_path / "run" / "progress.csv")
    found = find_runs(tmp_path)
    assert ids(found) == ["run"]
    assert [failure.path for failure in found.failures] == ["reader mine", "reader bad"]


def test_reading_a_small_table_imports_nothing_heavy(tmp_path):
    import subprocess
    import sys

    table(tmp_path / "run" / "progress.csv")
    code = (
        "import sys; from rldoctor.readers.discover import find_runs; find_runs(sys.argv[1]);"
        "print([name for name in ('pandas', 'torch', 'aim', 'tensorboard') if name in sys.modules])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, cwd=root, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_real_stable_baselines3_run(tmp_path):
    """Everything SB3 writes for one training is one run with its configuration."""
    pytest.importorskip("stable_baselines3")
    from stable_baselines3 import A2C
    from stable_baselines3.common.callbacks import EvalCallback
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.logger import configure

    run = tmp_path / "a2c" / "CartPole-v1_1"
    env = make_vec_env("CartPole-v1", n_envs=2, monitor_dir=str(run), seed=0)
    callback = EvalCallback(
        make_vec_env("CartPole-v1", seed=1), eval_freq=100, n_eval_episodes=2, log_path=str(run), verbose=0
    )
    model = A2C("MlpPolicy", env, gamma=0.97, seed=0, device="cpu")
    model.set_logger(configure(str(run), ["csv", "tensorboard"]))
    model.learn(600, callback=callback, log_interval=20)
    model.logger.close()
    model.save(run / "best_model.zip")
    found = find_runs(tmp_path)
    assert ids(found) == ["a2c/CartPole-v1_1"]
    (only,) = found.runs
    assert {"monitor.csv:r", "monitor.csv:l", "evaluations.npz:results", "rollout/ep_rew_mean"} <= only.tags()
    assert {"time/total_timesteps", "train/n_updates"} <= only.tags()
    returns = next(part for part in only.series if part.tag == "rollout/ep_rew_mean")
    assert returns.axis == "step"
    settings = {setting.key: setting.value for setting in only.settings}
    assert settings["gamma"] == 0.97
    assert settings["env_id"] == "CartPole-v1"
    assert found.failures == []
    lengths = next(part for part in only.series if part.tag == "monitor.csv:l")
    assert lengths.steps[-1] == lengths.values.sum() <= 600


@pytest.mark.parametrize(
    ("name", "text"),
    [("run.yaml", "algo: sac\n"), ("notes.md", "it did not learn\n"), ("seed.cfg", "seed = 3\n")],
)
def test_a_line_of_text_is_no_run(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(ReadError) as caught:
        find_runs(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
    assert "not a log" in str(caught.value)
    assert "TensorBoard event files" in caught.value.hint
    assert "--config FILE" in caught.value.hint


def test_a_table_without_rows_is_a_run_that_says_so(tmp_path):
    (tmp_path / "run.csv").write_text("step,episode_return\n")
    (run,) = find_runs(tmp_path / "run.csv")
    assert "no-rows" in [note.code for note in run.notes]
