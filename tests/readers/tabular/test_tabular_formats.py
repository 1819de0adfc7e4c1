"""Formats of particular frameworks, written as those write them."""

import csv
import json

import numpy as np
import pytest

from rldoctor.errors import ReadError
from rldoctor.readers.tabular import TabularReader


def read(directory):
    names = sorted(path.name for path in directory.iterdir())
    reader = TabularReader()
    return reader.read(directory, reader.claims(directory, names))


def values(run, tag, source=None):
    (found,) = [part for part in run.series if part.tag == tag and source in (None, part.source)]
    return found.values.tolist()


def codes(run):
    return [note.code for note in run.notes]


def test_rllib_result_json_is_preferred_and_nested(tmp_path):
    lines = [
        {
            "training_iteration": i,
            "episode_reward_mean": None if i == 0 else float(i),
            "info": {"learner": {"default_policy": {"learner_stats": {"kl": 0.01 * i}}}},
            "hist_stats": {"episode_reward": [1.0, 2.0]},
            "date": f"2022-02-0{i + 1}",
            "done": False,
            "config": {"lr": 5e-5, "model": {"fcnet_hiddens": [256, 256]}},
        }
        for i in range(3)
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines).replace("0.02}", "nan}")
    (tmp_path / "result.json").write_text(text + '{"training_iteration": 3, "epis')
    (tmp_path / "progress.csv").write_text("training_iteration,episode_reward_mean\n0,nan\n")
    (run,) = read(tmp_path)
    kl = values(run, "info/learner/default_policy/learner_stats/kl")
    assert kl[:2] == [0.0, 0.01]
    assert np.isnan(kl[2])
    mean = values(run, "episode_reward_mean")
    assert np.isnan(mean[0])
    assert mean[1:] == [1.0, 2.0]
    assert not any("hist_stats" in tag or tag.startswith("config") for tag in run.tags())
    assert {s.key: s.value for s in run.settings} == {"lr": 5e-5, "model.fcnet_hiddens": [256, 256]}
    assert {"same-rows", "list-column", "truncated-file", "text-column"} <= set(codes(run))
    (tmp_path / "params.json").write_text("{}")
    assert read(tmp_path)[0].settings == []


def test_damaged_result_json_falls_back_to_progress_csv(tmp_path):
    (tmp_path / "result.json").write_text("")
    (tmp_path / "progress.csv").write_text("training_iteration,episode_reward_mean\n1,2.5\n")
    (run,) = read(tmp_path)
    assert values(run, "episode_reward_mean") == [2.5]
    assert "unreadable-file" in codes(run)


