"""Tables of several seeds one below the other, and tables without a header (invented numbers)."""

import numpy as np

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
