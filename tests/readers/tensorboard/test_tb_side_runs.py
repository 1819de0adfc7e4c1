import os

import pytest
from tb_files import ramp

from rldoctor.readers.tensorboard import TensorBoardReader, attach_side_runs


def read_tree(root):
    reader = TensorBoardReader()
    runs = []
    for directory, _, names in sorted(os.walk(root)):
        path = root / os.path.relpath(directory, root)
        if claimed := reader.claims(path, sorted(names)):
            runs += reader.read(path, claimed)
    return runs


@pytest.mark.parametrize("module", ["torch.utils.tensorboard", "tensorboardX"])
def test_directories_of_add_hparams_and_add_scalars(tmp_path, module):
    writer = pytest.importorskip(module).SummaryWriter(str(tmp_path / "run"))
    for k in range(20):
        writer.add_scalar("train/loss", k, k)
        writer.add_scalars("reward/parts", {"left": k, "right": -k}, k)
    writer.add_hparams({"lr": 0.001, "n": 5}, {"hparam/return": 7.0})
    writer.close()
    runs = read_tree(tmp_path)
    assert len(runs) == 4
    (run,) = attach_side_runs(runs)
    assert run.path.name == "run"
    assert {setting.key: setting.value for setting in run.settings} == {"lr": 0.001, "n": 5}
    found = {(part.tag, *part.context.values()): part.values.tolist() for part in run.series}
    assert found["train/loss",] == list(range(20))
    assert found["reward/parts", "left"] == list(range(20))
    assert found["reward/parts", "right"] == [-k for k in range(20)]
    assert [values for key, values in found.items() if key[0] == "hparam/return"] == [[7.0]]
    assert len(run.files) == 4
    assert all((run.path / name).is_file() for name in run.files)
    assert [note.code for note in run.notes] == ["side-directory"] * 3


def test_a_writer_that_only_used_add_scalars(tmp_path):
    writer = pytest.importorskip("torch.utils.tensorboard").SummaryWriter(str(tmp_path / "run"))
    for k in range(5):
        writer.add_scalars("loss", {"q": k}, k)
    writer.close()
    (run,) = attach_side_runs(read_tree(tmp_path))
    assert [(part.tag, part.context) for part in run.series] == [("loss", {"series": "q"})]
    assert [note.code for note in run.notes] == ["side-directory"]


def test_runs_below_a_run_stay_runs(write, tmp_path):
    write(ramp("loss", 0, 5000), name="top")
    write(ramp("loss", 0, 5000) + ramp("x", 0, 5000), name="top/loss_2")
    write(ramp("return", 0, 5000), name="top/eval")
    runs = read_tree(tmp_path)
    assert attach_side_runs(runs) == runs
    assert len(runs) == 3


def test_hparams_directory_without_a_run_above_stays(tmp_path):
    writer = pytest.importorskip("torch.utils.tensorboard").SummaryWriter(str(tmp_path / "x"))
    writer.add_hparams({"lr": 0.001}, {"m": 1.0}, run_name="1700000000.5")
    writer.close()
    for path in (tmp_path / "x").glob("events*"):
        path.unlink()
    runs = read_tree(tmp_path)
    assert [run.path.name for run in attach_side_runs(runs)] == ["1700000000.5"]


def test_a_differing_setting_is_noted_and_the_runs_own_kept(tmp_path):
    module = pytest.importorskip("torch.utils.tensorboard")
    writer = module.SummaryWriter(str(tmp_path / "run"))
    writer.add_scalar("a", 1.0, 1)
    writer.add_text("hyperparameters", "|param|value|\n|-|-|\n|lr|0.5|")
    writer.add_hparams({"lr": 0.25}, {"m": 1.0})
    writer.close()
    (run,) = attach_side_runs(read_tree(tmp_path))
    assert [(setting.key, setting.value) for setting in run.settings] == [("lr", 0.5)]
    assert [note.text.split(" in ")[0] for note in run.notes if note.code == "setting-differs"] == [
        "lr: 0.5 (events:hyperparameters), but 0.25"
    ]