def test_pytorch_sac_train_and_eval_are_one_run_and_filled_zeros_are_named(tmp_path):
    for name, extra in (("train.csv", {"critic_loss": 0.5}), ("eval.csv", {})):
        fields = ["episode", "episode_reward", "step", *(["critic_loss"] if name == "train.csv" else [])]
        with (tmp_path / name).open("w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=sorted(fields), restval=0.0)
            writer.writeheader()
            for i in range(4):
                row = {"episode": i, "episode_reward": i * 2.0, "step": i * 1000}
                writer.writerow({**row, **(extra if i > 1 else {})})
    (run,) = read(tmp_path)
    assert values(run, "critic_loss") == [0.0, 0.0, 0.5, 0.5]
    assert values(run, "episode_reward", "eval.csv") == values(run, "episode_reward", "train.csv")
    (note,) = [note for note in run.notes if note.code == "filled-zeros"]
    assert note.tags == ("critic_loss",)


def test_wandb_export_is_one_run_per_name(tmp_path):
    text = (
        '"Step","fast-sun-1 - train/loss","fast-sun-1 - train/loss__MIN","calm - lake-2 - train/loss"\n'
        '"0","1.5","1.4",""\n"1","1.25","1.2","9"\n'
    )
    (tmp_path / "wandb_export.csv").write_text(text)
    (tmp_path / "wandb_export_2.csv").write_text('"Step","fast-sun-1 - reward"\n"0","7"\n')
    runs = {run.id: run for run in read(tmp_path)}
    assert set(runs) == {"fast-sun-1", "calm - lake-2"}
    assert values(runs["fast-sun-1"], "train/loss") == [1.5, 1.25]
    assert values(runs["fast-sun-1"], "reward") == [7.0]
    assert values(runs["calm - lake-2"], "Step") == [1.0]
    assert "wandb-bands" in codes(runs["fast-sun-1"])


def test_spinning_up_progress_txt_and_seed_files(tmp_path):
    (tmp_path / "progress.txt").write_text(
        "Epoch\tAverageEpRet\tTotalEnvInteracts\n0\t1.5\t4000\n1\t2\t8000\n"
    )
    (run,) = read(tmp_path)
    assert run.id == ""
    assert values(run, "TotalEnvInteracts") == [4000, 8000]


def test_other_tables_are_a_run_each(tmp_path):
    for seed in range(3):
        (tmp_path / f"PPO_log({seed}; 0.4eps, x).csv").write_text(f"episode,timestep,reward\n1,200,{seed}\n")
    (tmp_path / "hosts.csv").write_text("name,host\na,b\n")
    runs = read(tmp_path)
    assert [run.id for run in runs] == [f"PPO_log({seed}; 0.4eps, x).csv" for seed in range(3)]
    assert [values(run, "reward") for run in runs] == [[0.0], [1.0], [2.0]]


def test_metrics_jsonl_sparse_lines(tmp_path):
    lines = ['{"step": 0, "train/loss": "NaN"}', '{"step": 10, "score": 3.5}', "garbage", '{"step": 20}']
    (tmp_path / "metrics.jsonl").write_text("\n".join(lines) + "\n")
    (run,) = read(tmp_path)
    assert values(run, "step") == [0, 10, 20]
    assert np.isnan(values(run, "train/loss")[0])
    (score,) = [part for part in run.series if part.tag == "score"]
    assert score.steps.tolist() == [1.0]
    assert "bad-lines" in codes(run)


def test_torchrl_scalars_folder(tmp_path):
    folder = tmp_path / "scalars" / "train"
    folder.mkdir(parents=True)
    (folder / "reward.csv").write_text("1000,0.5\n2000,0.75\n")
    (run,) = read(tmp_path)
    (part,) = run.series
    assert (part.tag, part.axis, part.steps.tolist()) == ("train/reward", "step", [1000, 2000])


def test_evaluations_npz_means_and_refused_pickles(tmp_path):
    np.savez(
        tmp_path / "evaluations.npz",
        timesteps=[1000, 2000],
        results=[[1.0, 3.0], [5.0, 7.0]],
        ep_lengths=[[10, 20], [30, 40]],
        successes=[[0, 1], [1, 1]],
    )
    (run,) = read(tmp_path)
    assert values(run, "evaluations.npz:results") == [2.0, 6.0]
    assert values(run, "evaluations.npz:successes") == [0.5, 1.0]
    assert run.series[0].steps.tolist() == [1000, 2000]
    ragged = np.array([[1.0], [2.0, 3.0]], dtype=object)
    np.savez(tmp_path / "evaluations.npz", timesteps=[1, 2], results=ragged)
    (run,) = read(tmp_path)
    assert run.series == []
    assert codes(run) == ["unreadable-array"]


def test_monitor_traps(tmp_path):
    """Two processes in one file, a broken number, a restart, a header without rows, a spaced header."""
    head = '# {"t_start": 1000.0, "env_id": null} \nr,l,t\n'
    (tmp_path / "0.monitor.csv").write_text(head + "1.0,10,1.0\n--562.1,20,2.0\nnan,30,3.0\n4.0,40,0.1\n")
    (tmp_path / "1.monitor.csv").write_text(
        '#{"t_start": 1000.5, "env_id": "Ant-v3"}\nr,l,t,is_success\n9,5,1.0,1.0\n'
    )
    (tmp_path / "2.monitor.csv").write_text('#{"t_start": 1000.5, "env_id": "Ant-v3"}\nr,l,t\n')
    (run,) = read(tmp_path)
    by_tag = {part.tag: part for part in run.series}
    assert by_tag["monitor.csv:l"].values.tolist() == [10, 5, 20, 30, 40]
    assert by_tag["monitor.csv:l"].steps.tolist() == [10, 15, 35, 65, 105]
    rewards = by_tag["monitor.csv:r"]
    assert rewards.steps.tolist() == [10, 15, 65, 105]
    assert np.isnan(rewards.values[2])
    assert rewards.wall is not None
    assert rewards.wall.tolist() == pytest.approx([1001.0, 1001.5, 1003.0, 1003.1])
    assert by_tag["monitor.csv:is_success"].steps.tolist() == [15]
    assert [(s.key, s.value, s.source) for s in run.settings] == [("env_id", "Ant-v3", "1.monitor.csv:1")]
    assert {"bad-cells", "monitor-restarted", "no-rows"} <= set(codes(run))


def test_monitor_without_reward_column_is_refused(tmp_path):
    (tmp_path / "monitor.csv").write_text('#{"t_start": 1.0}\na,b\n1,2\n')
    with pytest.raises(ReadError, match="no column 'r'"):
        TabularReader().read(tmp_path, ["monitor.csv"])


def test_another_table_that_is_called_a_monitor_is_read_and_said(tmp_path):
    (tmp_path / "train_monitor.csv").write_text("step,episode_reward\n10,1.5\n20,2.5\n")
    (tmp_path / "0.monitor.csv").write_text('#{"t_start": 1.0}\nr,l,t\n9,10,1.0\n')
    own, other = read(tmp_path)
    assert [part.tag for part in own.series] == ["monitor.csv:r", "monitor.csv:l", "monitor.csv:t"]
    assert own.files == ["0.monitor.csv"]
    assert other.id == "train_monitor.csv"
    assert values(other, "episode_reward") == [1.5, 2.5]
    assert "other-monitor" in codes(other)


@pytest.mark.parametrize(
    "damaged",
    [
        '+{"t_start": 1.0, "env_id": "A"}\nr,l,t\n9,10,1.0\n',
        '#{"t_start": 1.0}\nr,m,t\n9,10,1.0\n',
        '{"t_stZrt": 1.0}\nr,l,t\n9,10,1.0\n',
        "gpu,memory\n80,10\n",
    ],
)
def test_a_damaged_monitor_and_one_of_the_machine_are_no_other_table(tmp_path, damaged):
    (tmp_path / "monitor.csv").write_text(damaged)
    with pytest.raises(ReadError, match="not a monitor file"):
        TabularReader().read(tmp_path, ["monitor.csv"])


def test_tab_and_comma_between_the_same_two_cells(tmp_path):
    rows = "Step\t,episode.rwd\t,loss\t,epsilon\n39\t,35\t,0.06\t0.99\n227\t,2\t,0.64\t0.98\n"
    (tmp_path / "train.csv").write_text(rows)
    (run,) = read(tmp_path)
    assert values(run, "episode.rwd") == [35, 2]
    assert values(run, "epsilon") == [0.99, 0.98]


def test_the_axis_of_an_export_is_on_the_rows_of_every_metric(tmp_path):
    """Two metrics of one run that were logged on different rows: the second one had no step before."""
    text = '"Step","a - loss","a - reward"\n"0","1.5",""\n"10","","7"\n"20","1.25",""\n'
    (tmp_path / "wandb_export.csv").write_text(text)
    (run,) = read(tmp_path)
    assert values(run, "Step") == [0.0, 10.0, 20.0]
    assert values(run, "reward") == [7.0]


def test_a_broken_monitor_costs_no_evaluations(tmp_path):
    (tmp_path / "monitor.csv").write_text('#{"t_start": 0.0}\nx,y\n1,2\n')
    np.savez(
        tmp_path / "evaluations.npz",
        timesteps=np.array([100, 200]),
        results=np.array([[1.0, 3.0], [5.0, 7.0]]),
        ep_lengths=np.array([[10, 10], [10, 10]]),
    )
    runs = read(tmp_path)
    assert any("eval" in part.tag for run in runs for part in run.series)


def test_a_row_with_a_missing_cell_costs_one_point(tmp_path):
    """TorchRL's CSVLogger, killed in the middle of a line and started again."""
    folder = tmp_path / "scalars"
    folder.mkdir()
    (folder / "reward.csv").write_text("0,1.5\n100,\n200,2.5\n")
    (run,) = read(tmp_path)
    assert values(run, "reward") == [1.5, 2.5]
    assert "bad-cells" in codes(run)
