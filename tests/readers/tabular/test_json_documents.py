"""One JSON document as a log: arrays of rows, lists per metric, Sacred's own steps (invented numbers)."""

import json

import numpy as np
import pytest

from rldoctor.errors import ReadError
from rldoctor.readers.discover import find_runs


def _read(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(data if isinstance(data, str) else json.dumps(data, indent=1))
    return find_runs(path)


def _only(found):
    (run,) = found.runs
    return {part.tag: part for part in run.series}, run


def test_an_array_of_objects_is_one_row_each(tmp_path):
    series, _ = _only(_read(tmp_path / "evals.json", [{"step": 10 * i, "reward": i + 0.5} for i in range(4)]))
    assert series["reward"].values.tolist() == [0.5, 1.5, 2.5, 3.5]
    assert series["step"].values.tolist() == [0, 10, 20, 30]


def test_lists_by_metric_of_keras_rl_in_one_line(tmp_path):
    data = {"loss": [0.5, 0.4, None], "episode_reward": [9.0, 12.0, 30.0], "nb_steps": [9, 21, 51]}
    series, _ = _only(_read(tmp_path / "dqn_log.json", json.dumps(data)))
    assert series["episode_reward"].values.tolist() == [9.0, 12.0, 30.0]
    assert np.isnan(series["loss"].values[-1])
    assert series["loss"].axis == "row"


def test_lists_of_another_length_are_told_and_objects_within_lists_are_read(tmp_path):
    data = {
        "rewards_history": [1.0, 2.0, 3.0],
        "positions": [0] * 50,
        "episodes": [{"rtt": 5 + i, "name": "x"} for i in range(3)],
        "seed": 4,
    }
    series, run = _only(_read(tmp_path / "training_stats.json", data))
    assert set(series) == {"rewards_history", "episodes/rtt"}
    assert any(note.code == "list-length" and "positions" in note.text for note in run.notes)


def test_sacred_info_keeps_the_steps_of_each_metric(tmp_path):
    wrapped = [{"py/object": "numpy.float64", "dtype": "float64", "value": v} for v in (-3.5, -2.0)]
    info = {
        "return_mean": wrapped,
        "return_mean_T": [25, 10025],
        "loss": [0.1, 0.2, 0.3],
        "loss_T": [800, 900, 990],
    }
    (tmp_path / "run.json").write_text("{}")
    (tmp_path / "info.json").write_text(json.dumps(info))
    series, _ = _only(find_runs(tmp_path))
    assert series["return_mean"].steps.tolist() == [25, 10025]
    assert series["return_mean"].values.tolist() == [-3.5, -2.0]
    assert series["loss"].steps.tolist() == [800, 900, 990]


def test_sacred_metrics_with_steps_and_values(tmp_path):
    one = {"steps": [0, 5], "timestamps": ["a", "b"], "values": [1.0, 2.0]}
    series, _ = _only(_read(tmp_path / "metrics.json", {"training.return": one}))
    assert series["training.return"].steps.tolist() == [0, 5]


def test_a_directory_gives_documents_that_speak_of_training_and_no_others(tmp_path):
    (tmp_path / "training_history.json").write_text('{"episode_rewards": [1, 2, 3]}')
    (tmp_path / "cities.json").write_text('[{"people": 3}, {"people": 5}]')
    (tmp_path / "info.json").write_text('{"people": [3, 5]}')
    series, _ = _only(find_runs(tmp_path))
    assert set(series) == {"episode_rewards"}


def test_a_summary_without_a_curve_is_refused_with_what_was_expected(tmp_path):
    summary = {"name": "root", "gauges": {"Policy.Entropy.mean": {"value": 1.4, "min": 1.2, "count": 40}}}
    with pytest.raises(ReadError) as caught:
        _read(tmp_path / "timers.json", summary)
    assert "TensorBoard" in caught.value.hint


def test_a_document_that_breaks_off_is_a_loss(tmp_path):
    whole = json.dumps({"log_history": [{"step": step, "loss": 1 / (step + 1)} for step in range(9)]})
    (tmp_path / "trainer_state.json").write_text(whole[: len(whole) // 2])
    (run,) = find_runs(tmp_path)
    assert any(note.code == "truncated-file" and note.lost for note in run.notes)
