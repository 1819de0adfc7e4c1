"""Tables of several seeds one below the other, and tables without a header (invented numbers)."""

import numpy as np
import pandas as pd

import rldoctor
from rldoctor.readers.discover import find_runs


def _runs(path, text):
    path.write_text(text)
    return find_runs(path).runs


def test_rows_of_several_seeds_are_a_run_each(tmp_path):
    rows = [f"{step},{step * seed},{seed}" for seed in (2, 1) for step in (0, 100, 200, 300)]
    runs = _runs(tmp_path / "curve.csv", "step,reward,seed\n" + "\n".join(rows) + "\n")
    assert [run.id.rpartition(":")[2] for run in runs] == ["seed=1", "seed=2"]
    for seed, run in zip((1, 2), runs, strict=True):
        series = {part.tag: part for part in run.series}
        assert set(series) == {"step", "reward"}
        assert series["reward"].values.tolist() == [step * seed for step in (0, 100, 200, 300)]
        assert series["reward"].steps.tolist() == [0, 1, 2, 3]


def test_a_seed_that_is_logged_beside_one_curve_is_one_run(tmp_path):
    rows = [f"{step},{step},{step % 5}" for step in range(40)]
    assert len(_runs(tmp_path / "curve.csv", "step,reward,seed\n" + "\n".join(rows) + "\n")) == 1


def test_one_row_per_seed_is_a_table_of_results(tmp_path):
    text = "seed,step,score\n1,500,3\n2,400,4\n3,500,5\n"
    assert len(_runs(tmp_path / "results.csv", text)) == 1


def test_the_only_column_without_a_header_is_named_after_the_file(tmp_path):
    (run,) = _runs(tmp_path / "rewards.csv", "".join(f"{float(i):.18e}\n" for i in (9, 14, 8, 30)))
    assert [(part.tag, part.values.tolist()) for part in run.series] == [("rewards", [9, 14, 8, 30])]
    assert {note.code for note in run.notes} >= {"no-header", "named-by-file"}


def test_a_rising_first_column_is_the_episode_or_the_step(tmp_path):
    (run,) = _runs(tmp_path / "episode_rewards.csv", "1,-5.0\n2,-3.0\n3,-4.0\n")
    assert [part.tag for part in run.series] == ["episode", "episode_rewards"]
    (run,) = _runs(tmp_path / "scores.csv", "1028,-21\n1788,-20\n2822,-19\n")
    assert [part.tag for part in run.series] == ["step", "scores"]


def test_several_nameless_columns_stay_nameless(tmp_path):
    (run,) = _runs(tmp_path / "rewards.csv", "0,-50.8,-10.9\n1,-142.1,-10.7\n2,3.0,np\n")
    assert [part.tag for part in run.series] == ["column_1", "column_2", "column_3"]
    assert np.isfinite(run.series[0].values).all()


def test_a_melted_table_is_its_metrics(tmp_path):
    wide = pd.DataFrame({"step": [0, 10, 20], "reward": [1.0, 2.0, 3.0], "loss": [np.nan, 0.5, 0.25]})
    wide.melt("step", var_name="metric").to_csv(tmp_path / "melted.csv", index=False)
    (run,) = find_runs(tmp_path / "melted.csv").runs
    series = {part.tag: part for part in run.series}
    assert set(series) == {"reward", "loss"}
    assert series["reward"].steps.tolist() == [0, 10, 20]
    # A blank cell was not logged; only a written nan is a value.
    assert series["loss"].steps.tolist() == [10, 20]


def test_a_written_nan_is_kept_and_a_word_is_named(tmp_path):
    text = "run_id;key;value;step\n" + "".join(
        f"{run};loss;{value};{step}\n"
        for run in ("a", "b")
        for step, value in enumerate(["0.5", "nan", "oops"])
    )
    runs = _runs(tmp_path / "mlflow.csv", text)
    assert [run.id.rpartition(":")[2] for run in runs] == ["a", "b"]
    for run in runs:
        assert run.series[0].values.tolist()[0] == 0.5
        assert np.isnan(run.series[0].values[1])
        assert run.series[0].values.size == 2
        assert "bad-cells" in [note.code for note in run.notes]


def test_the_table_that_a_run_gives_is_read_back(tmp_path):
    steps = range(0, 20_000, 1000)
    rows = "".join(f"{step},{step / 10},{100 - step / 1000}\n" for step in steps)
    (tmp_path / "progress.csv").write_text("total_timesteps,episode_return,critic_loss\n" + rows)
    first = rldoctor.load(tmp_path / "progress.csv")[0]
    first.to_pandas().to_csv(tmp_path / "long.csv", index=False)
    again = rldoctor.load(tmp_path / "long.csv")[0]
    assert set(first.metrics) == set(again.metrics)
    assert again.metrics["critic_loss"].values.tolist() == first.metrics["critic_loss"].values.tolist()


def test_a_table_of_numbers_with_a_column_called_value_stays_wide(tmp_path):
    (run,) = _runs(tmp_path / "wide.csv", "step,value,key\n" + "".join(f"{i},{i},{i}\n" for i in range(5)))
    assert {part.tag for part in run.series} == {"step", "value", "key"}
