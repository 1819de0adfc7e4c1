"""A path without a run is told what it is, and what to do."""

import json
import zipfile

import numpy as np
import pytest
from tensorboardX import SummaryWriter

from rldoctor.errors import ReadError
from rldoctor.readers.discover import find_runs

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 123456\n".format("0a" * 32)


def told(path):
    with pytest.raises(ReadError) as caught:
        find_runs(path)
    return str(caught.value), caught.value.hint


def sb3_model(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data", json.dumps({"gamma": 0.99}))
        archive.writestr("policy.pth", b"\0" * 100)


@pytest.mark.parametrize(
    "name", ["events.out.tfevents.1.host.2.0", "progress.csv", "0.monitor.csv", "run.csv"]
)
def test_git_lfs_pointers(tmp_path, name):
    (tmp_path / name).write_text(POINTER)
    for path in (tmp_path, tmp_path / name):
        text, hint = told(path)
        assert "Git LFS pointer" in text
        assert "git lfs pull" in hint


def test_one_pointer_among_files_costs_only_itself(tmp_path):
    (tmp_path / "progress.csv").write_text("step,reward\n1,2.5\n2,3.5\n")
    (tmp_path / "events.out.tfevents.1.host.2.0").write_text(POINTER)
    (run,) = find_runs(tmp_path)
    assert any("Git LFS pointer" in note.text and note.level == "warning" for note in run.notes)


def test_an_empty_folder(tmp_path):
    text, hint = told(tmp_path)
    assert "the folder is empty" in text
    assert "tensorboard_log" in hint


def test_a_model_without_a_log(tmp_path):
    sb3_model(tmp_path / "best_model.zip")
    text, hint = told(tmp_path)
    assert "a saved model (best_model.zip)" in text
    assert "log" in hint
    text, _ = told(tmp_path / "best_model.zip")
    assert "a saved model" in text


def test_checkpoints_only(tmp_path):
    for step in (100, 200):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        (folder / "model.safetensors").write_bytes(b"\0" * 64)
        (folder / "config.json").write_text('{"hidden_size": 64}')
    text, _ = told(tmp_path)
    assert "checkpoints (model.safetensors, model.safetensors) without a log" in text


def test_a_notebook(tmp_path):
    cells = [{"cell_type": "code", "source": ["model.learn(1000)"], "outputs": []}]
    (tmp_path / "train.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4}))
    for path in (tmp_path, tmp_path / "train.ipynb"):
        text, hint = told(path)
        assert "a notebook" in text
        assert "rldoctor analyze -" in hint


def test_a_source_tree(tmp_path):
    (tmp_path / "agent").mkdir()
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (tmp_path / "agent" / "ppo.py").write_text("import torch\n")
    (tmp_path / "README.md").write_text("# PPO\n")
    text, hint = told(tmp_path)
    assert "a source tree (1 Python files) without a log" in text
    assert "runs" in hint


def test_an_archive(tmp_path):
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as archive:
        archive.writestr("run/progress.csv", "step,reward\n1,2\n")
    for path in (tmp_path, tmp_path / "logs.zip"):
        text, hint = told(path)
        assert "archive" in text
        assert "zip://::" in hint


def test_pictures_and_films(tmp_path):
    for name in ("curve.png", "episode.mp4"):
        (tmp_path / name).write_bytes(b"\x89PNG")
    assert "pictures and films" in told(tmp_path)[0]


URDF = "Link Name,Center of Mass X,Mass,Collision Box Z\nbase,-1.0,2.0,0.5\nleg,-2.0,1.0,0.25\n"


def test_tables_of_a_robot_are_no_runs(tmp_path):
    (tmp_path / "urdf").mkdir()
    (tmp_path / "urdf" / "robot.csv").write_text(URDF)
    (tmp_path / "urdf" / "limits.csv").write_text("lower,upper\n-1.5,1.5\n-2.0,2.0\n")
    text, hint = told(tmp_path)
    assert "tables (limits.csv, robot.csv) that neither count" in text
    assert "name the file" in hint
    (tmp_path / "progress.csv").write_text("step,reward\n1,2.5\n2,3.5\n")
    (run,) = find_runs(tmp_path)
    assert run.files == ["progress.csv"]
    # Named, it is read.
    assert len(find_runs(tmp_path / "urdf" / "limits.csv")) == 1


def test_a_long_table_of_unknown_names_is_read(tmp_path):
    rows = "".join(f"{i},{i / 3}\n" for i in range(40))
    (tmp_path / "kurve.csv").write_text("runde,ertrag\n" + rows)
    assert len(find_runs(tmp_path)) == 1


def test_what_has_a_run_is_never_asked(tmp_path):
    sb3_model(tmp_path / "model.zip")
    with SummaryWriter(str(tmp_path)) as writer:
        for step in range(5):
            writer.add_scalar("rollout/ep_rew_mean", step, step)
    assert len(find_runs(tmp_path)) == 1


def test_anything_else_says_what_was_looked_for(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros(3))
    text, _ = told(tmp_path)
    assert "Looked for TensorBoard event files" in text
