"""``rldoctor analyze -``, and folders that hold nothing but printed text."""

from __future__ import annotations

import io
import json
import sys
import time

import console_texts as texts
import pytest

from rldoctor.errors import ReadError
from rldoctor.readers.console.blocks import Blocks
from rldoctor.readers.discover import find_runs


@pytest.fixture
def pipe(monkeypatch):
    """``pipe(data)`` makes it the standard input and reads that."""

    def read(data: bytes):
        class Piped(io.TextIOWrapper):
            pass

        monkeypatch.setattr(sys, "stdin", Piped(io.BytesIO(data)))
        return find_runs("-").runs

    return read


def tags(run):
    return {part.tag: part.values.tolist() for part in run.series}


def test_console_text_is_piped_in(pipe):
    (run,) = pipe(texts.RSL_RL.encode())
    assert (run.id, run.format, str(run.path)) == ("stdin", "console", "stdin")
    assert tags(run)["Mean reward"] == [3.2]


def test_behaviours_that_are_piped_in_keep_their_names(pipe):
    assert [run.id for run in pipe(texts.ML_AGENTS_TWO.encode())] == ["stdin/Goalie", "stdin/Striker"]


def test_tables_and_json_lines_are_piped_in(pipe):
    (table,) = pipe(b"step,reward\n1,2\n2,3\n")
    assert (table.format, tags(table)["reward"]) == ("csv", [2, 3])
    lines = "".join(json.dumps({"step": step, "reward": step}) + "\n" for step in (1, 2))
    (found,) = pipe(lines.encode())
    assert (found.format, tags(found)["reward"]) == ("json", [1, 2])


@pytest.mark.parametrize("data", [b"", b" \n", b"it does not learn\n"])
def test_nothing_to_read_is_said_without_a_path_of_ours(pipe, data):
    with pytest.raises(ReadError) as caught:
        pipe(data)
    assert "standard input" in str(caught.value)
    assert "/tmp" not in str(caught.value)


def test_a_folder_of_printed_text_alone(tmp_path):
    (tmp_path / "README.md").write_text("reward: 3\nloss: 2\n")
    (tmp_path / "notes.txt").write_text("it does not learn\n")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "train.log").write_text(texts.BASELINES)
    found = find_runs(tmp_path)
    assert [(run.id, run.format) for run in found] == [("a", "console"), ("b", "console")]


def test_a_log_that_a_logger_wrote_comes_before_what_was_printed(tmp_path):
    (tmp_path / "progress.csv").write_text("time/total_timesteps,rollout/ep_rew_mean\n100,1\n200,2\n")
    (tmp_path / "log.txt").write_text(texts.BASELINES)
    (run,) = find_runs(tmp_path).runs
    assert run.format == "csv"
    assert "eprewmean" not in run.tags()


def test_configuration_beside_the_text_is_found(tmp_path):
    (tmp_path / "config.json").write_text('{"gamma": 0.9}')
    (tmp_path / "out.log").write_text(texts.BASELINES)
    (run,) = find_runs(tmp_path / "out.log").runs
    assert {one.key: one.value for one in run.settings} == {"gamma": 0.9}


@pytest.mark.parametrize("part", ["loss: ", "a=1, ", "{", "| ", "1", "word ", "a.b:c - "])
def test_a_long_line_costs_no_more_than_its_length(part):
    line = part * 40_000
    begin = time.process_time()
    Blocks().take([line, line + "}", line + ":"])
    assert time.process_time() - begin < 5


def trainer_state(folder, last):
    folder.mkdir(parents=True)
    rows = [{"step": step, "reward": step / 10, "loss": float("nan")} for step in range(5, last + 1, 5)]
    state = {"epoch": 0.5, "global_step": last, "log_history": rows, "max_steps": 100}
    (folder / "trainer_state.json").write_text(json.dumps(state, indent=2))


def test_of_checkpoints_the_newest_holds_the_history(tmp_path):
    for last in (5, 100, 20):
        trainer_state(tmp_path / "out" / f"checkpoint-{last}", last)
    (run,) = find_runs(tmp_path).runs
    assert tags(run)["step"] == [*range(5, 101, 5)]
    assert len(tags(run)["loss"]) == 20
    trainer_state(tmp_path / "other", 10)
    assert len(find_runs(tmp_path).runs) == 2


def test_the_state_beside_the_checkpoints_comes_first(tmp_path):
    trainer_state(tmp_path / "out", 25)
    trainer_state(tmp_path / "out" / "checkpoint-20", 20)
    (run,) = find_runs(tmp_path).runs
    assert tags(run)["step"][-1] == 25


def test_the_last_values_of_wandb_and_what_was_printed(tmp_path):
    files = tmp_path / "wandb" / "run-20240101_100000-abc" / "files"
    files.mkdir(parents=True)
    summary = {"_step": 9, "_wandb": {"runtime": 3}, "charts": {"episodic_return": 20.5}, "global_step": 1000}
    for indent in (None, 2):
        (files / "wandb-summary.json").write_text(json.dumps(summary, indent=indent))
        for place in (tmp_path, files / "wandb-summary.json"):
            (run,) = find_runs(place).runs
            assert tags(run) == {"_step": [9], "charts/episodic_return": [20.5], "global_step": [1000]}
            assert "last-values" in {note.code for note in run.notes}
    (files / "output.log").write_text(texts.BASELINES)
    (run,) = find_runs(tmp_path).runs
    assert tags(run)["eprewmean"] == [22.3]
